"""A release from a package index on loopback to its first bundle; all releases in memory."""

import asyncio
import re
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import dev
from app.artifact.spec import parse_spec
from app.settings import read_settings
from app.wiring import make_local
from bench._arguments import read_arguments
from bench._table import print_table
from tests.sources.loopback_index import loopback_index

ROUNDS = 10
SPEC = parse_spec("2024a", ["Asia/Shanghai", "Etc/UTC"], format="tar.gz", options={})


def main() -> None:
    """Print one table."""
    arguments = read_arguments("index", rounds=ROUNDS)
    wheels = {path.name: path.read_bytes() for path in dev.read_wheels() if path.is_file()}
    with loopback_index(wheels) as index:
        seconds = [asyncio.run(first_bundle(index.url)) for _ in range(arguments.rounds)]
        before, after, count = asyncio.run(all_releases(index.url, most=2 if arguments.smallest else 99))
    rows = [
        ("a release from the index to its first bundle, median", f"{median(seconds) * 1e3:.0f} ms"),
        (f"{count} releases in memory, besides the program", f"{(after - before) / 1024:.0f} MiB"),
        ("the whole process then", f"{after / 1024:.0f} MiB"),
    ]
    print_table(f"A package index on loopback, {arguments.rounds} rounds", ("what", "measured"), rows)


async def first_bundle(url: str) -> float:
    """Return the seconds from knowing nothing to the bytes, with a store on disk."""
    with TemporaryDirectory() as directory:
        local = make_local(read_settings({"index_url": url, "data_dir": directory}), None, online=True)
        started = time.perf_counter()
        await local.builder.build(SPEC)
        return time.perf_counter() - started


async def all_releases(url: str, *, most: int) -> tuple[int, int, int]:
    """Return resident KiB before and after loading that many releases, and how many those are."""
    local = make_local(read_settings({"index_url": url}), None, online=True)
    before = resident_kib()
    releases = await local.library.newest(most)
    return before, resident_kib(), len(releases)


def resident_kib() -> int:
    """Return this process's resident memory. Source: proc(5)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
