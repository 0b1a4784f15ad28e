"""The real service in a process of its own, on a free port of the loopback interface.

Tests take the fixtures ``service`` (one for the whole session, settings as they come) and ``start_service`` (one of
their own, with settings). What the service prints is read to the end: a trace, an error nobody expected, or a line that
is not a log line fails the test that stops it.
"""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from app.settings import PREFIX

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_SECONDS = 30
STOP_SECONDS = 20
MEMORY_BYTES = 2 << 30
"""How much address space a service that is under attack gets: enough that a fault shows, not enough to harm."""

_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (?:(debug|info|warning|error) +|request )\S.*")


@dataclass(frozen=True, slots=True)
class Service:
    """A running service.

    Attributes:
        base_url: Without a slash at its end.
    """

    base_url: str
    port: int
    data_dir: Path
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        """All that was printed so far, on both outputs."""
        return self.log_file.read_text()

    @property
    def resident_bytes(self) -> int:
        """The resident memory now. Source: proc(5), VmRSS of ``/proc/PID/status``."""
        return self._status("VmRSS") * 1_024

    @property
    def peak_bytes(self) -> int:
        """The most resident memory so far. Source: proc(5), VmHWM of ``/proc/PID/status``."""
        return self._status("VmHWM") * 1_024

    @property
    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def client(self) -> httpx.Client:
        """A client for this service alone, whatever proxies the environment names."""
        return httpx.Client(base_url=self.base_url, trust_env=False, timeout=30)

    def stop(self) -> int:
        """Ask it to stop, wait for that, and return the exit code as the shell would see it."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def _status(self, member: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(rf"^{member}:\s+(\d+)", text, re.MULTILINE)
        assert match is not None
        return int(match[1])


class StartService(Protocol):
    """Starts a service."""

    def __call__(
        self,
        *,
        expect_errors: bool = False,
        wait_until_ready: bool = True,
        environ: Mapping[str, str | None] | None = None,
        descriptors: int | None = None,
        **settings: object,
    ) -> Service:
        """Return it once ``/readyz`` says yes, or (without ``wait_until_ready``) once it listens.

        Args:
            environ: Variables besides those inherited; ``None`` takes one away.
            descriptors: How many files it may open; ``None`` leaves that as it is.
            settings: By the names of ``Settings``.
        """
        ...


@contextlib.contextmanager
def running_service(
    directory: Path,
    settings: Mapping[str, object],
    *,
    environ: Mapping[str, str | None] | None = None,
    expect_errors: bool = False,
    wait_until_ready: bool = True,
    descriptors: int | None = None,
) -> Iterator[Service]:
    """Run a service while the context lasts, with what it keeps below ``directory`` and a bound on its memory."""
    port = free_port()
    log_file = directory / "log"
    data_dir = directory / "data"
    given = {"host": HOST, "port": port, "data_dir": data_dir, "offline": True, **settings}
    process = start_process(given, log_file, environ)
    if descriptors is not None:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
    service = Service(f"http://{HOST}:{port}", port, data_dir, process, log_file)
    try:
        _wait_until_up(service, "/readyz" if wait_until_ready else "/healthz")
        yield service
        if process.poll() is None:
            service.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if settings.get("log_format") != "json":
        strange = find_strange_lines(service.log, expect_errors=expect_errors)
        assert not strange, f"the service printed what it should not: {strange}"


def start_process(
    settings: Mapping[str, object], log_file: Path, environ: Mapping[str, str | None] | None = None
) -> subprocess.Popen[bytes]:
    """Start the command; every setting goes by its environment variable, and its memory is bounded."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = {PREFIX + name.upper(): str(value) for name, value in settings.items()}
    variables = {**inherited, **given, **(environ or {})}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "app", "serve"],
            cwd=ROOT,
            env={name: value for name, value in variables.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    return process


def find_strange_lines(log: str, *, expect_errors: bool) -> list[str]:
    """Return the lines that are not log lines, and those about errors unless they are expected."""
    strange = []
    for line in log.splitlines():
        match = _LOG_LINE.fullmatch(line)
        if match is None or (match[1] == "error" and not expect_errors):
            strange.append(line)
    return strange


def free_port() -> int:
    """Return a port that nothing listened on a moment ago."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(service: Service, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    with service.client() as client:
        while time.monotonic() < deadline and service.process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if client.get(path).is_success:
                    return
            time.sleep(0.02)
    raise AssertionError(f"the service did not come up (exit code {service.process.poll()}): {service.log}")
