"""``zone``: one name, its local time, and its next transitions."""

import json

import pytest

from app.tzdb.search import fact_row, zone_fact
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.outlook import outlook_row
from tests.cli.program import installed_release, invoke

SUMMER_2026 = 1_782_864_000


def test_a_zone_is_shown_with_its_local_time_and_its_transitions() -> None:
    result = invoke("zone", "Europe/Berlin", "--now", "2026-07-01")
    lines = result.stdout.splitlines()
    assert lines[0] == "name       Europe/Berlin"
    assert "now        2026-07-01T00:00:00Z  +02:00 CEST (dst)" in lines
    table = lines[lines.index("") + 1 :]
    assert table[0].split() == ["TRANSITION", "BEFORE", "AFTER"]
    assert table[1] == "2026-10-25T01:00:00Z  +02:00 CEST (dst)  +01:00 CET"
    assert len(table) == 1 + 10


def test_an_alias_is_shown_with_the_zone_behind_it() -> None:
    lines = invoke("zone", "Asia/Calcutta").stdout.splitlines()
    assert "kind       Link to Asia/Kolkata, alias-legacy" in lines
    assert "ahead      no transitions" in lines


@pytest.mark.parametrize("now", ["0001-01-01", "9999-12-31T23:59:59Z"])
def test_any_instant_that_can_be_written_is_accepted(now: str) -> None:
    result = invoke("zone", "Europe/Berlin", "--now", now)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "ahead      no transitions")


def test_the_json_is_all_that_is_known() -> None:
    result = json.loads(invoke("zone", "Europe/Berlin", "--now", "2026-07-01", "--json").stdout)
    release = installed_release()
    outlook = outlook_row(decode_tzif(release.files["Europe/Berlin"].content), now=SUMMER_2026)
    fact = fact_row(zone_fact(release, "Europe/Berlin"))
    assert result == json.loads(json.dumps({"release": release.version, **fact, **outlook}))


def test_without_an_instant_the_clock_says_what_now_is() -> None:
    assert json.loads(invoke("zone", "Etc/UTC", "--json").stdout)["now"]["at"] > "2026"


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("Europe/Berln", 3, "did you mean Europe/Berlin"),
        ("Europe/*", 2, "ask for one zone here"),
        ("country:DE", 2, "ask for one zone here"),
        ("../etc/passwd", 2, "is not a zone name"),
    ],
)
def test_anything_but_a_name_of_the_release_is_an_error(name: str, code: int, word: str) -> None:
    result = invoke("zone", name)
    assert (result.exit_code, result.stdout) == (code, "")
    assert word in result.stderr
