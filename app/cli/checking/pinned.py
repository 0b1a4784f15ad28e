"""Comparing artifacts and outputs with what a lock pins, as bytes and as a tree, and unpacking an artifact.

Lock files are read from disk here too. What they mean is in ``artifact/lock``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.artifact.entry import Entry, EntryKind
from app.artifact.lock import MAX_ARTIFACT_BYTES, MAX_LOCK_CHARACTERS, InvalidLock, Lock, parse_lock
from app.cli.checking.archives import Members, decode_archive, decode_linked, follow, read_directory
from app.cli.checking.comparison import table_of
from app.cli.errors import DoesNotVerify
from app.digest import format_digest, sha256_hex, tree_digest
from app.errors import NotFound, SourceUnreachable
from app.files.limits import Link
from app.files.reading import read_at_most

DEFAULT_LOCK = "tzdata.lock"


def read_lock(path: Path) -> Lock:
    """Read a lock file.

    Raises:
        NotFound: If there is no such file.
        SourceUnreachable: If it cannot be read.
        InvalidLock: If it is not a lock.
    """
    try:
        content = read_at_most(path, MAX_LOCK_CHARACTERS + 1)
    except FileNotFoundError as error:
        raise NotFound(f"there is no {path}; `tzdata-filter lock ZONES` writes one") from error
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read: {error.strerror}") from error
    try:
        return parse_lock(content.decode().replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise InvalidLock(f"{path} is not UTF-8 text at byte {error.start}") from error
    except InvalidLock as error:
        raise InvalidLock(f"{path}: {error.detail}", **error.facts) from error


def verify_artifact(content: bytes, lock: Lock, *, origin: str) -> None:
    """Verify that ``content`` is what the lock pins.

    Raises:
        DoesNotVerify: If it is not, with everything that differs.
    """
    problems = _find_problems(content, lock)
    if problems:
        raise DoesNotVerify(f"{origin} does not match the lock", problems=problems)


def find_unlike(output: Path, lock: Lock) -> str | None:
    """Return how a file or a directory differs from what the lock says, ``None`` if it does not.

    Raises:
        SourceUnreachable: If it cannot be read.
    """
    try:
        if output.is_dir():
            found = _digest_tree(read_directory(output))
            return None if found == lock.tree_digest else f"its tree digest is {found}, not {lock.tree_digest}"
        problems = _find_problems(read_at_most(output, MAX_ARTIFACT_BYTES + 1), lock)
    except FileNotFoundError:
        return "it does not exist"
    except OSError as error:
        raise SourceUnreachable(f"{output} cannot be read: {error.strerror}") from error
    except DoesNotVerify as error:
        return error.detail
    return "; ".join(problems) or None


def unpack(content: bytes, lock: Lock) -> list[Entry]:
    """Return the entries that a directory of a verified artifact holds.

    Raises:
        DoesNotVerify: If it is not an archive that ``decode_archive`` takes.
    """
    members = decode_linked(content)
    return list(_entries(members, "symbolic" if lock.spec.links == "symbolic" else "hard"))


def _entries(members: Mapping[str, bytes | Link], link_kind: EntryKind) -> Iterator[Entry]:
    for path, member in sorted(members.items()):
        reached, content = follow(path, members)
        linked = isinstance(member, Link)
        kind: EntryKind = link_kind if linked else "file" if table_of(path) is None else "table"
        yield Entry.plain(path, content, kind=kind, target_path=reached if linked else None, reason="locked")


def _find_problems(content: bytes, lock: Lock) -> list[str]:
    problems = []
    if len(content) != lock.size:
        problems.append(f"it has {len(content)} bytes, not {lock.size}")
    if (sha256 := sha256_hex(content)) != lock.sha256:
        problems.append(f"its digest is {format_digest(sha256)}, not {format_digest(lock.sha256)}")
    try:
        found = _digest_tree(decode_archive(content))
    except DoesNotVerify as error:
        problems.append(error.detail)
    else:
        if found != lock.tree_digest:
            problems.append(f"its tree digest is {found}, not {lock.tree_digest}")
        elif problems:
            problems.append("the tree in it is right, but it was packed differently, as another compressor does")
    return problems


def _digest_tree(members: Members) -> str:
    return tree_digest((path, sha256_hex(content)) for path, content in members.items())
