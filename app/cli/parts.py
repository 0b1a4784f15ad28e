"""What the commands are given by ``wiring``: the only way they come by sources, stores and the server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from app.builder.builder import Builder
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.settings import Settings
from app.sources.base import Source
from app.store.base import Store


@dataclass(frozen=True, slots=True)
class Local:
    """What one run of a command works with. The store is in memory unless the settings name a directory."""

    library: Library
    builder: Builder
    ledger: Ledger
    store: Store


class LocalMaker(Protocol):
    """Makes a library and a builder. Shape: ``online`` adds the package index, unless the settings say offline."""

    def __call__(self, settings: Settings, tree: Path | None, *, online: bool) -> Local:
        """Errors: StoreUnavailable."""
        ...


Visitor: TypeAlias = Callable[[int, Callable[[], None]], None]
"""Called in a thread of its own once the service listens, with its port and with what stops it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The makers that commands call.

    Attributes:
        local: For work without a server. If a tree is given (``--input``) that directory is the only source, else what
            was kept, the wheels directory and the installed distribution.
        index: The package index by itself, for commands that fetch.
        serve: Runs the service until it is told to stop, and returns then. A visitor may do something beside it.
    """

    local: LocalMaker
    index: Callable[[Settings], Source]
    serve: Callable[[Settings, Visitor | None], None]
