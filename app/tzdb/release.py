"""A release: every name with its verified bytes, and what the tables say about each name.

A ``Release`` is made by ``make_release`` alone, which checks everything that can be checked without knowing where the
bytes came from. Hashes that a source promises (RECORD, an index) are verified by the source, before this.
"""

import zlib
from collections.abc import Iterator, Mapping, MutableMapping, Set
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from app.digest import sha256_hex, tree_digest
from app.errors import InvalidContent, InvalidTable, InvalidTzif
from app.text import quote
from app.tzdb.known_faults import find_known_fault
from app.tzdb.links import resolve_links
from app.tzdb.names import by_component, check_zone_name
from app.tzdb.tables import TableName, ZiFile, ZoneRow, parse_iso3166_tab, parse_zi, parse_zone_tab
from app.tzdb.tzif.decoder import decode_tzif, find_footer_disagreement

ZoneKind: TypeAlias = Literal["zone", "link"]
ZoneClass: TypeAlias = Literal["zone-geographic", "zone-other", "alias-merged", "alias-legacy"]


@dataclass(frozen=True, slots=True)
class TzifFile:
    """The checked bytes of one TZif file, with the sums that writers need.

    Attributes:
        sha256: Of ``content``, in hex.
        fault: What is wrong with a file that is well-formed all the same, ``None`` if nothing is known to be.
    """

    content: bytes
    sha256: str
    crc32: int
    fault: str | None


TzifPool: TypeAlias = MutableMapping[str, TzifFile]
"""sha256 → file. Releases made with one pool share equal files and check them once."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a release came from.

    Attributes:
        source: One of the sources' names.
        package_version: As on the package index, if there is one.
        sha256: Of the wheel, if it was one.
        verified: What the source checked, in a few words.
        packaged: The day the wheel's newest file was made, as ``2026-10-28``, if it was a wheel.
    """

    source: str
    package_version: str | None
    sha256: str | None
    verified: str
    packaged: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseWarning:
    """Something a user should know about a release that loads.

    Attributes:
        zones: The names it is about.
    """

    code: str
    detail: str
    zones: tuple[str, ...]


YANKED = "yanked"


def yanked_warning(reason: str) -> ReleaseWarning:
    """Return the warning about a release that whoever publishes it advises against. Source: PEP 592."""
    return ReleaseWarning(YANKED, f"the package index has withdrawn this release: {reason}", ())


@dataclass(frozen=True, slots=True)
class Release:
    """One tzdata release, whole and checked.

    Attributes:
        files: Every name (Zones and Links) → its file, in ``by_component`` order.
        links: link_name → canonical Zone.
        targets: link_name → target as written.
        tables: The raw tables by name.
        zi: ``None`` where a tree came without ``tzdata.zi``; every name is then a Zone.
        tree_digest: Over all of ``files``.
    """

    version: str
    origin: Origin
    files: Mapping[str, TzifFile]
    links: Mapping[str, str]
    targets: Mapping[str, str]
    zone1970_rows: Mapping[str, ZoneRow]
    zone_tab_rows: Mapping[str, ZoneRow]
    countries: Mapping[str, str]
    tables: Mapping[TableName, bytes]
    zi: ZiFile | None
    tree_digest: str
    warnings: tuple[ReleaseWarning, ...]

    def canonical(self, name: str) -> str:
        """Return the Zone behind ``name``, itself if it is one. Raises: KeyError if the release lacks the name."""
        if name not in self.files:
            raise KeyError(name)
        return self.links.get(name, name)

    def kind(self, name: str) -> ZoneKind:
        """Tell whether ``name`` is a Zone or a Link in this release."""
        return "link" if name in self.links else "zone"

    def zone_class(self, name: str) -> ZoneClass:
        """Return the class of ``name``: by its row in ``zone1970.tab`` for Zones, in ``zone.tab`` for Links."""
        if name in self.links:
            return "alias-merged" if name in self.zone_tab_rows else "alias-legacy"
        return "zone-geographic" if name in self.zone1970_rows else "zone-other"

    def countries_of(self, name: str) -> tuple[str, ...]:
        """Return the country codes ``name`` stands for: its own row's, else those of the Zone behind it."""
        row = self.zone1970_rows.get(name) or self.zone_tab_rows.get(name)
        row = row or self.zone1970_rows.get(self.links.get(name, name))
        return row.countries if row else ()

    def links_to(self, zone: str) -> tuple[str, ...]:
        """Return the Links whose canonical Zone is ``zone``, in ``by_component`` order."""
        return tuple(sorted((link for link, target in self.links.items() if target == zone), key=by_component))

    def zones_of_country(self, code: str) -> tuple[str, ...]:
        """Return the Zones that overlap a country, in the order of ``zone1970.tab``. Source: its first column."""
        return tuple(zone for zone, row in self.zone1970_rows.items() if code in row.countries)

    @property
    def zone_count(self) -> int:
        """The number of Zones."""
        return len(self.files) - len(self.links)


