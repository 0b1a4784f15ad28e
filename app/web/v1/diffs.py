"""Diffs: what an update from one release to another changes for a selection."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter

from app.artifact.formats import STABLE_FORMAT
from app.artifact.spec import Spec, check_release_choice, parse_spec
from app.builder.builder import Builder
from app.builder.costs import weigh_diffs
from app.releases.library import Library
from app.tzdb.changes.diff import default_future, diff_releases, parse_instant, parse_since
from app.tzdb.changes.diff_row import diff_row
from app.tzdb.names import is_release_name
from app.web.http.hot import HotRepresentations
from app.web.http.representation import PINNED, REVALIDATE, Representation, json_representation
from app.web.http.routes import Asked, route_class
from app.web.openapi.described import EarlierPath, LaterPath, conditional_responses, query

OPTIONS = ("zones", "aliases", "since", "now")
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class DiffRoutes:
    """The handler of ``/v1/releases/{before}/diff/{after}``."""

    library: Library
    builder: Builder

    async def diff(self, request: Asked, before: EarlierPath, after: LaterPath) -> Representation:
        """Answer with what the update changes."""
        options = request.options
        check_release_choice(before)
        spec = await read_diff_selection(self.builder, after, options)
        since = parse_since(options.get("since", "ever"))
        now = parse_instant(options["now"]) if "now" in options else None
        old, new = await self.library.release(before), await self.library.release(after)
        pinned = is_release_name(before) and is_release_name(after)

        def work() -> Representation:
            future_from = default_future(old.version, new.version) if now is None else now
            diff = diff_releases(
                old, new, selectors=spec.selectors, aliases=spec.aliases, future_from=future_from
            ).since(since)
            return json_representation(
                diff_row(diff),
                cache_control=PINNED if pinned else REVALIDATE,
                fields={"tzdata-release": new.version},
                keep=True,
            )

        # The JSON is made in the thread too: for a whole tree it has half a megabyte.
        async with self.builder.turn(weigh_diffs(new, spec.selectors, count=1)):
            return await self.builder.pools.build.run(work)


def diff_router(library: Library, builder: Builder, hot: HotRepresentations) -> APIRouter:
    """Return the route of diffs."""
    routes = DiffRoutes(library, builder)
    router = APIRouter(prefix="/v1/releases", tags=["diffs"], route_class=route_class(hot))
    router.add_api_route(
        "/{before}/diff/{after}",
        routes.diff,
        operation_id="getDiff",
        summary="What an update changes for a selection, and from which instant",
        responses=conditional_responses("Diff", 404, 502, 503),
        openapi_extra=query(*OPTIONS),
    )
    return router


async def read_diff_selection(builder: Builder, release: str, options: Mapping[str, str]) -> Spec:
    """Read ``zones`` and ``aliases`` as those of a bundle. Raises: what ``Builder.read`` and ``parse_spec`` raise."""
    return await builder.read(len(options.get("zones", "")), lambda: parse_diff_selection(release, options))


def parse_diff_selection(release: str, options: Mapping[str, str]) -> Spec:
    """Read ``zones`` and ``aliases`` as those of a bundle. Raises: what ``parse_spec`` raises."""
    chosen = {name: options[name] for name in ("aliases",) if name in options}
    return parse_spec(release, options.get("zones", EVERYTHING).split(","), format=STABLE_FORMAT, options=chosen)
