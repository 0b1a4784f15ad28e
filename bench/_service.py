"""Starting a server in a process of its own, waiting for it, reading what it used, and ending it."""

import contextlib
import os
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 30.0
STOP_SECONDS = 30.0
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
"""What the kernel counts processor time in."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs. Units: ``started`` as ``time.perf_counter``, when its process was made."""

    port: int
    pid: int
    started: float

    def cpu_seconds(self) -> float:
        """Return the processor time used so far. Source: proc(5), utime and stime of ``/proc/PID/stat``."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_SECONDS

    def resident_bytes(self) -> int:
        """Return the resident memory now. Source: proc(5), VmRSS of ``/proc/PID/status``."""
        return self._status("VmRSS") * 1024

    def peak_bytes(self) -> int:
        """Return the most resident memory so far; 0 of a server that has ended. Source: proc(5), VmHWM."""
        return self._status("VmHWM") * 1024

    def bound_memory(self, size: int) -> None:
        """Let it have no more address space than that, so that a fault of memory ends it and not the machine."""
        resource.prlimit(self.pid, resource.RLIMIT_AS, (size, size))

    def _status(self, member: str) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        match = re.search(rf"^{member}:\s+(\d+) kB$", text, re.MULTILINE)
        return int(match[1]) if match else 0


@contextlib.contextmanager
def run_server(*arguments: str, log: Path, settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Run ``python ARGUMENTS``, with ``{port}`` in them replaced by a free port, until the block ends.

    Args:
        log: What the server prints goes here.
        settings: Environment variables.
    """
    port = _free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("TZDATA_FILTER_")}
    command = [sys.executable, *(argument.format(port=port) for argument in arguments)]
    with log.open("ab") as sink:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=own | dict(settings or {}), stdout=sink, stderr=sink)
    try:
        yield Server(port, process.pid, started)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_service(*arguments: str, log: Path, **settings: str) -> contextlib.AbstractContextManager[Server]:
    """Run the service itself, offline.

    Args:
        settings: By their names in capitals, without the prefix.
    """
    environ = {f"TZDATA_FILTER_{name}": value for name, value in {"OFFLINE": "true", **settings}.items()}
    command = ("-m", "app", "serve", "--host", "127.0.0.1", "--port", "{port}", *arguments)
    return run_server(*command, log=log, settings=environ)


def fetch(server: Server, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> bytes:
    """Return one whole reply, status line and header fields included; waits while the server is still starting."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(request_row(path, method=method, headers={**(headers or {}), "connection": "close"}))
                return b"".join(iter(lambda: connection.recv(1 << 16), b""))
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def request_row(path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a request, with the fields that curl sends."""
    fields = {"host": "127.0.0.1", "user-agent": "bench", "accept": "*/*", **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
