"""How one zone looks as JSON: what is known about its name, and what its clocks do from an instant on."""

from typing import TypedDict

from app.json_types import ReleaseName
from app.tzdb.release import Release
from app.tzdb.search import FactRow, fact_row, zone_fact
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.outlook import OutlookRow, outlook_row


class _Head(TypedDict):
    release: ReleaseName


class ZoneRow(_Head, FactRow, OutlookRow):
    """A zone in JSON; ``release`` is the one it was found in."""


class LocatedZoneRow(ZoneRow):
    """A zone in JSON, with the URL of its file as ``tzif``."""

    tzif: str


def zone_row(release: Release, name: str, *, now: int) -> ZoneRow:
    """Return a zone's JSON.

    Raises:
        KeyError: The release lacks the name.

    Units: ``now`` in Unix seconds.
    """
    fact = fact_row(zone_fact(release, name))
    return {"release": release.version, **fact, **outlook_row(decode_tzif(release.files[name].content), now=now)}
