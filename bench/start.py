"""From nothing to an answer: loading a release, starting the process, and the memory that three releases take."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import dev
from app.sources.installed import InstalledSource
from app.sources.wheel import load_wheel
from bench._arguments import read_arguments
from bench._service import fetch, run_service
from bench._table import print_table

ROUNDS = 7
BUNDLE = "/v1/bundles/latest/Asia/Shanghai,Etc/UTC.tar.gz"
MIB = 1 << 20


def main() -> None:
    """Measure all three and print one table."""
    rounds = read_arguments("start", rounds=ROUNDS).rounds
    wheel = [*dev.read_wheels()][-1]
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "service.log"
        rows: list[Sequence[str]] = [
            ("installed release: read, verify, check every file", "ms", _milliseconds(load_installed, rounds)),
            (
                f"{wheel.name.partition('-py')[0]} wheel: the same",
                "ms",
                _milliseconds(lambda: load_from(wheel), rounds),
            ),
            ("process start to the first bundle", "ms", _milliseconds(lambda: start_and_ask(log), rounds)),
            *(
                (f"resident memory, releases: {count}", "MiB", f"{resident(count, Path(directory)) / MIB:.0f}")
                for count in (1, 3)
            ),
        ]
    print_table(f"Start, median of {rounds}", ("what", "unit", "measured"), rows)


def load_installed() -> float:
    """Return the seconds that loading the installed release takes."""
    source = InstalledSource()
    started = time.perf_counter()
    (version,) = source.offers().releases
    source.load(version, {})
    return time.perf_counter() - started


def load_from(wheel: Path) -> float:
    """Return the seconds that loading a wheel takes."""
    started = time.perf_counter()
    load_wheel(wheel.read_bytes(), source="wheels", pool={})
    return time.perf_counter() - started


def start_and_ask(log: Path) -> float:
    """Return the seconds from making the process to having its first bundle."""
    with run_service(log=log) as server:
        assert fetch(server, BUNDLE).startswith(b"HTTP/1.1 200 ")
        return time.perf_counter() - server.started


def resident(releases: int, directory: Path) -> int:
    """Return the memory of a service that has loaded so many releases and served a bundle and a whole tree of each."""
    wheels = directory / f"wheels-{releases}"
    wheels.mkdir()
    for wheel in [*dev.read_wheels()][-releases:]:
        shutil.copy(wheel, wheels)
    with run_service(log=directory / "service.log", WHEELS_DIR=str(wheels)) as server:
        listed: dict[str, list[dict[str, object]]] = json.loads(fetch(server, "/v1/releases").partition(b"\r\n\r\n")[2])
        versions = [release["version"] for release in listed["releases"]]
        assert len(versions) == releases, versions
        for version in versions:
            for zones in ("Asia/Shanghai,Etc/UTC", "*"):
                assert fetch(server, f"/v1/bundles/{version}/{zones}.tar.gz").startswith(b"HTTP/1.1 200 ")
        return server.resident_bytes()


def _milliseconds(measure: Callable[[], float], rounds: int) -> str:
    return f"{median(measure() for _ in range(rounds)) * 1e3:.0f}"


if __name__ == "__main__":
    main()
