"""Images: from a repository and a tag or digest to bytes, by way of the builder.

The only place that decides which release a digest may belong to. ``oci/names`` parses the names of repositories and
``oci/image`` writes the bytes of images; HTTP is not known here.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import partial

from app.artifact.oci.image import Image, encode_layer, make_image
from app.artifact.oci.names import check_repository, format_set, parse_repository, parse_set
from app.artifact.plan import Plan
from app.artifact.spec import Spec
from app.builder.builder import Builder
from app.builder.sets import Sets
from app.digest import format_digest
from app.errors import (
    NotFound,
    StoreUnavailable,
    UnknownArtifact,
    UnknownRelease,
    UnknownZones,
)
from app.logs import Sparingly
from app.releases.library import Library
from app.store.base import NoteKind, Store
from app.tzdb.names import is_release_name
from app.tzdb.release import Release

_log = logging.getLogger(__name__)

IMAGE = NoteKind("image")
"""The sha256 of a part of an image → the image's release."""

MAX_SEEN = 100
"""How many repositories' parts are known without looking; one that was searched has at most 24 per release."""
MAX_BUILT_BYTES = 32 << 20
"""How many bytes of the latest images are kept. Clients ask for all parts of an image within a second."""


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image and its layer's bytes."""

    image: Image
    layer: bytes

    @property
    def size(self) -> int:
        """How many bytes all parts have together."""
        image = self.image
        return sum(map(len, (image.index, self.layer, *image.manifests.values(), *image.configs.values())))

    def part(self, sha256: str) -> bytes | None:
        """Return the part with this sha256, ``None`` if there is none."""
        image = self.image
        whole = {image.index_sha256: image.index, image.layer_sha256: self.layer}
        return whole.get(sha256) or image.manifests.get(sha256) or image.configs.get(sha256)


@dataclass(slots=True)
class _Seen:
    """What is known about one repository.

    Attributes:
        parts: The sha256 of a part → a release whose image has it.
        searched: The generation of the library in which the images of all releases here were made; ``None`` if that
            has not happened.
    """

    parts: dict[str, str] = field(default_factory=dict)
    searched: int | None = None


