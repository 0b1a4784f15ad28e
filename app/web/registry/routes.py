"""Images for every client that pulls from a registry: ``/v2/``.

Source: OCI distribution specification 1.1, *Pull*, *Content Discovery*, *Listing Referrers*.
"""

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote as quote_url

from fastapi import APIRouter, Request

from app.artifact.oci.image import INDEX_TYPE, MANIFEST_TYPE, Image, encode_index
from app.artifact.oci.names import check_repository
from app.artifact.spec import LATEST
from app.builder.images import Images
from app.digest import format_digest, sha256_hex
from app.errors import InvalidName, TzdataFilterError, UnknownArtifact, UnknownZones
from app.releases.library import Library
from app.text import quote
from app.tzdb.names import is_channel_name, is_release_name
from app.web.http.hot import HotRepresentations
from app.web.http.representation import (
    IMMUTABLE,
    PINNED,
    REVALIDATE,
    Representation,
    json_representation,
    make_representation,
)
from app.web.http.routes import Asked, route_class
from app.web.registry.errors import (
    VERSION_FIELD,
    BlobUnknown,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestUnknown,
    PageInvalid,
)

ROOT = "/v2"
MAX_PAGE = 10_000
_SHOWN_TAGS = 5
_COUNT = re.compile(r"[0-9]{1,9}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+")
_DIGITS = {"sha256": re.compile(r"[0-9a-f]{64}"), "sha512": re.compile(r"[0-9a-f]{128}")}
"""How long the digests of those algorithms are that are registered."""
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class RegistryRoutes:
    """The handlers under ``/v2/``.

    Attributes:
        channels: Names that may be tags besides ``latest``.
    """

    images: Images
    library: Library
    channels: Iterable[str]

    async def ping(self) -> Representation:
        """Say that this is a registry."""
        return _represent_json({})

    async def manifest(self, name: str, reference: str) -> Representation:
        """Answer with the index of a tag, or with an index or a manifest by its digest."""
        check_repository(name)
        if ":" in reference:
            sha256 = _parse_digest(reference, unknown=ManifestUnknown)
            try:
                image, content = await self.images.manifest(name, sha256)
            except UnknownArtifact as error:
                raise ManifestUnknown(error.detail, **error.facts) from error
            return _represent_manifest(image, content, sha256=sha256, cache_control=IMMUTABLE)
        image = await self._image_of_tag(name, reference)
        cache_control = PINNED if reference == image.release else REVALIDATE
        return _represent_manifest(image, image.index, sha256=image.index_sha256, cache_control=cache_control)

    async def blob(self, name: str, digest: str) -> Representation:
        """Answer with a config or the layer."""
        check_repository(name)
        sha256 = _parse_digest(digest, unknown=BlobUnknown)
        try:
            content = await self.images.blob(name, sha256)
        except UnknownArtifact as error:
            raise BlobUnknown(error.detail, **error.facts) from error
        return _represent(content, sha256=sha256, media_type="application/octet-stream", cache_control=IMMUTABLE)

    async def tags(self, request: Asked, name: str) -> Representation:
        """List the releases that have the repository, and the channels that stand for one of them."""
        check_repository(name)
        tags = await self._tags(name)
        count, last = _page(request)
        rest = [tag for tag in tags if tag > last]
        page = rest[:count]
        fields = {}
        if page and len(rest) > len(page):
            fields["link"] = f'</v2/{name}/tags/list?n={count}&last={quote_url(page[-1])}>; rel="next"'
        return _represent_json({"name": name, "tags": page}, fields=fields)

    async def referrers(self, request: Asked, name: str, digest: str) -> Representation:
        """Answer that nothing refers to this digest; the protocol does not ask whether there is such a manifest."""
        check_repository(name)
        _check_digest(digest)
        fields = {"oci-filters-applied": "artifactType"} if "artifactType" in request.query_params else {}
        index = encode_index()
        sha256 = sha256_hex(index)
        return _represent(
            index, sha256=sha256, media_type=INDEX_TYPE, cache_control=REVALIDATE, fields=fields, keep=False
        )

    async def upload(self, name: str, session: str) -> Representation:
        """Say that there is no such upload."""
        check_repository(name)
        raise BlobUploadUnknown(f"there is no upload {quote(session)}: nothing can be pushed to this registry")

    async def other(self, rest: str) -> Representation:
        """Say what there is."""
        if rest == "_catalog":
            raise InvalidName("there is no catalog: any zones are a repository; /v1/releases/latest/zones lists them")
        raise InvalidName(
            f"{quote('/v2/' + rest)} cannot be pulled: ask for /v2/NAME/manifests/TAG, …/blobs/DIGEST or …/tags/list"
        )

    async def _image_of_tag(self, name: str, tag: str) -> Image:
        if not _TAG.fullmatch(tag) or not (is_release_name(tag) or is_channel_name(tag)):
            offer = ", ".join((await self._tags(name))[-_SHOWN_TAGS:])
            raise ManifestUnknown(f"{quote(tag)} is not a tag here; tags are releases and channels such as {offer}")
        try:
            return await self.images.image(name, tag)
        except UnknownZones as error:
            # Raises the error again if no release has them: then it is the name that is wrong.
            having = await self.images.releases(name)
            offer = ", ".join(having[:_SHOWN_TAGS])
            raise ManifestUnknown(f"{error.detail} Releases that have all of it: {offer}", tags=having) from error

    async def _tags(self, name: str) -> list[str]:
        releases = await self.images.releases(name)
        tags = {*releases}
        for channel in (LATEST, *self.channels):
            with contextlib.suppress(TzdataFilterError):  # a channel that stands for no release now is not a tag
                if (await self.library.release(channel)).version in releases:
                    tags.add(channel)
        return sorted(tags)


