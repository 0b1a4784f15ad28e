"""Tables cut to a selection: the rows, rules, Zones and Links that a bundle's names need, and no others.

``tables`` parses the tables; ``selection`` decides which names there are.
"""

from collections.abc import Iterator, Mapping, Set

from app.errors import NotFound
from app.tzdb.release import Release
from app.tzdb.tables import TableName, ZiFile, table_rows


def cut_table(release: Release, table: TableName, *, names: Set[str]) -> bytes:
    """Return ``table`` of ``release`` cut to ``names``.

    Returns:
        The table as bytes. ``.tab`` files keep the rows of the names in the bundle (``iso3166.tab``: of their
        countries) and lose their remarks, whose dates would make every release different. ``tzdata.zi`` keeps its
        header, the rules in use, the Zone behind each name and the Links among the names, so that it compiles.
        ``leapseconds`` stays as it is, since it is not about any zone.

    Raises:
        NotFound: The release came without this table.
    """
    if table not in release.tables:
        raise NotFound(f"release {release.version} came without {table}", tables=[table], release=release.version)
    text = release.tables[table].decode("utf-8")
    match table:
        case "leapseconds":
            return release.tables[table]
        case "tzdata.zi":
            assert release.zi is not None, "make_release parses every tzdata.zi"
            links = {name: release.links[name] for name in names if name in release.links}
            zones = {release.canonical(name) for name in names}
            return cut_zi(release.zi, zones=zones, links=links).encode()
        case "iso3166.tab":
            countries = {code for name in names for code in release.countries_of(name)}
            return _join_rows(line for line, columns in table_rows(text) if columns[0] in countries)
        case "zone.tab" | "zone1970.tab":
            return _join_rows(line for line, columns in table_rows(text) if columns[2] in names)


def cut_zi(zi: ZiFile, *, zones: Set[str], links: Mapping[str, str]) -> str:
    """Return the ``tzdata.zi`` that compiles to just ``zones`` and ``links``.

    Args:
        links: link_name → Zone.

    Returns:
        The header, then the rules in use, the Zones and the Links, each sorted by name.
    """
    used = {name for zone in zones for name in _rule_names(zi.zones[zone])} & zi.rules.keys()
    lines = list(zi.header)
    for rule in sorted(used):
        lines.extend(zi.rules[rule])
    for zone in sorted(zones):
        lines.extend(zi.zones[zone])
    lines.extend(f"L {target} {name}" for name, target in sorted(links.items()))
    return "\n".join(lines) + "\n"


def _rule_names(zone_lines: tuple[str, ...]) -> Iterator[str]:
    first, *continuation = (line.split() for line in zone_lines)
    yield first[3]
    yield from (fields[1] for fields in continuation)


def _join_rows(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
