"""The builder: from a spec to an artifact, built once, stored, found again by its digest.

The only place that decides whether something is built or read. Every way in (HTTP, command line) goes through here;
how an artifact is written, and how it is stored, is not known here.
"""

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias, TypeVar

from app.artifact.plan import Plan, make_plan
from app.artifact.recipe import CURRENT, recipe_named
from app.artifact.record import Record, make_record
from app.artifact.spec import Spec
from app.artifact.zone_paths import is_zone_path
from app.builder.artifacts import StoredArtifact, StoredArtifacts
from app.builder.costs import is_dear, weigh_build, weigh_list, weigh_plan, weigh_typos
from app.digest import format_digest, sha256_hex
from app.errors import NotFound, StoreUnavailable, UnknownArtifact
from app.logs import Sparingly
from app.releases.library import Library
from app.store.base import Store
from app.tzdb.release import Release, TzifPool
from app.work.once import Once
from app.work.pools import Pools, make_pools

MadeT = TypeVar("MadeT")

_log = logging.getLogger(__name__)

Outcome: TypeAlias = Literal["built", "stored", "rebuilt", "unkept", "failed"]
"""What became of a request to the builder; ``unkept`` was built and served, but the store could not take it."""
Observer: TypeAlias = Callable[[Outcome, float], None]
"""Called for every artifact that the builder is asked for, with the outcome and the seconds it took."""

