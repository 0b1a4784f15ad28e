"""One tampered wheel for each thing that is checked, and the reason it is refused for."""

import tracemalloc

import pytest

from app.errors import UntrustedRelease
from app.sources.wheel import LIMITS, load_wheel
from app.tzdb.release import Release
from tests.sources.wheels import (
    DEFLATED,
    INIT,
    STORED,
    SYMLINK,
    TREE,
    Entry,
    encode_record,
    small_package,
    write_wheel,
    write_zip,
)


def load(content: bytes) -> Release:
    return load_wheel(content, source="test", pool={})


def refusal(content: bytes) -> str:
    with pytest.raises(UntrustedRelease) as caught:
        load(content)
    return caught.value.detail


def with_entry(*entries: Entry) -> bytes:
    return write_wheel(small_package(), more=entries)


def test_the_untampered_wheel_loads() -> None:
    release = load(write_wheel(small_package()))
    assert release.version == "2026f"
    assert [*release.files] == ["Asia/Tokyo", "Etc/UTC", "Japan", "UTC"]
    assert release.origin.package_version == "2026.6"


class TestContent:
    def test_a_flipped_bit_in_a_zone_is_refused(self) -> None:
        files = small_package()
        promised = encode_record(files)
        zone = bytearray(files[f"{TREE}Asia/Tokyo"])
        zone[60] ^= 1
        assert refusal(write_wheel({**files, f"{TREE}Asia/Tokyo": bytes(zone)}, record=promised)) == (
            "'tzdata/zoneinfo/Asia/Tokyo' differs from its sha256 in RECORD"
        )

    def test_a_missing_file_is_refused(self) -> None:
        files = small_package()
        promised = encode_record(files)
        del files[f"{TREE}Asia/Tokyo"]
        assert refusal(write_wheel(files, record=promised)) == (
            "RECORD lists 'tzdata/zoneinfo/Asia/Tokyo', which is missing"
        )

    def test_an_extra_file_is_refused(self) -> None:
        assert refusal(with_entry(Entry(b"tzdata/more", b"text"))) == "'tzdata/more' is not in RECORD"

    def test_a_file_of_another_length_than_promised_is_refused(self) -> None:
        files = small_package()
        promised = encode_record(files).replace(b",%d\n" % len(files[INIT]), b",1\n")
        assert refusal(write_wheel(files, record=promised)) == (
            "'tzdata/__init__.py' differs from its sha256 in RECORD"
        )

    def test_directories_of_their_own_are_no_files(self) -> None:
        assert load(with_entry(Entry(b"tzdata/zoneinfo/", b"", mode=0o040755))).version == "2026f"


class TestLimits:
    def test_a_wheel_that_is_too_large_is_refused(self) -> None:
        content = write_wheel(small_package()) + bytes(LIMITS.archive_bytes)
        assert refusal(content) == f"the wheel is larger than {LIMITS.archive_bytes} bytes"

    def test_too_many_entries_are_refused_with_the_limit(self) -> None:
        content = write_zip([Entry(b"%d" % number, b"", STORED) for number in range(LIMITS.entries + 1)])
        with pytest.raises(UntrustedRelease) as caught:
            load(content)
        assert caught.value.detail == f"the wheel holds more than {LIMITS.entries} entries"
        assert caught.value.facts == {"limit": LIMITS.entries}

    def test_a_wheel_that_unpacks_to_too_much_is_refused(self) -> None:
        halves = [Entry(b"tzdata/%d" % number, b"", STORED, claimed_size=LIMITS.unpacked_bytes) for number in range(2)]
        assert refusal(with_entry(*halves)) == f"the wheel unpacks to more than {LIMITS.unpacked_bytes} bytes"

    def test_a_file_that_unpacks_too_steeply_is_refused(self) -> None:
        assert refusal(with_entry(Entry(b"tzdata/bomb", bytes(1 << 20)))) == (
            f"'tzdata/bomb' in the wheel unpacks to more than {LIMITS.ratio} times its size"
        )

    def test_a_bomb_that_lies_about_its_size_is_refused_before_it_unfolds(self) -> None:
        bomb = Entry(b"tzdata/bomb", bytes(64 << 20), claimed_size=1_000)
        content = with_entry(bomb)
        del bomb
        tracemalloc.start()
        try:
            assert "'tzdata/bomb'" in refusal(content)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < LIMITS.unpacked_bytes

    def test_an_overlap_bomb_is_refused(self) -> None:
        """Fifty names for the same bytes: each by itself is small and unpacks by a usual ratio."""
        kernel = bytes(range(256)) * 16
        first = Entry(b"tzdata/0", kernel, STORED)
        copies = [Entry(b"tzdata/%d" % number, kernel, STORED, offset=0) for number in range(1, 10)]
        assert refusal(write_zip([first, *copies])) == "'tzdata/1' in the wheel overlaps the entry before it"

    def test_an_entry_that_starts_inside_another_is_refused(self) -> None:
        inner = write_zip([Entry(b"tzdata/inner", b"inner", STORED)])[: 30 + len(b"tzdata/inner") + 5]
        outer = Entry(b"tzdata/outer", inner, STORED)
        quoted = Entry(b"tzdata/inner", b"inner", STORED, offset=30 + len(b"tzdata/outer"))
        assert refusal(write_zip([outer, quoted])) == "'tzdata/inner' in the wheel overlaps the entry before it"

    def test_an_entry_that_runs_into_the_directory_is_refused(self) -> None:
        content = write_zip([Entry(b"tzdata/short", b"abc", STORED)])
        local, directory = content.split(b"PK\1\2", 1)
        longer = directory[:16] + (99).to_bytes(4, "little") * 2 + directory[24:]
        assert refusal(local + b"PK\1\2" + longer) == ("'tzdata/short' in the wheel runs into the directory of the zip")

    def test_names_that_grow_in_the_local_header_cannot_hide_an_overlap(self) -> None:
        content = bytearray(write_zip([Entry(b"tzdata/a", b"aaaa", STORED), Entry(b"tzdata/b", b"bbbb", STORED)]))
        content[28:30] = (42).to_bytes(2, "little")  # the first entry's data now starts inside the second entry
        assert refusal(bytes(content)) == "'tzdata/b' in the wheel overlaps the entry before it"


