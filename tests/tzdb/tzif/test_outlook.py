"""What lies ahead of a zone: its local time at an instant, and the next transitions, however many there are."""

from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.outlook import AHEAD, outlook_row
from tests.tzdb.tzif.tzif_files import BERLIN, Block, encode_tzif

SUMMER_2026 = 1_782_864_000  # 2026-07-01T00:00:00Z


def test_a_zone_with_summer_time_has_its_next_transitions() -> None:
    outlook = outlook_row(decode_tzif(encode_tzif(BERLIN, footer=b"CET-1CEST,M3.5.0,M10.5.0/3")), now=SUMMER_2026)
    assert outlook["footer"] == "CET-1CEST,M3.5.0,M10.5.0/3"
    assert outlook["now"] == {"at": "2026-07-01T00:00:00Z", "utoff": 7200, "abbreviation": "CEST", "is_dst": True}
    assert len(outlook["transitions_ahead"]) == AHEAD
    assert outlook["transitions_ahead"][0] == {
        "at": "2026-10-25T01:00:00Z",
        "unix": 1_792_890_000,
        "before": {"utoff": 7200, "abbreviation": "CEST", "is_dst": True},
        "after": {"utoff": 3600, "abbreviation": "CET", "is_dst": False},
    }


def test_a_zone_without_has_none() -> None:
    utc = encode_tzif(Block((), (), ((0, 0, 0),), b"UTC\0"), footer=b"UTC0")
    outlook = outlook_row(decode_tzif(utc), now=0)
    assert outlook["now"] == {"at": "1970-01-01T00:00:00Z", "utoff": 0, "abbreviation": "UTC", "is_dst": False}
    assert outlook["transitions_ahead"] == []


def test_what_is_more_than_twenty_years_away_is_not_told() -> None:
    types = ((0, 0, 0), (3600, 0, 4))
    far = encode_tzif(Block((700_000_000,), (1,), types, b"AAA\0BBB\0"), footer=b"BBB-1")
    assert outlook_row(decode_tzif(far), now=0)["transitions_ahead"] == []
    assert len(outlook_row(decode_tzif(far), now=699_999_999)["transitions_ahead"]) == 1


def test_nothing_is_told_of_what_comes_after_year_9999() -> None:
    berlin = decode_tzif(encode_tzif(BERLIN, footer=b"CET-1CEST,M3.5.0,M10.5.0/3"))
    ahead = outlook_row(berlin, now=253_370_764_800)["transitions_ahead"]
    assert [transition["at"][:7] for transition in ahead] == ["9999-03", "9999-10"]
