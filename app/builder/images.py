"""Images: from a repository and a tag or digest to bytes, over the builder.

The only place that decides which release a digest may belong to. What a repository's name says is ``oci_names``' to
read, what an image's bytes are is ``oci``'s to write; no HTTP here.
"""

import asyncio
import json
import logging
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from app.artifact.oci.image import Image, make_image, write_layer
from app.artifact.oci.names import check_repository, parse_repository, parse_set, write_set
from app.artifact.plan import Plan
from app.artifact.record import Request, parse_request, request_row
from app.artifact.spec import LATEST, Spec
from app.builder.builder import Builder
from app.digest import sha256_hex, write_digest
from app.errors import NotFound, StoreUnavailable, UnknownArtifact, UnknownRelease, UnknownZones
from app.releases.library import Library
from app.store.base import Store
from app.tzdb.release import Release

_log = logging.getLogger(__name__)

MAX_SEEN = 100
"""Repositories whose parts are known without looking; one that was searched has 24 a release at most."""


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image and its layer's bytes."""

    image: Image
    layer: bytes

    def part(self, hex_: str) -> bytes | None:
        """Return the part with this sha256."""
        image = self.image
        whole = {image.index_hex: image.index, image.layer_hex: self.layer}
        return whole.get(hex_) or image.manifests.get(hex_) or image.configs.get(hex_)


@dataclass(slots=True)
class _Seen:
    """What is known of one repository.

    Shape: ``parts`` hex → a release whose image has it; ``searched`` the library's generation in which every release
    that was here had its image made.
    """

    parts: dict[str, str] = field(default_factory=dict)
    searched: int | None = None


