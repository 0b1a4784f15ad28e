"""Diffs: what an update from one release to another changes for a selection."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.artifact.formats import STABLE_FORMAT
from app.artifact.spec import Spec, check_release_choice, parse_spec
from app.releases.library import Library
from app.tzdb.changes.diff import default_future, diff_releases, parse_instant, parse_since
from app.tzdb.changes.diff_row import diff_row
from app.tzdb.names import is_release_name
from app.web.http.hot import HotAnswers
from app.web.http.json_answers import json_answer
from app.web.http.representation import PINNED, REVALIDATE, Answer, AnswerResponse
from app.web.http.requests import parse_options
from app.web.openapi.described import EarlierPath, LaterPath, conditional_answers, query

OPTIONS = ("zones", "aliases", "since", "now")
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class DiffRoutes:
    """The handler of ``/v1/releases/{before}/diff/{after}``."""

    library: Library
    hot: HotAnswers

    async def diff(self, request: Request, before: EarlierPath, after: LaterPath) -> Response:
        """Answer what the update changes."""
        generation = self.hot.generation  # from before: a release that comes meanwhile makes this answer stale
        options = parse_options(request, known=OPTIONS)
        check_release_choice(before)
        spec = parse_diff_selection(after, options)
        since = parse_since(options.get("since", "ever"))
        now = parse_instant(options["now"]) if "now" in options else None
        old, new = await self.library.release(before), await self.library.release(after)
        pinned = is_release_name(before) and is_release_name(after)

        def work() -> Answer:
            future_from = default_future(old.version, new.version) if now is None else now
            diff = diff_releases(
                old, new, selectors=spec.selectors, aliases=spec.aliases, future_from=future_from
            ).since(since)
            return json_answer(
                diff_row(diff),
                cache_control=PINNED if pinned else REVALIDATE,
                extra={"tzdata-release": new.version},
            )

        # The JSON too: that of a whole tree has half a megabyte.
        answer = await asyncio.to_thread(work)
        route: str = request.scope["route"].path_format
        self.hot.put(request.scope, answer, route=route, generation=None if pinned else generation)
        return AnswerResponse(answer)


def diff_router(library: Library, hot: HotAnswers) -> APIRouter:
    """Return the route of diffs."""
    routes = DiffRoutes(library, hot)
    router = APIRouter(prefix="/v1/releases", tags=["diffs"])
    router.add_api_route(
        "/{before}/diff/{after}",
        routes.diff,
        operation_id="getDiff",
        summary="What an update changes for a selection, and from which instant",
        responses=conditional_answers("Diff", 404, 502, 503),
        openapi_extra=query(*OPTIONS),
    )
    return router


def parse_diff_selection(release: str, options: Mapping[str, str]) -> Spec:
    """Read ``zones`` and ``aliases`` as a bundle's. Errors: those of ``parse_spec``."""
    chosen = {name: options[name] for name in ("aliases",) if name in options}
    return parse_spec(release, options.get("zones", EVERYTHING).split(","), format=STABLE_FORMAT, options=chosen)
