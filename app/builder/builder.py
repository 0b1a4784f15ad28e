"""The builder: from a spec to an artifact, built once, stored, found again by its digest.

The only place that decides whether something is built or read. Every way in (HTTP, command line) goes through here;
how an artifact is written, and how it is stored, is not known here.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from app.artifact.plan import Plan, make_plan
from app.artifact.recipe import CURRENT, recipe_named
from app.artifact.record import Record, make_record
from app.artifact.spec import Spec
from app.builder.artifacts import StoredArtifact, StoredArtifacts
from app.digest import format_digest, sha256_hex
from app.errors import NotFound, Overloaded, StoreUnavailable, UnknownArtifact
from app.logs import Sparingly
from app.once import Once
from app.releases.library import Library
from app.store.base import Store
from app.tzdb.release import Release

_log = logging.getLogger(__name__)

Outcome: TypeAlias = Literal["built", "stored", "rebuilt", "unkept", "failed"]
"""What became of a request to the builder; ``unkept`` was built and served, but the store could not take it."""
Observer: TypeAlias = Callable[[Outcome, float], None]
"""Called for every artifact that the builder is asked for, with the outcome and the seconds it took."""

RETRY_AFTER_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Artifact:
    """The bytes of a bundle, and what is known about them.

    Attributes:
        release: The release that ``plan`` was made from.
        plan: The plan of this very request.
        record: It may come from an earlier request that led to the same bytes.
        sha256: The sha256 of ``content``.
        kept: Whether it can be found by its sha256.
    """

    release: str
    plan: Plan
    record: Record
    content: bytes
    sha256: str
    kept: bool


class Builder:
    """Builds what is asked for, each artifact once."""

    def __init__(
        self,
        library: Library,
        store: Store,
        *,
        observe: Observer | None = None,
        max_waiting: int | None = None,
    ) -> None:
        """Make a builder.

        Args:
            library: Where releases come from.
            store: Where artifacts are kept.
            observe: Called for every artifact that is asked for.
            max_waiting: How many different artifacts may be in work or waiting before the next is refused; ``None`` for
                any number.
        """
        self._library = library
        self._stored = StoredArtifacts(store)
        self._observe = observe
        self._max_waiting = max_waiting
        self._in_work = 0
        self._log = Sparingly(_log)
        self._once: Once[str, StoredArtifact] = Once()

    async def plan(self, spec: Spec) -> Plan:
        """Return what a build of ``spec`` would write.

        Raises:
            TzdataFilterError: As for ``Library.release`` and ``make_plan``.
        """
        release = await self._library.release(spec.release)
        return await asyncio.to_thread(make_plan, release, spec, recipe=CURRENT[spec.format].name)

    async def build(self, spec: Spec) -> Artifact:
        """Return the artifact of ``spec``, from the store or newly built.

        However many callers ask for the same bytes at once, one build runs. If the store cannot keep the artifact, the
        caller gets it all the same.

        Raises:
            Overloaded: Too many artifacts are in work or waiting.
            TzdataFilterError: As for ``plan``.
        """
        release = await self._library.release(spec.release)
        plan, key = await asyncio.to_thread(_plan_and_key, release, spec)
        stored = await self._once.run(key, lambda: self._in_thread(lambda: self._obtain(plan, key)))
        return Artifact(release.version, plan, stored.record, stored.content, stored.record.sha256, stored.kept)

    async def find(self, sha256: str) -> StoredArtifact:
        """Return the artifact with this sha256; if its bytes were lost, it is built again and must have the same bytes.

        Raises:
            UnknownArtifact: None was built here, or its bytes were lost and cannot be built again.
        """
        record = await asyncio.to_thread(self._stored.record, sha256)
        content = await asyncio.to_thread(self._stored.content, sha256)
        return await self._rebuild(record) if content is None else StoredArtifact(record, content)

    async def record(self, sha256: str) -> Record:
        """Return the record of the artifact with this sha256. Raises: UnknownArtifact if none was built here."""
        return await asyncio.to_thread(self._stored.record, sha256)

    async def _in_thread(self, work: Callable[[], tuple[Outcome, StoredArtifact]]) -> StoredArtifact:
        if self._max_waiting is not None and self._in_work >= self._max_waiting:
            raise Overloaded(
                f"{self._in_work} builds are waiting already; try again in {RETRY_AFTER_SECONDS} s",
                limit=self._max_waiting,
                retry_after=RETRY_AFTER_SECONDS,
            )
        self._in_work += 1
        try:
            return await asyncio.to_thread(self._observed, work)
        finally:
            self._in_work -= 1

    def _observed(self, work: Callable[[], tuple[Outcome, StoredArtifact]]) -> StoredArtifact:
        """Do the work, and report the outcome to the observer."""
        started = time.perf_counter()
        outcome: Outcome = "failed"
        try:
            outcome, artifact = work()
            return artifact
        finally:
            if self._observe is not None:
                self._observe(outcome, time.perf_counter() - started)

    def _obtain(self, plan: Plan, key: str) -> tuple[Outcome, StoredArtifact]:
        stored = self._read(key)
        if stored is not None:
            return "stored", stored
        content = recipe_named(plan.recipe).encode(plan.entries)
        built = StoredArtifact(make_record(plan, content), content)
        if self._keep(self._stored.keep, built):
            return "built", built
        return "unkept", replace(built, kept=False)

    async def _rebuild(self, record: Record) -> StoredArtifact:
        try:
            release = await self._library.release(record.row["release"])
            return await self._once.run(
                record.sha256, lambda: self._in_thread(lambda: self._write_again(record, release))
            )
        except UnknownArtifact:
            raise
        except NotFound as error:
            digest = format_digest(record.sha256)
            raise UnknownArtifact(f"{digest} was lost and cannot be built again: {error.detail}") from error

    def _write_again(self, record: Record, release: Release) -> tuple[Outcome, StoredArtifact]:
        recipe = recipe_named(record.row["recipe"])
        content = recipe.encode(make_plan(release, record.spec, recipe=recipe.name).entries)
        if sha256_hex(content) != record.sha256:
            digest = format_digest(record.sha256)
            raise UnknownArtifact(f"{digest} was lost, and building it again gives other bytes")
        rebuilt = StoredArtifact(record, content)
        self._keep(self._stored.keep_content, rebuilt)
        return "rebuilt", rebuilt

    def _read(self, key: str) -> StoredArtifact | None:
        """Return what is stored for a content key; what cannot be read or does not verify counts as absent."""
        try:
            return self._stored.read(key)
        except StoreUnavailable as error:
            self._log.error("the store cannot be read, building instead: %s", error.detail)
            return None

    def _keep(self, keep: Callable[[StoredArtifact], None], artifact: StoredArtifact) -> bool:
        """Keep an artifact; return whether the store took it."""
        try:
            keep(artifact)
        except StoreUnavailable as error:
            self._log.error("artifact %s cannot be kept: %s", artifact.record.sha256, error.detail)
            return False
        return True


def _plan_and_key(release: Release, spec: Spec) -> tuple[Plan, str]:
    plan = make_plan(release, spec, recipe=CURRENT[spec.format].name)
    return plan, plan.content_key