class _Built:
    """The images built last, kept so that none is built again for its next part.

    A repository and a release always give the same image: a release never changes once it is loaded, nor does a set.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = 0
        self._images: OrderedDict[tuple[str, str], BuiltImage] = OrderedDict()

    def find(self, repository: str, version: str) -> BuiltImage | None:
        return self._images.get((repository, version))

    def keep(self, repository: str, version: str, built: BuiltImage) -> None:
        # Two callers may have built it at once.
        dropped = self._images.pop((repository, version), None)
        self._held -= dropped.size if dropped is not None else 0
        self._images[repository, version] = built
        self._held += built.size
        while self._held > self._max_bytes:
            _, oldest = self._images.popitem(last=False)
            self._held -= oldest.size


class Images:
    """The images of all repositories and releases. Used by one event loop only."""

    def __init__(self, library: Library, builder: Builder, store: Store) -> None:
        self._library = library
        self._builder = builder
        self._store = store
        self._sets = Sets(store)
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._built = _Built(MAX_BUILT_BYTES)
        self._log = Sparingly(_log)

    async def image(self, repository: str, choice: str) -> Image:
        """Return the image of a release or channel, and keep in the store what it takes to find it by digest.

        Raises:
            InvalidName: The repository's name is not well-formed.
            NotFound: It names a set that was not posted here.
            UnknownZones: The release lacks some of its zones.
            TzdataFilterError: As for ``Builder.build``.
        """
        release = await self._library.release(choice)
        image = (await self._build(repository, release)).image
        await self._builder.pools.store.run(partial(self._note, image.index_sha256, image.release))
        return image

    async def manifest(self, repository: str, sha256: str) -> tuple[Image, bytes]:
        """Return an index or manifest by its sha256, and its image.

        Raises:
            UnknownArtifact: No image of the repository has it.
            TzdataFilterError: As for ``image``.
        """
        built = await self._find(repository, sha256)
        content = built.image.index if sha256 == built.image.index_sha256 else built.image.manifests.get(sha256)
        if content is None:
            raise _no_part(repository, sha256)
        # A client that has a manifest asks for its config next, perhaps after a restart.
        await self._builder.pools.store.run(partial(self._note, sha256, built.image.release))
        return built.image, content

    async def blob(self, repository: str, sha256: str) -> bytes:
        """Return a config or layer by its sha256. Raises: as for ``manifest``."""
        built = await self._find(repository, sha256)
        content = built.layer if sha256 == built.image.layer_sha256 else built.image.configs.get(sha256)
        if content is None:
            raise _no_part(repository, sha256)
        await self._builder.pools.store.run(partial(self._note, sha256, built.image.release))
        return content

    async def releases(self, repository: str) -> list[str]:
        """Return the releases that have the repository, newest first; those not fetched yet count as having it.

        Raises:
            InvalidName: The repository's name is not well-formed.
            NotFound: It names a set that was not posted here.
            UnknownZones: No local release has it; the error says what the newest one lacks.
        """

        async def check(release: Release) -> None:
            await self._builder.plan(await self._spec(repository, release))

        return await self._library.having(check)

    async def keep_set(self, spec: Spec) -> tuple[str, Image]:
        """Keep a selection with its options; return its repository, which is the same for equal ones, and its image.

        Raises:
            StoreUnavailable: The set cannot be kept, so it could not be pulled.
            TzdataFilterError: As for ``Builder.build``.
        """
        release = await self._library.release(spec.release)
        await self._builder.plan(replace(spec, release=release.version))
        repository = format_set(await self._builder.pools.store.run(partial(self._sets.keep, spec)))
        return repository, await self.image(repository, release.version)

    async def _find(self, repository: str, sha256: str) -> BuiltImage:
        """Return the image of the repository that has this part. Raises: as for ``manifest``."""
        check_repository(repository)
        seen = self._seen.get(repository, _Seen())
        known = seen.parts.get(sha256)
        built = self._built.find(repository, known) if known is not None else None
        if built is not None:
            return built
        noted = await self._builder.pools.store.run(partial(self._read_note, sha256))
        for version in dict.fromkeys((known, noted)):
            built = await self._try(repository, version, sha256) if version is not None else None
            if built is not None:
                return built
        if seen.searched != self._library.generation:
            async with self._builder.pools.searches.take():
                # Somebody else may have searched meanwhile.
                if self._seen_of(repository).searched != self._library.generation:
                    return await self._search(repository, sha256)
        raise _no_part(repository, sha256)

    async def _try(self, repository: str, version: str, sha256: str) -> BuiltImage | None:
        try:
            built = await self._build(repository, await self._library.release(version))
        except (UnknownZones, UnknownRelease):
            return None
        return built if built.part(sha256) is not None else None

    async def _search(self, repository: str, sha256: str) -> BuiltImage:
        """Go through the releases that are here: another replica may have answered with one of them.

        Cost: one build per release, once for each repository and list of releases.
        """
        generation = self._library.generation
        lacking: UnknownZones | None = None
        known = False
        for release in await self._local():
            try:
                built = await self._build(repository, release)
            except UnknownZones as error:
                lacking = lacking or error
                continue
            if built.part(sha256) is not None:
                return built
            known = True
        if not known and lacking is not None:
            raise lacking
        self._seen_of(repository).searched = generation
        raise _no_part(repository, sha256)

    async def _local(self) -> list[Release]:
        return [row.release for row in await self._library.listed() if row.release is not None]

    async def _build(self, repository: str, release: Release) -> BuiltImage:
        known = self._built.find(repository, release.version)
        if known is not None:
            return known
        artifact = await self._builder.build(await self._spec(repository, release))
        built = await self._builder.pools.build.run(partial(_wrap, artifact.plan, artifact.content))
        self._built.keep(repository, release.version, built)
        parts = self._seen_of(repository).parts
        for sha256 in built.image.parts():
            parts.setdefault(sha256, release.version)
        return built

    def _seen_of(self, repository: str) -> _Seen:
        seen = self._seen.setdefault(repository, _Seen())
        self._seen.move_to_end(repository)
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        return seen

    async def _spec(self, repository: str, release: Release) -> Spec:
        check_repository(repository)
        sha256 = parse_set(repository)
        if sha256 is None:
            zones = repository.removeprefix("go/")
            return await self._builder.parse_path(zones, release, partial(parse_repository, repository, release))
        spec = await self._builder.pools.store.run(partial(self._sets.find, sha256))
        if spec is None:
            raise NotFound(
                f"{repository} is not known here; POST /v1/sets with the same list makes it known under the same name"
            )
        return replace(spec, release=release.version)

    def _note(self, sha256: str, version: str) -> None:
        content = version.encode()
        try:
            if self._store.read_note(IMAGE, sha256) != content:
                self._store.write_note(IMAGE, sha256, content)
        except StoreUnavailable as error:
            self._log.error("the release of %s cannot be kept: %s", sha256, error.detail)

    def _read_note(self, sha256: str) -> str | None:
        try:
            note = self._store.read_note(IMAGE, sha256)
        except StoreUnavailable as error:
            self._log.error("the release of %s cannot be read: %s", sha256, error.detail)
            return None
        version = note.decode("ascii", "replace") if note is not None else ""
        return version if is_release_name(version) else None


def _wrap(plan: Plan, bundle: bytes) -> BuiltImage:
    layer = encode_layer(plan, bundle)
    return BuiltImage(make_image(plan, layer), layer)


def _no_part(repository: str, sha256: str) -> UnknownArtifact:
    digest = format_digest(sha256)
    return UnknownArtifact(f"no image of {repository} has {digest} in any release known here", digest=digest)
