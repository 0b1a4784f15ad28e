"""Ending at a signal as Ctrl-C does: what is half done is taken back, then the program exits with 128 and the number.

``serve`` has its own way, which lets running requests finish.
"""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal asked the program to end. It is a ``KeyboardInterrupt`` because event loops let only those out.

    Attributes:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextlib.contextmanager
def stopping_at_signals() -> Iterator[None]:
    """Raise ``Stopped`` at SIGTERM and SIGHUP meanwhile; a signal that is ignored, as under nohup, stays so."""
    former = {number: signal.getsignal(number) for number in _SIGNALS}
    taken = {number: handler for number, handler in former.items() if handler is not signal.SIG_IGN}
    for number in taken:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal.signal calls it
    # Once only: a second signal must not interrupt what takes the work back.
    for each in (signal.SIGINT, *_SIGNALS):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)
