"""Problems: every answer that is not a success, as ``application/problem+json``.

The only place that decides the HTTP status of an error, and the home of the errors that only HTTP has.
Source: RFC 9457.
"""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app import errors
from app.web.http.representation import PreconditionFailed

MEDIA_TYPE = "application/problem+json"


class NotHttp(errors.InvalidRequest):
    """What came over the connection is not a well-formed HTTP request."""

    code = "bad-request"
    title = "This is not HTTP"
    meaning = (
        "What arrived on the connection is not a well-formed HTTP/1.1 request, and the connection was closed. Check "
        "the program that sent it, and whether it speaks TLS to a port that expects plain HTTP."
    )


class MethodNotPossible(errors.InvalidRequest):
    """The method is not possible here; the ``Allow`` field says which are."""

    code = "method-not-allowed"
    title = "The method is not possible here"
    meaning = "This address exists, but not for this method. The Allow field lists the methods that are possible here."


class RequestTooSlow(errors.InvalidRequest):
    """The request was not complete in time; the connection is closed."""

    code = "request-timeout"
    title = "The request took too long"
    meaning = (
        "The request did not arrive completely in the time that the service waits for it, and the connection was "
        "closed. Send it again over a faster connection, or ask whoever runs the service for more time."
    )


class OtherContent(errors.InvalidRequest):
    """``If-Match`` names other content than there is."""

    code = "precondition-failed"
    title = "The content is not the one asked for"
    meaning = (
        "The request was made conditional by If-Match, and what is here now has another ETag. Fetch it without the "
        "condition to see what it is."
    )


class RangeOutside(errors.InvalidRequest):
    """The range lies outside the content; ``Content-Range`` says how long that is."""

    code = "range-not-satisfiable"
    title = "The range lies outside the content"
    meaning = (
        "The Range field asks for bytes past the end of the content. The Content-Range field of the answer gives "
        "the full length."
    )


class UrlTooLong(errors.LimitExceeded):
    """Path and query together are longer than ``facts['limit']`` bytes; ``POST /v1/bundles`` takes long lists."""

    code = "url-too-long"
    title = "The URL is too long"
    meaning = (
        "The path and the query together are longer than the service reads; the member called limit is the number "
        "of bytes that are possible. Send long lists of zones as JSON by POST to /v1/bundles."
    )


class FieldsTooLarge(errors.LimitExceeded):
    """The request line and the header fields together are longer than ``facts['limit']`` bytes."""

    code = "request-header-fields-too-large"
    title = "The header fields are too large"
    meaning = (
        "The request line and the header fields together are larger than the service reads; the member called limit "
        "is the number of bytes that are possible. Send fewer or shorter header fields; cookies are never needed "
        "here."
    )


class BodyTooLarge(errors.LimitExceeded):
    """The request body is larger than ``facts['limit']`` bytes."""

    code = "body-too-large"
    title = "The request body is too large"
    meaning = (
        "The request body is larger than the service reads; the member called limit is the number of bytes that are "
        "possible. Send a shorter list: patterns such as Europe/* stand for many names."
    )


class Unexpected(errors.TzdataFilterError):
    """A fault of this program; the log has it under the answer's ``X-Request-Id``."""

    code = "internal-server-error"
    title = "Something unexpected went wrong"
    meaning = (
        "Something failed that should not have, and it is not the fault of the request. Trying again may help. If "
        "it happens again, give whoever runs the service the value of the X-Request-Id field: the log has the "
        "reason under it."
    )


_STATUS: Mapping[type[errors.TzdataFilterError], int] = {
    MethodNotPossible: 405,
    RequestTooSlow: 408,
    OtherContent: 412,
    BodyTooLarge: 413,
    UrlTooLong: 414,
    RangeOutside: 416,
    FieldsTooLarge: 431,
    errors.InvalidRequest: 400,
    errors.NotFound: 404,
    errors.UntrustedRelease: 502,
    errors.UntrustedIndex: 502,
    errors.InvalidContent: 502,
    errors.SourceUnreachable: 503,
    errors.StoreUnavailable: 503,
    errors.Overloaded: 503,
    errors.TzdataFilterError: 500,
}
"""The most particular class counts."""

_HOMES = (errors.__name__, __name__)
_RETRY_AFTER_SECONDS = 5


def status_of(kind: type[errors.TzdataFilterError]) -> int:
    """Return the HTTP status for a class of errors: its own or its nearest ancestor's."""
    return next(_STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in _STATUS)


def problem_kinds() -> Iterator[type[errors.TzdataFilterError]]:
    """Yield every class of error that can become a problem, parents before children; the root is never raised."""
    waiting = errors.TzdataFilterError.__subclasses__()
    while waiting:
        kind = waiting.pop(0)
        # The tree has branches that only the command line can reach.
        if kind.__module__ in _HOMES:
            yield kind
        waiting.extend(kind.__subclasses__())


def encode_problem(error: errors.TzdataFilterError) -> bytes:
    """Return a problem's JSON. Shape: ``type`` is ``/problems/CODE``, stable, and a page that explains it."""
    members = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status_of(type(error)),
        "detail": error.detail,
        **{name: fact for name, fact in error.facts.items() if name != "retry_after"},
    }
    # ASCII alone: what a request smuggled in (lone surrogates too) stays harmless and valid JSON.
    return json.dumps(members, ensure_ascii=True).encode("ascii") + b"\n"


def from_error(error: errors.TzdataFilterError, headers: Mapping[str, str] | None = None) -> Response:
    """Return the problem for an error as a response, with further header fields."""
    status = status_of(type(error))
    fields = {"cache-control": "no-store", **(headers or {})}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        fields["retry-after"] = str(error.facts.get("retry_after", _RETRY_AFTER_SECONDS))
    return Response(encode_problem(error), status, fields, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make ``app`` answer every error with a problem."""

    def on_own(_: Request, error: Exception) -> Response:
        assert isinstance(error, errors.TzdataFilterError)
        return from_error(error)

    def on_condition(_: Request, error: Exception) -> Response:
        assert isinstance(error, PreconditionFailed)
        headers = {name.decode(): value.decode() for name, value in error.reply.headers}
        if error.reply.status == HTTPStatus.PRECONDITION_FAILED:
            return from_error(OtherContent("the ETag is not the one asked for"))
        return from_error(RangeOutside("the range lies outside the content"), headers)

    def on_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return from_error(errors.InvalidRequest("; ".join(str(item.get("msg")) for item in error.errors())))

    def on_disconnect(_: Request, __: Exception) -> Response:
        # Nobody reads this answer; but it is the client's doing, and the log should not call it ours.
        return from_error(errors.InvalidBody("the client went away before its body was complete"))

    def on_anything(_: Request, __: Exception) -> Response:
        return from_error(unexpected())

    app.add_exception_handler(errors.TzdataFilterError, on_own)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(PreconditionFailed, on_condition)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(ClientDisconnect, on_disconnect)
    app.add_exception_handler(Exception, on_anything)


def unexpected() -> Unexpected:
    """Return the error to answer with when nothing is known but that something failed."""
    return Unexpected("an unexpected error; the log has it under the X-Request-Id of this answer")


def _on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework's routing raises: a path or a method that is not there."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            path = ascii(request.scope["path"])[1:-1][:200]
            return from_error(errors.NotFound(f"there is nothing at {path}; / tells what there is"))
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "").replace("GET", "GET, HEAD")
            return from_error(MethodNotPossible(f"only {allowed} is possible here"), {"allow": allowed})
        case _:
            return from_error(unexpected())
