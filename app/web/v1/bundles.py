"""Bundles by what is asked for: a release, a list of zones, a format."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.artifact.recipe import CURRENT
from app.artifact.record import artifact_path, plan_row
from app.artifact.spec import FORMATS, OPTION_NAMES, Spec, parse_format, parse_spec
from app.builder.builder import Builder
from app.digest import format_digest
from app.errors import UnknownFormat
from app.tzdb.names import is_release_name
from app.web.http.channel_fields import AGE_FIELD, Channels
from app.web.http.hot import HotAnswers
from app.web.http.json_answers import json_answer
from app.web.http.representation import PINNED, REVALIDATE, Answer, AnswerResponse, make_answer
from app.web.http.requests import DEFAULT_FORMAT, parse_options, read_bundle_request
from app.web.openapi.described import (
    BUNDLE_OPTIONS,
    BUNDLE_REQUEST,
    FormatPath,
    ReleasePath,
    ZonesPath,
    answers,
    conditional_answers,
    query,
)


@dataclass(frozen=True, slots=True)
class BundleRoutes:
    """The handlers under ``/v1/bundles``."""

    builder: Builder
    hot: HotAnswers
    channels: Channels

    async def bundle(self, request: Request, release: ReleasePath, zones: ZonesPath, format: FormatPath) -> Response:
        """Answer the bundle itself."""
        generation = self.hot.generation  # from before: a release that comes meanwhile makes this answer stale
        artifact = await self.builder.build(self._spec(request, release, zones, format))
        fields = self.channels.fields(request, choice=release, version=artifact.plan.release)
        answer = make_answer(
            artifact.content,
            media_type=CURRENT[artifact.record.format].media_type,
            cache_control=_cache_control(release),
            sha256=artifact.sha256,
            extra={"content-location": artifact_path(artifact.sha256, artifact.record.format), **fields},
        )
        return self._keep(request, answer, fields, None if is_release_name(release) else generation)

    async def checksum(self, request: Request, release: ReleasePath, zones: ZonesPath, format: FormatPath) -> Response:
        """Answer one line for ``sha256sum -c``, for the file name that the bundle's URL ends in."""
        generation = self.hot.generation  # from before: a release that comes meanwhile makes this answer stale
        artifact = await self.builder.build(self._spec(request, release, zones, format))
        fields = self.channels.fields(request, choice=release, version=artifact.plan.release)
        file_name = request.url.path.rpartition("/")[2].removesuffix(".sha256")
        answer = make_answer(
            f"{artifact.sha256}  {file_name}\n".encode(),
            media_type="text/plain; charset=utf-8",
            cache_control=_cache_control(release),
            extra=fields,
        )
        return self._keep(request, answer, fields, None if is_release_name(release) else generation)

    async def plan(self, request: Request, release: ReleasePath, zones: ZonesPath) -> Response:
        """Answer what would be in the bundle, and why."""
        options = dict(parse_options(request, known=("format", *OPTION_NAMES)))
        wanted = options.pop("format", DEFAULT_FORMAT)
        plan = await self.builder.plan(parse_spec(release, zones.split(","), format=wanted, options=options))
        answer = json_answer(
            plan_row(plan),
            cache_control=_cache_control(release),
            extra=self.channels.fields(request, choice=release, version=plan.release),
        )
        return AnswerResponse(answer)

    async def post(self, request: Request) -> Response:
        """Build from a JSON body; answers the record, with the URL of the bytes."""
        parse_options(request, known=())
        artifact = await self.builder.build(await read_bundle_request(request))
        url = self.channels.base_url + artifact_path(artifact.sha256, artifact.record.format)
        row = {
            **plan_row(artifact.plan),
            "digest": format_digest(artifact.sha256),
            "size": len(artifact.content),
            "url": url,
        }
        answer = json_answer(row, cache_control="no-store", extra={"tzdata-release": artifact.plan.release})
        return AnswerResponse(answer)

    async def unknown_format(self, rest: str) -> Response:
        """Say which formats there are, whatever else was asked for."""
        ending = rest.rpartition("/")[2].partition(".")[2]
        if ending:
            parse_format(ending.removesuffix(".sha256"))
        offer = ", ".join(FORMATS)
        raise UnknownFormat(f"the URL ends without a format; add one of {offer}", formats=[*FORMATS])

    def _spec(self, request: Request, release: str, zones: str, format: str) -> Spec:
        options = parse_options(request, known=OPTION_NAMES)
        return parse_spec(release, zones.split(","), format=format, options=options)

    def _keep(self, request: Request, answer: Answer, fields: Mapping[str, str], generation: int | None) -> Response:
        if AGE_FIELD not in fields:  # an age does not keep
            self.hot.put(request.scope, answer, route=request.scope["route"].path_format, generation=generation)
        return AnswerResponse(answer)


def bundle_router(builder: Builder, hot: HotAnswers, channels: Channels) -> APIRouter:
    """Return the routes under ``/v1/bundles``."""
    routes = BundleRoutes(builder, hot, channels)
    router = APIRouter(prefix="/v1/bundles", tags=["bundles"])
    router.add_api_route(
        "/{release}/{zones:path}.{format:format}.sha256",
        routes.checksum,
        operation_id="getBundleChecksum",
        summary="The bundle's sha256, for sha256sum -c",
        responses=conditional_answers("text/plain", 404, 502, 503),
        openapi_extra=query(*BUNDLE_OPTIONS),
    )
    router.add_api_route(
        "/{release}/{zones:path}.{format:format}",
        routes.bundle,
        operation_id="getBundle",
        summary="The bundle",
        responses=conditional_answers("bundle", 404, 502, 503),
        openapi_extra=query(*BUNDLE_OPTIONS),
    )
    router.add_api_route(
        "/{release}/{zones:path}.json",
        routes.plan,
        operation_id="getPlan",
        summary="What would be in the bundle, and why",
        responses=conditional_answers("Plan", 404, 502, 503),
        openapi_extra=query("format", *BUNDLE_OPTIONS),
    )
    router.add_api_route(
        "",
        routes.post,
        methods=["POST"],
        operation_id="postBundle",
        summary="Build from a JSON body, for long lists",
        responses=answers("Record", 400, 404, 413, 502, 503),
        openapi_extra=BUNDLE_REQUEST,
    )
    router.add_api_route("/{release}/{rest:path}", routes.unknown_format, include_in_schema=False)
    return router


def _cache_control(release: str) -> str:
    return PINNED if is_release_name(release) else REVALIDATE
