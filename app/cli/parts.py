"""What the commands are given by ``wiring``: the only way they come by sources, stores and the server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.build.builder import Builder
from app.build.library import Library
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Local:
    """A library and a builder for one run of a command. The store is in memory unless the settings name a directory."""

    library: Library
    builder: Builder


class LocalMaker(Protocol):
    """Makes a library and a builder. Shape: ``online`` adds the package index, unless the settings say offline."""

    def __call__(self, settings: Settings, tree: Path | None, *, online: bool) -> Local:
        """Errors: StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The makers that commands call.

    Shape: ``local(settings, tree)`` for work without a server: if ``tree`` is given (``--input``) that directory is the
    only source, else the wheels directory and the installed distribution; ``serve`` runs the service until it is told
    to stop, and returns then.
    """

    local: LocalMaker
    serve: Callable[[Settings], None]
