"""What was waited for, counted for metrics, and the error for whoever waited in vain. Nothing waits here."""

import time

from app.errors import Overloaded

RETRY_AFTER_SECONDS = 5


class Waits:
    """What has been waiting for one kind of place, for metrics. Units: seconds.

    Attributes:
        name: A constant word.
        started: How many got their place.
        waited: How long those waited, in sum.
        refused: How many waited in vain.
    """

    __slots__ = ("name", "refused", "started", "waited")

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = 0
        self.waited = 0.0
        self.refused = 0

    def refuse(self) -> Overloaded:
        """Count one who waited in vain, and return the error for it."""
        self.refused += 1
        return Overloaded(
            f"there is too much to do ({self.name}); try again in {RETRY_AFTER_SECONDS} s",
            retry_after=RETRY_AFTER_SECONDS,
        )

    def start(self, since: float) -> None:
        """Count one who got a place. Units: ``since`` as ``time.monotonic``."""
        self.started += 1
        self.waited += time.monotonic() - since
