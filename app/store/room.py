"""The room of a store on disk: what its values take, and whether one more may be added.

Counting walks through all values, so it happens in a thread of its own, and what is written meanwhile is added. What
others write or remove is noticed by the next count. How values are written is not known here.
"""

import contextlib
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from app.errors import StoreUnavailable
from app.store.base import Usage

BLOCK_BYTES = 4_096
"""Files take whole blocks. Most file systems have blocks of this size."""
COUNT_AGAIN_SECONDS = 600.0
"""How soon all values are counted again."""
COUNT_AGAIN_WHEN_FULL_SECONDS = 30.0
"""The same while there is no room: somebody may have made some."""
SHORT_SECONDS = 60.0
"""How long it is said that something was not kept: a smaller value may have found room since."""
RESERVE_FILES = 1_000
"""How many files a file system must still have room for."""
RESERVE_PART = 8
"""Of a small file system, at most this part is kept free."""

LEDGER, SETS = ("releases", "pins"), "sets"
"""The folders of lasting notes. Clients cannot make releases, so there is always room for them."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a store on disk may take; without a number, any amount.

    Attributes:
        cache_bytes: Everything but releases and sets.
        set_bytes: Sets.
        reserve_bytes: What stays free on the file system for others, and for releases.
    """

    cache_bytes: int | None = None
    set_bytes: int | None = None
    reserve_bytes: int = 0


class Room:
    """What a store on disk takes. Thread-safe."""

    def __init__(self, root: Path, bounds: Bounds) -> None:
        self._root = root
        self._bounds = bounds
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()
        self._since_count: Counter[str] = Counter()
        self._counted_at = float("-inf")
        self._counting = False
        self._shortage = ""
        self._short_until = float("-inf")

    def usage(self) -> Usage:
        """See ``Store.usage``."""
        with self._lock:
            return Usage(self._cache_bytes(), self._taken[SETS], self._shortage if self._is_short() else None)

    def check(self, folder: str, size: int, *, lasting: bool = False) -> None:
        """Check that a value may be added. Raises: StoreUnavailable, which names the setting in the way."""
        self.count_if_due()
        if lasting or folder in LEDGER:
            return
        with self._lock:
            lack = self._lack(folder, round_up(size)) or self._lack_of_space(round_up(size))
            if lack is not None:
                self._shortage, self._short_until = lack, time.monotonic() + SHORT_SECONDS
                raise StoreUnavailable(lack)

    def look(self) -> None:
        """Look whether there is room for a small value in the cache, for ``usage``."""
        with contextlib.suppress(StoreUnavailable):
            self.check("blobs", 1)

    def add(self, folder: str, size: int, *, replaced: int) -> None:
        """Count a value that was written in the place of one of ``replaced`` bytes."""
        grown = round_up(size) - round_up(replaced)
        with self._lock:
            self._taken[folder] += grown
            self._since_count[folder] += grown

    def count_if_due(self) -> None:
        """Start to count all values if the last count is too old."""
        if self._bounds.cache_bytes is None:
            return
        with self._lock:
            patience = COUNT_AGAIN_WHEN_FULL_SECONDS if self._is_short() else COUNT_AGAIN_SECONDS
            if self._counting or time.monotonic() - self._counted_at < patience:
                return
            self._counting = True
            self._since_count.clear()
        threading.Thread(target=self._count, name="store-count", daemon=True).start()

    def _count(self) -> None:
        taken = count_files(self._root)
        with self._lock:
            # What was written while counting may be counted twice, which the next count mends.
            self._taken = taken + self._since_count
            self._counted_at = time.monotonic()
            self._counting = False

    def _is_short(self) -> bool:
        return time.monotonic() < self._short_until

    def _cache_bytes(self) -> int:
        return sum(taken for folder, taken in self._taken.items() if folder not in (*LEDGER, SETS))

    def _lack(self, folder: str, size: int) -> str | None:
        bounds = self._bounds
        if folder == SETS:
            if bounds.set_bytes is not None and self._taken[SETS] + size > bounds.set_bytes:
                return f"posted lists take all of the {bounds.set_bytes} bytes that TZDATA_FILTER_DISK_SET_BYTES allows"
        elif bounds.cache_bytes is not None and self._cache_bytes() + size > bounds.cache_bytes:
            return f"the store takes all of the {bounds.cache_bytes} bytes that TZDATA_FILTER_DISK_STORE_BYTES allows"
        return None

    def _lack_of_space(self, size: int) -> str | None:
        try:
            found = os.statvfs(self._root)
        except OSError:
            return None  # it may be made by the write, which says what is wrong if it cannot
        reserve = min(self._bounds.reserve_bytes, found.f_blocks * found.f_frsize // RESERVE_PART)
        if reserve and found.f_bavail * found.f_frsize - size < reserve:
            return f"less than {reserve} bytes are free on the disk, which TZDATA_FILTER_DISK_RESERVE_BYTES keeps free"
        # Some file systems have no fixed number of files, and say 0.
        if self._bounds.reserve_bytes and found.f_favail < min(RESERVE_FILES, found.f_files // RESERVE_PART):
            return f"the disk has room for only {found.f_favail} more files"
        return None


def round_up(size: int) -> int:
    """Return what a file of this size takes."""
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def count_files(root: Path) -> Counter[str]:
    """Return folder → what the files in it take; links are not followed. Units: bytes."""
    taken: Counter[str] = Counter()
    for directory, _, names in os.walk(root):
        path = Path(directory)
        folder = next(iter(path.relative_to(root).parts), "")
        for name in names:
            with contextlib.suppress(OSError):
                taken[folder] += round_up((path / name).lstat().st_size)
    return taken
