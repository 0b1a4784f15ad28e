"""Good clients while others attack: what they wait for, what the service's memory comes to, and what it answers.

Each attack has a service of its own: default settings, but a port of the loopback interface, a data directory that is
removed (``memory-store``: none), and either no outbound call or an index on the loopback interface. Its address space
is bounded, so that a fault of memory ends the service and not the machine. Before, while and after the attack the same
good clients ask for the same things (``bench._good_clients``); the attacker is another process, with the least priority
(``bench._attack``).

How to read the table: one line for each attack, above it the quiet figures, which are the medians of all windows before
and after attacks. What is promised: hot answers have at most three times their quiet p99, cold bundles of two zones at
most 250 ms, the service at most 200 MB, and no answer is a 5xx but 502 and 503. What breaks a promise has a ``!``, and
the exit status is 1. A good client that is refused or has no answer after 5 s counts as one that waited 5 s.

Other programs on the machine make everybody wait. So there is a second service that nobody attacks, of which other good
clients ask the same at the same time: the columns ``apart``. Where it has a longer p99 than the quiet one, it is what
the ratio goes by, and three times what its cold bundles took is what cold ones may take. Both are for busy machines; on
a quiet one they change nothing. ``chrt --rr 1 python3 dev.py bench hostile`` keeps other programs from disturbing good
clients and services at all, though not the disk, and ``… NAME`` measures one attack again.
"""

import gc
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench._arguments import read_arguments
from bench._attacks import BEGUN, KINDS, Kind
from bench._good_clients import GoodClients, Waits, measure, percentile
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
SETTLE_SECONDS = 10.0
IDLE_SHARE = 0.1
ALLOWED_5XX = ("502", "503")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one attack came to.

    Attributes:
        size: What the attacker says it sent.
        apart: What good clients waited during the attack whose service nobody attacks.
        peak_bytes: The most resident memory of the service; 0 if it has ended.
        faults: Answers of 5xx that are not allowed; ``None`` if the service does not say.
    """

    name: str
    size: Mapping[str, int]
    before: Waits
    during: Waits
    apart: Waits
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
    gc.disable()
    names = SMALLEST if arguments.smallest else arguments.names
    with tempfile.TemporaryDirectory() as directory, run_bounded_service(Path(directory)) as service:
        apart = make_good_clients(service)
        figures = [measure_attack(name, apart, seconds=arguments.seconds) for name in names]
    quiet = find_quiet(figures)
    rows = [write_row(each, quiet) for each in figures]
    sent = ("connections", "requests", "MB")
    waits = ("hot p99", "apart", "ratio", "cold p99", "apart", "healthz p99")
    header = ("attack", *sent, *waits, "memory", "5xx")
    print_table(write_title(quiet), header, rows)
    broken = sum(cell.endswith("!") for row in rows for cell in row)
    print(f"\n{broken} promises broken" if broken else "\nEvery promise held.")
    return 1 if broken and not arguments.smallest else 0


def measure_attack(name: str, apart: GoodClients, *, seconds: float) -> Figures:
    """Return what one attack comes to."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        service = stack.enter_context(run_bounded_service(folder, KINDS[name]))
        groups = (make_good_clients(service), apart)
        measure(groups, seconds * QUIET_PART / 4)
        before, _ = measure(groups, seconds * QUIET_PART)
        attacker = stack.enter_context(run_attacker(name, service, seconds))
        during, meanwhile = measure(groups, seconds)
        size = json.loads(attacker.communicate(timeout=60)[0])
        peak, faults = service.peak_bytes(), count_faults(service)
        wait_until_idle(service)
        after, _ = measure(groups, seconds * QUIET_PART)
        return Figures(name, size, before, during, meanwhile, after, peak, faults)


def make_good_clients(service: Server) -> GoodClients:
    """Return good clients of a service; the names of the zones are what it says they are."""
    body = fetch(service, f"/v1/releases/{RELEASE}/zones").partition(b"\r\n\r\n")[2]
    names = [zone["name"] for zone in json.loads(body)["zones"]]
    return GoodClients(service, release=RELEASE, hot=HOT, names=names)


@contextmanager
def run_bounded_service(folder: Path, kind: Kind | None = None) -> Iterator[Server]:
    """Run a service, with what an attack of that kind needs, until the block ends."""
    with ExitStack() as stack:
        settings = {"DATA_DIR": str(folder / "data")} if kind is None or kind.on_disk else {}
        if kind is not None and kind.index is not None:
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
    hot_apart, cold_apart = percentile(figures.apart.hot, 99), percentile(figures.apart.cold, 99)
    ratio = hot / max(quiet.hot[1], hot_apart)
    most_cold = max(MOST_COLD_SECONDS, MOST_RATIO * cold_apart)
    memory = f"{figures.peak_bytes / 1e6:.0f}" if figures.peak_bytes else "ended"
    return (
        figures.name,
        f"{size['connections']:,}",
        f"{size['requests']:,}",
        f"{size['sent_bytes'] / 1e6:.1f}",
        f"{hot * 1e3:.1f}",
        f"{hot_apart * 1e3:.1f}",
        _mark(f"{ratio:.1f}", broken=ratio > MOST_RATIO),
        _mark(f"{cold * 1e3:.0f}", broken=cold > most_cold),
        f"{cold_apart * 1e3:.0f}",
        f"{health * 1e3:.1f}",
        _mark(memory, broken=not 0 < figures.peak_bytes <= MOST_BYTES),
        _mark("?" if figures.faults is None else str(figures.faults), broken=figures.faults != 0),
    )


def _mark(cell: str, *, broken: bool) -> str:
    return f"{cell} !" if broken else cell


if __name__ == "__main__":
    sys.exit(main())
