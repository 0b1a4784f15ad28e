"""The OpenAPI document, made from what the routes say of themselves, and from the schemas."""

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.web.openapi.described import conditions
from app.web.openapi.row_schema import JsonObject
from app.web.openapi.schemas import schemas

_SUMMARY = "Bundles of exactly the time zones a container needs, the same bytes every time."
_DESCRIPTION = "HEAD works wherever GET does. Errors are `application/problem+json` (RFC 9457)."


def describe(app: FastAPI, path_prefix: str) -> None:
    """Give the application its document; it is made when it is first asked for, since all routes are there by then.

    Args:
        path_prefix: What all paths start with for those who read the document.
    """

    def openapi() -> JsonObject:
        if not app.openapi_schema:
            app.openapi_schema = _make_document(app, path_prefix)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _make_document(app: FastAPI, path_prefix: str) -> JsonObject:
    document = get_openapi(
        title=app.title, version=app.version, summary=_SUMMARY, description=_DESCRIPTION, routes=app.routes
    )
    document["servers"] = [{"url": path_prefix or "/"}]  # relative to where the document was read
    document["components"] = {"schemas": schemas()}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)  # FastAPI adds its own; here a 400 says it
            if "304" in operation["responses"]:
                operation["parameters"] = [*operation.get("parameters", ()), *conditions()]
    return document