class Images:
    """The images of all repositories and releases. Used by one event loop only."""

    def __init__(self, library: Library, builder: Builder, store: Store) -> None:
        self._library = library
        self._builder = builder
        self._store = store
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    async def image(self, repository: str, choice: str) -> Image:
        """Return the image of a release or channel, and keep in the store what it takes to find it by digest.

        Errors: InvalidName; NotFound for a set that was not posted here; UnknownZones; those of ``Builder.build``.
        """
        release = await self._library.release(choice)
        image = (await self._build(repository, release)).image
        await asyncio.to_thread(self._note, image.index_hex, image.release)
        return image

    async def manifest(self, repository: str, hex_: str) -> tuple[Image, bytes]:
        """Return an index or manifest by its digest. Errors: as of ``image``; UnknownArtifact."""
        built = await self._find(repository, hex_)
        content = built.image.index if hex_ == built.image.index_hex else built.image.manifests.get(hex_)
        if content is None:
            raise _no_part(repository, hex_)
        # Whoever has a manifest asks for its config next, perhaps after a restart.
        await asyncio.to_thread(self._note, hex_, built.image.release)
        return built.image, content

    async def blob(self, repository: str, hex_: str) -> bytes:
        """Return a config or layer by its digest. Errors: as of ``manifest``."""
        built = await self._find(repository, hex_)
        content = built.layer if hex_ == built.image.layer_hex else built.image.configs.get(hex_)
        if content is None:
            raise _no_part(repository, hex_)
        await asyncio.to_thread(self._note, hex_, built.image.release)
        return content

    async def releases(self, repository: str) -> list[str]:
        """Return the releases that have the repository, newest first; those not yet fetched count as if they had.

        Errors: InvalidName; NotFound; UnknownZones with what the newest local release lacks, if none has it.
        """
        having: list[str] = []
        known = False
        lacking: UnknownZones | None = None
        for row in await self._library.listed():
            try:
                if row.release is not None:
                    await self._builder.plan(await self._spec(repository, row.release))
                    known = True
                having.append(row.version)
            except UnknownZones as error:
                lacking = lacking or error
        if lacking is not None and not known:
            raise lacking
        return having

    async def keep_set(self, spec: Spec) -> tuple[str, Image]:
        """Keep a selection with its options; return its repository, the same for equal ones, and its image.

        Errors: those of ``Builder.build``; StoreUnavailable: a set that is not kept could not be pulled.
        """
        release = await self._library.release(spec.release)
        await self._builder.plan(replace(spec, release=release.version))
        note = json.dumps(request_row(replace(spec, release=LATEST)), separators=(",", ":")).encode()
        hex_ = sha256_hex(note)
        await asyncio.to_thread(self._store.write_note, "set", hex_, note)
        repository = write_set(hex_)
        return repository, await self.image(repository, release.version)

    async def _find(self, repository: str, hex_: str) -> BuiltImage:
        """Return the image of the repository that has this part. Errors: as of ``manifest``."""
        check_repository(repository)
        seen = self._seen.get(repository, _Seen())
        noted = await asyncio.to_thread(self._read_note, hex_)
        for version in dict.fromkeys((seen.parts.get(hex_), noted)):
            built = await self._try(repository, version, hex_) if version is not None else None
            if built is not None:
                return built
        if seen.searched == self._library.generation:
            raise _no_part(repository, hex_)
        return await self._search(repository, hex_)

    async def _try(self, repository: str, version: str, hex_: str) -> BuiltImage | None:
        try:
            built = await self._build(repository, await self._library.release(version))
        except (UnknownZones, UnknownRelease):
            return None
        return built if built.part(hex_) is not None else None

    async def _search(self, repository: str, hex_: str) -> BuiltImage:
        """Go through the releases that are here: another replica may have answered with one of them.

        Cost: a build a release, once for each repository and list of releases.
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
            if built.part(hex_) is not None:
                return built
            known = True
        if not known and lacking is not None:
            raise lacking
        self._seen_of(repository).searched = generation
        raise _no_part(repository, hex_)

    async def _local(self) -> list[Release]:
        return [row.release for row in await self._library.listed() if row.release is not None]

    async def _build(self, repository: str, release: Release) -> BuiltImage:
        spec = await self._spec(repository, release)
        artifact = await self._builder.build(spec)
        built = await asyncio.to_thread(_wrap, artifact.plan, artifact.content)
        parts = self._seen_of(repository).parts
        for hex_ in built.image.parts():
            parts.setdefault(hex_, release.version)
        return built

    def _seen_of(self, repository: str) -> _Seen:
        seen = self._seen.setdefault(repository, _Seen())
        self._seen.move_to_end(repository)
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        return seen

    async def _spec(self, repository: str, release: Release) -> Spec:
        check_repository(repository)
        hex_ = parse_set(repository)
        if hex_ is None:
            return parse_repository(repository, release)
        note = await asyncio.to_thread(self._store.read_note, "set", hex_)
        if note is None:
            raise NotFound(
                f"{repository} is not known here; POST /v1/sets with the same list makes it known under the same name"
            )
        request: Request = json.loads(note)
        return replace(parse_request(request), release=release.version)

    def _note(self, hex_: str, version: str) -> None:
        content = version.encode()
        try:
            if self._store.read_note("image", hex_) != content:
                self._store.write_note("image", hex_, content)
        except StoreUnavailable as error:
            _log.error("the release of %s cannot be kept: %s", hex_, error.detail)

    def _read_note(self, hex_: str) -> str | None:
        try:
            note = self._store.read_note("image", hex_)
        except StoreUnavailable as error:
            _log.error("the release of %s cannot be read: %s", hex_, error.detail)
            return None
        return note.decode() if note is not None else None


def _wrap(plan: Plan, bundle: bytes) -> BuiltImage:
    layer = write_layer(plan, bundle)
    return BuiltImage(make_image(plan, layer), layer)


def _no_part(repository: str, hex_: str) -> UnknownArtifact:
    digest = write_digest(hex_)
    return UnknownArtifact(f"no image of {repository} has {digest} in any release known here", digest=digest)
