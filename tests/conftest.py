"""What every test shares: the event loop, the wheels of real releases, and the rule that CI skips nothing.

Fixtures of one subject live beside its tests, not here.
"""

import contextlib
import os
import signal
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest

import dev
from tests.servers import Service, StartService, running_service

CI = os.environ.get("CI") == "true"

hypothesis.settings.register_profile("house", deadline=None)  # a shared machine is not a stopwatch
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if CI else "house")


# A job in the background starts with Ctrl-C ignored, and whatever the tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


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


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return the service all tests may ask at once; none may count on what others have asked it or not."""
    with running_service(tmp_path_factory.mktemp("service"), {}) as running:
        yield running


@pytest.fixture
def start_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartService]:
    """Return a way to start services with settings of one's own; they stop when the test ends."""
    with contextlib.ExitStack() as stack:

        def start(
            *,
            expect_errors: bool = False,
            wait_until_ready: bool = True,
            environ: Mapping[str, str | None] | None = None,
            descriptors: int | None = None,
            **settings: object,
        ) -> Service:
            context = running_service(
                tmp_path_factory.mktemp("service"),
                settings,
                environ=environ,
                expect_errors=expect_errors,
                wait_until_ready=wait_until_ready,
                descriptors=descriptors,
            )
            return stack.enter_context(context)

        yield start


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
