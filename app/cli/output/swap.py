"""Swapping two directories: in one step where the system can, otherwise in two, and back if the second one fails."""

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_ON_OFFER = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def exchange(fresh: Path, place: Path, *, aside: Path) -> None:
    """Put ``fresh`` in the place of ``place``; the former tree is then at ``fresh`` or ``aside``, for removal.

    On Linux with a file system that can (ext4, xfs, btrfs, tmpfs, overlay), ``place`` is never absent. Elsewhere it is
    absent for an instant.

    Raises:
        OSError: ``place`` is then as it was.
    """
    if not exchange_at_once(fresh, place):
        exchange_in_two_steps(fresh, place, aside=aside)


def exchange_in_two_steps(fresh: Path, place: Path, *, aside: Path) -> None:
    """Move ``place`` to ``aside``, then ``fresh`` to ``place``.

    Raises:
        OSError: ``place`` is then as it was.
    """
    place.rename(aside)
    try:
        fresh.rename(place)
    except OSError:
        aside.rename(place)
        raise


def exchange_at_once(one: Path, other: Path) -> bool:
    """Swap two paths and return ``True``, or return ``False`` where the system does not offer that.

    Raises:
        OSError: Both are then as they were.

    Source: renameat2(2).
    """
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):  # pragma: no cover - a C library without it, as on macOS
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_ON_OFFER:
        return False
    raise OSError(code, os.strerror(code), str(other))
