"""Finding what is wrong with the files of a bundle: invalid zone files, and files that differ from a release's.

Values come in and problems go out, each a line for people. Reading bundles is the task of ``archives``.
"""

from collections.abc import Iterable, Iterator

from app.cli.checking.archives import Members
from app.errors import InvalidTzif, NotFound
from app.tzdb.cuts import cut_table
from app.tzdb.release import Release
from app.tzdb.tables import TABLE_NAMES, TableName
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.fat import encode_fat


def find_invalid(members: Members) -> Iterator[str]:
    """Yield a problem for each file that is neither a table nor a valid TZif file, and for a bundle without zones."""
    sound: set[bytes] = set()
    tables = 0
    for path, content in sorted(members.items()):
        if table_of(path) is not None:
            tables += 1
        elif content not in sound:
            try:
                decode_tzif(content)
                sound.add(content)
            except InvalidTzif as error:
                yield f"{path}: {error.detail}"
    if tables == len(members):
        yield "it holds no zone files"


def find_unlike(members: Members, release: Release) -> Iterator[str]:
    """Yield a problem for each file that ``release`` lacks or has with other bytes.

    Tables must be cut to the names in the bundle.
    """
    prefix = find_prefix([path for path in members if table_of(path) is None], release)
    names = {path: path.removeprefix(prefix) for path in members if table_of(path) is None}
    held = frozenset(name for name in names.values() if name in release.files)
    for path, content in sorted(members.items()):
        table = table_of(path)
        if table is not None:
            if not _is_cut(content, release, table, names=held):
                yield f"{path} is not the {table} of release {release.version}, cut to these zones"
        elif names[path] not in release.files:
            yield f"{path} is not in release {release.version}"
        elif not _is_same_zone(content, release.files[names[path]].content):
            yield f"{path} differs from release {release.version}"


def table_of(path: str) -> TableName | None:
    """Return the table that a path in a bundle holds, judged by its last part; ``None`` for zones."""
    last = path.rpartition("/")[2]
    return next((table for table in TABLE_NAMES if table == last), None)


def find_prefix(paths: Iterable[str], release: Release) -> str:
    """Return the prefix (with its slash, or empty) that makes most of ``paths`` names of the release."""
    paths = list(paths)
    first = min(paths, default="")
    prefixes = ["", *(first[: at + 1] for at, char in enumerate(first) if char == "/")]
    return max(prefixes, key=lambda prefix: _names_below(prefix, paths, release))


def _names_below(prefix: str, paths: Iterable[str], release: Release) -> int:
    return sum(path.startswith(prefix) and path.removeprefix(prefix) in release.files for path in paths)


def _is_same_zone(content: bytes, original: bytes) -> bool:
    """Tell whether a file is the release's own, or the fat form of that."""
    if content == original:
        return True
    try:
        return content == encode_fat(decode_tzif(original))
    except InvalidTzif:
        return False  # a tree with leap seconds has no fat form


def _is_cut(content: bytes, release: Release, table: TableName, *, names: frozenset[str]) -> bool:
    try:
        return content == cut_table(release, table, names=names)
    except NotFound:
        return False