class TestEntries:
    def test_a_symbolic_link_is_refused(self) -> None:
        assert refusal(with_entry(Entry(b"tzdata/link", b"../../etc/passwd", mode=SYMLINK))) == (
            "'tzdata/link' in the wheel is a link or a device, not a file"
        )

    def test_a_device_is_refused(self) -> None:
        assert "is a link or a device" in refusal(with_entry(Entry(b"tzdata/null", b"", mode=0o020666)))

    def test_a_repeated_name_is_refused(self) -> None:
        assert refusal(with_entry(Entry(INIT.encode(), b"print()"))) == (
            "the wheel holds 'tzdata/__init__.py' twice (case aside)"
        )

    def test_case_twins_are_refused(self) -> None:
        files = {**small_package(), f"{TREE}asia/Tokyo": b"TZif"}
        assert refusal(write_wheel(files)) == "the wheel holds 'tzdata/zoneinfo/asia/Tokyo' twice (case aside)"

    @pytest.mark.parametrize(
        "name",
        [
            b"/etc/passwd",
            b"../outside",
            b"tzdata/../../outside",
            b"tzdata\\UTC",
            b"tzdata/UTC\0.x",
            b"",
            b"tzdata/..",
            b"tzdata//UTC",
        ],
    )
    def test_a_path_that_leads_elsewhere_is_refused(self, name: bytes) -> None:
        assert refusal(with_entry(Entry(name, b""))) == f"the wheel holds the path {name.decode()!a}"

    def test_an_encrypted_entry_is_refused(self) -> None:
        assert refusal(with_entry(Entry(b"tzdata/secret", b"text", flags=1))) == (
            "'tzdata/secret' in the wheel is encrypted or packed by an unusual method"
        )

    @pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
    def test_an_unusual_compression_is_refused(self, method: int) -> None:
        assert refusal(with_entry(Entry(b"tzdata/odd", b"text", method))) == (
            "'tzdata/odd' in the wheel is encrypted or packed by an unusual method"
        )

    def test_names_are_quoted_to_one_line_of_ascii(self) -> None:
        detail = refusal(with_entry(Entry("tzdata/ü\r\nX-Header: 1".encode(), b"", flags=0x800)))
        assert detail.isascii()
        assert detail.isprintable()


class TestArchive:
    def test_a_truncated_wheel_is_refused(self) -> None:
        whole = write_wheel(small_package())
        for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
            assert refusal(whole[:length]).startswith("the wheel is not a valid zip archive: ")

    def test_a_wheel_that_lost_its_middle_is_refused(self) -> None:
        whole = write_wheel(small_package())
        assert refusal(whole[:500] + whole[600:])

    def test_a_damaged_deflate_stream_is_refused(self) -> None:
        whole = bytearray(write_wheel(small_package()))
        start = 30 + len(INIT)
        whole[start : start + 8] = b"\xff" * 8
        assert refusal(bytes(whole)).startswith("the wheel is not a valid zip archive: ")

    @pytest.mark.parametrize("method", [STORED, DEFLATED])
    def test_both_usual_methods_load(self, method: int) -> None:
        assert load(write_wheel(small_package(), method=method)).version == "2026f"
