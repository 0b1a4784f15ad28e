"""The fat form: the bytes of the reference compiler where the facts suffice, and the same local times everywhere.

The oracles are not ours: pytz ships what ``zic -b fat`` makes of the same release, and ``zoneinfo`` reads both forms.
"""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

from app.digest import sha256_hex, tree_digest
from app.errors import InvalidTzif
from app.tzdb.tzif.decoder import BlockCounts, TZif, decode_tzif
from app.tzdb.tzif.fat import LAST_YEAR, encode_fat
from app.tzdb.tzif.posix_tz import LocalTimeType, days_before_year, transitions_in_years
from app.tzdb.tzif.transitions import local_time_at
from tests.data.real_releases import real_release
from tests.tzdb.tzif.tzif_files import BERLIN, Block, encode_block, encode_tzif

DAY = 86_400
START, END = days_before_year(1900) * DAY, days_before_year(2500) * DAY
END_OF_FAT = days_before_year(LAST_YEAR + 1) * DAY
MIN_32, MAX_32 = -(2**31), 2**31 - 1

WRITTEN_EQUAL = 280
"""Names of 2026f whose slim file holds all the facts that stand in the fat one: those without indicators."""
OTHER_ORDER = {"America/North_Dakota/Beulah", "Antarctica/Troll"}
"""Their slim files lack daylight saving time, which only the footer has, so its place among the types is not known."""


@pytest.fixture(scope="session")
def slim(wheels_dir: Path) -> dict[str, bytes]:
    """Return every file of the release that pytz is made from."""
    release = real_release(wheels_dir, version("pytz"))
    assert release.version == vars(pytz)["OLSON_VERSION"]
    return {name: file.content for name, file in release.files.items()}


