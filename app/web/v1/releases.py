"""Releases: which ones there are, where they come from, and what is wrong with those that are refused."""

from dataclasses import dataclass

from fastapi import APIRouter

from app.artifact.spec import check_release_choice
from app.releases.library import Library
from app.releases.listing import release_list
from app.tzdb.release_row import release_row
from app.web.http.representation import REVALIDATE, Representation, json_representation
from app.web.http.routes import route_class
from app.web.openapi.described import ReleasePath, conditional_responses


@dataclass(frozen=True, slots=True)
class ReleaseRoutes:
    """The handlers of ``/v1/releases`` and ``/v1/releases/{release}``."""

    library: Library

    async def releases(self) -> Representation:
        """All releases, newest first."""
        row = release_list(await self.library.listed(), self.library.refusals())
        return json_representation(row, cache_control=REVALIDATE)

    async def release(self, release: ReleasePath) -> Representation:
        """One release."""
        check_release_choice(release)
        found = await self.library.release(release)
        fields = {"tzdata-release": found.version}
        return json_representation(release_row(self.library.noted(found)), cache_control=REVALIDATE, fields=fields)


def release_router(library: Library) -> APIRouter:
    """Return the routes of ``/v1/releases`` that are about releases themselves."""
    routes = ReleaseRoutes(library)
    router = APIRouter(prefix="/v1/releases", tags=["releases"], route_class=route_class())
    router.add_api_route(
        "",
        routes.releases,
        operation_id="listReleases",
        summary="All releases",
        responses=conditional_responses("Releases", 503),
    )
    router.add_api_route(
        "/{release}",
        routes.release,
        operation_id="getRelease",
        summary="One release",
        responses=conditional_responses("Release", 404, 502, 503),
    )
    return router
