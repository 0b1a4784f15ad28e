"""``/problems``: the kinds of errors, and a page for each that says what happened and what to do."""

import textwrap
from http import HTTPStatus

from fastapi import APIRouter

from app.errors import NotFound
from app.text import quote
from app.web.http.errors import status_of
from app.web.http.problems import problem_kinds
from app.web.http.representation import PLAIN_TEXT, REVALIDATE, Reply, make_reply
from app.web.http.routes import route_class
from app.web.openapi.described import CodePath, responses

_WIDTH = 80


def problem_router() -> APIRouter:
    """Return the routes of the pages that explain problems."""
    kinds = {kind.code: kind for kind in problem_kinds()}

    async def problems() -> Reply:
        """List every kind of problem, one per line."""
        lines = (f"/problems/{code}  {status_of(kind)}  {kind.title}\n" for code, kind in kinds.items())
        return _text("".join(lines))

    async def problem(code: CodePath) -> Reply:
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
        responses=responses("text/plain"),
    )
    router.add_api_route(
        "/problems/{code}",
        problem,
        operation_id="getProblem",
        summary="What a kind of problem means",
        responses=responses("text/plain", 400, 404),
    )
    return router


def _text(text: str) -> Reply:
    return make_reply(HTTPStatus.OK, {"cache-control": REVALIDATE}, text.encode(), media_type=PLAIN_TEXT)
