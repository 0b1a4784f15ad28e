"""Zones of a release: search, one zone with its next transitions, and its TZif file."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter

from app.artifact.spec import check_release_choice
from app.builder.builder import Builder
from app.builder.costs import LIST_SECONDS, SEARCH_SECONDS, weigh_typos
from app.errors import InvalidOption
from app.releases.library import Library
from app.tzdb.names import is_release_name
from app.tzdb.release import Release
from app.tzdb.search import MAX_QUERY_LENGTH, search, zones_row
from app.tzdb.selection import check_one_name
from app.tzdb.zone_row import LocatedZoneRow, zone_row
from app.web.http.representation import (
    PINNED,
    REVALIDATE,
    Representation,
    json_representation,
    make_representation,
)
from app.web.http.routes import Asked, route_class
from app.web.openapi.described import ReleasePath, ZonePath, conditional_responses, query


@dataclass(frozen=True, slots=True)
class ZoneRoutes:
    """The handlers under ``/v1/releases/{release}``.

    Attributes:
        base_url: What absolute links start with.
        clock: Returns Unix seconds.
    """

    library: Library
    builder: Builder
    base_url: str
    clock: Callable[[], float]

    async def search(self, request: Asked, release: ReleasePath) -> Representation:
        """Names of a release: all of them, or those that match."""
        query = request.options.get("q", "")
        if len(query) > MAX_QUERY_LENGTH:
            raise InvalidOption(f"q is longer than {MAX_QUERY_LENGTH} characters", options=["q"])
        country = request.options.get("country")
        found = await self._release(release)

        def work() -> Representation:
            row = zones_row(found, search(found, query=query, country=country))
            return _represent(row, found, cache_control=PINNED if is_release_name(release) else REVALIDATE)

        # Without conditions it is the whole release, and its JSON takes longer than the search.
        async with self.builder.turn(SEARCH_SECONDS if query or country else LIST_SECONDS):
            return await self.builder.pools.build.run(work)

    async def zone(self, release: ReleasePath, zone: ZonePath) -> Representation:
        """One zone."""
        found = await self._release(release)
        await self._check_name(found, zone)

        def work() -> Representation:
            row: LocatedZoneRow = {
                **zone_row(found, zone, now=math.floor(self.clock())),
                "tzif": f"{self.base_url}/v1/releases/{found.version}/tzif/{zone}",
            }
            return _represent(row, found, cache_control=REVALIDATE)

        return await self.builder.pools.build.run(work)

    async def tzif(self, release: ReleasePath, zone: ZonePath) -> Representation:
        """One TZif file. Source: RFC 9636 §8 for the media type."""
        found = await self._release(release)
        await self._check_name(found, zone)
        file = found.files[zone]
        return make_representation(
            file.content,
            media_type="application/tzif",
            cache_control=PINNED if is_release_name(release) else REVALIDATE,
            sha256=file.sha256,
            fields={"tzdata-release": found.version},
        )

    async def _check_name(self, release: Release, zone: str) -> None:
        """Check that the release has the zone. Raises: what ``check_one_name`` raises."""
        if zone not in release.files:
            async with self.builder.turn(weigh_typos(1)):
                await self.builder.pools.build.run(lambda: check_one_name(release, zone))

    async def _release(self, choice: str) -> Release:
        check_release_choice(choice)
        return await self.library.release(choice)


def zone_router(library: Library, builder: Builder, base_url: str, clock: Callable[[], float]) -> APIRouter:
    """Return the routes about the zones of a release."""
    routes = ZoneRoutes(library, builder, base_url, clock)
    router = APIRouter(prefix="/v1/releases/{release}", tags=["zones"], route_class=route_class())
    router.add_api_route(
        "/zones",
        routes.search,
        operation_id="searchZones",
        summary="Search the names of a release",
        responses=conditional_responses("Zones", 404, 502, 503),
        openapi_extra=query("q", "country"),
    )
    router.add_api_route(
        "/zones/{zone:path}",
        routes.zone,
        operation_id="getZone",
        summary="One zone, with its next transitions",
        responses=conditional_responses("Zone", 404, 502, 503),
    )
    router.add_api_route(
        "/tzif/{zone:path}",
        routes.tzif,
        operation_id="getTzif",
        summary="One TZif file",
        responses=conditional_responses("application/tzif", 404, 502, 503),
    )
    return router


def _represent(row: object, release: Release, *, cache_control: str) -> Representation:
    return json_representation(row, cache_control=cache_control, fields={"tzdata-release": release.version})
