"""C libraries: glibc through ``TZDIR`` and ``TZ``, musl in a root with nothing else, over all zones of a release."""

import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.tzdb.tzif.decoder import decode_tzif
from tests.consumers.bundles import Wheel, decode_wheel, fetch, unpack
from tests.consumers.readers.local_times import LocalTime, Span, local_times, unix
from tests.consumers.tools import in_root, run
from tests.servers import Service

SUMMER, WINTER = unix(2026, 7, 1), unix(2026, 12, 1)

# Known without this program: a zone, an instant, what a clock there showed.
KNOWN = (
    ("Asia/Shanghai", unix(2026, 7, 1), "2026-07-01 08:00:00 +0800 CST"),
    ("Europe/Berlin", unix(2026, 3, 29), "2026-03-29 01:00:00 +0100 CET"),
    ("Europe/Berlin", unix(2026, 3, 29, 1), "2026-03-29 03:00:00 +0200 CEST"),
    ("Europe/Berlin", unix(2090, 7, 1), "2090-07-01 02:00:00 +0200 CEST"),  # past the last transition in the file
    ("America/New_York", unix(1970, 1, 1), "1969-12-31 19:00:00 -0500 EST"),
    ("Asia/Kathmandu", unix(1985, 12, 31), "1985-12-31 05:30:00 +0530 +0530"),
    ("Etc/UTC", unix(2026, 7, 1), "2026-07-01 00:00:00 +0000 UTC"),
)
ZONES = ",".join(sorted({zone for zone, _, _ in KNOWN}))

_ZDUMP_LINE = re.compile(r"(\S+) +\w{3} (\w{3} .\d \S+ \d+) UT = .* (\S+) isdst=([01]) gmtoff=(-?\d+)")


def date(instant: int, environ: Mapping[str, str]) -> str:
    return run("date", "--date", f"@{instant}", "+%F %T %z %Z", environ=environ).strip()


@pytest.fixture(scope="module")
def latest_tree(every_release: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(fetch(every_release, "/v1/bundles/2026f/*.tar.gz"), tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def latest_wheel(wheels_dir: Path) -> Wheel:
    return decode_wheel(wheels_dir, "2026.6")


def test_glibc_finds_the_zones_by_name(service: Service, tmp_path: Path) -> None:
    unpack(fetch(service, f"/v1/bundles/latest/{ZONES}.tar.gz"), tmp_path)
    for zone, instant, shown in KNOWN:
        assert date(instant, {"TZDIR": str(tmp_path), "TZ": zone}) == shown


def test_glibc_takes_a_file_of_the_tree_by_its_path(service: Service, tmp_path: Path) -> None:
    unpack(fetch(service, f"/v1/bundles/latest/{ZONES}.tar.gz?links=symbolic"), tmp_path)
    for zone, instant, shown in KNOWN:
        assert date(instant, {"TZ": f":{tmp_path / zone}"}) == shown


def test_glibc_finds_nothing_that_was_not_asked_for(service: Service, tmp_path: Path) -> None:
    unpack(fetch(service, "/v1/bundles/latest/Asia/Shanghai.tar.gz"), tmp_path)
    assert date(SUMMER, {"TZDIR": str(tmp_path), "TZ": "Europe/Berlin"}) == "2026-07-01 00:00:00 +0000 Europe"


def test_glibc_reads_names_that_no_other_place_could_have_given_it(invented: Service, tmp_path: Path) -> None:
    unpack(fetch(invented, "/v1/bundles/2099a/Test/Merged,Test/Zone,Legacy.tar"), tmp_path)
    environ = {"TZDIR": str(tmp_path)}
    assert date(SUMMER, {**environ, "TZ": "Test/Zone"}) == "2026-07-01 03:00:00 +0300 TDT"
    assert date(WINTER, {**environ, "TZ": "Test/Merged"}) == "2026-12-01 02:00:00 +0200 TST"
    assert date(WINTER, {**environ, "TZ": "Legacy"}) == "2026-11-30 19:00:00 -0500 -05"


def test_zdump_sees_in_all_zones_the_changes_that_python_sees(latest_tree: Path, latest_wheel: Wheel) -> None:
    # One name for each content: zdump takes its time, and that links are equal is tested elsewhere.
    zones = {name: content for content, name in {content: name for name, content in latest_wheel.zones.items()}.items()}
    printed = run("zdump", "-v", "-c", "2005,2040", *zones, environ={"TZDIR": str(latest_tree)})
    seen: dict[str, list[Span]] = {name: [] for name in zones}
    for line in printed.splitlines():
        if match := _ZDUMP_LINE.fullmatch(line):
            name, instant, abbreviation, is_dst, offset = match.groups()
            moment = datetime.strptime(instant, "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
            seen[name].append(Span(int(moment.timestamp()), LocalTime(int(offset), abbreviation, is_dst == "1")))
    for name, spans in seen.items():
        assert spans == [*local_times(zones[name], [span.start for span in spans])], name
    assert len(seen["Europe/Madrid"]) == 2 * 2 * (2040 - 2005)


def test_musl_shows_in_all_zones_the_times_that_python_shows(
    latest_tree: Path, latest_wheel: Wheel, musl_localtime: Path, tmp_path: Path
) -> None:
    instants = [unix(year, month, 1) for year in range(1970, 2090, 4) for month in (1, 4, 7, 10)]
    shutil.copytree(latest_tree, tmp_path / "usr" / "share" / "zoneinfo", copy_function=shutil.copy)
    shutil.copy(musl_localtime, tmp_path / "localtime")
    names = "".join(f"{name}\n" for name in latest_wheel.zones)
    printed = run(*in_root(tmp_path), "/localtime", *map(str, instants), stdin=names.encode())
    shown: dict[str, list[Span]] = {name: [] for name in latest_wheel.zones}
    for line in printed.splitlines():
        name, instant, offset, abbreviation, is_dst = line.split("\t")
        shown[name].append(Span(int(instant), LocalTime(int(offset), abbreviation, is_dst == "1")))
    for name, content in latest_wheel.zones.items():
        transitions = decode_tzif(content).transitions
        # Where a file has a single transition, musl shows what comes after it for the time before it, too.
        since = transitions[0] if len(transitions) == 1 else 0
        spans = [span for span in shown[name] if span.start >= since]
        assert spans == [*local_times(content, [span.start for span in spans])], name


def test_musl_reads_what_was_asked_for_and_nothing_else(
    invented: Service, musl_localtime: Path, tmp_path: Path
) -> None:
    unpack(fetch(invented, "/v1/bundles/2099a/Test/Zone.tar.gz?prefix=usr/share/zoneinfo"), tmp_path)
    shutil.copy(musl_localtime, tmp_path / "localtime")
    names = b"Test/Zone\nTest/Other\n"
    printed = run(*in_root(tmp_path), "/localtime", str(SUMMER), stdin=names).splitlines()
    assert printed == [f"Test/Zone\t{SUMMER}\t10800\tTDT\t1", f"Test/Other\t{SUMMER}\t0\tUTC\t0"]
