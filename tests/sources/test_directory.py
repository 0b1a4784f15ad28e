"""A directory of wheels, with the things that happen to directories."""

import os
from pathlib import Path

import pytest

from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.sources.directory import WheelDirectory
from app.sources.wheel import LIMITS
from tests.sources.wheels import INIT, TREE, ZI, encode_record, small_package, write_wheel

BROKEN_DISK = Path("/proc/self/mem")
"""A regular file that opens and whose first byte nobody can read, not even root."""


def put(directory: Path, *, iana: str = "2026f", package: str = "2026.6", file_name: str | None = None) -> Path:
    path = directory / (file_name or f"tzdata-{package}-py2.py3-none-any.whl")
    path.write_bytes(write_wheel(small_package(iana=iana, package=package)))
    return path


def tampered() -> bytes:
    files = small_package()
    return write_wheel({**files, f"{TREE}Japan": files[f"{TREE}UTC"]}, record=encode_record(files))


def test_an_empty_directory_offers_nothing(tmp_path: Path) -> None:
    offers = WheelDirectory(tmp_path).offers()
    assert (offers.releases, offers.refused) == (frozenset(), {})


def test_only_wheels_of_tzdata_are_looked_at(tmp_path: Path) -> None:
    put(tmp_path)
    for name in ("README", "tzdata-2026.5.tar.gz", "other-1.0-py3-none-any.whl", "tzdata_more-1-py3-none-any.whl"):
        (tmp_path / name).write_bytes(b"text")
    offers = WheelDirectory(tmp_path).offers()
    assert (offers.releases, offers.refused) == (frozenset({"2026f"}), {})


def test_a_release_says_the_wheel_it_came_from(tmp_path: Path) -> None:
    put(tmp_path)
    origin = WheelDirectory(tmp_path).load("2026f", {}).release.origin
    assert (origin.source, origin.package_version) == ("wheels", "2026.6")
    assert origin.sha256 is not None


@pytest.mark.parametrize(
    ("earlier", "later"), [("2021.2", "2021.2.post0"), ("2026.6", "2026.6.1"), ("2026.9", "2026.10")]
)
def test_of_two_wheels_for_one_release_the_later_package_counts(tmp_path: Path, earlier: str, later: str) -> None:
    put(tmp_path, package=later)
    put(tmp_path, package=earlier)
    assert WheelDirectory(tmp_path).load("2026f", {}).release.origin.package_version == later


def test_a_new_wheel_is_found(tmp_path: Path) -> None:
    source = WheelDirectory(tmp_path)
    put(tmp_path, iana="2026e", package="2026.5")
    assert source.offers().releases == {"2026e"}
    put(tmp_path)
    assert source.offers().releases == {"2026e", "2026f"}
    assert source.load("2026f", {}).release.version == "2026f"


def test_a_wheel_that_is_gone_is_no_longer_offered(tmp_path: Path) -> None:
    source = WheelDirectory(tmp_path)
    path = put(tmp_path)
    assert source.offers().releases == {"2026f"}
    path.unlink()
    assert source.offers().releases == frozenset()
    with pytest.raises(UnknownRelease):
        source.load("2026f", {})


def test_a_wheel_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    source = WheelDirectory(tmp_path)
    path = put(tmp_path)
    assert source.offers().releases == {"2026f"}
    path.write_bytes(write_wheel(small_package(iana="2026g", package="2026.7")))
    assert source.offers().releases == {"2026g"}


def test_a_wheel_that_cannot_be_named_is_refused_while_others_serve(tmp_path: Path) -> None:
    put(tmp_path)
    (tmp_path / "tzdata-1-py3-none-any.whl").write_bytes(b"not a zip archive")
    (tmp_path / "tzdata-2-py3-none-any.whl").write_bytes(write_wheel({**small_package(), INIT: b""}))
    (tmp_path / "tzdata-3-py3-none-any.whl").write_bytes(b"")
    source = WheelDirectory(tmp_path)
    offers = source.offers()
    assert offers.releases == {"2026f"}
    assert {name: "names no IANA release" in reason for name, reason in offers.refused.items()} == {
        "tzdata-1-py3-none-any.whl": False,
        "tzdata-2-py3-none-any.whl": True,
        "tzdata-3-py3-none-any.whl": False,
    }
    assert source.load("2026f", {}).release.version == "2026f"


