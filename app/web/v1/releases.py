"""Releases: which there are, where they come from, and what is wrong with those that are not served."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.artifact.spec import check_release_choice
from app.releases.library import Library
from app.releases.listing import release_list
from app.tzdb.release_row import release_row
from app.web.http.json_answers import json_answer
from app.web.http.representation import REVALIDATE, AnswerResponse
from app.web.http.requests import parse_options
from app.web.openapi.described import ReleasePath, conditional_answers


@dataclass(frozen=True, slots=True)
class ReleaseRoutes:
    """The handlers of ``/v1/releases`` and ``/v1/releases/{release}``."""

    library: Library

    async def releases(self, request: Request) -> Response:
        """All releases, newest first."""
        parse_options(request, known=())
        row = release_list(await self.library.listed(), self.library.refusals())
        return AnswerResponse(json_answer(row, cache_control=REVALIDATE))

    async def release(self, request: Request, release: ReleasePath) -> Response:
        """One release."""
        parse_options(request, known=())
        check_release_choice(release)
        found = await self.library.release(release)
        answer = json_answer(release_row(found), cache_control=REVALIDATE, extra={"tzdata-release": found.version})
        return AnswerResponse(answer)


def release_router(library: Library) -> APIRouter:
    """Return the routes of ``/v1/releases`` that are about releases themselves."""
    routes = ReleaseRoutes(library)
    router = APIRouter(prefix="/v1/releases", tags=["releases"])
    router.add_api_route(
        "",
        routes.releases,
        operation_id="listReleases",
        summary="All releases",
        responses=conditional_answers("Releases", 503),
    )
    router.add_api_route(
        "/{release}",
        routes.release,
        operation_id="getRelease",
        summary="One release",
        responses=conditional_answers("Release", 404, 502, 503),
    )
    return router
