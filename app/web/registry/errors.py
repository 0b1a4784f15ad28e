"""Errors as the registry's protocol writes them: a JSON envelope of codes.

The only place that knows those codes. Source: OCI distribution specification 1.1, *Error Codes*.
"""

import json
from collections.abc import Mapping

from app import errors
from app.web.http.errors import (
    BodyTooLarge,
    FieldsTooLarge,
    MethodNotPossible,
    NotHttp,
    OtherContent,
    RangeOutside,
    RequestTooSlow,
    Unauthorized,
    fields_of,
    members_of,
    status_of,
)
from app.web.http.representation import Reply, make_reply

VERSION_FIELD = {"docker-distribution-api-version": "registry/2.0"}
"""Older clients recognize a registry by this."""


class DigestInvalid(errors.InvalidRequest):
    """A digest does not have the form of one."""


class BlobUploadUnknown(errors.NotFound):
    """There are no uploads."""


class PageInvalid(errors.InvalidRequest):
    """``n`` or ``last`` of a list cannot be read."""


class ManifestUnknown(errors.NotFound):
    """The repository has no such tag or manifest."""


class BlobUnknown(errors.NotFound):
    """The repository has no such blob."""


_UNKNOWN = "UNKNOWN"
_CODES: Mapping[type[errors.TzdataFilterError], str] = {
    DigestInvalid: "DIGEST_INVALID",
    PageInvalid: "PAGINATION_NUMBER_INVALID",
    ManifestUnknown: "MANIFEST_UNKNOWN",
    BlobUnknown: "BLOB_UNKNOWN",
    BlobUploadUnknown: "BLOB_UPLOAD_UNKNOWN",
    Unauthorized: "UNAUTHORIZED",
    MethodNotPossible: "UNSUPPORTED",
    BodyTooLarge: "SIZE_INVALID",
    RangeOutside: "RANGE_INVALID",
    OtherContent: _UNKNOWN,
    FieldsTooLarge: _UNKNOWN,
    RequestTooSlow: _UNKNOWN,
    NotHttp: _UNKNOWN,
    errors.UnknownRelease: "MANIFEST_UNKNOWN",
    errors.NotFound: "NAME_UNKNOWN",
    errors.InvalidRequest: "NAME_INVALID",
    errors.SourceUnreachable: "UNAVAILABLE",
    errors.StoreUnavailable: "UNAVAILABLE",
    errors.Overloaded: "UNAVAILABLE",
    errors.TzdataFilterError: _UNKNOWN,
}
"""The most specific class counts. Codes that the specification lacks are those of the CNCF's ``distribution``."""


def registry_error(error: errors.TzdataFilterError) -> Reply:
    """Return an error in the protocol's envelope; clients show its ``message`` to their users."""
    code = next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)
    body = {"errors": [{"code": code, "message": error.detail, "detail": members_of(error)}]}
    # ASCII only: whatever a request smuggled in stays harmless.
    content = json.dumps(body, ensure_ascii=True).encode("ascii") + b"\n"
    fields = {**fields_of(error), **VERSION_FIELD}
    return make_reply(status_of(type(error)), fields, content, media_type="application/json")
