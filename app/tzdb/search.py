"""Finding names in a release by what people know (part of a name, a country, a remark), and what is known about a name.

Both gates show what is found here; how they show it is up to them. ``selection`` decides which names go into a bundle:
a search never stands in for a selector.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

from app.errors import InvalidName, UnknownZones
from app.json_types import Count, ReleaseName, Sha256
from app.text import quote
from app.tzdb.names import by_component, is_country_code
from app.tzdb.release import Release, ZoneClass, ZoneKind
from app.tzdb.suggestions import suggest_countries

MAX_QUERY_LENGTH = 100
"""In characters."""


@dataclass(frozen=True, slots=True)
class ZoneFact:
    """What a release says about one name.

    Attributes:
        canonical: The Zone behind it, itself if it is one.
        countries: ISO 3166 codes.
        coordinates: In ISO 6709; empty if no table has a row for the name.
        comments: Empty if no table has a row for the name.
        links: The Links whose Zone it is.
        size: Of its file.
        sha256: Of its file, in hex.
        reason: Why a search found it.

    Units: ``size`` in bytes.
    """

    name: str
    kind: ZoneKind
    zone_class: ZoneClass
    canonical: str
    countries: tuple[str, ...]
    coordinates: str
    comments: str
    links: tuple[str, ...]
    size: int
    sha256: str
    reason: str


FactRow = TypedDict(
    "FactRow",
    {
        "name": str,
        "kind": ZoneKind,
        "class": ZoneClass,
        "canonical": str,
        "countries": list[str],
        "coordinates": str,
        "comments": str,
        "links": list[str],
        "size": Count,
        "sha256": Sha256,
        "reason": str,
    },
)
"""A fact in JSON. The members mean what they mean in ``ZoneFact``; ``class`` is its ``zone_class``."""


class ZonesRow(TypedDict):
    """Names of a release in JSON."""

    release: ReleaseName
    zones: list[FactRow]


def search(
    release: Release,
    *,
    query: str = "",
    country: str | None = None,
    kind: ZoneKind | None = None,
    zone_class: ZoneClass | None = None,
) -> tuple[ZoneFact, ...]:
    """Return the names that match everything given; ``None`` is not a condition, and every name has an empty query.

    Args:
        query: Part of the name, of a Link to it, of a country's English name or of the comments. Case does not matter,
            and a space may stand for an underscore.
        country: A code in capitals.

    Returns:
        The best matches first: the place itself, names that contain the query, Zones found by a Link, by country, by
        comments; in each group Zones come before Links. Without a query, all in ``by_component`` order.

    Raises:
        InvalidName: ``country`` is not a country code.
        UnknownZones: The tables of the release have no such country.

    Cost: one pass over the names, about 2 ms.
    """
    if country is not None:
        _check_country(release, country)
    links = _links_by_zone(release)
    words = _fold(query.strip())
    found: list[tuple[int, ZoneFact]] = []
    for name in release.files:
        if kind not in (None, release.kind(name)) or zone_class not in (None, release.zone_class(name)):
            continue
        if country is not None and country not in release.countries_of(name):
            continue
        rank, reason = _match(release, name, words=words, links=links.get(name, ()))
        if reason:
            found.append((rank, _fact(release, name, links=links.get(name, ()), reason=reason)))
    if words:
        # sorted() is stable, and release.files are in by_component order.
        found.sort(key=lambda ranked: (ranked[0], ranked[1].kind == "link"))
    return tuple(fact for _, fact in found)


def zone_fact(release: Release, name: str) -> ZoneFact:
    """Return what is known about one name. Raises: KeyError if the release lacks it."""
    if name not in release.files:
        raise KeyError(name)
    return _fact(release, name, links=release.links_to(name), reason="asked for by name")


def fact_row(fact: ZoneFact) -> FactRow:
    """Return a fact's JSON."""
    return {
        "name": fact.name,
        "kind": fact.kind,
        "class": fact.zone_class,
        "canonical": fact.canonical,
        "countries": list(fact.countries),
        "coordinates": fact.coordinates,
        "comments": fact.comments,
        "links": list(fact.links),
        "size": fact.size,
        "sha256": fact.sha256,
        "reason": fact.reason,
    }


def zones_row(release: Release, facts: Iterable[ZoneFact]) -> ZonesRow:
    """Return the JSON of what was found in a release."""
    return {"release": release.version, "zones": [fact_row(fact) for fact in facts]}


def _check_country(release: Release, code: str) -> None:
    if not is_country_code(code):
        raise InvalidName(
            f"{quote(code)} is not a country code: write two capital letters, as in DE", country=code[:64]
        )
    if code in release.countries or any(code in row.countries for row in release.zone1970_rows.values()):
        return
    close = [selector.removeprefix("country:") for selector in suggest_countries(release, code)]
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    selector = f"country:{code}"
    raise UnknownZones(
        f"{code} is not a country of release {release.version}{hint}",
        zones=[selector],
        suggestions={selector: [f"country:{known}" for known in close]},
        release=release.version,
    )


def _links_by_zone(release: Release) -> Mapping[str, tuple[str, ...]]:
    links: defaultdict[str, list[str]] = defaultdict(list)
    for link, zone in release.links.items():
        links[zone].append(link)
    return {zone: tuple(sorted(names, key=by_component)) for zone, names in links.items()}


def _match(release: Release, name: str, *, words: str, links: tuple[str, ...]) -> tuple[int, str]:
    """Return how well a name fits the folded query (0 is best) and why; the reason is empty if it does not."""
    if not words:
        return 0, "no query"
    return next(_matches(release, name, words=words, links=links), (0, ""))


def _matches(release: Release, name: str, *, words: str, links: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    folded = _fold(name)
    if words in (folded, folded.rpartition("/")[2]):
        yield 0, "name"
    if words in folded:
        yield 1, "name"
    for link in links:
        if words in _fold(link):
            yield 2, f"Link {link}"
    for code in release.countries_of(name):
        country = release.countries.get(code, "")
        if words in _fold(country) or words == code.casefold():
            yield 3, f"country {code} {country}".rstrip()
    if words in _fold(_comments(release, name)):
        yield 4, "comments"


def _fold(text: str) -> str:
    return text.casefold().replace("_", " ")


def _comments(release: Release, name: str) -> str:
    row = release.zone1970_rows.get(name) or release.zone_tab_rows.get(name)
    return row.comments if row else ""


def _fact(release: Release, name: str, *, links: tuple[str, ...], reason: str) -> ZoneFact:
    row = release.zone1970_rows.get(name) or release.zone_tab_rows.get(name)
    file = release.files[name]
    return ZoneFact(
        name=name,
        kind=release.kind(name),
        zone_class=release.zone_class(name),
        canonical=release.canonical(name),
        countries=release.countries_of(name),
        coordinates=row.coordinates if row else "",
        comments=row.comments if row else "",
        links=links,
        size=len(file.content),
        sha256=file.sha256,
        reason=reason,
    )
