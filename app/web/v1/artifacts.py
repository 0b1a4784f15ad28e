"""Artifacts by the sha256 of their bytes: immutable, whichever release and list of zones they came from."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from starlette.exceptions import HTTPException

from app.artifact.formats import FORMATS, Format, artifact_path, split_path
from app.artifact.record import LocatedRecordRow
from app.builder.builder import Builder
from app.digest import format_digest, is_sha256_hex
from app.errors import InvalidName, StoreUnavailable, UnknownArtifact
from app.text import quote
from app.web.http.hot import HotRepresentations
from app.web.http.representation import (
    IMMUTABLE,
    PINNED,
    PLAIN_TEXT,
    Representation,
    json_representation,
    make_representation,
)
from app.web.http.routes import register_endings, route_class
from app.web.openapi.described import FormatPath, HexPath, conditional_responses


@dataclass(frozen=True, slots=True)
class ArtifactRoutes:
    """The handlers under ``/v1/artifacts``.

    Attributes:
        hot: Has bundles that were sent with their permanent URL, and that the store may have lost since.
        base_url: What absolute links start with.
    """

    builder: Builder
    hot: HotRepresentations
    base_url: str

    async def artifact(self, hex: HexPath, format: FormatPath) -> Representation:
        """Answer with the bytes."""
        sha256, known = _split(hex, format)
        _check_sha256(sha256)
        try:
            found = await self.builder.find(sha256)
            _check_format(sha256, known, found.record.format)
            content = found.content
        except (UnknownArtifact, StoreUnavailable):
            hot = self.hot.located(artifact_path(sha256, known))
            if hot is None:
                raise
            content = hot
        return make_representation(
            content,
            media_type=FORMATS[known].media_type,
            cache_control=IMMUTABLE,
            sha256=sha256,
            keep=True,
        )

    async def checksum(self, hex: HexPath, format: FormatPath) -> Representation:
        """Answer with one line for ``sha256sum -c``."""
        sha256, known = _split(hex, format)
        _check_sha256(sha256)
        try:
            record = await self.builder.record(sha256)
            _check_format(sha256, known, record.format)
        except (UnknownArtifact, StoreUnavailable):
            if self.hot.located(artifact_path(sha256, known)) is None:
                raise
        line = f"{sha256}  {sha256}.{known}\n".encode()
        return make_representation(line, media_type=PLAIN_TEXT, cache_control=IMMUTABLE)

    async def record(self, hex: HexPath) -> Representation:
        """Answer with the record: what is inside, and the request that first built it."""
        _check_sha256(hex)
        record = await self.builder.record(hex)
        row: LocatedRecordRow = {**record.row, "url": self.base_url + artifact_path(hex, record.format)}
        # Not immutable: another replica may know the same bytes from another first request.
        return json_representation(row, cache_control=PINNED)


def artifact_router(builder: Builder, hot: HotRepresentations, base_url: str) -> APIRouter:
    """Return the routes under ``/v1/artifacts``."""
    routes = ArtifactRoutes(builder, hot, base_url)
    register_endings()
    router = APIRouter(prefix="/v1/artifacts", tags=["artifacts"], route_class=route_class(hot))
    router.add_api_route(
        "/{hex}.{format:ending}.sha256",
        routes.checksum,
        operation_id="getArtifactChecksum",
        summary="The artifact's sha256, for sha256sum -c",
        responses=conditional_responses("text/plain", 404, 503),
    )
    router.add_api_route(
        "/{hex}.json",
        routes.record,
        operation_id="getArtifactRecord",
        summary="What the artifact holds",
        responses=conditional_responses("Record", 404, 503),
    )
    # The last of the three: it takes any ending.
    router.add_api_route(
        "/{hex}.{format:ending}",
        routes.artifact,
        operation_id="getArtifact",
        summary="The artifact's bytes, immutable",
        responses=conditional_responses("bundle", 404, 502, 503),
    )
    return router


def _split(name: str, ending: str) -> tuple[str, Format]:
    sha256, known = split_path(name, ending)
    if known is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)  # as for any path that leads nowhere
    return sha256, known


def _check_sha256(sha256: str) -> None:
    if not is_sha256_hex(sha256):
        raise InvalidName(f"{quote(sha256)} is not a sha256: 64 digits of 0-9a-f", digest=sha256[:80])


def _check_format(sha256: str, asked: str, actual: str) -> None:
    if asked != actual:
        raise UnknownArtifact(f"the artifact {format_digest(sha256)} is a {actual}, not a {asked}", format=actual)
