"""The request log: one line per request, gathered and written in batches, so that it costs little."""

import asyncio
import json
import sys
from typing import NamedTuple, TextIO

from app.instants import format_instant
from app.settings import LogFormat
from app.text import one_line

FLUSH_SECONDS = 0.25
MAX_WAITING_LINES = 256
"""More are written at once, since a long batch would hold up the event loop."""
MAX_TARGET_BYTES = 1_024
"""What is kept, and written, of a URL: a client chooses how long it is, and how often it is asked for."""


class RequestLine(NamedTuple):
    """One request that was answered. Units: ``at`` in Unix seconds; ``seconds`` from its arrival to our last byte."""

    at: float
    method: str
    path: bytes
    query: bytes
    status: int
    size: int
    seconds: float
    route: str
    request_id: bytes


class RequestLog:
    """Gathers lines and writes them every ``FLUSH_SECONDS``, or at once on ``flush``."""

    def __init__(self, log_format: LogFormat, stream: TextIO | None = None) -> None:
        self._write = _format_json if log_format == "json" else _format_text
        self._stream = stream or sys.stderr
        self._lines: list[RequestLine] = []

    def add(self, line: RequestLine) -> None:
        """Take one line; it is written a moment later. More of its URL than is written need not be in it."""
        self._lines.append(line)
        if len(self._lines) >= MAX_WAITING_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered."""
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write("".join(map(self._write, lines)))
            self._stream.flush()

    async def run(self) -> None:
        """Write every now and then until cancelled, then once more."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                self.flush()
        finally:
            self.flush()


def _target(line: RequestLine) -> str:
    target = line.path + b"?" + line.query if line.query else line.path
    cut = "..." if len(target) > MAX_TARGET_BYTES else ""
    return one_line(target[:MAX_TARGET_BYTES].decode("ascii", "backslashreplace")) + cut


def _format_text(line: RequestLine) -> str:
    time = format_instant(line.at, precision="milliseconds")
    return (
        f"{time} request {line.method} {_target(line)} {line.status} {line.size} B"
        f" {line.seconds * 1e3:.2f} ms {line.request_id.decode('ascii')}\n"
    )


def _format_json(line: RequestLine) -> str:
    members = {
        "time": format_instant(line.at, precision="milliseconds"),
        "level": "info",
        "logger": "request",
        "method": line.method,
        "target": _target(line),
        "status": line.status,
        "size_bytes": line.size,
        "seconds": round(line.seconds, 6),
        "route": line.route,
        "request_id": line.request_id.decode("ascii"),
    }
    return json.dumps(members) + "\n"
