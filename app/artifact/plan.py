"""A plan: exactly what will be in a bundle and why, and the content key that names it.

Everything that decides *which entries* there are lives here; recipes turn entries into bytes. A plan holds the content
of its entries by reference, so that a writer needs nothing else.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.artifact.entry import Entry, EntryKind
from app.artifact.formats import FORMATS, LinkStyle
from app.artifact.go.module import format_version
from app.artifact.go.package import EmbeddedZone, make_package
from app.artifact.spec import Spec
from app.digest import sha256_hex, tree_digest
from app.tzdb.cuts import cut_table
from app.tzdb.names import by_component
from app.tzdb.release import Release, TzifFile, TzifPool
from app.tzdb.selection import select
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.fat import encode_fat


@dataclass(frozen=True, slots=True)
class Plan:
    """A spec resolved in a release.

    Attributes:
        spec: With a concrete release.
        recipe: The name of the recipe that is to write the entries.
        entries: In ``by_component`` order of their paths.
    """

    spec: Spec
    recipe: str
    entries: tuple[Entry, ...]

    @property
    def release(self) -> str:
        """The IANA name of the release the plan was made from."""
        return self.spec.release

    @property
    def content_key(self) -> str:
        """The identity of what will be written, before it is written.

        It is the sha256, in hex, of the JSON array ``[recipe, [path, kind, sha256, target_path], …]`` (ASCII, no
        spaces). All that shapes the bytes is in it, and nothing else: releases that give the same files give the same
        key.
        """
        rows = [[entry.path, entry.kind, entry.sha256, entry.target_path] for entry in self.entries]
        return sha256_hex(json.dumps([self.recipe, *rows], separators=(",", ":")).encode())

    @property
    def tree_digest(self) -> str:
        """The digest of the tree that comes out when the bundle is unpacked; see ``digest.tree_digest``."""
        return tree_digest((entry.path, entry.sha256) for entry in self.unpacked)

    @property
    def unpacked(self) -> tuple[Entry, ...]:
        """The entries that are paths in the bundle: all but embedded zones."""
        return tuple(entry for entry in self.entries if entry.kind != "embedded")


def make_plan(release: Release, spec: Spec, *, recipe: str, fat_files: TzifPool | None = None) -> Plan:
    """Resolve ``spec`` in ``release``.

    Args:
        fat_files: Files that were written fat before, by the sha256 of those they came from; this plan adds its own.

    Raises:
        UnknownZones: The release lacks some zones; the error has all of them.
        NotFound: The release came without one of the tables.
    """
    reasons = select(release, spec.selectors, aliases=spec.aliases)
    made: TzifPool = {} if fat_files is None else fat_files
    if FORMATS[spec.format].holds != "tree":
        files = _zone_entries(release, reasons, replace(spec, prefix=""), made)
        zones = [replace(entry, kind="embedded") for entry in files]
        return Plan(replace(spec, release=release.version), recipe, (*_source_entries(release, zones, spec), *zones))
    entries = [*_zone_entries(release, reasons, spec, made), *_table_entries(release, reasons, spec)]
    if spec.tables:
        entries.sort(key=lambda entry: by_component(entry.path))
    return Plan(replace(spec, release=release.version), recipe, tuple(entries))


def _zone_entries(release: Release, reasons: Mapping[str, str], spec: Spec, made: TzifPool) -> Iterator[Entry]:
    prefix = f"{spec.prefix}/" if spec.prefix else ""
    for name, reason in reasons.items():
        file = release.files[name]
        if spec.encoding == "fat":
            file = _fat_file(file, made)
        target = release.links.get(name)
        # A Link is written as a link only beside its Zone: never a dangling one.
        linked = spec.links != "copy" and target in reasons
        yield Entry(
            path=prefix + name,
            kind=_link_kind(spec.links) if linked else "file",
            zone=name,
            target=target,
            target_path=f"{prefix}{target}" if linked else None,
            sha256=file.sha256,
            crc32=file.crc32,
            reason=reason,
            content=file.content,
        )


def _source_entries(release: Release, zones: Iterable[Entry], spec: Spec) -> Iterator[Entry]:
    """Yield the files of a Go package: at the root, below a prefix, or below ``module@version`` in a module's zip."""
    is_module = FORMATS[spec.format].holds == "go-module"
    root = f"{spec.module}@{format_version(release.version)}" if is_module else spec.prefix
    files = make_package(
        (EmbeddedZone(entry.path, entry.sha256, entry.content) for entry in zones),
        version=release.version,
        encoding=spec.encoding,
        module=spec.module,
        import_path=spec.module or f"example.com/program/{spec.prefix}",
    )
    for name, content in files.items():
        path = f"{root}/{name}" if root else name
        yield Entry.plain(path, content, kind="source", reason="part of every Go package")


def _fat_file(file: TzifFile, made: TzifPool) -> TzifFile:
    """Return the file written fat.

    Args:
        made: The fat files so far, by the sha256 of the files they came from.
    """
    fat = made.get(file.sha256)
    if fat is None:
        content = encode_fat(decode_tzif(file.content))
        fat = made[file.sha256] = TzifFile(content, sha256_hex(content), zlib.crc32(content), file.fault)
    return fat


def _link_kind(style: LinkStyle) -> EntryKind:
    return "symbolic" if style == "symbolic" else "hard"


def _table_entries(release: Release, names: Iterable[str], spec: Spec) -> Iterator[Entry]:
    prefix = f"{spec.prefix}/" if spec.prefix else ""
    for table in spec.tables:
        content = cut_table(release, table, names=frozenset(names))
        yield Entry.plain(prefix + table, content, kind="table", reason="table asked for")
