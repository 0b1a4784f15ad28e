"""What every test shares: the event loop, the wheels of real releases, and the rule that CI skips nothing.

Fixtures of one subject live beside its tests, not here.
"""

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

import dev

CI = os.environ.get("CI") == "true"

hypothesis.settings.register_profile("house", deadline=None)  # a shared machine is no stopwatch
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if CI else "house")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run ``@pytest.mark.anyio`` tests on asyncio, which is what uvicorn runs the service on."""
    return "asyncio"


@pytest.fixture(scope="session")
def wheels_dir() -> Path:
    """Return the folder with the wheel of every tzdata release in ``locks/tzdata-wheels.txt``."""
    missing = [wheel.name for wheel in dev.read_wheels() if not wheel.is_file()]
    if missing:
        pytest.fail(f"wheels are missing ({', '.join(missing)}): run `python3 dev.py test`, which fetches them")
    return dev.WHEELS


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"CI allows no skipped test: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
