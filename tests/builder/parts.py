"""What the tests of building share: wheels of the small package, and a source and a store that can be watched."""

import asyncio
import threading
from pathlib import Path

from app.artifact.spec import Spec, parse_spec
from app.sources.base import Loaded, Offers, Source
from app.store.base import NoteKind
from app.store.memory import MemoryStore
from app.tzdb.release import TzifPool
from tests.sources.wheels import TREE, encode_record, small_package, write_wheel


def put_wheel(directory: Path, iana: str = "2026f", *, package: str | None = None, broken: bool = False) -> Path:
    """Write the wheel of a release of the small package; a broken one can be named and does not verify."""
    package = package or f"{iana[:4]}.{ord(iana[4]) - ord('a') + 1}"
    files = small_package(iana=iana, package=package)
    record = encode_record(files)
    if broken:
        files[f"{TREE}Japan"] = files[f"{TREE}UTC"]
    path = directory / f"tzdata-{package}-py2.py3-none-any.whl"
    path.write_bytes(write_wheel(files, record=record))
    return path


def spec(*zones: str, release: str = "2026f", format: str = "tar", **options: str) -> Spec:
    """Return a spec, by default for one Zone."""
    return parse_spec(release, zones or ["Asia/Tokyo"], format=format, options=options)


class CountedSource:
    """Source: another one, whose uses are counted."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.looks = 0
        self.loads: list[str] = []

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def remote(self) -> bool:
        return self._source.remote

    def offers(self, *, wanted: bool = False) -> Offers:
        self.looks += 1
        return self._source.offers(wanted=wanted)

    def load(self, version: str, pool: TzifPool) -> Loaded:
        self.loads.append(version)
        return self._source.load(version, pool)


class StoreWithDoor(MemoryStore):
    """Store: nobody reads a note before the door is open."""

    def __init__(self) -> None:
        super().__init__()
        self.door = threading.Event()
        self._arrivals = threading.Semaphore(0)

    async def until_someone_waits(self, count: int = 1) -> None:
        """Return once that many more builds have come to the door."""
        for _ in range(count):
            assert await asyncio.to_thread(self._arrivals.acquire, timeout=60)

    def read_note(self, kind: NoteKind, key: str) -> bytes | None:
        self._arrivals.release()
        if not self.door.wait(timeout=60):
            raise TimeoutError("the test never opened the door")
        return super().read_note(kind, key)
