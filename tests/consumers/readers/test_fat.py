"""The readers that fat files are for, and some that need none: all read in fat files what Python reads in slim ones.

Offsets and abbreviations are compared. Whether a time is daylight saving time pytz and dateutil guess from offsets.
"""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from dateutil.tz import tzfile
from pytz.tzfile import build_tzinfo

from app.tzdb.tzif.decoder import decode_tzif
from tests.consumers.bundles import decode_wheel, fetch, tree, unpack
from tests.consumers.readers.local_times import local_times, python_spans, unix
from tests.consumers.tools import run
from tests.servers import Service

FIRST, BEYOND = unix(1902, 1, 1), unix(2038, 1, 1)
"""The whole years of 32-bit times, which is all that these readers know."""
WRONG_FROM_SLIM = 579
"""Of 598 names; the others have always been at UTC."""


class Told(NamedTuple):
    """What a reader says of an instant. Units: ``offset`` in seconds east of UTC."""

    offset: float
    abbreviation: str | None


@pytest.fixture(scope="module")
def slim(wheels_dir: Path) -> dict[str, bytes]:
    return decode_wheel(wheels_dir, "2026.6").zones


@pytest.fixture(scope="module")
def fat(every_release: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    archive = fetch(every_release, "/v1/bundles/2026f/*.tar.gz?encoding=fat")
    return tree(unpack(archive, tmp_path_factory.mktemp("fat")))


def edges_of(content: bytes) -> list[int]:
    """Return both sides of every change in a fat file, and both ends of what 32 bits can hold."""
    edges = (at + side for at in decode_tzif(content).transitions for side in (-1, 0))
    return sorted({FIRST, *(each for each in edges if FIRST <= each < BEYOND), BEYOND - 1})


def told_by_pytz(content: bytes, instants: Iterable[int]) -> list[Told]:
    zone = build_tzinfo("Test/Zone", io.BytesIO(content))
    told = []
    for instant in instants:
        utc = datetime.fromtimestamp(instant, UTC).replace(tzinfo=None)
        local = zone.fromutc(utc)
        told.append(Told((local.replace(tzinfo=None) - utc).total_seconds(), local.tzname()))
    return told


def told_by_dateutil(content: bytes, instants: Iterable[int]) -> list[Told]:
    zone = tzfile(io.BytesIO(content), filename="Test/Zone")
    told = []
    for instant in instants:
        utc = datetime.fromtimestamp(instant, UTC).replace(tzinfo=zone)
        local = zone.fromutc(utc)
        told.append(Told((local.replace(tzinfo=None) - utc.replace(tzinfo=None)).total_seconds(), local.tzname()))
    return told


def told_by_python(content: bytes, instants: Iterable[int]) -> list[Told]:
    return [Told(span.local.offset, span.local.abbreviation) for span in local_times(content, instants)]


def test_pytz_reads_every_zone_right(slim: dict[str, bytes], fat: dict[str, bytes]) -> None:
    right = 0
    for name, content in slim.items():
        instants = edges_of(fat[name])
        whole_minutes = [
            Told((told.offset + 30) // 60 * 60, told.abbreviation) for told in told_by_python(content, instants)
        ]
        right += told_by_pytz(fat[name], instants) == whole_minutes
    assert right == len(fat) == 598


def test_pytz_takes_slim_files_for_utc(slim: dict[str, bytes], fat: dict[str, bytes]) -> None:
    edges = {name: edges_of(content) for name, content in fat.items()}
    assert {told.offset for name in slim for told in told_by_pytz(slim[name], edges[name])} == {0}
    wrong = [name for name in slim if any(told.offset for told in told_by_python(slim[name], edges[name]))]
    assert len(wrong) == WRONG_FROM_SLIM


def test_dateutil_reads_every_zone_right(slim: dict[str, bytes], fat: dict[str, bytes]) -> None:
    # From the last transition of a file on it knows standard time only.
    for name, content in slim.items():
        last = max(decode_tzif(fat[name]).transitions, default=BEYOND)
        instants = [each for each in edges_of(fat[name]) if each < last]
        expected = [told.offset for told in told_by_python(content, instants)]
        assert [told.offset for told in told_by_dateutil(fat[name], instants)] == expected, name


def test_dateutil_names_every_time_right(slim: dict[str, bytes], fat: dict[str, bytes]) -> None:
    # In the middle of each span: around changes that set no clock it looks for the name at the wrong hour.
    for name, content in slim.items():
        changes = [FIRST, *(at for at in decode_tzif(fat[name]).transitions if FIRST < at < BEYOND)]
        instants = [(one + other) // 2 for one, other in pairwise(changes)]
        assert told_by_dateutil(fat[name], instants) == told_by_python(content, instants), name


def test_dateutil_takes_slim_files_for_utc(slim: dict[str, bytes]) -> None:
    assert {told.offset for content in slim.values() for told in told_by_dateutil(content, [FIRST, BEYOND])} == {0}


def test_python_reads_what_it_reads_from_slim_files(slim: dict[str, bytes], fat: dict[str, bytes]) -> None:
    for name in ("Europe/Berlin", "Africa/Casablanca", "Asia/Gaza", "America/Nuuk", "Asia/Shanghai", "CST6CDT"):
        spans = python_spans(fat[name], [])
        assert spans == python_spans(slim[name], spans)


def test_zdump_of_glibc_prints_the_same_for_both(
    every_release: Service, slim: dict[str, bytes], tmp_path: Path
) -> None:
    asked = sorted({content: name for name, content in slim.items()}.values())[::5]
    printed = []
    for encoding in ("slim", "fat"):
        archive = fetch(every_release, f"/v1/bundles/2026f/*.tar.gz?encoding={encoding}")
        directory = unpack(archive, tmp_path / encoding)
        printed.append(run("zdump", "-v", "-c", "1900,2060", *asked, environ={"TZDIR": str(directory)}))
    assert printed[0] == printed[1]
    assert printed[0].count("\n") > 2 * len(asked)


def test_a_zip_for_go_can_be_fat(every_release: Service, fat: dict[str, bytes], tmp_path: Path) -> None:
    archive = tmp_path / "zoneinfo.zip"
    archive.write_bytes(fetch(every_release, "/v1/bundles/2026f/Europe/Berlin.zip?encoding=fat"))
    assert fat["Europe/Berlin"] in archive.read_bytes()
