"""The diff of two loaded releases for the whole tree, beside the naive way: reading both trees with ``zoneinfo``.

The naive code answers less: whether clocks differ and from when, to the week and from 1900 to 2038 alone, for names
whose bytes differ. A release counts as loaded when its bytes are in memory and checked.
"""

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from app.sources.wheel import load_wheel
from app.tzdb.changes.diff import ReleaseDiff, default_future, diff_releases
from app.tzdb.release import Release, TzifPool
from app.tzdb.selection import parse_selectors
from bench._arguments import read_arguments
from bench._table import print_table

WHEELS = Path(__file__).resolve().parent.parent / ".cache" / "wheels"
PAIRS = (("2026.5", "2026.6"), ("2022.1", "2022.2"), ("2023.3", "2023.4"), ("2020.1", "2026.6"))
ROUNDS = 15

_FIRST_DAY = datetime(1900, 1, 1, tzinfo=UTC)
_WEEKS = 138 * 52


def main() -> None:
    """Measure a few pairs of releases and print one table."""
    arguments = read_arguments("diff", rounds=ROUNDS)
    pool: TzifPool = {}
    pairs = PAIRS[:1] if arguments.smallest else PAIRS
    names = sorted({name for pair in pairs for name in pair})
    releases = {name: load(name, pool) for name in names}
    rows = [measure(releases[old], releases[new], rounds=arguments.rounds) for old, new in pairs]
    header = ("releases", "names", "changed", "diff ms", "naive ms", "naive / diff")
    print_table(f"One diff of the whole tree, median of {arguments.rounds} (naive: one run)", header, rows)


def load(package_version: str, pool: TzifPool) -> Release:
    """Return a release, read from its wheel."""
    wheel = WHEELS / f"tzdata-{package_version}-py2.py3-none-any.whl"
    return load_wheel(wheel.read_bytes(), source="wheels", pool=pool)


def measure(before: Release, after: Release, *, rounds: int) -> tuple[str, ...]:
    """Return a line of the table."""
    names = sorted(before.files.keys() & after.files.keys())

    def diff() -> ReleaseDiff:
        future_from = default_future(before.version, after.version)
        return diff_releases(before, after, selectors=parse_selectors(["*"]), aliases="exact", future_from=future_from)

    taken = median(seconds(diff) for _ in range(rounds))
    naive = seconds(lambda: [first_week(before, after, name) for name in names])
    found = diff()
    figures = (f"{found.compared}", f"{len(found.zones)}", f"{taken * 1e3:.2f}", f"{naive * 1e3:,.1f}")
    return (f"{before.version} to {after.version}", *figures, f"{naive / taken:,.0f}")


def first_week(before: Release, after: Release, name: str) -> datetime | None:
    """Return the first week in which clocks differ, as one finds it with ``zoneinfo``."""
    if before.files[name].content == after.files[name].content:
        return None
    old, new = (ZoneInfo.from_file(BytesIO(release.files[name].content)) for release in (before, after))
    for week in range(_WEEKS):
        instant = _FIRST_DAY + timedelta(weeks=week)
        one, other = instant.astimezone(old), instant.astimezone(new)
        if (one.utcoffset(), one.dst(), one.tzname()) != (other.utcoffset(), other.dst(), other.tzname()):
            return instant
    return None


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
