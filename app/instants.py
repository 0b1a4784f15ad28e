"""How an instant looks as text: RFC 3339 in UTC, one form everywhere. No clock is read here."""

from datetime import datetime, timedelta
from typing import Literal

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants of UTC, written with a Z


def format_instant(unix_seconds: float, *, precision: Literal["seconds", "milliseconds"] = "seconds") -> str:
    """Return an instant as text: ``2026-10-25T01:00:00Z``, or ``2026-10-25T01:00:00.123Z``.

    Args:
        unix_seconds: From year 1 to year 9999.
        precision: Anything finer is cut off.
    """
    # Not strftime: its years below 1000 have fewer than four digits on some platforms.
    return (_EPOCH + timedelta(seconds=unix_seconds)).isoformat(timespec=precision) + "Z"
