"""Zones as parts of a path in lower case, and back: ``asia/shanghai/etc/gmt.8`` is Asia/Shanghai and Etc/GMT+8.

This is what images and Go modules have in common: both are found by names without capitals and plus signs.
"""

import re
from collections.abc import Mapping, Sequence

from app.errors import UnknownZones
from app.text import quote
from app.tzdb.names import MAX_NAME_PARTS
from app.tzdb.release import Release
from app.tzdb.suggestions import suggest_countries, suggest_names

_COUNTRY = "country"
_CODE = re.compile(r"[a-z]{2}")


def format_zone_path(name: str) -> str:
    """Return a zone's name as it stands in such a path. No two names of a release give the same."""
    return name.lower().replace("+", ".")


def parse_zone_path(path: str, release: Release) -> list[str]:
    """Parse the zones of a path, in any order, by the names of a release.

    No name is a directory of another, which ``make_release`` checks, so there is at most one reading.

    Returns:
        Selectors; ``country/cn`` stands for ``country:CN``.

    Raises:
        UnknownZones: Some part of the path is not a zone; with that part and up to three suggestions.
    """
    parts = path.split("/")
    known = _by_path(release)
    zones, end = _parse_known(parts, known, release)
    if end < len(parts):
        raise _unknown(parts, end, known=known, release=release)
    return zones


def is_zone_path(path: str, release: Release) -> bool:
    """Tell whether ``parse_zone_path`` can parse a path. Cost: a tenth of what finding suggestions takes."""
    parts = path.split("/")
    return _parse_known(parts, _by_path(release), release)[1] == len(parts)


def _by_path(release: Release) -> Mapping[str, str]:
    return {format_zone_path(zone): zone for zone in release.files}


def _parse_known(parts: Sequence[str], known: Mapping[str, str], release: Release) -> tuple[list[str], int]:
    """Return the selectors up to the first part that is not one, and where that is."""
    zones: list[str] = []
    at = 0
    while at < len(parts):
        read = _parse_one(parts, at, known)
        if read is None or (read[0].startswith("country:") and not release.zones_of_country(read[0][-2:])):
            break
        zone, at = read
        zones.append(zone)
    return zones, at


def _parse_one(parts: Sequence[str], at: int, known: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the selector that starts at ``at``, and where the next one does."""
    for end in range(at + 1, min(at + MAX_NAME_PARTS, len(parts)) + 1):
        if zone := known.get("/".join(parts[at:end])):
            return zone, end
    if parts[at] == _COUNTRY and at + 1 < len(parts) and _CODE.fullmatch(parts[at + 1]):
        return f"country:{parts[at + 1].upper()}", at + 2
    return None


def _unknown(parts: Sequence[str], at: int, *, known: Mapping[str, str], release: Release) -> UnknownZones:
    # Up to where a known name begins again; else two parts, as most names have.
    ends = range(at + 1, min(at + MAX_NAME_PARTS, len(parts)) + 1)
    end = next((end for end in ends if end == len(parts) or _parse_one(parts, end, known)), at + 2)
    asked = parts[at:end]
    piece = "/".join(asked)
    if asked[0] == _COUNTRY and len(asked) == 2 and _CODE.fullmatch(asked[1]):
        nearest = [f"{_COUNTRY}/{each[-2:].lower()}" for each in suggest_countries(release, asked[1].upper())]
    else:
        nearest = [format_zone_path(each) for each in suggest_names(release, [piece.replace(".", "+")]).popitem()[1]]
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
    return UnknownZones(
        f"{quote(piece)} is not a zone of release {release.version}{hint}",
        zones=[piece],
        suggestions={piece: nearest},
        release=release.version,
    )
