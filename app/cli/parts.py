"""What ``wiring`` gives the commands: their only access to sources, stores and the server."""

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
    """Makes a library and a builder."""

    def __call__(self, settings: Settings, tree: Path | None, *, online: bool) -> Local:
        """Make them.

        Args:
            settings: Those of this run.
            tree: A directory that is then the only source.
            online: Adds the package index, unless the settings say offline.

        Raises:
            StoreUnavailable: If the data directory cannot be used.
        """
        ...


Visitor: TypeAlias = Callable[[int, Callable[[], None]], None]
"""Called in a thread of its own once the service listens, with its port and a function that stops it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The makers that commands call.

    Attributes:
        local: For work without a server. If a tree is given (``--input``), that directory is the only source; otherwise
            they are the releases that were kept, the wheels directory and the installed distribution.
        index: The package index by itself, for commands that fetch.
        serve: Runs the service until it is stopped, and then returns. A visitor may work beside it.
    """

    local: LocalMaker
    index: Callable[[Settings], Source]
    serve: Callable[[Settings, Visitor | None], None]
