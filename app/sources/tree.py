"""A directory of compiled zone files with its tables, or an unpacked wheel: what ``--input`` names.

Such a tree can be verified against nothing but itself, and its release says so. Nothing here reads archives.
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from app.errors import InvalidContent, SourceUnreachable, UnknownRelease, UntrustedRelease
from app.files.reading import read_at_most
from app.sources.base import Loaded, Offers
from app.sources.package import parse_iana_name
from app.tzdb.names import is_release_name, is_zone_name
from app.tzdb.release import Origin, ReleaseWarning, TzifPool, make_release
from app.tzdb.tables import TABLE_NAMES, TableName, parse_zi
from app.tzdb.tzif.decoder import MAX_TZIF_BYTES

_MAGIC = b"TZif"
_MAX_TABLE_BYTES = 1 << 20
_NESTED = ("tzdata/zoneinfo", "zoneinfo", "usr/share/zoneinfo")
"""Where the zone files may be below the directory that was named: in an unpacked wheel, a package, a root."""
_COPIES = ("posix", "right")
"""Directories of a system tree that repeat every zone, the second with leap seconds; they are not names of tzdb."""
_OWN_CHOICES = frozenset({"localtime", "posixrules"})
"""Names under which a system tree repeats the zone that the machine is set to; they are not names of tzdb."""
_RELEASE_IN_NAME = re.compile(r"(?<![0-9])[0-9]{4}z?[a-z](?![0-9a-z])")
_NAMING_BYTES = 4_096
MAX_ENTRIES = 20_000
"""Files and directories. Ten times a system's tree with its two copies."""
MAX_ZONES_BYTES = 32 << 20
"""All zone files together; those of a release have less than 1 MB."""


class TreeSource:
    """Source: one directory tree.

    The package around it names its release, else ``tzdata.zi``, else ``+VERSION``, else the directory's own name.
    """

    name = "tree"
    remote = False

    def __init__(self, directory: Path) -> None:
        self._given = directory
        self._root = next((directory / part for part in _NESTED if (directory / part).is_dir()), directory)

    def offers(self, *, wanted: bool = False) -> Offers:  # noqa: ARG002 - every look is fresh
        """See ``Source.offers``. A tree that does not say its release is refused, with the places where it could."""
        try:
            return Offers(frozenset({self._version()}), {})
        except UntrustedRelease as error:
            return Offers(frozenset(), {str(self._given): error.detail})

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """See ``Source.load``. Names that are in the tables but not in the tree are left out, with a warning."""
        if version != self._version():
            raise UnknownRelease(f"{self._given} holds release {self._version()}, not {version}", release=version)
        tables = dict(self._tables())
        contents = dict(self._contents())
        absent: frozenset[str] = frozenset()
        if not contents:
            raise UntrustedRelease(f"{self._given} holds no compiled zone files", release=version)
        try:
            if "tzdata.zi" in tables:
                zi = parse_zi(tables["tzdata.zi"].decode("utf-8", "replace"))
                declared = zi.zones.keys() | zi.links.keys()
                absent = frozenset(declared - contents.keys())
                contents = {name: content for name, content in contents.items() if name in declared}
            release = make_release(version, origin=_ORIGIN, contents=contents, tables=tables, absent=absent, pool=pool)
        except InvalidContent as error:
            raise UntrustedRelease(f"{self._given} is refused: {error.detail}", release=version) from error
        release = replace(release, warnings=(*release.warnings, *_warnings(tables.keys(), absent)))
        return Loaded(release, None)

    def _version(self) -> str:
        if not self._root.is_dir():
            raise SourceUnreachable(f"{self._given} is not a directory")
        if version := _version_of_package(self._root.resolve().parent / "__init__.py"):
            return version
        for place, before in (("tzdata.zi", "# version "), ("+VERSION", "")):
            version = _first_line(self._root / place).removeprefix(before).strip()
            if is_release_name(version):
                return version
        if match := _RELEASE_IN_NAME.search(self._given.resolve().name):
            return match[0]
        raise UntrustedRelease(
            f"{self._given} does not say which release it is: it has no tzdata.zi and no +VERSION,"
            " and its name does not contain one, as tzdata2024a does"
        )

    def _tables(self) -> Iterator[tuple[TableName, bytes]]:
        for table in TABLE_NAMES:
            path = self._root / table
            if path.is_file():
                yield table, _read_bounded(path, _MAX_TABLE_BYTES)

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        left = MAX_ZONES_BYTES
        for path in self._paths():
            name = path.relative_to(self._root).as_posix()
            if name.split("/")[0] in _COPIES or name in _OWN_CHOICES or not is_zone_name(name) or not path.is_file():
                continue
            # A file that is not a zone may be of any size: tzdb's sources may lie beside what zic made of them.
            if _read_start(path, len(_MAGIC)) == _MAGIC:
                content = _read_bounded(path, MAX_TZIF_BYTES)
                left -= len(content)
                if left < 0:
                    raise UntrustedRelease(
                        f"{self._given} holds more than {MAX_ZONES_BYTES} bytes of zones", limit=MAX_ZONES_BYTES
                    )
                yield name, content

    def _paths(self) -> list[Path]:
        found: list[Path] = []
        try:
            for path in self._walk(self._root):
                found.append(path)
                if len(found) > MAX_ENTRIES:
                    raise UntrustedRelease(f"{self._given} holds more than {MAX_ENTRIES} files", limit=MAX_ENTRIES)
        except OSError as error:
            raise SourceUnreachable(f"{error.filename} cannot be read: {error.strerror}") from error
        return sorted(found)

    @staticmethod
    def _walk(directory: Path) -> Iterator[Path]:
        """Yield everything below a directory as it is listed; links to directories are not entered."""
        waiting = [directory]
        while waiting:
            with os.scandir(waiting.pop()) as listed:
                for child in listed:
                    yield Path(child.path)
                    if child.is_dir(follow_symlinks=False):
                        waiting.append(Path(child.path))


_ORIGIN = Origin(source=TreeSource.name, package_version=None, sha256=None, verified="TZif checks")


def _warnings(tables: Collection[str], absent: Collection[str]) -> Iterator[ReleaseWarning]:
    yield ReleaseWarning("unverified", "the tree has no hashes to verify it against", ())
    if "tzdata.zi" not in tables:
        yield ReleaseWarning("no-links", "the tree has no tzdata.zi, so every name counts as a Zone", ())
    if absent:
        detail = f"the tree lacks {len(absent)} of the names in its tzdata.zi"
        yield ReleaseWarning("incomplete", detail, tuple(sorted(absent)))


def _version_of_package(init: Path) -> str | None:
    try:
        return parse_iana_name(_read_start(init, _NAMING_BYTES)) if init.is_file() else None
    except UntrustedRelease:
        return None


def _first_line(path: Path) -> str:
    content = _read_start(path, _NAMING_BYTES) if path.is_file() else b""
    return content.partition(b"\n")[0].decode("utf-8", "replace")


def _read_bounded(path: Path, limit: int) -> bytes:
    content = _read_start(path, limit + 1)
    if len(content) > limit:
        raise UntrustedRelease(f"{path} is larger than {limit} bytes", limit=limit)
    return content


def _read_start(path: Path, size: int) -> bytes:
    try:
        return read_at_most(path, size)
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read: {error.strerror}") from error
