"""``/openapi.json``, ``/docs``: the same as one page, and ``/problems``: what each error means.

The pages are made here, from the document and the error tree, so that they work without any other server and without
a script.
"""

import inspect
from html import escape
from http import HTTPStatus
from typing import NotRequired, TypedDict, cast

from fastapi import APIRouter, FastAPI

from app.errors import NotFound
from app.text import quote
from app.web.http.errors import status_of
from app.web.http.problems import problem_kinds
from app.web.http.representation import (
    PLAIN_TEXT,
    REVALIDATE,
    Reply,
    Representation,
    json_representation,
    make_reply,
)
from app.web.http.routes import route_class
from app.web.openapi.described import CodePath, responses

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
code, .path { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
section { border-top: 1px solid #8888; margin-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
"""


class Parameter(TypedDict):
    """As in OpenAPI."""

    name: str
    description: NotRequired[str]


class Answer(TypedDict):
    """As in OpenAPI."""

    description: str


class Operation(TypedDict):
    """As in OpenAPI."""

    operationId: str
    summary: str
    parameters: NotRequired[list[Parameter]]
    responses: dict[str, Answer]


class Head(TypedDict):
    """``info`` in OpenAPI."""

    title: str
    version: str
    summary: str
    description: str


class Document(TypedDict):
    """The part of an OpenAPI document that the page shows."""

    info: Head
    paths: dict[str, dict[str, Operation]]


def docs_router(app: FastAPI) -> APIRouter:
    """Return the routes of the reference pages. Shape: ``app`` is asked for its OpenAPI document on each request."""
    router = APIRouter(tags=["help"], route_class=route_class(checks_options=False))

    async def openapi() -> Representation:
        """Answer the OpenAPI document."""
        return json_representation(app.openapi(), cache_control=REVALIDATE)

    async def docs() -> Reply:
        """Show the reference of every route."""
        return _page("tzdata-filter: HTTP reference", _reference(cast(Document, app.openapi())))

    async def problems() -> Reply:
        """List every kind of problem, one a line."""
        lines = (f"/problems/{kind.code}  {status_of(kind)}  {kind.title}\n" for kind in problem_kinds())
        return _text("".join(lines))

    async def problem(code: CodePath) -> Reply:
        """Show what one kind of problem means."""
        for kind in problem_kinds():
            if kind.code == code:
                text = f"{kind.title}\n\nstatus: {status_of(kind)}\n\n{inspect.getdoc(kind)}\n"
                return _text(text)
        raise NotFound(f"there is no kind of problem called {quote(code)}; /problems lists them")

    router.add_api_route("/openapi.json", openapi, include_in_schema=False)
    router.add_api_route("/docs", docs, include_in_schema=False)
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


def _page(title: str, body: str) -> Reply:
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><body><main>{body}</main></html>'
    )
    fields = {"cache-control": REVALIDATE, "content-security-policy": _POLICY}
    return make_reply(HTTPStatus.OK, fields, html.encode(), media_type="text/html; charset=utf-8")


def _reference(document: Document) -> str:
    parts = [
        f"<h1>{escape(document['info']['title'])} {escape(document['info']['version'])}</h1>",
        f"<p>{escape(document['info']['summary'])} {escape(document['info']['description'])}</p>",
        '<p><a href="/openapi.json">openapi.json</a> · <a href="/problems">problems</a></p>',
    ]
    for path, operations in document["paths"].items():
        parts.extend(_operation(path, method, operation) for method, operation in operations.items())
    return "".join(parts)


def _operation(path: str, method: str, operation: Operation) -> str:
    parameters = "".join(
        f"<tr><th scope=row><code>{escape(parameter['name'])}</code><td>{escape(parameter.get('description', ''))}</tr>"
        for parameter in operation.get("parameters", ())
    )
    responses = "".join(
        f"<tr><th scope=row>{escape(status)}<td>{escape(response['description'])}</tr>"
        for status, response in operation["responses"].items()
    )
    return (
        f'<section id="{escape(operation["operationId"])}"><h2>{escape(operation["summary"])}</h2>'
        f"<p class=path>{escape(method.upper())} {escape(path)}</p><table>{parameters}{responses}</table></section>"
    )
