"""What the ``tzdata`` package looks like inside, whether it is in a wheel or installed.

From verified files to a ``Release``: the IANA name, which files are zones and which are tables, and the check that
nothing else is there. Nothing here reads files, or verifies them against RECORD.
"""

import re
from collections.abc import Mapping

from app.errors import InvalidContent, InvalidName, UntrustedRelease
from app.text import quote
from app.tzdb.names import is_release_name
from app.tzdb.release import Origin, Release, TzifPool, make_release
from app.tzdb.tables import TABLE_NAMES, TableName

INIT = "tzdata/__init__.py"
_ZONES = "tzdata/zones"
_TREE = "tzdata/zoneinfo/"
_OTHER_TABLES = frozenset({"zonenow.tab"})
"""Tables that a wheel may contain and that are not on offer."""
_IANA_VERSION = re.compile(r'^IANA_VERSION = "([^"\n]{1,32})"$', re.MULTILINE)
_PACKAGE_VERSION = re.compile(r'^__version__ = "([^"\n]{1,32})"$', re.MULTILINE)


def parse_iana_name(init: bytes) -> str:
    """Return the IANA name in a package's ``__init__.py``.

    It is never computed from the package's version: see 2021.2.

    Raises:
        UntrustedRelease: It does not name an IANA release.
    """
    match = _IANA_VERSION.search(init.decode("utf-8", "replace"))
    if not match or not is_release_name(match[1]):
        raise UntrustedRelease(f"{INIT} names no IANA release")
    return match[1]


def parse_package_version(init: bytes) -> str:
    """Return ``__version__`` of a package's ``__init__.py``. Raises: UntrustedRelease if it does not have one."""
    match = _PACKAGE_VERSION.search(init.decode("utf-8", "replace"))
    if not match:
        raise UntrustedRelease(f"{INIT} names no package version")
    return match[1]


def release_from_package(
    files: Mapping[str, bytes],
    *,
    source: str,
    verified: str,
    pool: TzifPool,
    sha256: str | None = None,
    packaged: str | None = None,
) -> Release:
    """Make a release of a package's files.

    Args:
        files: Path inside the package → content, already verified against its RECORD.
        source: As in ``Origin``.
        verified: As in ``Origin``.
        pool: Equal files are shared through it.
        sha256: As in ``Origin``.
        packaged: As in ``Origin``.

    Raises:
        UntrustedRelease: The package is not a whole and valid release; the message says why.
    """
    for needed in (INIT, _ZONES):
        if needed not in files:
            raise UntrustedRelease(f"{needed} is missing")
    version = parse_iana_name(files[INIT])
    origin = Origin(source, parse_package_version(files[INIT]), sha256, verified, packaged)
    tree = {path.removeprefix(_TREE): content for path, content in files.items() if path.startswith(_TREE)}
    tables: dict[TableName, bytes] = {table: tree[table] for table in TABLE_NAMES if table in tree}
    if missing := set(TABLE_NAMES) - tables.keys():
        raise UntrustedRelease(f"the table {min(missing)} is missing", release=version)
    contents = _zone_contents(tree, files[_ZONES], version)
    try:
        return make_release(version, origin=origin, contents=contents, tables=tables, pool=pool)
    except (InvalidContent, InvalidName) as error:
        raise UntrustedRelease(f"release {version} is refused: {error.detail}", release=version) from error


def _zone_contents(tree: Mapping[str, bytes], listing: bytes, version: str) -> dict[str, bytes]:
    names = set(listing.decode("utf-8", "replace").split())
    present = {
        path
        for path in tree
        if path not in TABLE_NAMES and path not in _OTHER_TABLES and path.rpartition("/")[2] != "__init__.py"
    }
    if missing := names - present:
        raise UntrustedRelease(f"the zone {quote(min(missing))} is listed but has no file", release=version)
    if extra := present - names:
        raise UntrustedRelease(f"the file {quote(min(extra))} is not in the list of zones", release=version)
    return {name: tree[name] for name in names}
