"""Python's zoneinfo on an unpacked tree, in an interpreter that has no other zones."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.consumers.bundles import decode_wheel, fetch, unpack
from tests.consumers.tools import run
from tests.servers import Service

# Takes the tree and the names, prints name → UTC offset in seconds in the summer of 2026, or the error's class.
_PROGRAM = """
import importlib.util, json, sys, zoneinfo
from datetime import datetime

def offset(name):
    try:
        return datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo(name)).utcoffset().total_seconds()
    except Exception as error:
        return type(error).__name__

assert importlib.util.find_spec("tzdata") is None
zoneinfo.reset_tzpath(to=[sys.argv[1]])
names = sys.argv[2:]
print(json.dumps({"offsets": {name: offset(name) for name in names}, "all": sorted(zoneinfo.available_timezones())}))
"""


def ask(tree: Path, names: Iterable[str]) -> tuple[dict[str, float | str], list[str]]:
    """Return name → offset or error, and the names that Python says there are."""
    # Isolated and without site-packages: the package tzdata would be Python's second place to look.
    answer = json.loads(run(Path(sys.executable), "-I", "-S", "-c", _PROGRAM, tree, *names))
    offsets: dict[str, float | str] = answer["offsets"]
    available: list[str] = answer["all"]
    return offsets, available


@pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
def test_asked_zones_load_and_others_are_not_found(service: Service, tmp_path: Path, links: str) -> None:
    unpack(fetch(service, f"/v1/bundles/latest/Asia/Calcutta,Etc/UTC.tar.gz?aliases=target&links={links}"), tmp_path)
    offsets, available = ask(tmp_path, ["Asia/Calcutta", "Asia/Kolkata", "Etc/UTC", "UTC", "Europe/Berlin"])
    missing = "ZoneInfoNotFoundError"
    assert offsets == {
        "Asia/Calcutta": 19_800,
        "Asia/Kolkata": 19_800,
        "Etc/UTC": 0,
        "UTC": missing,
        "Europe/Berlin": missing,
    }
    assert available == ["Asia/Calcutta", "Asia/Kolkata", "Etc/UTC"]


def test_names_that_no_other_place_could_have_given_load(invented: Service, tmp_path: Path) -> None:
    unpack(fetch(invented, "/v1/bundles/2099a/Test/*.tar"), tmp_path)
    offsets, _ = ask(tmp_path, ["Test/Zone", "Test/Merged", "Test/Area/Deep", "Etc/Test+1"])
    assert offsets == {
        "Test/Zone": 10_800,
        "Test/Merged": 10_800,
        "Test/Area/Deep": 20_700,
        "Etc/Test+1": "ZoneInfoNotFoundError",
    }


def test_python_sees_all_names_of_a_whole_tree_and_takes_no_table_for_one(
    every_release: Service, wheels_dir: Path, tmp_path: Path
) -> None:
    tables = "iso3166.tab,leapseconds,tzdata.zi,zone.tab,zone1970.tab"
    unpack(fetch(every_release, f"/v1/bundles/2026f/*.tar.gz?tables={tables}"), tmp_path)
    _, available = ask(tmp_path, [])
    assert available == sorted(decode_wheel(wheels_dir, "2026.6").zones)
