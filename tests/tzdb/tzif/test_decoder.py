"""Reading TZif: what the real files hold, and one refusal for every check."""

import struct
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidTzif
from app.tzdb.tzif.decoder import MAX_TZIF_BYTES, LeapSecond, decode_tzif, find_footer_disagreement
from app.tzdb.tzif.posix_tz import LocalTimeType
from app.tzdb.tzif.transitions import local_time_at, transitions_between
from tests.tzdb.tzif.tzif_files import (
    BERLIN,
    Block,
    distinct_real_tzif,
    encode_block,
    encode_tzif,
    read_wheel_files,
    real_tzif,
)

FOOTER = b"CET-1CEST,M3.5.0,M10.5.0/3"
GOOD = encode_tzif(BERLIN, footer=FOOTER)
SECOND_HEADER = 44 + 6 + 1
COUNT_FIELDS = {"isutcnt": 20, "isstdcnt": 24, "leapcnt": 28, "timecnt": 32, "typecnt": 36, "charcnt": 40}


def patch(content: bytes, *, at: int, by: bytes) -> bytes:
    return content[:at] + by + content[at + len(by) :]


def with_count(field: str, count: int) -> bytes:
    """Return the good file with one count of its 64-bit header changed and the data as they were."""
    return patch(GOOD, at=SECOND_HEADER + COUNT_FIELDS[field], by=struct.pack(">I", count))


def with_types(*types: tuple[int, int, int]) -> bytes:
    return encode_tzif(replace(BERLIN, types=types), footer=FOOTER)


def with_leaps(*leap_seconds: tuple[int, int], version: bytes = b"2") -> bytes:
    return encode_tzif(replace(BERLIN, leap_seconds=leap_seconds), version=version, footer=FOOTER)


def detail_of(content: bytes) -> str:
    with pytest.raises(InvalidTzif) as caught:
        decode_tzif(content)
    return caught.value.detail


def test_every_field_of_a_full_file_is_read() -> None:
    tzif = decode_tzif(GOOD)
    assert tzif.version == 2
    assert tzif.transitions == (-100, 300, 1_000_000)
    assert tuple(tzif.type_indices) == (1, 0, 1)
    assert tzif.types == (LocalTimeType(3600, False, "CET"), LocalTimeType(7200, True, "CEST"))
    assert tzif.leap_seconds == (LeapSecond(78_796_800, 1), LeapSecond(94_694_401, 2))
    assert tzif.standard_indicators == (True, True)
    assert tzif.ut_indicators == (False, True)
    assert tzif.footer == FOOTER.decode()
    assert tzif.posix is not None


def test_a_version_1_file_is_its_32_bit_block() -> None:
    tzif = decode_tzif(encode_block(BERLIN, version=b"\0", time_code="i"))
    assert (tzif.version, tzif.footer, tzif.posix) == (1, "", None)
    assert tzif.transitions == BERLIN.transitions


def test_a_fat_file_is_read_from_its_64_bit_block() -> None:
    tzif = decode_tzif(encode_tzif(BERLIN, footer=FOOTER, legacy=replace(BERLIN, transitions=(-7, 8, 9))))
    assert tzif.transitions == BERLIN.transitions


def test_a_designation_may_be_the_end_of_another() -> None:
    tzif = decode_tzif(encode_tzif(replace(BERLIN, designations=b"CEST\0", types=((3600, 0, 1), (7200, 1, 0)))))
    assert [each.designation for each in tzif.types] == ["EST", "CEST"]


def test_every_file_of_the_installed_release_is_read_and_agrees_with_its_footer() -> None:
    files = distinct_real_tzif()
    assert len(files) > 300
    assert [found for each in files if (found := find_footer_disagreement(decode_tzif(each)))] == []


