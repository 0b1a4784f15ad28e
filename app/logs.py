"""Logging: one handler on standard error, as text or as JSON lines. What is logged is not known here."""

import logging
import sys
import time
from typing import TextIO

from app.instants import format_instant
from app.settings import LogFormat, LogLevel
from app.text import format_json, one_line

ROOT = "app"


class TextFormatter(logging.Formatter):
    """``TIME LEVEL MESSAGE``; a trace, if any, follows on indented lines. Units: UTC, to the millisecond."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one entry."""
        time = format_instant(record.created, precision="milliseconds")
        line = f"{time} {record.levelname.lower():7} {one_line(record.getMessage())}"
        if not record.exc_info:
            return line
        # Indented, since the text of an exception may come from a client and contain line breaks.
        trace = (f"    {one_line(part)}" for part in self.formatException(record.exc_info).splitlines())
        return "\n".join((line, *trace))


class JsonFormatter(logging.Formatter):
    """One JSON object per line: ``time``, ``level``, ``logger``, ``message``, and ``trace`` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one entry."""
        members = {
            "time": format_instant(record.created, precision="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            members["trace"] = self.formatException(record.exc_info)
        return format_json(members)


class Sparingly:
    """Logs what may come with every request: of each kind one now and then, with the number of those left out."""

    def __init__(self, log: logging.Logger, *, every_seconds: float = 60.0) -> None:
        self._log = log
        self._every_seconds = every_seconds
        self._left_out: dict[str, int] = {}
        self._said: dict[str, float] = {}

    def error(self, text: str, *arguments: object) -> None:
        """Log an error. Args: text: the constant part, which is its kind."""
        self._add(logging.ERROR, text, arguments)

    def info(self, text: str, *arguments: object) -> None:
        """Log an event. Args: as for ``error``."""
        self._add(logging.INFO, text, arguments)

    def _add(self, level: int, text: str, arguments: tuple[object, ...]) -> None:
        now = time.monotonic()
        if now - self._said.get(text, float("-inf")) < self._every_seconds:
            self._left_out[text] = self._left_out.get(text, 0) + 1
            return
        self._said[text] = now
        left_out = self._left_out.pop(text, 0)
        others = (" (and %d more like it)", (left_out,)) if left_out else ("", ())
        self._log.log(level, text + others[0], *arguments, *others[1])


def configure_logs(log_format: LogFormat, level: LogLevel, stream: TextIO | None = None) -> None:
    """Send this program's log, and the server's, to ``stream`` (standard error by default)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    for name in (ROOT, "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())
