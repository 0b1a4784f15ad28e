"""Zones of a release: search, one zone with what lies ahead of it, and its TZif file."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.artifact.spec import check_release_choice
from app.errors import InvalidOption
from app.releases.library import Library
from app.tzdb.names import is_release_name
from app.tzdb.release import Release
from app.tzdb.search import fact_row, search, zone_fact
from app.tzdb.selection import check_one_name
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.outlook import outlook_row
from app.web.http.json_answers import json_answer
from app.web.http.representation import PINNED, REVALIDATE, AnswerResponse, make_answer
from app.web.http.requests import parse_options
from app.web.openapi.described import ReleasePath, ZonePath, conditional_answers, query

_MAX_QUERY_LENGTH = 100


@dataclass(frozen=True, slots=True)
class ZoneRoutes:
    """The handlers under ``/v1/releases/{release}``. Shape: ``clock`` returns Unix seconds."""

    library: Library
    base_url: str
    clock: Callable[[], float]

    async def search(self, request: Request, release: ReleasePath) -> Response:
        """Names of a release, all or those that fit."""
        options = parse_options(request, known=("q", "country"))
        query = options.get("q", "")
        if len(query) > _MAX_QUERY_LENGTH:
            raise InvalidOption(f"q is longer than {_MAX_QUERY_LENGTH} characters", options=["q"])
        found = await self._release(release)
        facts = search(found, query=query, country=options.get("country", ""))
        row = {"release": found.version, "zones": [fact_row(fact) for fact in facts]}
        return _answer(row, found, cache_control=PINNED if is_release_name(release) else REVALIDATE)

    async def zone(self, request: Request, release: ReleasePath, zone: ZonePath) -> Response:
        """One zone."""
        parse_options(request, known=())
        found = await self._release(release)
        check_one_name(found, zone)
        row = {
            "release": found.version,
            **fact_row(zone_fact(found, zone)),
            **outlook_row(decode_tzif(found.files[zone].content), now=math.floor(self.clock())),
            "tzif": f"{self.base_url}/v1/releases/{found.version}/tzif/{zone}",
        }
        return _answer(row, found, cache_control=REVALIDATE)

    async def tzif(self, request: Request, release: ReleasePath, zone: ZonePath) -> Response:
        """One TZif file. Source: RFC 9636 §8 for the media type."""
        parse_options(request, known=())
        found = await self._release(release)
        check_one_name(found, zone)
        file = found.files[zone]
        answer = make_answer(
            file.content,
            media_type="application/tzif",
            cache_control=PINNED if is_release_name(release) else REVALIDATE,
            sha256=file.sha256,
            extra={"tzdata-release": found.version},
        )
        return AnswerResponse(answer)

    async def _release(self, choice: str) -> Release:
        check_release_choice(choice)
        return await self.library.release(choice)


def zone_router(library: Library, base_url: str, clock: Callable[[], float]) -> APIRouter:
    """Return the routes about the zones of a release."""
    routes = ZoneRoutes(library, base_url, clock)
    router = APIRouter(prefix="/v1/releases/{release}", tags=["zones"])
    router.add_api_route(
        "/zones",
        routes.search,
        operation_id="searchZones",
        summary="Search the names of a release",
        responses=conditional_answers("Zones", 404, 502, 503),
        openapi_extra=query("q", "country"),
    )
    router.add_api_route(
        "/zones/{zone:path}",
        routes.zone,
        operation_id="getZone",
        summary="One zone, with its transitions ahead",
        responses=conditional_answers("Zone", 404, 502, 503),
    )
    router.add_api_route(
        "/tzif/{zone:path}",
        routes.tzif,
        operation_id="getTzif",
        summary="One TZif file",
        responses=conditional_answers("application/tzif", 404, 502, 503),
    )
    return router


def _answer(row: object, release: Release, *, cache_control: str) -> Response:
    return AnswerResponse(json_answer(row, cache_control=cache_control, extra={"tzdata-release": release.version}))