def _represent_manifest(image: Image, content: bytes, *, sha256: str, cache_control: str) -> Representation:
    media_type = INDEX_TYPE if content is image.index else MANIFEST_TYPE
    fields = {"tzdata-release": image.release}
    return _represent(content, sha256=sha256, media_type=media_type, cache_control=cache_control, fields=fields)


def _represent(
    content: bytes,
    *,
    sha256: str,
    media_type: str,
    cache_control: str,
    fields: Mapping[str, str] | None = None,
    keep: bool = True,
) -> Representation:
    """Return content with its digest in a header field."""
    return make_representation(
        content,
        media_type=media_type,
        cache_control=cache_control,
        sha256=sha256,
        fields={"docker-content-digest": format_digest(sha256), **VERSION_FIELD, **(fields or {})},
        keep=keep,
    )


def _represent_json(row: object, *, fields: Mapping[str, str] | None = None) -> Representation:
    return json_representation(row, cache_control=REVALIDATE, fields={**VERSION_FIELD, **(fields or {})})


def _parse_digest(text: str, *, unknown: type[ManifestUnknown | BlobUnknown]) -> str:
    """Return the sha256 in a digest.

    Raises:
        DigestInvalid: It does not have the form of one.
        unknown: It is of another algorithm, so that there is nothing here that it could be of.
    """
    _check_digest(text)
    algorithm, _, encoded = text.partition(":")
    if algorithm != "sha256":
        raise unknown(f"{quote(text)} is not here: this registry knows what it holds by sha256")
    return encoded


def _check_digest(text: str) -> None:
    """Check the form of a digest. Source: OCI image specification, *Digests*. Raises: DigestInvalid."""
    algorithm, _, encoded = text.partition(":")
    registered = _DIGITS.get(algorithm)
    if not _DIGEST.fullmatch(text) or (registered is not None and not registered.fullmatch(encoded)):
        raise DigestInvalid(f"{quote(text)} is not a digest: those here are sha256: and 64 digits of 0-9a-f")


def _page(request: Request) -> tuple[int, str]:
    """Return how many tags to list, and after which. Raises: PageInvalid."""
    count = request.query_params.get("n", str(MAX_PAGE))
    if not _COUNT.fullmatch(count):
        raise PageInvalid(f"n={quote(count)} is not a number of tags")
    return min(int(count), MAX_PAGE), request.query_params.get("last", "")


def registry_router(
    images: Images, library: Library, hot: HotRepresentations, *, channels: Iterable[str], guarded: bool
) -> APIRouter:
    """Return the routes under ``/v2/``.

    The OpenAPI document leaves them out: the protocol is described elsewhere, and its errors have a form of their own.

    Args:
        channels: Names that may be tags besides ``latest``.
        guarded: Whether the gate asks for a token.
    """
    routes = RegistryRoutes(images, library, tuple(channels))
    kind = route_class(hot, guarded=guarded, checks_options=False)
    router = APIRouter(prefix=ROOT, route_class=kind, include_in_schema=False)
    router.add_api_route("", routes.ping)
    router.add_api_route("/", routes.ping)
    router.add_api_route("/{name:path}/manifests/{reference}", routes.manifest)
    router.add_api_route("/{name:path}/blobs/{digest}", routes.blob)
    router.add_api_route("/{name:path}/blobs/uploads/{session}", routes.upload)
    router.add_api_route("/{name:path}/tags/list", routes.tags)
    router.add_api_route("/{name:path}/referrers/{digest}", routes.referrers)
    router.add_api_route("/{rest:path}", routes.other)
    return router
