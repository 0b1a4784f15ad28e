"""Images for every client that pulls from a registry: ``/v2/``; and ``/v1/sets``, which names long lists of zones.

Source: OCI distribution specification 1.1, *Pull*, *Content Discovery*, *Listing Referrers*.
"""

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote as quote_url
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.artifact.oci.image import INDEX_TYPE, MANIFEST_TYPE, Image, encode_index
from app.artifact.oci.names import TREE_PREFIX, check_repository
from app.artifact.spec import LATEST, Spec
from app.builder.images import Images
from app.digest import format_digest, is_sha256_hex
from app.errors import InvalidName, InvalidOption, TzdataFilterError, UnknownArtifact, UnknownZones
from app.releases.library import Library
from app.tzdb.names import is_channel_name, is_release_name, quote
from app.web.http.hot import HotAnswers
from app.web.http.json_answers import json_answer
from app.web.http.representation import IMMUTABLE, PINNED, REVALIDATE, Answer, AnswerResponse
from app.web.http.requests import parse_options, read_bundle_request
from app.web.openapi.described import SET_REQUEST, answers
from app.web.registry.errors import (
    VERSION_FIELD,
    BlobUnknown,
    DigestInvalid,
    ManifestUnknown,
    PageInvalid,
    RegistryRoute,
    content_answer,
)

