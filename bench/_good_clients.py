"""Good clients: the answers they wait for while others attack, and how long.

Three of them, each in a thread with one connection kept alive and a steady, modest rate, so that what is measured is
the server and not the load generator. Each request has a time at which it is due, and its wait counts from then, also
if the request before it was answered late: a server that stalls for a second is not excused from what was due in it.
"""

import itertools
import math
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench._client import Client
from bench._service import Server, request_row

HOT_RATE = 200.0
COLD_RATE = 12.5
HEALTH_RATE = 25.0
PATIENCE_SECONDS = 5.0
"""A good client that is refused, or has no answer by then, counts as one that waited that long."""
OK = 200


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the answers of one window took, by the kind of answer. Units: seconds."""

    hot: Sequence[float]
    cold: Sequence[float]
    health: Sequence[float]


class GoodClients:
    """They ask for one bundle again and again, for pairs of zones that are new to the service, and for ``/healthz``."""

    def __init__(self, server: Server, *, release: str, hot: str, names: Sequence[str]) -> None:
        pairs = list(itertools.combinations(sorted(names), 2))
        random.Random(0).shuffle(pairs)
        self._askers = (
            _Asker(server, HOT_RATE, itertools.repeat(request_row(hot))),
            _Asker(
                server,
                COLD_RATE,
                (request_row(f"/v1/bundles/{release}/{one},{other}.tar.gz") for one, other in pairs),
            ),
            _Asker(server, HEALTH_RATE, itertools.repeat(request_row("/healthz"))),
        )

    def threads(self, started: float, seconds: float) -> Sequence[threading.Thread]:
        """Return threads in which they ask for that long; ``waits`` is of them when they have ended."""
        return [threading.Thread(target=asker.run, args=(started, seconds)) for asker in self._askers]

    @property
    def waits(self) -> Waits:
        """What the last window took."""
        return Waits(*(asker.waits for asker in self._askers))


def measure(groups: Sequence[GoodClients], seconds: float) -> Sequence[Waits]:
    """Let all groups ask for that long, at the same time, and return what it took each."""
    started = time.perf_counter()
    threads = [thread for group in groups for thread in group.threads(started, seconds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [group.waits for group in groups]


class _Asker:
    """One good client. ``waits`` has those of the last run."""

    def __init__(self, server: Server, rate: float, requests: Iterator[bytes]) -> None:
        self._client = Client(server.port, patience_seconds=PATIENCE_SECONDS)
        self._rate = rate
        self._requests = requests
        self.waits: list[float] = []

    def run(self, started: float, seconds: float) -> None:
        _go_first()
        self.waits = []
        for number in range(max(1, round(seconds * self._rate))):
            due = started + number / self._rate
            now = time.perf_counter()
            if now > started + seconds:
                # The answer before took up the whole window; this request would have waited for it, at least.
                self.waits.append(now - due)
                continue
            time.sleep(max(0.0, due - now))
            answered = self._is_answered(next(self._requests))
            self.waits.append(time.perf_counter() - due if answered else PATIENCE_SECONDS)

    def _is_answered(self, request: bytes) -> bool:
        try:
            return self._client.ask(request) == OK
        except OSError:
            return False


def _go_first() -> None:
    """Let this thread run before the services, if the benchmark was started with a real-time priority: chrt(1)."""
    if os.sched_getscheduler(0) == os.SCHED_RR:
        priority = os.sched_getparam(0).sched_priority
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority + 1))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the least of the values that so many of a hundred do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