SHORT_LIST = 2_048
"""Characters. So much is read in less than half a millisecond."""
MAX_FAT_FILES = 2_000
"""How many fat files are kept ready: those of all releases that differ, about 4 MB."""


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
        self, library: Library, store: Store, *, observe: Observer | None = None, pools: Pools | None = None
    ) -> None:
        """Make a builder.

        Args:
            library: Where releases come from.
            store: Where artifacts are kept.
            observe: Called for every artifact that is asked for.
        """
        self.pools = pools or make_pools()
        """Where its work runs; whoever makes something of what it returns may use them too."""
        self._library = library
        self._stored = StoredArtifacts(store)
        self._observe = observe
        self._fat_files: TzifPool = {}
        self._log = Sparingly(_log)
        self._once: Once[str, StoredArtifact] = Once()

    async def plan(self, spec: Spec) -> Plan:
        """Return what a build of ``spec`` would write.

        Raises:
            Overloaded: There is too much to do.
            TzdataFilterError: As for ``Library.release`` and ``make_plan``.
        """
        return await self.planned(spec, lambda plan: plan)

    async def planned(self, spec: Spec, make: Callable[[Plan], MadeT]) -> MadeT:
        """Return what ``make`` makes of the plan of ``spec``, in the same thread. Raises: as ``plan``."""
        release = await self._library.release(spec.release)

        def work() -> MadeT:
            return make(self._make_plan(release, spec, CURRENT[spec.format].name))

        async with self.turn(weigh_plan(release, spec)):
            return await self.pools.build.run(work)

    async def build(self, spec: Spec) -> Artifact:
        """Return the artifact of ``spec``, from the store or newly built.

        However many callers ask for the same bytes at once, one build runs. If the store cannot keep the artifact, the
        caller gets it all the same.

        Raises:
            Overloaded: There is too much to do.
            TzdataFilterError: As for ``plan``.
        """
        release = await self._library.release(spec.release)
        seconds = weigh_build(release, spec)
        obtain = self._obtain_dear if is_dear(seconds) else self._obtain
        async with self.turn(seconds):
            plan, key = await self.pools.build.run(partial(self._plan_and_key, release, spec))
            stored = await self._once.run(key, lambda: self._observed(obtain(plan, key)))
        return Artifact(release.version, plan, stored.record, stored.content, stored.record.sha256, stored.kept)

    async def find(self, sha256: str) -> StoredArtifact:
        """Return the artifact with this sha256; if its bytes were lost, it is built again and must have the same bytes.

        Raises:
            UnknownArtifact: None was built here, or its bytes were lost and cannot be built again.
        """
        record = await self.record(sha256)
        content = await self.pools.store.run(partial(self._stored.content, sha256))
        return await self._rebuild(record) if content is None else StoredArtifact(record, content)

    async def record(self, sha256: str) -> Record:
        """Return the record of the artifact with this sha256. Raises: UnknownArtifact if none was built here."""
        return await self.pools.store.run(partial(self._stored.record, sha256))

    def turn(self, seconds: float) -> contextlib.AbstractAsyncContextManager[None]:
        """Return a context in which work that takes about so long may be done: dear work waits for its turn there."""
        return self.pools.dear.take(seconds) if is_dear(seconds) else contextlib.nullcontext()

    async def read(self, length: int, parse: Callable[[], Spec]) -> Spec:
        """Return what ``parse`` reads from a list of zones: a short one here, a long one in a thread, in its turn.

        Args:
            length: Of the list, in characters.

        Raises:
            Overloaded: There is too much to do.
            InvalidRequest: Whatever ``parse`` raises.
        """
        if length <= SHORT_LIST:
            return parse()
        async with self.pools.dear.take(weigh_list(length)):
            return await self.pools.build.run(parse)

    async def parse_path(self, zones: str, release: Release, parse: Callable[[], Spec]) -> Spec:
        """Return what ``parse`` makes of a path that names zones; finding what a wrong one may mean waits for its turn.

        Args:
            zones: The path, as for ``is_zone_path``.

        Raises:
            Overloaded: There is too much to do.
            TzdataFilterError: Whatever ``parse`` raises.
        """
        spec = await self.pools.build.run(lambda: parse() if is_zone_path(zones, release) else None)
        if spec is not None:
            return spec
        async with self.turn(weigh_typos(1)):
            return await self.pools.build.run(parse)

    async def _observed(self, work: Awaitable[tuple[Outcome, StoredArtifact]]) -> StoredArtifact:
        """Wait for the work, and report the outcome to the observer."""
        started = time.perf_counter()
        outcome: Outcome = "failed"
        try:
            outcome, artifact = await work
            return artifact
        finally:
            if self._observe is not None:
                self._observe(outcome, time.perf_counter() - started)

    async def _obtain(self, plan: Plan, key: str) -> tuple[Outcome, StoredArtifact]:
        def work() -> tuple[Outcome, StoredArtifact]:
            stored = self._read(key)
            return ("stored", stored) if stored is not None else self._kept(_encode(plan))

        # One thread for all of it, since building takes less time than handing it on. Work that nobody waits for any
        # more does not begin.
        return await self.pools.store.run(work, wanted=partial(self._once.is_wanted, key))

    async def _obtain_dear(self, plan: Plan, key: str) -> tuple[Outcome, StoredArtifact]:
        # As in ``_obtain``; once it has begun, it is brought to its end.
        stored = await self.pools.store.run(partial(self._read, key), wanted=partial(self._once.is_wanted, key))
        if stored is not None:
            return "stored", stored
        built = await self.pools.build.run(partial(_encode, plan))
        return await self.pools.store.run(partial(self._kept, built))

    def _kept(self, built: StoredArtifact) -> tuple[Outcome, StoredArtifact]:
        if self._keep(self._stored.keep, built):
            return "built", built
        return "unkept", replace(built, kept=False)

    async def _rebuild(self, record: Record) -> StoredArtifact:
        try:
            release = await self._library.release(record.row["release"])
            async with self.turn(weigh_build(release, record.spec)):
                return await self._once.run(record.sha256, lambda: self._observed(self._write_again(record, release)))
        except UnknownArtifact:
            raise
        except NotFound as error:
            digest = format_digest(record.sha256)
            raise UnknownArtifact(f"{digest} was lost and cannot be built again: {error.detail}") from error

    async def _write_again(self, record: Record, release: Release) -> tuple[Outcome, StoredArtifact]:
        def encode() -> bytes:
            recipe = recipe_named(record.row["recipe"])
            return recipe.encode(self._make_plan(release, record.spec, recipe.name).entries)

        content = await self.pools.build.run(encode, wanted=partial(self._once.is_wanted, record.sha256))
        if sha256_hex(content) != record.sha256:
            digest = format_digest(record.sha256)
            raise UnknownArtifact(f"{digest} was lost, and building it again gives other bytes")
        rebuilt = StoredArtifact(record, content)
        await self.pools.store.run(partial(self._keep, self._stored.keep_content, rebuilt))
        return "rebuilt", rebuilt

    def _plan_and_key(self, release: Release, spec: Spec) -> tuple[Plan, str]:
        plan = self._make_plan(release, spec, CURRENT[spec.format].name)
        return plan, plan.content_key

    def _make_plan(self, release: Release, spec: Spec, recipe: str) -> Plan:
        if len(self._fat_files) > MAX_FAT_FILES:
            self._fat_files.clear()
        return make_plan(release, spec, recipe=recipe, fat_files=self._fat_files)

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


def _encode(plan: Plan) -> StoredArtifact:
    content = recipe_named(plan.recipe).encode(plan.entries)
    return StoredArtifact(make_record(plan, content), content)