def test_every_published_release_is_read_and_four_of_them_contradict_themselves_in_one_zone(wheels_dir: Path) -> None:
    found = {
        (wheel.name.split("-")[1], name)
        for wheel in wheels_dir.glob("tzdata-*.whl")
        for name, content in read_wheel_files(wheel).items()
        if find_footer_disagreement(decode_tzif(content))
    }
    assert found == {(version, "America/Ojinaga") for version in ("2022.7", "2023.1", "2023.2", "2023.3")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "the file ends at byte 0, inside the header at byte 0", id="empty"),
        pytest.param(GOOD[:43], "the file ends at byte 43, inside the header at byte 0", id="cut-in-header"),
        pytest.param(GOOD[:50], "the block at byte 51, of 50", id="cut-in-legacy-block"),
        pytest.param(GOOD[:90], "the file ends at byte 90, inside the header at byte 51", id="cut-in-second-header"),
        pytest.param(GOOD[:120], "of 120", id="cut-in-block"),
        pytest.param(b"tzif" + GOOD[4:], "header at byte 0 begins with b'tzif'", id="magic"),
        pytest.param(patch(GOOD, at=SECOND_HEADER, by=b"TZiF"), "header at byte 51 begins with b'TZiF'", id="magic-2"),
        pytest.param(patch(GOOD, at=4, by=b"1"), "unknown version b'1'", id="version-1-as-digit"),
        pytest.param(patch(GOOD, at=4, by=b"5"), "unknown version b'5'", id="version-5"),
        pytest.param(patch(GOOD, at=4, by=b"3"), "byte 51 has version 2, the first has 3", id="versions-differ"),
        pytest.param(patch(GOOD, at=5, by=b"\1"), "byte 0 has reserved bytes", id="reserved"),
        pytest.param(patch(GOOD, at=SECOND_HEADER + 19, by=b"\1"), "byte 51 has reserved bytes", id="reserved-2"),
        pytest.param(with_count("typecnt", 0), "byte 51 has a typecnt of zero", id="no-types"),
        pytest.param(with_count("charcnt", 0), "byte 51 has a charcnt of zero", id="no-designations"),
        pytest.param(patch(GOOD, at=36, by=bytes(4)), "byte 0 has a typecnt of zero", id="no-legacy-types"),
        pytest.param(with_count("isutcnt", 1), "isutcnt 1, neither 0 nor typecnt (2)", id="isutcnt"),
        pytest.param(with_count("isstdcnt", 3), "isstdcnt 3, neither 0 nor typecnt (2)", id="isstdcnt"),
        pytest.param(with_count("timecnt", 2**32 - 1), "the end of the block at byte", id="count-too-large"),
        pytest.param(GOOD + b"\n", "two newlines that end the file", id="trailing-byte"),
        pytest.param(GOOD[:-1], "two newlines that end the file", id="footer-cut"),
        pytest.param(encode_tzif(BERLIN, footer=b"CET-1\n"), "two newlines that end the file", id="newline-in-footer"),
        pytest.param(encode_tzif(BERLIN, footer="ČET-1".encode()), "not ASCII", id="footer-not-ascii"),
        pytest.param(encode_tzif(BERLIN, footer=b"A" * 300), "300 characters; the limit is 255", id="footer-too-long"),
        pytest.param(encode_tzif(BERLIN, footer=b"CET-1\0"), "at column 6", id="footer-nul"),
        pytest.param(encode_tzif(BERLIN, footer=b":CET"), "the TZ string ':CET'", id="footer-colon"),
        pytest.param(
            encode_tzif(BERLIN, footer=b"AAA3BBB,M3.5.0/-2,M10.5.0"), "version 3", id="footer-needs-version-3"
        ),
        pytest.param(
            encode_block(BERLIN, version=b"\0", time_code="i") + b"\n\n", "2 bytes follow", id="trailing-in-version-1"
        ),
        pytest.param(bytes(MAX_TZIF_BYTES + 1), f"the limit is {MAX_TZIF_BYTES}", id="over-the-limit"),
        pytest.param(bytes(MAX_TZIF_BYTES), "instead of the magic", id="at-the-limit"),
        pytest.param(encode_tzif(BERLIN)[:44], "put the end of the block", id="nothing-but-a-header"),
    ],
)
def test_a_file_with_a_broken_frame_is_refused(content: bytes, said: str) -> None:
    assert said in detail_of(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            encode_tzif(replace(BERLIN, transitions=(-100, 300, 300))),
            "64-bit block at byte 95 has transition 2, at 300, not after transition 1, at 300",
            id="equal-times",
        ),
        pytest.param(
            encode_tzif(BERLIN, legacy=replace(BERLIN, transitions=(5, 4, 6))),
            "32-bit block at byte 44 has transition 1, at 4, not after transition 0, at 5",
            id="falling-times-in-legacy-block",
        ),
        pytest.param(encode_tzif(replace(BERLIN, type_indices=(0, 2, 1))), "type index 2 for 2", id="type-index"),
        pytest.param(with_types((-90_000, 0, 0), (0, 1, 4)), "type 0 with utoff -90000", id="utoff-low"),
        pytest.param(with_types((0, 0, 0), (93_600, 1, 4)), "type 1 with utoff 93600", id="utoff-high"),
        pytest.param(with_types((0, 0, 0), (-(2**31), 1, 4)), "type 1 with utoff -2147483648", id="utoff-minimum"),
        pytest.param(with_types((0, 0, 0), (0, 2, 4)), "type 1 with isdst 2", id="isdst"),
        pytest.param(with_types((0, 0, 9), (0, 1, 4)), "type 0 with designation index 9 of 9", id="designation-index"),
        pytest.param(
            encode_tzif(replace(BERLIN, designations=b"CET\0CEST")),
            "type 1 with a designation that no NUL",
            id="no-nul",
        ),
        pytest.param(
            encode_tzif(replace(BERLIN, designations=b"CET\0" + b"A" * 64 + b"\0")),
            "type 1 with a designation that no NUL ends within 63 characters",
            id="designation-too-long",
        ),
        pytest.param(
            encode_tzif(replace(BERLIN, designations=b"CET\0CE\xc3\0")), r"b'CE\xc3', not printable", id="not-ascii"
        ),
        pytest.param(with_leaps((-1, 1)), "first leap second at -1", id="leap-before-1970"),
        pytest.param(with_leaps((78_796_800, 2)), "first leap second correction of 2", id="leap-first-correction"),
        pytest.param(with_leaps((1, 1), (2_419_199, 2)), "leap second 1 less than 28 days", id="leap-too-soon"),
        pytest.param(with_leaps((1, 1), (9_000_000, 3)), "leap second 1 with a correction 2 off", id="leap-step"),
        pytest.param(with_leaps((1, 1), (9_000_000, 1)), "leap second 1 with a correction 0 off", id="leap-expiry"),
        pytest.param(
            with_leaps((1, 1), (9_000_000, 1), (18_000_000, 2), version=b"4"),
            "leap second 1 with a correction 0 off",
            id="leap-expiry-not-last",
        ),
        pytest.param(encode_tzif(replace(BERLIN, isstd=b"\1\2")), "standard/wall indicator of 2", id="isstd"),
        pytest.param(encode_tzif(replace(BERLIN, isut=b"\2\1")), "UT/local indicator of 2", id="isut"),
        pytest.param(encode_tzif(replace(BERLIN, isstd=b"\1\0")), "type 1 with a UT/local", id="ut-not-standard"),
        pytest.param(encode_tzif(replace(BERLIN, isstd=b"")), "type 1 with a UT/local", id="ut-without-standard"),
    ],
)
def test_a_block_with_one_wrong_value_is_refused(content: bytes, said: str) -> None:
    assert said in detail_of(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(with_types((-89_999, 0, 0), (93_599, 1, 4)), id="widest-offsets"),
        pytest.param(with_leaps((0, 1), (2_419_199, 0)), id="closest-leap-seconds"),
        pytest.param(with_leaps((0, -1), (2_419_199, 0), (9_000_000, 1)), id="negative-leap-second"),
        pytest.param(with_leaps((9, 12), (9_000_000, 13), (18_000_000, 13), version=b"4"), id="cut-and-expiring-leaps"),
        pytest.param(encode_tzif(replace(BERLIN, transitions=(-(2**63), 0, 2**63 - 1))), id="widest-times"),
        pytest.param(encode_tzif(BERLIN, version=b"3", footer=b"AAA3BBB,M3.5.0/-2,M10.5.0/167"), id="version-3-times"),
    ],
)
def test_what_the_format_just_allows_is_read(content: bytes) -> None:
    decode_tzif(content)


