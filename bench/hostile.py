"""Good clients while others attack: what they wait for, what the service's memory comes to, and what it answers.

Each attack has a service of its own: default settings, but a port of the loopback interface, a data directory that is
removed, and either no outbound call or an index on the loopback interface. Its address space is bounded, so that a
fault of memory ends the service and not the machine. Before, while and after the attack the same good clients ask for
the same things (``bench._good_clients``); the attacker is another process, with the least priority (``bench._attack``).

How to read the table: one line for each attack, above it the quiet figures, which are the medians of all windows before
and after attacks. What is promised: hot answers have at most three times their quiet p99, cold bundles of two zones at
most 250 ms, the service at most 200 MB, and no answer is a 5xx but 502 and 503. What breaks a promise has a ``!``, and
the exit status is 1. A good client that is refused or has no answer after 5 s counts as one that waited 5 s. Of 100
cold answers p99 is the second longest, so that neighbours on a busy machine can make a promise look broken: then run
that attack again, ``python3 dev.py bench hostile NAME``. A figure is broken if it is so each time.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench._arguments import read_arguments
from bench._attacks import BEGUN, KINDS, Kind
from bench._good_clients import GoodClients, Waits, percentile
from bench._service import Server, fetch, run_server, run_service
from bench._table import print_table

SMALLEST = ("trailers", "slow-readers", "digests")
"""One of each file; tests let all attacks run on their own."""
RELEASE = "2026f"
HOT = f"/v1/bundles/{RELEASE}/Asia/Shanghai,Etc/UTC.tar.gz"
ADDRESS_SPACE_BYTES = 2 << 30
MOST_RATIO = 3.0
MOST_COLD_SECONDS = 0.25
MOST_BYTES = 200_000_000
QUIET_PART = 0.4
"""How long a quiet window is, by the length of an attack."""
NICENESS = -5
"""Of good clients and services, where the system allows it: other programs then disturb them less."""
SETTLE_SECONDS = 10.0
IDLE_SHARE = 0.1
ALLOWED_5XX = ("502", "503")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one attack came to.

    Attributes:
        size: What the attacker says it sent.
        peak_bytes: The most resident memory of the service; 0 if it has ended.
        faults: Answers of 5xx that are not allowed; ``None`` if the service does not say.
    """

    name: str
    size: Mapping[str, int]
    before: Waits
    during: Waits
    after: Waits
    peak_bytes: int
    faults: int | None


@dataclass(frozen=True, slots=True)
class Quiet:
    """The quiet p50 and p99 of each kind of answer: medians over all quiet windows. Units: seconds."""

    hot: tuple[float, float]
    cold: tuple[float, float]
    health: tuple[float, float]


def main() -> int:
    """Run the attacks, print the table, and return whether a promise was broken."""
    arguments = read_arguments("hostile", seconds=8.0, names=tuple(KINDS))
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    figures = []
    for name in SMALLEST if arguments.smallest else arguments.names:
        with tempfile.TemporaryDirectory() as directory:
            figures.append(measure(name, Path(directory), seconds=arguments.seconds))
    quiet = find_quiet(figures)
    rows = [write_row(each, quiet) for each in figures]
    header = ("attack", "connections", "requests", "MB", "hot p99", "ratio", "cold p99", "healthz p99", "memory", "5xx")
    print_table(write_title(quiet), header, rows)
    broken = sum(cell.endswith("!") for row in rows for cell in row)
    print(f"\n{broken} promises broken" if broken else "\nEvery promise held.")
    return 1 if broken and not arguments.smallest else 0


def measure(name: str, folder: Path, *, seconds: float) -> Figures:
    """Return what one attack comes to."""
    kind = KINDS[name]
    with ExitStack() as stack:
        service = stack.enter_context(run_attacked_service(kind, folder))
        good = GoodClients(service, release=RELEASE, hot=HOT, names=read_names(service))
        good.measure(seconds / 8)
        before = good.measure(seconds * QUIET_PART)
        attacker = stack.enter_context(run_attacker(name, service, seconds))
        during = good.measure(seconds)
        size = json.loads(attacker.communicate(timeout=60)[0])
        peak, faults = service.peak_bytes(), count_faults(service)
        wait_until_idle(service)
        return Figures(name, size, before, during, good.measure(seconds * QUIET_PART), peak, faults)


