"""A source of releases: the wheels that the ledger kept. What the ledger keeps is its own business."""

from app.errors import SourceUnreachable, StoreUnavailable, UnknownRelease
from app.releases.ledger import Ledger
from app.sources.base import Loaded, Offers
from app.sources.wheel import load_wheel
from app.tzdb.release import TzifPool


class KeptSource:
    """Source: the wheels that the ledger kept. It is asked first, so that what was fetched once needs no network."""

    name = "kept"
    remote = False

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def offers(self, *, wanted: bool = False) -> Offers:  # noqa: ARG002 - every look is fresh
        """See ``Source.offers``. What others wrote into the ledger is read, and what is missing there is written."""
        self._ledger.look()
        return Offers(frozenset(version for version, pin in self._ledger.pins().items() if pin.sha256), {})

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """See ``Source.load``. For a wheel that is lost, damaged or out of reach, another source may have it."""
        pin = self._ledger.pins().get(version)
        try:
            wheel = self._ledger.wheel(pin) if pin else None
        except StoreUnavailable as error:
            raise SourceUnreachable(f"the wheel of release {version} cannot be read: {error.detail}") from error
        if pin is None or wheel is None:
            raise UnknownRelease(f"the wheel of release {version} was not kept", release=version)
        return Loaded(load_wheel(wheel, source=pin.source, pool=pool), wheel)
