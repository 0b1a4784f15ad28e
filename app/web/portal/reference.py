"""``/openapi.json``, and ``/docs``: the same as one page, made here so that it needs no script and no other server."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from http import HTTPStatus

from fastapi import APIRouter, FastAPI

from app.web.http.representation import REVALIDATE, Reply, Representation, json_representation, make_reply
from app.web.http.routes import route_class
from app.work.pool import Pool

_CODE = re.compile(r"`([^`]*)`")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
code, .path { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
section { border-top: 1px solid #8888; margin-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th { white-space: nowrap; width: 6rem; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operation:
    """What the page shows of one operation.

    Attributes:
        rows: Its parameters and its answers, each with a description.
    """

    anchor: str
    summary: str
    method: str
    path: str
    rows: Sequence[tuple[str, str]]


def docs_router(app: FastAPI, pool: Pool) -> APIRouter:
    """Return the routes of the reference; ``app`` is asked for its OpenAPI document once, in a thread."""
    router = APIRouter(tags=["help"], route_class=route_class(checks_options=False))

    @cache
    def document() -> Representation:
        return json_representation(app.openapi(), cache_control=REVALIDATE)

    @cache
    def page() -> Reply:
        return _page("tzdata-filter: HTTP reference", _reference(app))

    async def openapi() -> Representation:
        """Answer with the OpenAPI document."""
        return await pool.run(document)

    async def docs() -> Reply:
        """Show the reference of every route."""
        return await pool.run(page)

    router.add_api_route("/openapi.json", openapi, include_in_schema=False)
    router.add_api_route("/docs", docs, include_in_schema=False)
    return router


def _page(title: str, body: str) -> Reply:
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style><body><main>{body}</main></html>'
    )
    fields = {"cache-control": REVALIDATE, "content-security-policy": _POLICY}
    return make_reply(HTTPStatus.OK, fields, html.encode(), media_type="text/html; charset=utf-8")


def _reference(app: FastAPI) -> str:
    document = app.openapi()
    head = document["info"]
    operations = [
        _Operation(
            anchor=operation["operationId"],
            summary=operation["summary"],
            method=method.upper(),
            path=path,
            rows=[
                *(
                    (parameter["name"], parameter.get("description", ""))
                    for parameter in operation.get("parameters", ())
                ),
                *((status, response["description"]) for status, response in operation["responses"].items()),
            ],
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return (
        f"<h1>{escape(head['title'])} {escape(head['version'])}</h1>"
        f"<p>{_marked(head['summary'])} {_marked(head['description'])}</p>"
        '<p><a href="/openapi.json">openapi.json</a> · <a href="/problems">problems</a></p>'
        f"{''.join(map(_section, operations))}"
    )


def _section(operation: _Operation) -> str:
    rows = "".join(
        f"<tr><th scope=row><code>{escape(name)}</code><td>{_marked(text)}</tr>" for name, text in operation.rows
    )
    return (
        f'<section id="{escape(operation.anchor)}"><h2>{escape(operation.summary)}</h2>'
        f"<p class=path>{escape(operation.method)} {escape(operation.path)}</p><table>{rows}</table></section>"
    )


def _marked(text: str) -> str:
    """Return text of the document as HTML; of its Markdown only code is used there."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
