"""Problems: every answer that is not a success, as ``application/problem+json``.

The only place that decides the HTTP status of an error. Source: RFC 9457.
"""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import errors
from app.web.answers import PreconditionFailed

MEDIA_TYPE = "application/problem+json"


class UrlTooLong(errors.LimitExceeded):
    """Path and query together are longer than ``facts['limit']`` bytes; ``POST /v1/bundles`` takes long lists."""

    code = "url-too-long"
    title = "The URL is too long"


class BodyTooLarge(errors.LimitExceeded):
    """The request body is larger than ``facts['limit']`` bytes."""

    code = "body-too-large"
    title = "The request body is too large"


_STATUS: Mapping[type[errors.TzdataFilterError], int] = {
    UrlTooLong: 414,
    BodyTooLarge: 413,
    errors.InvalidRequest: 400,
    errors.NotFound: 404,
    errors.UntrustedRelease: 502,
    errors.InvalidContent: 502,
    errors.SourceUnreachable: 503,
    errors.StoreUnavailable: 503,
    errors.Overloaded: 503,
    errors.TzdataFilterError: 500,
}
"""The most particular class counts."""

_RETRY_AFTER_SECONDS = 5


def status_of(kind: type[errors.TzdataFilterError]) -> int:
    """Return the HTTP status for a class of errors: its own or its nearest ancestor's."""
    return next(_STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in _STATUS)


def problem_kinds() -> Iterator[type[errors.TzdataFilterError]]:
    """Yield every class of error that can become a problem, parents before children."""
    waiting: list[type[errors.TzdataFilterError]] = [errors.TzdataFilterError]
    while waiting:
        kind = waiting.pop(0)
        yield kind
        # The command line has kinds of its own, which are never sent.
        waiting.extend(each for each in kind.__subclasses__() if each.__module__ in (errors.__name__, __name__))


def problem(
    status: int,
    *,
    code: str,
    title: str,
    detail: str,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return one problem as a response. Shape: ``type`` is ``/problems/CODE``, stable, and a page that explains it."""
    members = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        **{name: fact for name, fact in (facts or {}).items() if name != "retry_after"},
    }
    # ASCII alone: what a request smuggled in (lone surrogates too) stays harmless and valid JSON.
    body = json.dumps(members, ensure_ascii=True).encode("ascii") + b"\n"
    return Response(body, status, {"cache-control": "no-store", **(headers or {})}, MEDIA_TYPE)


def from_error(error: errors.TzdataFilterError) -> Response:
    """Return the problem for one of our own errors."""
    status = status_of(type(error))
    retry_after = error.facts.get("retry_after", _RETRY_AFTER_SECONDS)
    headers = {"retry-after": str(retry_after)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return problem(status, code=error.code, title=error.title, detail=error.detail, facts=error.facts, headers=headers)


def from_status(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the problem for an error of HTTP itself (404, 405 …), named by its status."""
    phrase = HTTPStatus(status).phrase
    return problem(status, code=phrase.lower().replace(" ", "-"), title=phrase, detail=detail, headers=headers)


def install(app: FastAPI) -> None:
    """Make ``app`` answer every error with a problem."""

    def on_own(_: Request, error: Exception) -> Response:
        assert isinstance(error, errors.TzdataFilterError)
        return from_error(error)

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        details = {
            404: f"there is nothing at {ascii(request.url.path)[1:-1][:200]}; / tells what there is",
            405: f"{request.method} is not possible here",
        }
        return from_status(error.status_code, details.get(error.status_code, str(error.detail)), error.headers)

    def on_condition(_: Request, error: Exception) -> Response:
        assert isinstance(error, PreconditionFailed)
        detail = {412: "the ETag is not the one asked for", 416: "the range lies outside the content"}
        headers = {name.decode(): value.decode() for name, value in error.reply.headers}
        return from_status(error.reply.status, detail[error.reply.status], headers)

    def on_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return from_error(errors.InvalidRequest("; ".join(str(item.get("msg")) for item in error.errors())))

    def on_anything(_: Request, __: Exception) -> Response:
        return from_status(500, "an unexpected error; the log has it under the X-Request-Id of this answer")

    app.add_exception_handler(errors.TzdataFilterError, on_own)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(PreconditionFailed, on_condition)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(Exception, on_anything)
