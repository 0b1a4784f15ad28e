"""Which pools and turns there are, and how many threads each has."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from app.work.pool import Pool
from app.work.turns import Turns

MOST_PROCESSORS = 3
"""More would stand in each other's way: Python runs one thread at a time, except where they compress or hash."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Where each kind of work runs.

    Attributes:
        local: Looking at sources on this machine, and loading releases from them.
        looks: Looking at sources over the network. Apart from ``network``, so that slow files do not hold it up.
        network: Loading releases over the network.
        store: Reading and writing the store.
        build: What takes a processor: reading long requests, plans, archives, diffs, long answers.
        dear: Turns at what takes more than a moment of ``build``, always fewer than its threads.
        searches: Turns at looking for an image in every release. Whoever has one may wait for a ``dear`` one too.
    """

    local: Pool
    looks: Pool
    network: Pool
    store: Pool
    build: Pool
    dear: Turns
    searches: Turns

    def __iter__(self) -> Iterator[Pool | Turns]:
        yield from (self.local, self.looks, self.network, self.store, self.build, self.dear, self.searches)


def make_pools(*, max_wait_seconds: float | None = None, processors: int | None = None) -> Pools:
    """Return pools for this machine; none has a thread before there is work.

    Args:
        max_wait_seconds: As for ``Pool``, for all of them.
        processors: In place of the number that this machine has.
    """
    processors = min(processors or os.cpu_count() or 1, MOST_PROCESSORS)
    wait = max_wait_seconds

    def pool(name: str, threads: int) -> Pool:
        return Pool(name, threads=threads, max_wait_seconds=wait)

    return Pools(
        local=pool("local", 2),
        looks=pool("looks", 2),
        network=pool("network", 4),
        store=pool("store", 4),
        build=pool("build", processors + 1),
        # The event loop needs a processor too.
        dear=Turns("dear", turns=max(1, processors - 1), max_wait_seconds=wait),
        searches=Turns("searches", turns=1, max_wait_seconds=wait),
    )
