"""The errors that only HTTP has, and the status of every error.

The only place that decides a status. How an error is written is up to the form of its protocol: ``problems`` for the
API, ``registry/errors`` for ``/v2``, ``goproxy`` for ``/go``.
"""

from collections.abc import Mapping
from http import HTTPStatus

from app import errors


class NotHttp(errors.InvalidRequest):
    """What came over the connection is not a well-formed HTTP request."""

    code = "bad-request"
    title = "This is not HTTP"
    meaning = (
        "What arrived on the connection is not a well-formed HTTP/1.1 request, and the connection was closed. Check "
        "the program that sent it, and whether it speaks TLS to a port that expects plain HTTP."
    )


class Unauthorized(errors.InvalidRequest):
    """A token is set for images and the request does not carry it."""

    code = "unauthorized"
    title = "A token is needed"
    meaning = (
        "Images, and the lists of zones that are posted for them, are guarded by a token here, and the request did not "
        "carry the right one. Log in with any user name and the token as the password (docker login), or send it as a "
        "bearer token. Ask whoever runs the service for the token."
    )


class MethodNotPossible(errors.InvalidRequest):
    """This path does not take the method; ``facts['allowed']`` lists those that it takes."""

    code = "method-not-allowed"
    title = "This method is not allowed here"
    meaning = "This address exists, but does not take this method. The Allow field lists the methods that it takes."


class RequestTooSlow(errors.InvalidRequest):
    """The request was not complete in time; the connection is closed."""

    code = "request-timeout"
    title = "The request took too long"
    meaning = (
        "The request did not arrive in full within the time that the service waits for it, and the connection was "
        "closed. Send it again over a faster connection, or ask whoever runs the service for more time."
    )


class TooManyConnections(errors.Overloaded):
    """As many connections are open as the service takes; the connection is closed."""

    code = "too-many-connections"
    title = "Too many connections are open"
    meaning = (
        "The service has as many connections open as it takes, and the new one was closed. Try again after the seconds "
        "that the Retry-After field names, and close connections that are not needed any more."
    )


class OtherContent(errors.InvalidRequest):
    """``If-Match`` names content that is not what is here."""

    code = "precondition-failed"
    title = "The content is not the one asked for"
    meaning = (
        "The request has an If-Match condition, and what is here now has another ETag. Send the request without the "
        "condition to see what is here."
    )


class RangeOutside(errors.InvalidRequest):
    """The range lies outside the content; ``facts['size']`` says how many bytes the content has."""

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
        "The path and the query together are longer than the service reads; the member called limit says how many "
        "bytes it reads. Send long lists of zones as JSON by POST to /v1/bundles."
    )


class FieldsTooLarge(errors.LimitExceeded):
    """The request line and the header fields together are longer than ``facts['limit']`` bytes."""

    code = "request-header-fields-too-large"
    title = "The header fields are too large"
    meaning = (
        "The request line and the header fields together are larger than the service reads; the member called limit "
        "says how many bytes it reads. Send fewer or shorter header fields; this service needs no cookies."
    )


class BodyTooLarge(errors.LimitExceeded):
    """The request body is larger than ``facts['limit']`` bytes."""

    code = "body-too-large"
    title = "The request body is too large"
    meaning = (
        "The request body is larger than the service reads; the member called limit says how many bytes it reads. "
        "Send a shorter list: patterns such as Europe/* stand for many names."
    )


class Unexpected(errors.TzdataFilterError):
    """A fault of this program; the log has it under the answer's ``X-Request-Id``."""

    code = "internal-server-error"
    title = "Something unexpected went wrong"
    meaning = (
        "Something failed that should not have, and it is not the fault of the request. Trying again may help. If "
        "it happens again, give whoever runs the service the value of the X-Request-Id field: the log has the "
        "reason under that value."
    )


_STATUS: Mapping[type[errors.TzdataFilterError], HTTPStatus] = {
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    MethodNotPossible: HTTPStatus.METHOD_NOT_ALLOWED,
    RequestTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    OtherContent: HTTPStatus.PRECONDITION_FAILED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UrlTooLong: HTTPStatus.REQUEST_URI_TOO_LONG,
    RangeOutside: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    FieldsTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.InvalidRequest: HTTPStatus.BAD_REQUEST,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.UntrustedRelease: HTTPStatus.BAD_GATEWAY,
    errors.UntrustedIndex: HTTPStatus.BAD_GATEWAY,
    errors.InvalidContent: HTTPStatus.BAD_GATEWAY,
    errors.SourceUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TzdataFilterError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The most specific class counts."""

_FIELDS = frozenset({"retry_after", "allowed", "size"})
"""Facts that go into header fields instead of the body."""
_RETRY_AFTER_SECONDS = 5


def status_of(kind: type[errors.TzdataFilterError]) -> HTTPStatus:
    """Return the status of a class of errors: its own or its nearest ancestor's."""
    return next(_STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in _STATUS)


def fields_of(error: errors.TzdataFilterError) -> dict[str, str]:
    """Return the header fields that an error needs in every form. Source: RFC 9110 §10.2.1, §10.2.3, §11.6.1, §14.4."""
    fields = {"cache-control": "no-store"}
    if status_of(type(error)) == HTTPStatus.SERVICE_UNAVAILABLE:
        fields["retry-after"] = str(error.facts.get("retry_after", _RETRY_AFTER_SECONDS))
    if isinstance(error, Unauthorized):
        fields["www-authenticate"] = 'Basic realm="tzdata-filter"'
    if "allowed" in error.facts:
        fields["allow"] = str(error.facts["allowed"])
    if "size" in error.facts:
        fields["content-range"] = f"bytes */{error.facts['size']}"
    return fields


def members_of(error: errors.TzdataFilterError) -> dict[str, object]:
    """Return the facts that help to mend an error, without those that have a header field of their own."""
    return {name: fact for name, fact in error.facts.items() if name not in _FIELDS}


def unexpected() -> Unexpected:
    """Return the error for an answer when all that is known is that something failed."""
    return Unexpected("an unexpected error; the log has it under the X-Request-Id of this answer")
