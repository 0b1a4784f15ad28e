"""The table of attacks, each with what it needs; and the attacker, a process of its own.

``python -m bench._attacks NAME PORT SECONDS`` says when it begins, then, as a line of JSON, what it came to.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench import _broken_requests as broken
from bench import _dear_requests as dear
from bench._attack import Attack
from bench._index import Mood

NICENESS = 15
BEGUN = "begun\n"
"""What the attacker prints first."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An attack and what the service has meanwhile.

    Attributes:
        index: Without one the service is offline.
        on_disk: Whether it has a data directory; else it keeps everything in memory.
    """

    run: Callable[[Attack], None]
    index: Mood | None = None
    on_disk: bool = True


KINDS: Mapping[str, Kind] = {
    "trailers": Kind(broken.send_trailers_without_end),
    "chunk-extensions": Kind(broken.send_chunk_extensions_without_end),
    "fields": Kind(broken.flood_fields),
    "upgrades": Kind(broken.offer_upgrades),
    "garbage": Kind(broken.send_garbage),
    "silence": Kind(broken.fall_silent),
    "slow-headers": Kind(broken.drip_headers),
    "slow-bodies": Kind(broken.drip_bodies),
    "slow-readers": Kind(broken.read_slowly),
    "connections": Kind(broken.flood_connections),
    "fat-trees": Kind(dear.ask_for_fat_trees),
    "store": Kind(dear.fill_the_store),
    "memory-store": Kind(dear.fill_the_store, on_disk=False),
    "sets": Kind(dear.post_sets),
    "selectors": Kind(dear.post_selectors),
    "readings": Kind(dear.ask_for_readings, index="well"),
    "digests": Kind(dear.ask_for_unknown_digests, index="well"),
    "slow-index": Kind(dear.ask_for_slow_releases, index="slow"),
    "bomb-index": Kind(dear.ask_for_the_bomb, index="bomb"),
}


def main() -> None:
    """Attack the service at that port of the loopback interface for so many seconds."""
    name, port, seconds = sys.argv[1:]
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(BEGUN, end="", flush=True)
    attack = Attack(int(port), time.monotonic() + float(seconds))
    KINDS[name].run(attack)
    counts = ("connections", "requests", "sent_bytes", "refused")
    print(json.dumps({count: getattr(attack, count) for count in counts}))


if __name__ == "__main__":
    main()