@contextmanager
def run_attacked_service(kind: Kind, folder: Path) -> Iterator[Server]:
    """Run a service, and the index that it has, until the block ends."""
    with ExitStack() as stack:
        settings = {"DATA_DIR": str(folder / "data")}
        if kind.index is not None:
            command = ("-m", "bench._index", kind.index, "{port}")
            index = stack.enter_context(run_server(*command, log=folder / "index.log"))
            fetch(index, "/simple/tzdata/")
            settings |= {"OFFLINE": "false", "INDEX_URL": f"http://127.0.0.1:{index.port}/simple"}
        service = stack.enter_context(run_service(log=folder / "service.log", **settings))
        service.bound_memory(ADDRESS_SPACE_BYTES)
        fetch(service, HOT)
        yield service


@contextmanager
def run_attacker(name: str, service: Server, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """Let an attack begin; end it with the block, if it has not ended by itself."""
    command = [sys.executable, "-m", "bench._attacks", name, str(service.port), str(seconds)]
    attacker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert attacker.stdout is not None
    try:
        assert attacker.stdout.readline() == BEGUN
        yield attacker
    finally:
        attacker.kill()
        attacker.wait()


def read_names(service: Server) -> Sequence[str]:
    """Return the names of the release."""
    body = fetch(service, f"/v1/releases/{RELEASE}/zones").partition(b"\r\n\r\n")[2]
    return [zone["name"] for zone in json.loads(body)["zones"]]


def count_faults(service: Server) -> int | None:
    """Return how many answers were a 5xx that is not allowed, by the service's own count."""
    try:
        text = fetch(service, "/metrics").decode("ascii")
    except OSError:
        return None
    counts = re.findall(r'^tzdata_filter_requests_total\{.*status="(5..)"\} (\S+)$', text, re.MULTILINE)
    return sum(round(float(count)) for status, count in counts if status not in ALLOWED_5XX)


def wait_until_idle(service: Server) -> None:
    """Wait until what the attack has left in queues is done, for a while: the quiet after it is to be quiet."""
    end = time.monotonic() + SETTLE_SECONDS
    used = service.cpu_seconds()
    while time.monotonic() < end:
        time.sleep(0.2)
        before, used = used, service.cpu_seconds()
        if used - before <= 0.2 * IDLE_SHARE:
            return


def find_quiet(figures: Sequence[Figures]) -> Quiet:
    """Return the medians of all quiet windows."""
    windows = [window for each in figures for window in (each.before, each.after)]

    def medians(kind: str) -> tuple[float, float]:
        waits = [getattr(window, kind) for window in windows]
        return median(percentile(each, 50) for each in waits), median(percentile(each, 99) for each in waits)

    return Quiet(medians("hot"), medians("cold"), medians("health"))


def write_title(quiet: Quiet) -> str:
    """Return what stands above the table."""
    kinds = {"hot": quiet.hot, "cold": quiet.cold, "healthz": quiet.health}
    shown = (f"{kind} {p50 * 1e3:.1f} and {p99 * 1e3:.1f}" for kind, (p50, p99) in kinds.items())
    return f"Waits in ms; quiet, p50 and p99: {', '.join(shown)}; `!` breaks a promise"


def write_row(figures: Figures, quiet: Quiet) -> tuple[str, ...]:
    """Return one line of the table."""
    size = figures.size
    hot, cold, health = (
        percentile(each, 99) for each in (figures.during.hot, figures.during.cold, figures.during.health)
    )
    ratio = hot / quiet.hot[1]
    memory = f"{figures.peak_bytes / 1e6:.0f}" if figures.peak_bytes else "ended"
    return (
        figures.name,
        f"{size['connections']:,}",
        f"{size['requests']:,}",
        f"{size['sent_bytes'] / 1e6:.1f}",
        f"{hot * 1e3:.1f}",
        _mark(f"{ratio:.1f}", broken=ratio > MOST_RATIO),
        _mark(f"{cold * 1e3:.0f}", broken=cold > MOST_COLD_SECONDS),
        f"{health * 1e3:.1f}",
        _mark(memory, broken=not 0 < figures.peak_bytes <= MOST_BYTES),
        _mark("?" if figures.faults is None else str(figures.faults), broken=figures.faults != 0),
    )


def _mark(cell: str, *, broken: bool) -> str:
    return f"{cell} !" if broken else cell


if __name__ == "__main__":
    sys.exit(main())