MAX_PAGE = 10_000
_SHOWN_TAGS = 5
_COUNT = re.compile(r"[0-9]{1,9}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class RegistryRoutes:
    """The handlers under ``/v2/``. Shape: ``channels`` names besides ``latest``; ``hot`` ``None`` keeps nothing."""

    images: Images
    library: Library
    channels: Iterable[str]
    hot: HotAnswers | None

    async def ping(self) -> Response:
        """Tell that this is a registry."""
        return AnswerResponse(_json_answer({}))

    async def manifest(self, request: Request, name: str, reference: str) -> Response:
        """Answer the index of a tag, or an index or manifest by its digest."""
        check_repository(name)
        if ":" in reference:
            try:
                image, content = await self.images.manifest(name, _parse_digest(reference))
            except UnknownArtifact as error:
                raise ManifestUnknown(error.detail, **error.facts) from error
            return self._keep(request, _manifest_answer(image, content, IMMUTABLE), None)
        generation = self._generation()  # from before: a release that comes meanwhile makes this answer stale
        image = await self._image_of_tag(name, reference)
        pinned = is_release_name(reference)
        answer = _manifest_answer(image, image.index, PINNED if pinned else REVALIDATE)
        return self._keep(request, answer, None if pinned else generation)

    async def blob(self, request: Request, name: str, digest: str) -> Response:
        """Answer a config or the layer."""
        check_repository(name)
        try:
            content = await self.images.blob(name, _parse_digest(digest))
        except UnknownArtifact as error:
            raise BlobUnknown(error.detail, **error.facts) from error
        answer = content_answer(content, media_type="application/octet-stream", cache_control=IMMUTABLE)
        return self._keep(request, answer, None)

    async def tags(self, request: Request, name: str) -> Response:
        """List the releases that have the repository, and the channels that mean one of them."""
        check_repository(name)
        tags = await self._tags(name)
        count, last = _page(request)
        rest = [tag for tag in tags if tag > last]
        page = rest[:count]
        fields = {}
        if page and len(rest) > len(page):
            fields["link"] = f'</v2/{name}/tags/list?n={count}&last={quote_url(page[-1])}>; rel="next"'
        return AnswerResponse(_json_answer({"name": name, "tags": page}, extra=fields))

    async def referrers(self, request: Request, name: str, digest: str) -> Response:
        """Answer that nothing refers to anything; whether there is such a manifest does not matter to the protocol."""
        check_repository(name)
        _parse_digest(digest)
        fields = {"oci-filters-applied": "artifactType"} if "artifactType" in request.query_params else {}
        answer = content_answer(encode_index(), media_type=INDEX_TYPE, cache_control=REVALIDATE, extra=fields)
        return AnswerResponse(answer)

    async def other(self, rest: str) -> Response:
        """Say what there is."""
        if rest == "_catalog":
            raise InvalidName("there is no catalog: any zones are a repository; /v1/releases/latest/zones lists them")
        raise InvalidName(
            f"{quote('/v2/' + rest)} is nothing that can be pulled: /v2/NAME/manifests/TAG, …/blobs/DIGEST, …/tags/list"
        )

    async def _image_of_tag(self, name: str, tag: str) -> Image:
        if not _TAG.fullmatch(tag) or not (is_release_name(tag) or is_channel_name(tag)):
            offer = ", ".join((await self._tags(name))[-_SHOWN_TAGS:])
            raise ManifestUnknown(f"{quote(tag)} is no tag here; tags are releases and channels such as {offer}")
        try:
            return await self.images.image(name, tag)
        except UnknownZones as error:
            # An error again if no release has them: it is the name then that is wrong.
            having = await self.images.releases(name)
            offer = ", ".join(having[:_SHOWN_TAGS])
            raise ManifestUnknown(f"{error.detail} Releases that have all of it: {offer}", tags=having) from error

    async def _tags(self, name: str) -> list[str]:
        releases = await self.images.releases(name)
        tags = {*releases}
        for channel in (LATEST, *self.channels):
            with contextlib.suppress(TzdataFilterError):  # a channel that means nothing now is no tag
                if (await self.library.release(channel)).version in releases:
                    tags.add(channel)
        return sorted(tags)

    def _generation(self) -> int | None:
        return None if self.hot is None else self.hot.generation

    def _keep(self, request: Request, answer: Answer, generation: int | None) -> Response:
        if self.hot is not None:
            self.hot.put(request.scope, answer, route=request.scope["route"].path_format, generation=generation)
        return AnswerResponse(answer)


@dataclass(frozen=True, slots=True)
class SetRoutes:
    """The handler of ``/v1/sets``. Shape: ``base_url`` says what to pull from."""

    images: Images
    base_url: str

    async def post(self, request: Request) -> Response:
        """Name a list of zones, so that it can be pulled."""
        parse_options(request, known=())
        spec = await read_bundle_request(request, default_format="tar")
        if spec.format not in ("tar", "zip"):
            raise InvalidOption("an image holds a tree, format=tar, or Go's zip, format=zip", options=["format"])
        repository, image = await self.images.keep_set(_placed(spec))
        row = {
            "repository": repository,
            "release": image.release,
            "reference": f"{urlsplit(self.base_url).netloc}/{repository}:{image.release}",
            "digest": format_digest(image.index_sha256),
        }
        return AnswerResponse(json_answer(row, cache_control="no-store", extra={"tzdata-release": image.release}))


def _manifest_answer(image: Image, content: bytes, cache_control: str) -> Answer:
    media_type = INDEX_TYPE if content is image.index else MANIFEST_TYPE
    extra = {"tzdata-release": image.release}
    return content_answer(content, media_type=media_type, cache_control=cache_control, extra=extra)


def _json_answer(row: object, *, extra: Mapping[str, str] | None = None) -> Answer:
    return json_answer(row, cache_control=REVALIDATE, extra={**VERSION_FIELD, **(extra or {})})


def _parse_digest(text: str) -> str:
    """Return the hex of a digest. Errors: DigestInvalid."""
    algorithm, _, sha256 = text.partition(":")
    if algorithm != "sha256" or not is_sha256_hex(sha256):
        raise DigestInvalid(f"{quote(text)} is not a digest of this registry: sha256: and 64 digits of 0-9a-f")
    return sha256


def _page(request: Request) -> tuple[int, str]:
    """Return how many tags to list, and after which. Errors: PageInvalid."""
    count = request.query_params.get("n", str(MAX_PAGE))
    if not _COUNT.fullmatch(count):
        raise PageInvalid(f"n={quote(count)} is not a number of tags")
    return min(int(count), MAX_PAGE), request.query_params.get("last", "")


def _placed(spec: Spec) -> Spec:
    """Return a posted selection with the place of its tree, if it is one and names none."""
    return replace(spec, prefix=TREE_PREFIX) if spec.format == "tar" and not spec.prefix else spec


def registry_router(
    images: Images, library: Library, *, channels: Iterable[str], hot: HotAnswers | None, base_url: str
) -> APIRouter:
    """Return the routes under ``/v2/``, and ``/v1/sets``."""
    routes = RegistryRoutes(images, library, tuple(channels), hot)
    # Not in the OpenAPI document: the protocol is described elsewhere, and has errors of its own shape.
    registry = APIRouter(prefix="/v2", route_class=RegistryRoute, include_in_schema=False)
    registry.add_api_route("", routes.ping)
    registry.add_api_route("/", routes.ping)
    registry.add_api_route("/{name:path}/manifests/{reference}", routes.manifest)
    registry.add_api_route("/{name:path}/blobs/{digest}", routes.blob)
    registry.add_api_route("/{name:path}/tags/list", routes.tags)
    registry.add_api_route("/{name:path}/referrers/{digest}", routes.referrers)
    registry.add_api_route("/{rest:path}", routes.other)
    router = APIRouter()
    router.add_api_route(
        "/v1/sets",
        SetRoutes(images, base_url).post,
        methods=["POST"],
        tags=["images"],
        operation_id="postSet",
        summary="Name a long list of zones, to pull it as an image",
        responses=answers("Set", 400, 404, 413, 502, 503),
        openapi_extra=SET_REQUEST,
    )
    router.include_router(registry)
    return router