@pytest.fixture(scope="session")
def fat(slim: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the same written fat."""
    return {name: encode_fat(decode_tzif(content)) for name, content in slim.items()}


@pytest.fixture(scope="session")
def compiled(slim: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the same as the reference compiler writes it."""
    root = files("pytz").joinpath("zoneinfo")
    return {name: root.joinpath(*name.split("/")).read_bytes() for name in slim}


def legacy_file(content: bytes) -> TZif:
    """Return what a reader of the 32-bit block alone finds in a file: a file of version 1."""
    size = BlockCounts(*struct.unpack_from(">6I", content, 20)).block_size(4)
    return decode_tzif(content[:4] + b"\0" + content[5 : 44 + size])


def without_indicators(tzif: TZif) -> TZif:
    """Return the file with the types made one that differ in their indicators alone."""
    types = tuple(dict.fromkeys(tzif.types))
    indices = bytes(types.index(tzif.types[index]) for index in tzif.type_indices)
    return replace(tzif, types=types, type_indices=indices, standard_indicators=(), ut_indicators=())


def instants_of(content: bytes) -> Iterator[int]:
    """Yield the instants from 1900 to 2500 that tell files apart: both sides of changes, and twice a year at least."""
    tzif = decode_tzif(content)
    yield from range(START, END, 177 * DAY + 7919)
    yield from (at + side for at in tzif.transitions for side in (-1, 0) if START < at < END)
    for first, last in ((2030, 2045), (2490, 2499)):
        changes = transitions_in_years(tzif.posix, first, last) if tzif.posix else ()
        yield from (at + side for at, _ in changes for side in (-1, 0))


def told_by(zone: ZoneInfo, instant: int) -> tuple[timedelta | None, str | None, bool]:
    moment = datetime.fromtimestamp(instant, zone)
    return moment.utcoffset(), moment.tzname(), bool(moment.dst())


class TestTheReferenceCompiler:
    def test_its_own_files_come_back_as_they_were(self, compiled: Mapping[str, bytes]) -> None:
        assert len(compiled) == 598
        assert [name for name, content in compiled.items() if encode_fat(decode_tzif(content)) != content] == []

    def test_files_without_indicators_are_written_as_it_writes_them(
        self, fat: Mapping[str, bytes], compiled: Mapping[str, bytes]
    ) -> None:
        equal = {name for name, content in compiled.items() if fat[name] == content}
        facts_suffice = {name for name, content in compiled.items() if not decode_tzif(content).standard_indicators}
        assert equal == facts_suffice
        assert len(equal) == WRITTEN_EQUAL

    def test_all_others_differ_in_indicators_and_two_in_the_order_of_types(
        self, fat: Mapping[str, bytes], compiled: Mapping[str, bytes]
    ) -> None:
        plain = {name: encode_fat(without_indicators(decode_tzif(content))) for name, content in compiled.items()}
        assert {name for name, content in plain.items() if fat[name] != content} == OTHER_ORDER
        for name in OTHER_ORDER:
            one, other = decode_tzif(plain[name]), decode_tzif(fat[name])
            assert (one.transitions, len(plain[name])) == (other.transitions, len(fat[name]))
            assert [one.types[i] for i in one.type_indices] == [other.types[i] for i in other.type_indices]


class TestTheWholeRelease:
    def test_zoneinfo_reads_both_forms_alike_from_1900_to_2500(
        self, slim: Mapping[str, bytes], fat: Mapping[str, bytes]
    ) -> None:
        for content, written in {slim[name]: fat[name] for name in slim}.items():
            one, other = ZoneInfo.from_file(io.BytesIO(content)), ZoneInfo.from_file(io.BytesIO(written))
            for instant in {*instants_of(content), *instants_of(written)}:
                assert told_by(one, instant) == told_by(other, instant), instant

    def test_the_32_bit_data_tell_all_they_can_by_themselves(
        self, slim: Mapping[str, bytes], fat: Mapping[str, bytes]
    ) -> None:
        for content, written in {slim[name]: fat[name] for name in slim}.items():
            whole, legacy = decode_tzif(content), legacy_file(written)
            for instant in {MIN_32, END_OF_FAT - 1, *instants_of(content), *instants_of(written)}:
                if MIN_32 <= instant < END_OF_FAT:
                    assert local_time_at(legacy, instant) == local_time_at(whole, instant)

    def test_links_are_still_equal_to_their_targets(self, wheels_dir: Path, fat: Mapping[str, bytes]) -> None:
        links = real_release(wheels_dir, version("pytz")).links
        assert [link for link, zone in links.items() if fat[link] != fat[zone]] == []

    def test_its_bytes_are_these(self, fat: Mapping[str, bytes]) -> None:
        # Other bytes are another artifact under the same pinned URL: change them for a wrong zone, for nothing less.
        golden = "sha256:9e0597529486309c9e24c053ede4d2381bbc5c46172d6d213bc42a57890ea7f3"
        assert tree_digest((name, sha256_hex(content)) for name, content in fat.items()) == golden


class TestOneFile:
    FOOTER = b"CET-1CEST,M3.5.0,M10.5.0/3"
    CET, CEST = LocalTimeType(3600, False, "CET"), LocalTimeType(7200, True, "CEST")

    def test_the_footer_is_written_out_to_the_end_of_2037_and_kept(self) -> None:
        block = Block((0,), (0,), ((3600, 0, 0),), b"CET\0")
        tzif = decode_tzif(encode_fat(decode_tzif(encode_tzif(block, footer=self.FOOTER))))
        assert (tzif.version, tzif.footer) == (2, self.FOOTER.decode())
        assert tzif.types == (self.CET, self.CEST)
        assert len(tzif.transitions) == 1 + 2 * 68
        assert tzif.transitions[-1] == 2_140_045_200

    def test_a_transition_that_changes_nothing_goes(self) -> None:
        block = Block((-50, 0, 50, 60), (1, 1, 0, 0), ((0, 0, 0), (3600, 0, 4)), b"UTC\0CET\0")
        assert decode_tzif(encode_fat(decode_tzif(encode_tzif(block, footer=b"UTC0")))).transitions == (-50, 50)

    def test_what_32_bits_cannot_hold_becomes_a_first_transition(self) -> None:
        block = Block((MIN_32 - 9, MIN_32 - 5, 7), (1, 0, 1), ((0, 0, 0), (3600, 0, 4)), b"UTC\0CET\0")
        written = encode_fat(decode_tzif(encode_tzif(block, footer=b"CET-1")))
        assert legacy_file(written).transitions == (MIN_32, 7)
        assert decode_tzif(written).transitions == block.transitions

    def test_a_transition_at_the_very_edge_is_not_doubled(self) -> None:
        block = Block((MIN_32 - 9, MIN_32, MAX_32, MAX_32 + 1), (1, 0, 1, 0), ((0, 0, 0), (3600, 0, 4)), b"UTC\0CET\0")
        assert legacy_file(encode_fat(decode_tzif(encode_tzif(block, footer=b"UTC0")))).transitions == (MIN_32, MAX_32)

    def test_a_file_without_transitions_begins_in_1900_if_its_footer_has_changes(self) -> None:
        block = Block(types=((3600, 0, 0),), designations=b"CET\0")
        times = decode_tzif(encode_fat(decode_tzif(encode_tzif(block, footer=self.FOOTER)))).transitions
        assert (len(times), times[0] // DAY) == (2 * 138, days_before_year(1900) + 83)
        assert decode_tzif(encode_fat(decode_tzif(encode_tzif(block, footer=b"CET-1")))).transitions == ()

    def test_from_the_last_transition_on_the_footer_is_right(self) -> None:
        block = Block((0,), (0,), ((3600, 0, 0),), b"CET\0")
        tzif = decode_tzif(encode_fat(decode_tzif(encode_tzif(block, footer=b"EET-2"))))
        assert tzif.types[tzif.type_indices[0]] == LocalTimeType(7200, False, "EET")

    def test_an_unused_copy_of_the_latest_type_ends_the_list_if_another_would(self) -> None:
        block = Block((1, 2, 3), (1, 2, 1), ((0, 0, 0), (3600, 0, 4), (7200, 0, 8)), b"UTC\0CET\0EET\0")
        tzif = decode_tzif(encode_fat(decode_tzif(encode_tzif(block, footer=b"CET-1"))))
        assert [each.designation for each in tzif.types] == ["UTC", "CET", "EET", "CET"]

    @pytest.mark.parametrize("version", [b"2", b"3", b"4"])
    def test_the_version_stays(self, version: bytes) -> None:
        content = encode_fat(decode_tzif(encode_tzif(replace(BERLIN, leap_seconds=()), version=version)))
        assert content[4:5] == version
        assert decode_tzif(content).version == int(version)

    def test_version_1_stays_version_1(self) -> None:
        content = encode_block(replace(BERLIN, leap_seconds=()), version=b"\0", time_code="i")
        assert encode_fat(decode_tzif(content)) == content

    def test_leap_seconds_are_refused(self) -> None:
        with pytest.raises(InvalidTzif, match="leap seconds"):
            encode_fat(decode_tzif(encode_tzif(BERLIN, footer=self.FOOTER)))

    def test_more_types_than_a_byte_can_number_are_refused(self) -> None:
        types = tuple((number, 0, 0) for number in range(256))
        block = Block(tuple(range(256)), tuple(range(256)), types, b"UTC\0")
        with pytest.raises(InvalidTzif, match="256"):
            encode_fat(decode_tzif(encode_tzif(block, footer=self.FOOTER)))


FOOTERS = st.sampled_from(
    "UTC0 <-03>3 CET-1CEST,M3.5.0,M10.5.0/3 EST5EDT,M3.2.0,M11.1.0 <+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
    " IST-1GMT0,M10.5.0,M3.5.0/1 EST5EDT,0/0,J365/25 <-02>2<-01>,M3.5.0/-1,M10.5.0/0".split()
)
NAMES = ("UTC", "CET", "CEST", "PCET", "<-03>".strip("<>"))


@st.composite
def slim_files(draw: st.DrawFn) -> bytes:
    """Draw a file with any transitions, types and footer, which need not agree with each other."""
    times = draw(st.sets(st.integers(-4_000_000_000, 5_000_000_000), max_size=12))
    table = "".join(f"{name}\0" for name in draw(st.permutations(NAMES))).encode()
    starts = st.sampled_from([table.index(name.encode()) for name in NAMES])
    types = draw(st.lists(st.tuples(st.integers(-43_200, 50_400), st.integers(0, 1), starts), min_size=1, max_size=6))
    indices = [draw(st.integers(0, len(types) - 1)) for _ in times]
    block = Block(tuple(sorted(times)), tuple(indices), tuple(types), table)
    return encode_tzif(block, version=b"3", footer=draw(FOOTERS).encode())


@given(slim_files(), st.lists(st.integers(START, END), max_size=50))
def test_any_file_tells_the_same_in_both_forms(content: bytes, sample: list[int]) -> None:
    tzif = decode_tzif(content)
    written = decode_tzif(encode_fat(tzif))
    legacy = legacy_file(encode_fat(tzif))
    edges = [at + side for each in (tzif, written) for at in each.transitions for side in (-1, 0)]
    for instant in (*sample, *edges):
        if tzif.transitions or instant >= START:
            assert local_time_at(written, instant) == local_time_at(tzif, instant)
        if max(MIN_32, START) <= instant < END_OF_FAT:
            assert local_time_at(legacy, instant) == local_time_at(tzif, instant)


@given(slim_files())
def test_what_is_written_has_no_gap_in_order_and_no_type_too_many(content: bytes) -> None:
    tzif = decode_tzif(encode_fat(decode_tzif(content)))
    assert all(earlier < later for earlier, later in pairwise(tzif.transitions))
    assert len(tzif.types) <= len({0, *tzif.type_indices}) + 2