def make_release(
    version: str,
    *,
    origin: Origin,
    contents: Mapping[str, bytes],
    tables: Mapping[TableName, bytes],
    absent: Set[str] = frozenset(),
    pool: TzifPool | None = None,
) -> Release:
    """Check everything and return the release.

    Args:
        contents: Every zone name → its TZif bytes.
        absent: Names that the tables mention and that the release does without.
        pool: Files to share with other releases.

    Raises:
        InvalidContent: Something is wrong; the error is about the first such thing: two names that differ only in
            case, a name that is a directory of another, names that only ``tzdata.zi`` or only the files have, a Link
            whose bytes differ from those of its Zone.
        InvalidName: A name breaks the rules.
        InvalidTzif: A TZif file does not pass its checks.
        InvalidTable: A table is malformed or contradicts itself, or has a row for a name that the release lacks.
    """
    names = sorted(contents, key=by_component)
    _check_names(names)
    pool = {} if pool is None else pool
    files = {name: _pooled_file(name, contents[name], pool) for name in names}
    zi = _without(parse_zi(_text("tzdata.zi", tables["tzdata.zi"])), absent) if "tzdata.zi" in tables else None
    targets = dict(zi.links) if zi else {}
    links = resolve_links(targets, zones=zi.zones.keys()) if zi else {}
    if zi:
        _check_same_names(files.keys(), zi)
    _check_links_equal_targets(files, links)
    return Release(
        version=version,
        origin=origin,
        files=files,
        links=links,
        targets=targets,
        zone1970_rows=_rows(tables, "zone1970.tab", files.keys(), absent),
        zone_tab_rows=_rows(tables, "zone.tab", files.keys(), absent),
        countries=parse_iso3166_tab(_text("iso3166.tab", tables.get("iso3166.tab", b""))),
        tables=dict(tables),
        zi=zi,
        tree_digest=tree_digest((name, file.sha256) for name, file in files.items()),
        warnings=tuple(_warnings(files, links)),
    )


def _check_names(names: list[str]) -> None:
    folded: dict[str, str] = {}
    for name in names:
        check_zone_name(name)
        twin = folded.setdefault(name.casefold(), name)
        if twin != name:
            raise InvalidContent(f"{quote(twin)} and {quote(name)} differ only in case")
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts)):
            if folded.get("/".join(parts[:depth]).casefold()):
                raise InvalidContent(f"{quote('/'.join(parts[:depth]))} is a zone and a directory of {quote(name)}")


def _pooled_file(name: str, content: bytes, pool: TzifPool) -> TzifFile:
    sha256 = sha256_hex(content)
    file = pool.get(sha256)
    if file is None:
        try:
            fault = find_footer_disagreement(decode_tzif(content)) or find_known_fault(sha256)
        except InvalidTzif as error:
            raise InvalidTzif(f"{name}: {error.detail}", zones=[name]) from error
        file = pool[sha256] = TzifFile(content, sha256, zlib.crc32(content), fault)
    return file


def _text(table: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidTable(f"{table} is not UTF-8 at byte {error.start}") from error


def _check_same_names(files: Set[str], zi: ZiFile) -> None:
    declared = zi.zones.keys() | zi.links.keys()
    if twice := zi.zones.keys() & zi.links.keys():
        raise InvalidTable(f"tzdata.zi calls {quote(min(twice))} both a Zone and a Link")
    if missing := declared - files:
        raise InvalidContent(f"{len(missing)} names of tzdata.zi have no file; the first is {quote(min(missing))}")
    if extra := files - declared:
        raise InvalidContent(f"{len(extra)} files are not in tzdata.zi; the first is {quote(min(extra))}")


def _check_links_equal_targets(files: Mapping[str, TzifFile], links: Mapping[str, str]) -> None:
    for link, zone in links.items():
        if files[link].sha256 != files[zone].sha256:
            raise InvalidContent(f"the Link {quote(link)} differs in bytes from its Zone {quote(zone)}")


def _without(zi: ZiFile, absent: Set[str]) -> ZiFile:
    if not absent:
        return zi
    return replace(
        zi,
        zones={name: lines for name, lines in zi.zones.items() if name not in absent},
        links={name: target for name, target in zi.links.items() if name not in absent},
    )


def _rows(tables: Mapping[TableName, bytes], table: TableName, names: Set[str], absent: Set[str]) -> dict[str, ZoneRow]:
    rows: dict[str, ZoneRow] = {}
    for row in parse_zone_tab(_text(table, tables.get(table, b"")), table=table):
        if row.zone in absent:
            continue
        if row.zone not in names:
            raise InvalidTable(f"{table} has a row for {quote(row.zone)}, which the release lacks")
        if row.zone in rows:
            raise InvalidTable(f"{table} has two rows for {quote(row.zone)}")
        rows[row.zone] = row
    return rows


def _warnings(files: Mapping[str, TzifFile], links: Mapping[str, str]) -> Iterator[ReleaseWarning]:
    for name, file in files.items():
        if file.fault is None or name in links:
            continue
        affected = (name, *sorted(link for link, zone in links.items() if zone == name))
        yield ReleaseWarning(
            code="wrong-zone",
            detail=f"{name} is wrong as published: {file.fault}",
            zones=affected,
        )
