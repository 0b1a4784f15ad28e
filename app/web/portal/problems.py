"""``/problems``: the kinds of errors, and a page for each that says what happened and what to do."""

import textwrap

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from app.errors import NotFound
from app.tzdb.names import quote
from app.web.http.problems import problem_kinds, status_of
from app.web.openapi.described import CodePath, answers

_WIDTH = 80
_FIELDS = {"cache-control": "no-cache"}


def problem_router() -> APIRouter:
    """Return the routes of the pages that explain problems."""
    kinds = {kind.code: kind for kind in problem_kinds()}

    async def problems() -> Response:
        """List every kind of problem, one a line."""
        lines = (f"/problems/{code}  {status_of(kind)}  {kind.title}\n" for code, kind in kinds.items())
        return PlainTextResponse("".join(lines), headers=_FIELDS)

    async def problem(code: CodePath) -> Response:
        """Show what one kind of problem means."""
        kind = kinds.get(code)
        if kind is None:
            raise NotFound(f"there is no kind of problem called {quote(code)}; /problems lists them")
        text = f"{kind.title}\n\nstatus: {status_of(kind)}\n\n{textwrap.fill(kind.meaning, _WIDTH)}\n"
        return PlainTextResponse(text, headers=_FIELDS)

    router = APIRouter(tags=["help"])
    router.add_api_route(
        "/problems",
        problems,
        operation_id="listProblems",
        summary="All kinds of problems",
        responses=answers("text/plain"),
    )
    router.add_api_route(
        "/problems/{code}",
        problem,
        operation_id="getProblem",
        summary="What a kind of problem means",
        responses=answers("text/plain", 400, 404),
    )
    return router
