"""Zones as repository names, and back: ``asia/shanghai/etc/gmt.8`` is Asia/Shanghai and Etc/GMT+8.

All of the grammar of repository names lives here. What an image of them holds is ``oci``'s.
Source: OCI distribution specification 1.1, *Pulling manifests*.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from app.artifact.spec import Format, Spec, parse_spec
from app.digest import is_sha256_hex
from app.errors import InvalidName, UnknownZones
from app.tzdb.names import MAX_NAME_PARTS, quote
from app.tzdb.release import Release
from app.tzdb.suggestions import suggest_countries, suggest_names

MAX_LENGTH = 255
"""Characters. What most clients take for host and name together."""
TREE_PREFIX = "usr/share/zoneinfo"
"""Where an image of a tree has it."""

_GO, _SET, _COUNTRY = "go", "set", "country"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_CODE = re.compile(r"[a-z]{2}")


def check_repository(name: str) -> None:
    """Check that ``name`` could be a repository at all. Errors: InvalidName that says how one looks."""
    if len(name) > MAX_LENGTH:
        raise InvalidName(
            f"the repository name has more than {MAX_LENGTH} characters; POST /v1/sets gives long lists a short name"
        )
    if not _REPOSITORY.fullmatch(name):
        raise InvalidName(
            f"{quote(name)} is not a repository name: zones in lower case with '.' for '+', one after the other,"
            " as in asia/shanghai/etc/gmt.8"
        )


def write_zone(name: str) -> str:
    """Return a zone's name as it stands in a repository name. No two names of a release give the same."""
    return name.lower().replace("+", ".")


def write_repository(zones: Iterable[str], *, format: Format = "tar") -> str:
    """Return the repository that has exactly these zones. Errors: InvalidName where only a set can hold them."""
    name = "/".join(map(write_zone, sorted(zones)))
    name = f"{_GO}/{name}" if format == "zip" else name
    check_repository(name)
    return name


def write_set(hex_: str) -> str:
    """Return the repository of a set."""
    return f"{_SET}/{hex_}"


def parse_set(name: str) -> str | None:
    """Return the hex of ``set/HEX``, ``None`` for other repositories. Errors: InvalidName for another ``set/…``."""
    head, _, hex_ = name.partition("/")
    if head != _SET:
        return None
    if not is_sha256_hex(hex_):
        raise InvalidName(f"{quote(name)} is not a set: set/ and the 64 digits that POST /v1/sets answered")
    return hex_


def parse_repository(name: str, release: Release) -> Spec:
    """Read a repository that names its zones, in any order, by the names of a release.

    Shape: ``go/`` before them means Go's zip; ``country/cn`` stands for ``country:CN``. Names are prefix-free as path
    components, which ``make_release`` checks, so there is at most one reading.
    Errors: InvalidName; UnknownZones with what cannot be read and up to three suggestions.
    """
    check_repository(name)
    head, _, rest = name.partition("/")
    form: Format = "zip" if head == _GO else "tar"
    if name == _GO:
        raise UnknownZones("'go' alone names no zone; go/asia/shanghai does", zones=[name], suggestions={name: []})
    parts = (rest if head == _GO else name).split("/")
    known = {write_zone(zone): zone for zone in release.files}
    zones: list[str] = []
    at = 0
    while at < len(parts):
        read = _read_one(parts, at, known)
        if read is None:
            raise _unknown(parts, at, known=known, release=release)
        zone, at = read
        if zone.startswith("country:") and not release.zones_of_country(zone[-2:]):
            raise _unknown(parts, at - 2, known=known, release=release)
        zones.append(zone)
    options = {"prefix": TREE_PREFIX} if form == "tar" else {}
    return parse_spec(release.version, zones, format=form, options=options)


def _read_one(parts: Sequence[str], at: int, known: Mapping[str, str]) -> tuple[str, int] | None:
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
    end = next((end for end in ends if end == len(parts) or _read_one(parts, end, known)), at + 2)
    asked = parts[at:end]
    piece = "/".join(asked)
    if asked[0] == _COUNTRY and len(asked) == 2 and _CODE.fullmatch(asked[1]):
        nearest = [f"{_COUNTRY}/{each[-2:].lower()}" for each in suggest_countries(release, asked[1].upper())]
    else:
        nearest = [write_zone(each) for each in suggest_names(release, [piece.replace(".", "+")]).popitem()[1]]
    hint = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
    return UnknownZones(
        f"{quote(piece)} is no zone of release {release.version}{hint}",
        zones=[piece],
        suggestions={piece: nearest},
        release=release.version,
    )
