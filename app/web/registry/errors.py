"""What the registry answers: content by its digest, and the protocol's own error envelope.

The only place that knows the protocol's error codes. Source: OCI distribution specification 1.1, *Error Codes*.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app import errors
from app.digest import format_digest, sha256_hex
from app.web.http.problems import BodyTooLarge, from_error, status_of
from app.web.http.representation import Answer, make_answer

VERSION_FIELD = {"docker-distribution-api-version": "registry/2.0"}
"""Older clients take a server for a registry by this."""


class DigestInvalid(errors.InvalidRequest):
    """A digest is not ``sha256:`` and 64 digits."""


class PageInvalid(errors.InvalidRequest):
    """``n`` or ``last`` of a list cannot be read."""


class ManifestUnknown(errors.NotFound):
    """The repository has no such tag or manifest."""


class BlobUnknown(errors.NotFound):
    """The repository has no such blob."""


_CODES: Mapping[type[errors.TzdataFilterError], str] = {
    DigestInvalid: "DIGEST_INVALID",
    PageInvalid: "PAGINATION_NUMBER_INVALID",
    ManifestUnknown: "MANIFEST_UNKNOWN",
    BlobUnknown: "BLOB_UNKNOWN",
    errors.UnknownRelease: "MANIFEST_UNKNOWN",
    errors.NotFound: "NAME_UNKNOWN",
    errors.InvalidRequest: "NAME_INVALID",
    errors.TzdataFilterError: "UNKNOWN",
}
"""The most particular class counts. Source for PAGINATION_NUMBER_INVALID and UNKNOWN: the CNCF's ``distribution``."""


class RegistryRoute(APIRoute):
    """A route whose errors are the registry's."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # of FastAPI
        """Return the handler with its errors caught."""
        handle = super().get_route_handler()

        async def handle_caught(request: Request) -> Response:
            try:
                return await handle(request)
            except errors.TzdataFilterError as error:
                return error_response(error)

        return handle_caught


def content_answer(
    content: bytes, *, media_type: str, cache_control: str, extra: Mapping[str, str] | None = None
) -> Answer:
    """Return content as an answer that names its digest."""
    sha256 = sha256_hex(content)
    fields = {"docker-content-digest": format_digest(sha256), **VERSION_FIELD, **(extra or {})}
    return make_answer(content, media_type=media_type, cache_control=cache_control, sha256=sha256, extra=fields)


def error_response(error: errors.TzdataFilterError) -> Response:
    """Return an error in the protocol's envelope, with the status that it has everywhere."""
    status = status_of(type(error))
    # For what can pass: Retry-After is decided in one place for all errors.
    retry = (
        {"retry-after": from_error(error).headers["retry-after"]} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    )
    code = next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)
    if isinstance(error, BodyTooLarge) or status == HTTPStatus.SERVICE_UNAVAILABLE:
        code = "SIZE_INVALID" if isinstance(error, BodyTooLarge) else "UNAVAILABLE"
    detail = {name: fact for name, fact in error.facts.items() if name != "retry_after"}
    return envelope(status, code, error.detail, detail=detail, headers=retry)


def envelope(
    status: int,
    code: str,
    message: str,
    *,
    detail: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return one error. Shape: clients show ``message`` to their users."""
    body = {"errors": [{"code": code, "message": message, "detail": detail or {}}]}
    # ASCII alone: whatever a request smuggled in stays harmless.
    content = json.dumps(body, ensure_ascii=True).encode("ascii") + b"\n"
    fields = {"cache-control": "no-store", **VERSION_FIELD, **(headers or {})}
    return Response(content, status, fields, "application/json")
