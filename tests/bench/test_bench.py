"""Every benchmark runs to its end. What it measures nobody looks at here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import PREFIX
from tests.house.source import ROOT

BENCHES = sorted(path.stem for path in (ROOT / "bench").glob("[!_]*.py"))


def run(bench: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # No coverage either: what a benchmark runs has tests of its own.
    own = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "COVERAGE_"))}
    command = [sys.executable, "-m", f"bench.{bench}", *arguments]
    return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("bench", BENCHES)
def test_its_smallest_form_runs_and_prints_a_table(bench: str, wheels_dir: Path) -> None:
    assert wheels_dir.is_dir()
    done = run(bench, "--smallest")
    assert (done.returncode, done.stderr) == (0, "")
    assert len([line for line in done.stdout.splitlines() if line.startswith("| ")]) >= 3


def test_an_argument_that_it_lacks_is_named() -> None:
    done = run("sizes", "--rounds", "3")
    assert done.returncode == 2
    assert "--rounds" in done.stderr
