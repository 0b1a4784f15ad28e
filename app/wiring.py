"""The only place that knows concrete classes: settings in, working parts out.

What serves HTTP is imported where it is made: commands that need no server start in half the time without it.
"""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.builder.builder import Builder
from app.cli.parts import Local, Visitor
from app.logs import configure_logs
from app.releases.kept import KeptSource
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.settings import Settings
from app.sources.base import Source
from app.sources.directory import WheelDirectory
from app.sources.index_address import find_index_address
from app.sources.installed import InstalledSource
from app.sources.tree import TreeSource
from app.store.base import Store
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from app.work.pools import make_pools

if TYPE_CHECKING:
    from app.web.app import WebParts

SWITCH_SECONDS = 0.0002
"""How long Python lets a thread compute while another one waits; its own default is 25 times that."""


def make_sources(settings: Settings, ledger: Ledger, *, online: bool = True) -> Sequence[Source]:
    """Return the sources in the order in which they are asked.

    First what was kept earlier, then the wheels directory if one is set, what is installed, and the package index if
    both ``online`` and the settings allow it.
    """
    directory = [WheelDirectory(settings.wheels_dir)] if settings.wheels_dir else []
    index = [make_index(settings)] if online and not settings.offline else []
    return [KeptSource(ledger), *directory, InstalledSource(), *index]


def make_index(settings: Settings) -> Source:
    """Return the package index that the settings name, or the one that pip uses."""
    from app.sources.index import IndexSource  # noqa: PLC0415 - what works offline starts sooner without an HTTP client

    ca_file = str(settings.index_ca_file) if settings.index_ca_file else None
    find_address = partial(find_index_address, settings.index_url, ca_file=ca_file)
    return IndexSource(find_address, refresh_seconds=settings.index_refresh_seconds)


def make_store(settings: Settings) -> Store:
    """Return the store on disk, or one in memory if no directory is set.

    Raises:
        StoreUnavailable: The data directory cannot be used.
    """
    return DiskStore(settings.data_dir) if settings.data_dir else MemoryStore(settings.memory_store_bytes)


def make_local(settings: Settings, tree: Path | None, *, online: bool) -> Local:
    """See ``Parts.local``."""
    store = make_store(settings)
    # A tree may be another edition of its release: the release must not be compared with it from then on.
    ledger = Ledger(store if tree is None else MemoryStore())
    sources = make_sources(settings, ledger, online=online) if tree is None else [TreeSource(tree)]
    # A command waits as long as its sources take: nobody else waits for it.
    pools = make_pools()
    library = Library(sources, ledger=ledger, channels=settings.channels, pools=pools)
    return Local(library, Builder(library, store, pools=pools), ledger, store)


def make_web_parts(
    settings: Settings,
    *,
    sources: Sequence[Source] | None = None,
    store: Store | None = None,
    clock: Callable[[], float] = time.time,
) -> "WebParts":
    """Return what the web application is made of.

    Args:
        sources: In place of those that the settings name.
        store: In place of the one that the settings name.
        clock: Returns Unix seconds.

    Raises:
        StoreUnavailable: The data directory cannot be used.
    """
    from app.web.app import WebParts  # noqa: PLC0415 - see above
    from app.web.edge.front import Tally  # noqa: PLC0415
    from app.web.edge.metrics import Metrics  # noqa: PLC0415
    from app.web.http.hot import HotRepresentations  # noqa: PLC0415

    store = make_store(settings) if store is None else store
    ledger = Ledger(store)
    sources = make_sources(settings, ledger) if sources is None else sources
    wait = settings.max_wait_seconds
    pools = make_pools(max_wait_seconds=wait)
    library = Library(sources, ledger=ledger, channels=settings.channels, pools=pools, max_wait_seconds=wait)
    tally = Tally()
    hot = HotRepresentations(library, max_bytes=settings.hot_bytes)
    metrics = Metrics(tally, library, hot, pools)
    builder = Builder(library, store, observe=metrics.observe_build, pools=pools)
    return WebParts(settings, pools, library, store, builder, hot, tally, metrics, clock)


def serve(settings: Settings, visitor: Visitor | None = None) -> None:
    """See ``Parts.serve``.

    Raises:
        StoreUnavailable: The data directory cannot be used.
        OSError: The service cannot listen where the settings say.
    """
    from app.web.app import error_forms, make_app  # noqa: PLC0415 - see above
    from app.web.edge.server import run  # noqa: PLC0415

    configure_logs(settings.log_format, settings.log_level)
    # The loop has to get its turn soon while threads compute; switching costs them a few per cent.
    sys.setswitchinterval(SWITCH_SECONDS)
    run(make_app(make_web_parts(settings)), settings, forms=error_forms(), visitor=visitor)
