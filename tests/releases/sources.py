"""A source that does what a test tells it to: late, wrongly, or not at all."""

import threading
from collections.abc import Callable

from app.errors import SourceUnreachable
from app.sources.base import Loaded, Offers
from app.tzdb.release import TzifPool
from tests.data.invented_release import make_invented_release

LONG = 30.0


class Wayward:
    """Source: the invented release under several names; offering and loading can be made to fail or to hang.

    Attributes:
        offering: Called before each look; it may raise or wait.
        loading: Called with a release before it is loaded; it may raise or wait.
    """

    def __init__(self, *versions: str, name: str = "index", remote: bool = True) -> None:
        self.name = name
        self.remote = remote
        self.versions = [*versions]
        self.offering: Callable[[], None] = lambda: None
        self.loading: Callable[[str], None] = lambda _: None
        self.loads: list[str] = []
        self.door = threading.Event()

    def offers(self, *, wanted: bool = False) -> Offers:  # noqa: ARG002 - every look is fresh
        self.offering()
        return Offers(frozenset(self.versions), {})

    def load(self, version: str, pool: TzifPool) -> Loaded:  # noqa: ARG002 - nothing is read here
        self.loads.append(version)
        self.loading(version)
        return Loaded(make_invented_release(version), None)

    def hang(self, *_: str) -> None:
        """Wait until the test opens the door."""
        assert self.door.wait(LONG)

    def fail(self, *_: str) -> None:
        """Raise what a source raises when it cannot be read."""
        raise SourceUnreachable("the line is down")
