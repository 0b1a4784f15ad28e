"""Reading a directory that may be ours: whether it holds exactly a plan's entries, and whether it may be replaced."""

import os
import stat
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from app.artifact.entry import Entry
from app.cli.errors import OutputExists
from app.tzdb.tables import TABLE_NAMES

FILE_MODE, DIRECTORY_MODE = 0o644, 0o755

_MAGIC = b"TZif"
_COMPANIONS = frozenset({*TABLE_NAMES, "zonenow.tab", "leap-seconds.list", "+VERSION"})
"""Files that lie beside zone files in trees of any origin."""
MAX_FOUND = 20_000
"""Files and directories. Three times a system's tree with its two copies."""


def find_difference(root: Path, entries: Sequence[Entry]) -> str | None:
    """Return the first difference between the tree below ``root`` and ``entries``, ``None`` if there is none.

    Paths, contents, kinds of links and permissions count; times and owners do not.

    Raises:
        OSError: If a part of the tree cannot be read.

    Cost: It stops at the first difference, so a large foreign tree is not read.
    """
    expected = {entry.path: entry for entry in entries}
    directories = {path[:end] for path in expected for end in _slashes(path)}
    found: dict[str, os.stat_result] = {}
    for path, status in _walk(root):
        if stat.S_ISDIR(status.st_mode):
            if path not in directories:
                return f"{path}/ is not in the bundle"
            if stat.S_IMODE(status.st_mode) & 0o777 != DIRECTORY_MODE:
                return f"{path}/ has other permissions"
        elif path not in expected:
            return f"{path} is not in the bundle"
        found[path] = status
    if missing := expected.keys() - found.keys():
        return f"{min(missing)} is missing"
    differing = (path for path, entry in expected.items() if _differs(root, entry, found))
    different = next(differing, None) or _shared_by_chance(entries, found)
    return f"{different} differs" if different else None


def check_only_zoneinfo(root: Path) -> None:
    """Check that the tree holds only zone files and their tables, so that replacing it destroys nothing else.

    Raises:
        OutputExists: If it holds anything else; the error names the first such thing.
        OSError: If a part of it cannot be read.
    """
    for number, (path, status) in enumerate(_walk(root)):
        if number >= MAX_FOUND:
            raise OutputExists(f"{root} holds more than {MAX_FOUND} files: it is not replaced")
        if stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode) or Path(path).name in _COMPANIONS:
            continue
        if not stat.S_ISREG(status.st_mode) or not _is_tzif(root / path):
            raise OutputExists(f"{root} holds {path}, which is not a zone file: it is not replaced; remove it yourself")


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    waiting = [""]
    while waiting:
        parent = waiting.pop()
        with os.scandir(root / parent) as children:
            # However many there are: one more than a tree may have is enough to refuse it.
            for child in sorted(islice(children, MAX_FOUND + 1), key=lambda child: child.name):
                path = f"{parent}{child.name}"
                status = child.stat(follow_symlinks=False)
                yield path, status
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(f"{path}/")


def _slashes(path: str) -> Iterator[int]:
    return (at for at, char in enumerate(path) if char == "/")


def _differs(root: Path, entry: Entry, found: dict[str, os.stat_result]) -> bool:
    status, path = found[entry.path], root / entry.path
    if entry.kind == "symbolic":
        # What the link leads to is an entry of its own; only where it leads matters here.
        wanted = os.path.normpath(root / (entry.target_path or ""))
        return not stat.S_ISLNK(status.st_mode) or os.path.normpath(path.parent / path.readlink()) != wanted
    if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) != FILE_MODE:
        return True
    if entry.kind == "hard" and status.st_ino != found[entry.target_path or ""].st_ino:
        return True
    return status.st_size != entry.size or path.read_bytes() != entry.content


def _shared_by_chance(entries: Sequence[Entry], found: dict[str, os.stat_result]) -> str | None:
    """Return a file that should stand alone and is a hard link to another one of the tree."""
    owners: dict[int, str] = {}
    for entry in entries:
        if entry.kind in ("file", "table"):
            owner = owners.setdefault(found[entry.path].st_ino, entry.path)
            if owner != entry.path:
                return entry.path
    return None


def _is_tzif(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC
