"""The builder: from a spec to an artifact, built once, stored, found again by its digest.

The only place that decides whether something is built or read. Every gate (HTTP, command line) enters here.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from app.artifact.plan import Plan, make_plan
from app.artifact.recipe import CURRENT, recipe_named
from app.artifact.record import Record, decode_record, encode_record, make_record
from app.artifact.spec import Spec
from app.digest import format_digest, sha256_hex
from app.errors import NotFound, Overloaded, StoreUnavailable, UnknownArtifact
from app.once import Once
from app.releases.library import Library
from app.store.base import Store
from app.tzdb.release import Release

_log = logging.getLogger(__name__)

Outcome = Literal["built", "stored", "rebuilt", "unkept", "failed"]
Observer = Callable[[Outcome, float], None]
"""Told of every artifact asked of the builder: what happened, and the seconds it took. ``unkept`` was built and served,
and the store could not take it."""

DEFAULT_MAX_WAITING = 256
RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Artifact:
    """The bytes of a bundle and what is known of them.

    Attributes:
        release: What ``plan`` was made from.
        plan: That of this very request.
        record: May stem from an earlier request that led to equal bytes.
        sha256: Of ``content``.
    """

    release: str
    plan: Plan
    record: Record
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """An artifact found by its digest."""

    record: Record
    content: bytes


class Builder:
    """Builds what is asked for, each artifact once."""

    def __init__(
        self,
        library: Library,
        store: Store,
        *,
        observe: Observer | None = None,
        max_waiting: int = DEFAULT_MAX_WAITING,
    ) -> None:
        """Shape: ``max_waiting`` different artifacts may be in work or waiting; the next one is refused."""
        self._library = library
        self._store = store
        self._observe = observe
        self._max_waiting = max_waiting
        self._in_work = 0
        self._once: Once[str, tuple[Record, bytes]] = Once()

    async def plan(self, spec: Spec) -> Plan:
        """Return what a build of ``spec`` would write.

        Errors: those of ``Library.release`` and of ``make_plan``.
        """
        release = await self._library.release(spec.release)
        return await asyncio.to_thread(make_plan, release, spec, recipe=CURRENT[spec.format].name)

    async def build(self, spec: Spec) -> Artifact:
        """Return the artifact of ``spec``, from the store or newly built.

        However many callers ask for equal bytes at once, one build runs. A store that cannot keep the artifact does not
        keep the caller from getting it.
        Errors: those of ``plan``; Overloaded.
        """
        release = await self._library.release(spec.release)
        plan, key = await asyncio.to_thread(_plan_and_key, release, spec)
        record, content = await self._once.run(key, lambda: self._in_thread(lambda: self._obtain(plan, key)))
        return Artifact(release.version, plan, record, content, record.sha256)

    async def find(self, sha256: str) -> StoredArtifact:
        """Return the artifact with this digest; one whose bytes were lost is built again and must come out equal.

        Errors: UnknownArtifact if none was built here, or if it cannot be built again as it was.
        """
        record = await asyncio.to_thread(self._record_of, sha256)
        content = await asyncio.to_thread(self._store.read_blob, sha256)
        if content is None:
            content = await self._rebuild(record)
        return StoredArtifact(record, content)

    async def record(self, sha256: str) -> Record:
        """Return the record of the artifact with this digest. Errors: UnknownArtifact."""
        return await asyncio.to_thread(self._record_of, sha256)

    async def _in_thread(self, work: Callable[[], tuple[Record, bytes]]) -> tuple[Record, bytes]:
        if self._in_work >= self._max_waiting:
            raise Overloaded(
                f"{self._in_work} builds are waiting already; try again in {RETRY_AFTER_SECONDS} s",
                limit=self._max_waiting,
                retry_after=RETRY_AFTER_SECONDS,
            )
        self._in_work += 1
        try:
            return await asyncio.to_thread(work)
        finally:
            self._in_work -= 1

    def _obtain(self, plan: Plan, key: str) -> tuple[Record, bytes]:
        with self._observed() as outcome:
            stored = self._read(key)
            if stored is not None:
                outcome.append("stored")
                return stored
            content = recipe_named(plan.recipe).encode(plan.entries)
            record = make_record(plan, content)
            outcome.append("built" if self._write(key, record, content) else "unkept")
            return record, content

    async def _rebuild(self, record: Record) -> bytes:
        try:
            release = await self._library.release(record.row["release"])
            _, content = await self._once.run(
                record.sha256, lambda: self._in_thread(lambda: self._write_again(record, release))
            )
        except UnknownArtifact:
            raise
        except NotFound as error:
            digest = format_digest(record.sha256)
            raise UnknownArtifact(f"{digest} was lost and cannot be built again: {error.detail}") from error
        return content

    def _write_again(self, record: Record, release: Release) -> tuple[Record, bytes]:
        with self._observed() as outcome:
            recipe = recipe_named(record.row["recipe"])
            content = recipe.encode(make_plan(release, record.spec, recipe=recipe.name).entries)
            if sha256_hex(content) != record.sha256:
                digest = format_digest(record.sha256)
                raise UnknownArtifact(f"{digest} was lost and does not come out equal when built again")
            try:
                self._store.write_blob(record.sha256, content)
            except StoreUnavailable as error:
                _log.error("artifact %s cannot be kept: %s", record.sha256, error.detail)
            outcome.append("rebuilt")
            return record, content

    def _read(self, key: str) -> tuple[Record, bytes] | None:
        """Return what is stored for a content key; anything that does not hold counts as not there."""
        try:
            record = self._record_at(key)
            content = self._store.read_blob(record.sha256) if record is not None else None
            if record is None or content is None or not self._can_be_found(record.sha256, key):
                return None
        except StoreUnavailable as error:
            _log.error("the store cannot be read, building instead: %s", error.detail)
            return None
        return record, content

    def _can_be_found(self, sha256: str, key: str) -> bool:
        """Tell whether the digest leads to a record of this artifact, if not through ``key`` then through another."""
        origin = self._store.read_note("origin", sha256)
        return origin == key.encode() or self._record_from(origin, sha256) is not None

    def _write(self, key: str, record: Record, content: bytes) -> bool:
        """Return whether the store took it."""
        try:
            # The record last: whoever finds it finds the bytes as well.
            self._store.write_blob(record.sha256, content)
            self._store.write_note("origin", record.sha256, key.encode())
            self._store.write_note("record", key, encode_record(record))
        except StoreUnavailable as error:
            _log.error("artifact %s cannot be kept: %s", record.sha256, error.detail)
            return False
        return True

    def _record_of(self, sha256: str) -> Record:
        record = self._record_from(self._store.read_note("origin", sha256), sha256)
        if record is None:
            raise UnknownArtifact(f"no artifact {format_digest(sha256)} was built here", digest=format_digest(sha256))
        return record

    def _record_from(self, origin: bytes | None, sha256: str) -> Record | None:
        record = self._record_at(origin.decode("ascii", "replace")) if origin is not None else None
        return record if record is not None and record.sha256 == sha256 else None

    def _record_at(self, key: str) -> Record | None:
        """Return the record of a content key; one that was filed under a wrong key is none."""
        note = self._store.read_note("record", key)
        record = decode_record(note) if note is not None else None
        return record if record is not None and record.row["content_key"] == key else None

    @contextmanager
    def _observed(self) -> Iterator[list[Outcome]]:
        """Report to the observer how the work inside went. Shape: the caller appends the outcome to the list."""
        started = time.perf_counter()
        outcome: list[Outcome] = []
        try:
            yield outcome
        finally:
            if self._observe is not None:
                self._observe(outcome[0] if outcome else "failed", time.perf_counter() - started)


def _plan_and_key(release: Release, spec: Spec) -> tuple[Plan, str]:
    plan = make_plan(release, spec, recipe=CURRENT[spec.format].name)
    return plan, plan.content_key