def test_a_tampered_wheel_is_offered_and_refused_by_its_file_name(tmp_path: Path) -> None:
    path = put(tmp_path)
    path.write_bytes(tampered())
    source = WheelDirectory(tmp_path)
    assert source.offers().releases == {"2026f"}
    with pytest.raises(UntrustedRelease) as caught:
        source.load("2026f", {})
    assert caught.value.detail == f"{path.name}: 'tzdata/zoneinfo/Japan' differs from its sha256 in RECORD"


def test_a_mended_wheel_is_named_anew(tmp_path: Path) -> None:
    path = tmp_path / "tzdata-2026.6-py2.py3-none-any.whl"
    path.write_bytes(b"half a download")
    source = WheelDirectory(tmp_path)
    assert [*source.offers().refused] == [path.name]
    put(tmp_path)
    assert source.offers().refused == {}
    assert source.load("2026f", {}).release.version == "2026f"


class TestWhatDirectoriesHold:
    """None of these may keep the good wheel beside it from being served."""

    @pytest.fixture
    def odd(self, tmp_path: Path) -> Path:
        put(tmp_path)
        return tmp_path / "tzdata-9999.1-py3-none-any.whl"

    def refusal(self, odd: Path) -> str:
        source = WheelDirectory(odd.parent)
        offers = source.offers()
        assert offers.releases == {"2026f"}
        assert source.load("2026f", {}).release.version == "2026f"
        return offers.refused[odd.name]

    def test_a_dangling_link(self, odd: Path) -> None:
        odd.symlink_to("nowhere")
        assert self.refusal(odd) == "cannot be read: No such file or directory"

    def test_a_link_to_itself(self, odd: Path) -> None:
        odd.symlink_to(odd.name)
        assert self.refusal(odd).startswith("cannot be read: ")

    def test_a_directory(self, odd: Path) -> None:
        odd.mkdir()
        assert self.refusal(odd) == "not a file"

    def test_a_pipe_that_nobody_writes_to(self, odd: Path) -> None:
        os.mkfifo(odd)
        assert self.refusal(odd) == "not a file"

    def test_a_file_far_too_large(self, odd: Path) -> None:
        with odd.open("wb") as file:
            file.truncate(LIMITS.archive_bytes + 1)
        assert self.refusal(odd) == f"larger than {LIMITS.archive_bytes} bytes"

    def test_a_file_on_a_broken_disk(self, odd: Path) -> None:
        odd.symlink_to(BROKEN_DISK)
        assert self.refusal(odd)


def test_a_refusal_for_want_of_reading_is_forgotten_when_reading_works(tmp_path: Path) -> None:
    """Fixing permissions or disks does not change a file's size or time."""
    behind = tmp_path / "behind"
    link = tmp_path / "tzdata-2026.6-py2.py3-none-any.whl"
    link.symlink_to(behind / "wheel")
    source = WheelDirectory(tmp_path)
    assert [*source.offers().refused] == [link.name]
    behind.mkdir()
    put(behind, file_name="wheel")
    assert source.offers().releases == {"2026f"}


def test_a_directory_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    directory = tmp_path / "wheels"
    directory.mkdir()
    put(directory)
    source = WheelDirectory(directory)
    assert source.offers().releases == {"2026f"}
    directory.rename(tmp_path / "away")
    with pytest.raises(SourceUnreachable):
        source.offers()
    with pytest.raises(SourceUnreachable):
        source.load("2026f", {})
    directory.write_text("a file now")
    with pytest.raises(SourceUnreachable):
        source.offers()


def test_the_stamp_changes_with_any_wheel_and_only_then(tmp_path: Path) -> None:
    source = WheelDirectory(tmp_path)
    path = put(tmp_path)
    stamps = [source.offers().stamp, source.offers().stamp]
    path.write_bytes(tampered() + b" ")
    stamps += [source.offers().stamp, source.offers().stamp]
    put(tmp_path, iana="2026e", package="2026.5")
    stamps.append(source.offers().stamp)
    assert stamps[0] == stamps[1] != stamps[2] == stamps[3] != stamps[4]


def test_a_wheel_named_for_one_release_that_holds_another_goes_by_what_it_holds(tmp_path: Path) -> None:
    files = small_package(iana="2026e")
    (tmp_path / "tzdata-2026.6-py2.py3-none-any.whl").write_bytes(write_wheel({**files, ZI: files[ZI]}))
    assert WheelDirectory(tmp_path).offers().releases == {"2026e"}