def test_a_footer_that_contradicts_the_last_transition_is_found_and_still_read() -> None:
    # The mistake of the four releases: the rules are right, the last transition comes a week early.
    ojinaga = Block(
        transitions=(1_647_158_400, 1_667_116_800),
        type_indices=(1, 0),
        types=((-21_600, 0, 0), (-18_000, 1, 4)),
        designations=b"CST\0CDT\0",
    )
    found = find_footer_disagreement(decode_tzif(encode_tzif(ojinaga, footer=b"CST6CDT,M3.2.0,M11.1.0")))
    assert found == (
        "the last transition, at 1667116800, is CST (standard time, UT offset -21600 s), "
        "but the footer 'CST6CDT,M3.2.0,M11.1.0' says CDT (daylight saving time, UT offset -18000 s)"
    )
    # One week later the rules change too, and all is well.
    later = replace(ojinaga, transitions=(1_647_158_400, 1_667_718_000))
    assert find_footer_disagreement(decode_tzif(encode_tzif(later, footer=b"CST6CDT,M3.2.0,M11.1.0"))) is None


def test_a_file_without_transitions_is_compared_with_a_footer_of_one_local_time() -> None:
    utc = Block(designations=b"UTC\0")
    assert find_footer_disagreement(decode_tzif(encode_tzif(utc, footer=b"UTC0"))) is None
    found = find_footer_disagreement(decode_tzif(encode_tzif(utc, footer=b"UTC-1")))
    assert found is not None
    assert "the only local time is UTC" in found
    yearly = decode_tzif(encode_tzif(utc, footer=b"AAA0BBB,M3.5.0,M10.5.0"))
    assert find_footer_disagreement(yearly) is None, "type 0 is what held before the rule, whenever that began"


