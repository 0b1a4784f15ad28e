"""Artifacts by the sha256 of their bytes: immutable, whatever release or list of zones they came from."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.artifact.recipe import CURRENT
from app.artifact.record import artifact_path
from app.builder.builder import Builder
from app.digest import format_digest, is_sha256_hex
from app.errors import InvalidName, UnknownArtifact
from app.text import quote
from app.web.http.hot import HotAnswers
from app.web.http.json_answers import json_answer
from app.web.http.representation import IMMUTABLE, PINNED, AnswerResponse, make_answer
from app.web.http.requests import parse_options
from app.web.openapi.described import FormatPath, HexPath, conditional_answers


@dataclass(frozen=True, slots=True)
class ArtifactRoutes:
    """The handlers under ``/v1/artifacts``. Shape: ``base_url`` starts absolute links."""

    builder: Builder
    hot: HotAnswers
    base_url: str

    async def artifact(self, request: Request, hex: HexPath, format: FormatPath) -> Response:
        """Answer the bytes."""
        parse_options(request, known=())
        _check_sha256(hex)
        found = await self.builder.find(hex)
        _check_format(hex, format, found.record.format)
        media_type = CURRENT[found.record.format].media_type
        answer = make_answer(found.content, media_type=media_type, cache_control=IMMUTABLE, sha256=hex)
        self.hot.put(request.scope, answer, route=request.scope["route"].path_format, generation=None)
        return AnswerResponse(answer)

    async def checksum(self, request: Request, hex: HexPath, format: FormatPath) -> Response:
        """Answer one line for ``sha256sum -c``."""
        parse_options(request, known=())
        _check_sha256(hex)
        record = await self.builder.record(hex)
        _check_format(hex, format, record.format)
        line = f"{hex}  {hex}.{format}\n".encode()
        return AnswerResponse(make_answer(line, media_type="text/plain; charset=utf-8", cache_control=IMMUTABLE))

    async def record(self, request: Request, hex: HexPath) -> Response:
        """Answer the record: what is inside, and the request that built it first."""
        parse_options(request, known=())
        _check_sha256(hex)
        record = await self.builder.record(hex)
        row = {**record.row, "url": self.base_url + artifact_path(hex, record.format)}
        # Not immutable: another replica may know the same bytes from another first request.
        return AnswerResponse(json_answer(row, cache_control=PINNED))


def artifact_router(builder: Builder, hot: HotAnswers, base_url: str) -> APIRouter:
    """Return the routes under ``/v1/artifacts``."""
    routes = ArtifactRoutes(builder, hot, base_url)
    router = APIRouter(prefix="/v1/artifacts", tags=["artifacts"])
    router.add_api_route(
        "/{hex}.{format:format}.sha256",
        routes.checksum,
        operation_id="getArtifactChecksum",
        summary="The artifact's sha256, for sha256sum -c",
        responses=conditional_answers("text/plain", 404, 503),
    )
    router.add_api_route(
        "/{hex}.{format:format}",
        routes.artifact,
        operation_id="getArtifact",
        summary="The artifact's bytes, immutable",
        responses=conditional_answers("bundle", 404, 502, 503),
    )
    router.add_api_route(
        "/{hex}.json",
        routes.record,
        operation_id="getArtifactRecord",
        summary="What the artifact holds",
        responses=conditional_answers("Record", 404, 503),
    )
    return router


def _check_sha256(sha256: str) -> None:
    if not is_sha256_hex(sha256):
        raise InvalidName(f"{quote(sha256)} is not a sha256: 64 digits of 0-9a-f", digest=sha256[:80])


def _check_format(sha256: str, asked: str, actual: str) -> None:
    if asked != actual:
        raise UnknownArtifact(f"the artifact {format_digest(sha256)} is a {actual}, not a {asked}", format=actual)
