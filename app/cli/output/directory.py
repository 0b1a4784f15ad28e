"""Writing a plan's entries as a directory: first beside its place, then moved there whole by one rename.

How an existing directory is compared with them is in ``tree``, and how it is replaced in ``swap``.
"""

import os
import posixpath
import secrets
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from app.artifact.entry import Entry
from app.artifact.tarball import MTIME
from app.cli.errors import OutputExists, OutputUnavailable
from app.cli.output.file import unavailable
from app.cli.output.swap import exchange
from app.cli.output.tree import DIRECTORY_MODE, FILE_MODE, check_only_zoneinfo, find_difference

Outcome: TypeAlias = Literal["wrote", "replaced", "same"]


def write_directory(directory: Path, entries: Sequence[Entry], *, replace: bool) -> Outcome:
    """Make ``directory`` hold exactly ``entries``.

    Files are 0644 and directories 0755, whatever the umask, with the time ``MTIME``. ``hard`` and ``symbolic`` entries
    are links. If ``directory`` is a symbolic link, it stays and what it leads to is written. Parents are made.
    After an error ``directory`` is as it was. A kill at any moment leaves the old tree or the new one, where ``swap``
    can exchange them in one step.

    Raises:
        OutputExists: If it holds anything else and ``replace`` is not set, or if it is not ours to replace.
        OutputUnavailable: If it cannot be written.
    """
    place = Path(os.path.realpath(directory))
    try:
        present = _is_present(place)
        if present:
            difference = find_difference(place, entries)
            if difference is None:
                return "same"
            _check_replaceable(place, difference=difference, replace=replace)
        if place.is_mount():
            raise OutputUnavailable(
                f"{place} is a mount point, and nothing can be renamed to one: name a directory in it"
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        # Named before it is made: a signal in between must not leave it behind.
        aside = place.parent / f".{place.name}.{secrets.token_hex(8)}"
        try:
            aside.mkdir(mode=0o700)
            fresh = aside / "fresh"
            write_tree(fresh, entries)
            if present:
                exchange(fresh, place, aside=aside / "former")
            else:
                fresh.rename(place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise unavailable(directory, error) from error
    return "replaced" if present else "wrote"


def write_tree(root: Path, entries: Iterable[Entry]) -> None:
    """Write the entries below ``root``, which does not exist yet.

    Raises:
        OutputUnavailable: If there are no hard links.
        OSError: If anything else cannot be written.
    """
    entries = list(entries)
    root.mkdir()
    for entry in entries:
        (root / entry.path).parent.mkdir(parents=True, exist_ok=True)
        if entry.kind not in ("hard", "symbolic"):
            _write_file(root / entry.path, entry.content)
    for entry in entries:
        # After the files: a hard link needs what it links to.
        if entry.kind in ("hard", "symbolic"):
            _write_link(root, entry)
    _set_times(root)


def link_text(entry: Entry) -> str:
    """Return the text of a symbolic entry's link: its target as seen from its directory."""
    return posixpath.relpath(entry.target_path or "", posixpath.dirname(entry.path) or ".")


def _is_present(place: Path) -> bool:
    """Tell whether anything is in the way; an empty directory is not."""
    if not place.exists():
        return False
    if not place.is_dir():
        raise OutputExists(f"{place} is not a directory")
    with os.scandir(place) as found:
        return next(found, None) is not None


def _check_replaceable(place: Path, *, difference: str, replace: bool) -> None:
    if not replace:
        raise OutputExists(f"{place} exists and differs ({difference}); use --replace to replace all of it")
    if Path.cwd().is_relative_to(place):
        raise OutputExists(f"{place} is the working directory or above it: it is not replaced")
    check_only_zoneinfo(place)


def _write_file(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        os.fchmod(file.fileno(), FILE_MODE)


def _write_link(root: Path, entry: Entry) -> None:
    path = root / entry.path
    if entry.kind == "symbolic":
        path.symlink_to(link_text(entry))
        return
    try:
        path.hardlink_to(root / (entry.target_path or ""))
    except OSError as error:
        reason = error.strerror or error
        raise OutputUnavailable(f"hard links cannot be made there ({reason}); use --links copy or symbolic") from error


def _set_times(root: Path) -> None:
    for parent, directories, files in os.walk(root, topdown=False):
        for name in (*files, *directories):
            os.utime(Path(parent, name), (MTIME, MTIME), follow_symlinks=False)
        # Bottom up: a directory's time changes with what is made in it, not with what is below that.
        Path(parent).chmod(DIRECTORY_MODE)
    os.utime(root, (MTIME, MTIME))