@pytest.mark.parametrize("block", [BERLIN, Block()])
def test_nothing_contradicts_an_empty_footer(block: Block) -> None:
    assert find_footer_disagreement(decode_tzif(encode_tzif(block))) is None


def use(content: bytes) -> None:
    """Read a file that may be broken, and if it is not, use all that was read."""
    try:
        tzif = decode_tzif(content)
    except InvalidTzif:
        return
    find_footer_disagreement(tzif)
    list(islice(transitions_between(tzif, start=-(2**63), end=2**63), 1000))
    local_time_at(tzif, 2**63 - 1)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_invalid_tzif(content: bytes) -> None:
    use(content)
    use(b"TZif2" + content)


def flip_bits(content: bytes, bits: list[int]) -> bytes:
    flipped = bytearray(content)
    for bit in bits:
        flipped[bit // 8 % len(flipped)] ^= 1 << bit % 8
    return bytes(flipped)


def cut(content: bytes, positions: list[int]) -> bytes:
    return content[: positions[0] % len(content)]


def double_a_stretch(content: bytes, positions: list[int]) -> bytes:
    start, end = sorted(each % len(content) for each in (positions[0], positions[-1]))
    return content[:end] + content[start:]


@given(
    st.sampled_from(["Europe/Berlin", "Africa/Casablanca", "America/Nuuk", "Etc/UTC", "Asia/Gaza", "Europe/Dublin"]),
    st.sampled_from([flip_bits, cut, double_a_stretch]),
    st.lists(st.integers(0, 8 * 4000), min_size=1, max_size=8),
)
@settings(max_examples=500)
def test_no_damage_to_a_real_file_raises_anything_but_invalid_tzif(
    name: str, damage: Callable[[bytes, list[int]], bytes], positions: list[int]
) -> None:
    use(damage(real_tzif(name), positions))


def test_every_proper_prefix_of_a_file_is_refused() -> None:
    for length in range(len(GOOD)):
        assert detail_of(GOOD[:length])
