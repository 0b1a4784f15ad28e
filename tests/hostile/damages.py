"""Damage to a data directory: what bit rot, a rollback, a careless hand or another user may leave there.

Each damage takes one path and a source of randomness, and changes what is at that path. What stands in for a file that
the service must not follow or open lies in a directory outside.
"""

import json
import os
import random
import shutil
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from app.digest import sha256_hex

Damage = Callable[[Path, random.Random, Path], None]
"""Path, randomness, and a directory outside with an equal tree of other content."""

ODD_NOTES = (
    b"", b"{}", b"[]", b"null", b"true", b"0", b'""', b"1e999", b"NaN", b"\xff\xfe", b'{"v": 2}', b'{"v": "new"}',
    b"[" * 200_000, b'{"a":' * 100_000, b"9" * 10_000, b'{"release": ' + b"9" * 10_000 + b"}",
    b'{"release": "\\ud800"}',
    b'{"release": {}, "zones": [[]], "format": {}}', b'{"release": "latest", "zones": "UTC", "format": "tar"}',
)  # fmt: skip
"""What a whole note may hold instead of what was written."""

STRANGER = 54_321
"""The number of a user who owns nothing here."""


def write_note(path: Path, content: bytes) -> None:
    """Write a note as the store would, with a right sum."""
    path.write_bytes(sha256_hex(content).encode() + b"\n" + content)


def read_note(path: Path) -> bytes:
    """Return what a note's file holds, right or not."""
    return path.read_bytes().partition(b"\n")[2]


def flip(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    content = bytearray(path.read_bytes())
    content[source.randrange(len(content))] ^= 1 << source.randrange(8)
    path.write_bytes(content)


def cut(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    path.write_bytes(path.read_bytes()[: source.randrange(path.stat().st_size)])


def grow(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    with path.open("ab") as file:
        file.write(source.randbytes(source.randint(1, 5_000)))


def make_huge(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    os.truncate(path, 1 << 40)


def empty(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    path.write_bytes(b"")


def delete(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    remove(path)


def make_directory(path: Path, source: random.Random, outside: Path) -> None:
    delete(path, source, outside)
    path.mkdir()
    if source.random() < 0.5:
        (path / "inside").write_bytes(b"in the way")


def make_file(path: Path, source: random.Random, outside: Path) -> None:
    delete(path, source, outside)
    path.write_bytes(b"in the way")


def make_fifo(path: Path, source: random.Random, outside: Path) -> None:
    delete(path, source, outside)
    os.mkfifo(path)


def make_socket(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    remove(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:  # by the descriptor: the path itself may be too long
        listener.bind(f"/proc/self/fd/{descriptor}/{path.name}")
    os.close(descriptor)


def link_outside(path: Path, source: random.Random, outside: Path) -> None:
    root = next(parent for parent in path.parents if (parent / "temporary").exists() or parent.name == "data")
    target = outside / path.relative_to(root)
    delete(path, source, outside)
    path.symlink_to(target if source.random() < 0.7 else outside / "nowhere")


def link_to_itself(path: Path, source: random.Random, outside: Path) -> None:
    delete(path, source, outside)
    path.symlink_to(path.name)


def give_away(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    """Give it to another user; who is not root takes the permissions away instead."""
    if os.geteuid() == 0:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    else:
        path.chmod(0)


def swap(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    others = [other for other in path.parents[2].rglob("*") if other.is_file() and other != path]
    path.write_bytes(source.choice(others).read_bytes())


def write_odd_note(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    write_note(path, source.choice(ODD_NOTES))


def change_member(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    """Put another type of value into one member of a note, or a version that is unknown here; the sum is right."""
    members = json.loads(read_note(path))
    name = source.choice(["v", *members])
    odd: list[object] = [None, 2, -1, 1.5, "", "x" * 70, [], [None], {}, {"a": []}, True, "\ud800"]
    write_note(path, json.dumps({**members, name: source.choice(odd)}).encode())


def add_member(path: Path, source: random.Random, outside: Path) -> None:  # noqa: ARG001 - a damage
    """What a newer program may write."""
    members = json.loads(read_note(path))
    write_note(path, json.dumps({**members, "more": source.choice([1, None, "x", [1], {"a": 1}])}).encode())


ON_FILES: Mapping[str, Damage] = {
    damage.__name__: damage
    for damage in (
        flip, cut, grow, make_huge, empty, delete, make_directory, make_fifo, make_socket, link_outside,
        link_to_itself, give_away, swap,
    )
}  # fmt: skip
ON_NOTES: Mapping[str, Damage] = {**ON_FILES, "write_odd_note": write_odd_note}
ON_JSON: Mapping[str, Damage] = {**ON_NOTES, "change_member": change_member, "add_member": add_member}
ON_FOLDERS: Mapping[str, Damage] = {
    damage.__name__: damage
    for damage in (delete, make_directory, make_file, make_fifo, make_socket, link_outside, link_to_itself)
}


def damages_for(path: Path, root: Path) -> Mapping[str, Damage]:
    """Return what can happen to a path of a data directory."""
    folder = path.relative_to(root).parts[0]
    if path.is_dir():
        return ON_FOLDERS
    if folder == "blobs":
        return ON_FILES
    return ON_JSON if folder in ("records", "releases", "pins", "sets") else ON_NOTES


def restore(data: Path, right: Path) -> None:
    """Make a directory what ``right`` is, touching only what differs: making it anew takes ten times as long."""
    wanted = {path.relative_to(right): path for path in right.rglob("*")}
    for path in sorted(data.rglob("*"), reverse=True):
        original = wanted.get(path.relative_to(data))
        if original is None or path.is_symlink() or path.is_dir() != original.is_dir() or not _equal(path, original):
            remove(path)
    for name, original in sorted(wanted.items()):
        if original.is_dir():
            (data / name).mkdir(exist_ok=True)
        elif not (data / name).exists():
            shutil.copyfile(original, data / name)


def remove(path: Path) -> None:
    """Remove whatever is at a path, if anything is."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _equal(path: Path, original: Path) -> bool:
    one, other = path.lstat(), original.lstat()
    alike = (one.st_mode, one.st_uid) == (other.st_mode, other.st_uid)
    return alike and (path.is_dir() or (one.st_size == other.st_size and path.read_bytes() == original.read_bytes()))


def snapshot(directory: Path) -> dict[str, bytes | str]:
    """Return path → bytes of everything below a directory; nothing but plain files is opened."""
    found: dict[str, bytes | str] = {}
    for path in sorted(directory.rglob("*")):
        plain = path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 30
        found[path.relative_to(directory).as_posix()] = path.read_bytes() if plain else f"{path.lstat().st_mode:o}"
    return found
