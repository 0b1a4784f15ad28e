"""Parsing the text tables that come with the zone files.

Everything about the line formats of ``tzdata.zi`` and the ``.tab`` files lives here. ``release`` says what the rows
mean for a release (kinds, classes, countries).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from app.errors import InvalidTable
from app.text import quote
from app.tzdb.names import is_country_code, is_zone_name

TableName: TypeAlias = Literal["iso3166.tab", "leapseconds", "tzdata.zi", "zone.tab", "zone1970.tab"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)

_KEYWORDS = frozenset({"R", "Rule", "Z", "Zone", "L", "Link"})


@dataclass(frozen=True, slots=True)
class ZiFile:
    """A parsed ``tzdata.zi``.

    Attributes:
        header: The comment lines at its head.
        rules: Rule name → its lines.
        zones: Zone → its line and continuation lines.
        links: link_name → target, both as written.
    """

    header: tuple[str, ...]
    rules: Mapping[str, tuple[str, ...]]
    zones: Mapping[str, tuple[str, ...]]
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """One row of ``zone.tab`` or ``zone1970.tab``.

    Attributes:
        coordinates: In ISO 6709.
        comments: May be empty.
    """

    countries: tuple[str, ...]
    coordinates: str
    zone: str
    comments: str


def parse_zi(text: str) -> ZiFile:
    """Parse ``tzdata.zi``.

    Raises:
        InvalidTable: There is a line of unknown kind, a repeated name, a name that breaks the rules, or a Zone that
            announces one more line and is not continued; the error has the line number.

    Source: zic(8), *FILES AND INPUT*; the file abbreviates keywords to one letter, whole keywords are accepted too.
    """
    header: list[str] = []
    rules: dict[str, list[str]] = {}
    zones: dict[str, list[str]] = {}
    links: dict[str, str] = {}
    unfinished: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            if line and not (rules or zones or links):
                header.append(line)
            continue
        match line.split():
            case [first, _, _, *until] if unfinished is not None and first not in _KEYWORDS and len(until) <= 4:
                unfinished.append(line)
                unfinished = unfinished if until else None
            case _ if unfinished is not None:
                raise InvalidTable(f"tzdata.zi, line {number}: {quote(line)} does not continue the Zone before it")
            case ["R" | "Rule", name, _, _, _, _, _, _, _, _]:
                rules.setdefault(name, []).append(line)
            case ["Z" | "Zone", name, _, _, _, *until] if _is_new(name, zones) and len(until) <= 4:
                zones[name] = [line]
                unfinished = zones[name] if until else None
            case ["L" | "Link", target, name] if _is_new(name, links) and is_zone_name(target):
                links[name] = target
            case _:
                raise InvalidTable(f"tzdata.zi, line {number}: {quote(line)} is not a new rule, Zone or Link")
    if unfinished is not None:
        raise InvalidTable("tzdata.zi ends inside a Zone that announces one more line")
    return ZiFile(
        header=tuple(header),
        rules={name: tuple(lines) for name, lines in rules.items()},
        zones={name: tuple(lines) for name, lines in zones.items()},
        links=links,
    )


def _is_new(name: str, known: Collection[str]) -> bool:
    return is_zone_name(name) and name not in known


def parse_zone_tab(text: str, *, table: str) -> tuple[ZoneRow, ...]:
    """Parse ``zone.tab`` or ``zone1970.tab``; ``table`` names it in errors.

    Raises:
        InvalidTable: A row is malformed; the error has its number.

    Source: the comment at the head of ``zone1970.tab``.
    """
    rows = []
    for number, (_, fields) in enumerate(table_rows(text), 1):
        if len(fields) not in (3, 4):
            raise InvalidTable(f"{table}, row {number}: {len(fields)} columns, not 3 or 4")
        countries = tuple(fields[0].split(","))
        if not all(map(is_country_code, countries)) or not is_zone_name(fields[2]):
            raise InvalidTable(f"{table}, row {number}: a country code or the zone name is not well-formed")
        rows.append(ZoneRow(countries, fields[1], fields[2], fields[3] if len(fields) == 4 else ""))
    return tuple(rows)


def parse_iso3166_tab(text: str) -> Mapping[str, str]:
    """Parse ``iso3166.tab``: country code → English name. Raises: InvalidTable with the row's number."""
    countries: dict[str, str] = {}
    for number, (_, fields) in enumerate(table_rows(text), 1):
        if len(fields) != 2 or not is_country_code(fields[0]):
            raise InvalidTable(f"iso3166.tab, row {number}: not a country code and a name")
        countries[fields[0]] = fields[1]
    return countries


def table_rows(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each row of a ``.tab`` file as its line and its columns; remarks are left out."""
    return ((line, line.split("\t")) for line in text.splitlines() if line and not line.startswith("#"))
