"""``/problems``: the kinds of errors, and a page for each that says what happened and what to do."""

import textwrap

from fastapi import APIRouter

from app.errors import NotFound
from app.text import quote
from app.web.http.errors import status_of
from app.web.http.problems import problem_kinds
from app.web.http.representation import PLAIN_TEXT, REVALIDATE, Representation, make_representation
from app.web.http.routes import route_class
from app.web.openapi.described import CodePath, conditional_responses

_WIDTH = 80


def problem_router(path_prefix: str) -> APIRouter:
    """Return the routes of the pages that explain problems.

    Args:
        path_prefix: What their paths start with, as those in the types of problems do.
    """
    kinds = {kind.code: kind for kind in problem_kinds()}

    async def problems() -> Representation:
        """List every kind of problem, one per line."""
        lines = (f"{path_prefix}/problems/{code}  {status_of(kind)}  {kind.title}\n" for code, kind in kinds.items())
        return _text("".join(lines))

    async def problem(code: CodePath) -> Representation:
        """Show what one kind of problem means."""
        kind = kinds.get(code)
        if kind is None:
            raise NotFound(f"there is no kind of problem called {quote(code)}; /problems lists them")
        return _text(f"{kind.title}\n\nstatus: {status_of(kind)}\n\n{textwrap.fill(kind.meaning, _WIDTH)}\n")

    router = APIRouter(tags=["help"], route_class=route_class(checks_options=False))
    router.add_api_route(
        "/problems",
        problems,
        operation_id="listProblems",
        summary="All kinds of problems",
        responses=conditional_responses("text/plain"),
    )
    router.add_api_route(
        "/problems/{code}",
        problem,
        operation_id="getProblem",
        summary="What a kind of problem means",
        responses=conditional_responses("text/plain", 404),
    )
    return router


def _text(text: str) -> Representation:
    return make_representation(text.encode(), media_type=PLAIN_TEXT, cache_control=REVALIDATE)
