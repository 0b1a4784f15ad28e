"""Logging: one handler on standard error, as text or as JSON lines. What is logged is not known here."""

import logging
import sys
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


def configure_logs(log_format: LogFormat, level: LogLevel, stream: TextIO | None = None) -> None:
    """Send this program's log, and the server's, to ``stream`` (standard error by default)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    for name in (ROOT, "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())
