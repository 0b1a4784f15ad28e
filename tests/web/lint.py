"""REDbot's linter of HTTP messages: what an answer says that the specifications do not allow, or that does no good."""

from collections.abc import Iterable

import httpx
from httplint import HttpRequestLinter, HttpResponseLinter, Note, levels

from tests.web.raw import RawReply

INTENDED = {
    "STATUS_BAD_REQUEST": "a request that can never work is a 400; the linter warns of every 400",
    "STATUS_URI_TOO_LONG": "as for a 400",
    "STATUS_INTERNAL_SERVER_ERROR": "as for a 400",
    "STATUS_BAD_GATEWAY": "as for a 400",
    "STATUS_SERVICE_UNAVAILABLE": "as for a 400",
}
"""Warnings that are not about a fault: the linter's name of each, and why it does not count."""


DATE = (b"date", b"Wed, 25 Nov 2026 12:00:00 GMT")


def lint(response: httpx.Response, *, dated: bool = True) -> list[str]:
    """Return the warnings about an answer to a request, each with its name.

    Args:
        dated: Whether it came from a server, which adds the field Date.
    """
    asked = response.request
    linter = HttpResponseLinter(no_content=asked.method == "HEAD")
    linter.is_head_response = asked.method == "HEAD"
    linter.request = HttpRequestLinter()
    linter.request.process_request_topline(asked.method.encode(), str(asked.url).encode(), b"1.1")
    linter.request.process_headers([*asked.headers.raw])
    linter.base_uri = str(asked.url)
    return _lint(linter, response.status_code, [*response.headers.raw, *([] if dated else [DATE])], response.content)


def lint_raw(reply: RawReply) -> list[str]:
    """Return the warnings about an answer to what may not even have been a request."""
    fields = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
    return _lint(HttpResponseLinter(), reply.status, fields, reply.body)


def _lint(linter: HttpResponseLinter, status: int, fields: Iterable[tuple[bytes, bytes]], content: bytes) -> list[str]:
    linter.process_response_topline(b"1.1", str(status).encode())
    linter.process_headers([*fields])
    linter.feed_content(content)
    linter.finish_content(complete=True)
    notes: list[Note] = [*linter.notes]
    notes += [below for note in notes for below in note.subnotes]
    faults = [note for note in notes if note.level in (levels.BAD, levels.WARN)]
    return [f"{type(note).__name__}: {note}" for note in faults if type(note).__name__ not in INTENDED]
