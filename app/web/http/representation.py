"""Answers: bytes with their identity, and what a request's conditions and ranges make of them.

The only place that decides between 200, 206, 304, 412 and 416. The hot path and the routes both end here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from app.digest import format_repr_digest, sha256_hex
from app.web.http.asgi import RawHeaders, Receive, Scope, Send, join_header

IMMUTABLE = "public, max-age=31536000, immutable, no-transform"
PINNED = "public, max-age=3600, no-transform"
REVALIDATE = "no-cache"

CONDITIONS = frozenset({b"if-none-match", b"if-match", b"range"})
"""The header fields that can make a reply to a GET other than the whole representation."""

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")
_KEPT_ON_304 = frozenset(
    {b"etag", b"cache-control", b"content-location", b"link", b"tzdata-release", b"tzdata-release-age"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole representation. Shape: ``etag`` quoted; ``headers`` of the 200, Content-Length among them."""

    body: bytes
    etag: str
    headers: tuple[tuple[bytes, bytes], ...]

    @property
    def whole(self) -> "Reply":
        """The 200."""
        return Reply(200, self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: status, headers, body (empty where the status allows none)."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def make_answer(
    body: bytes,
    *,
    media_type: str,
    cache_control: str,
    sha256: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> Answer:
    """Return the answer for ``body``.

    Shape: ``sha256`` of it if known; ``extra`` further header fields. The ETag is the sha256 of the bytes: one that
    is not content makes some builders mix up URLs. There is no Last-Modified and no content coding, ever.
    """
    sha256 = sha256 or sha256_hex(body)
    fields = {
        "content-type": media_type,
        "content-length": str(len(body)),
        "etag": f'"{sha256}"',
        "repr-digest": format_repr_digest(sha256),
        "cache-control": cache_control,
        "accept-ranges": "bytes",
        **(extra or {}),
    }
    headers = tuple((name.encode("ascii"), value.encode("latin-1")) for name, value in fields.items())
    return Answer(body, f'"{sha256}"', headers)


def negotiate(answer: Answer, headers: RawHeaders, *, method: str) -> Reply:
    """Apply the conditions and the range of a request to an answer. Shape: what is no GET or HEAD has neither.

    Source: RFC 9110 §13.2.2 (order of conditions), §13.1.2 (weak comparison), §14.2 (only a GET has a range; one that
    is malformed, or has several parts, is ignored).
    """
    if method not in ("GET", "HEAD") or CONDITIONS.isdisjoint(name for name, _ in headers):
        return answer.whole
    if_match = join_header(headers, b"if-match")
    if if_match is not None and not _matches(if_match, answer.etag, weak=False):
        return Reply(412, (), b"")
    if_none_match = join_header(headers, b"if-none-match")
    if if_none_match is not None and _matches(if_none_match, answer.etag, weak=True):
        return Reply(304, tuple(header for header in answer.headers if header[0] in _KEPT_ON_304), b"")
    range_ = join_header(headers, b"range")
    if range_ is None or method != "GET" or join_header(headers, b"if-range") not in (None, answer.etag):
        return answer.whole
    return _part(answer, range_)


class AnswerResponse(Response):
    """An answer as a Starlette response: what a route returns."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI has three
        """Send what the request's conditions make of the answer; 412 and 416 go out as problems."""
        reply = negotiate(self.answer, scope["headers"], method=scope.get("method_asked", scope["method"]))
        if reply.status in (412, 416):
            raise PreconditionFailed(reply)
        await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers]})
        await send({"type": "http.response.body", "body": reply.body})


class PreconditionFailed(Exception):
    """A condition or a range cannot be met. Shape: ``reply`` has the status and the headers to send."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


def _matches(field: str, etag: str, *, weak: bool) -> bool:
    if field == etag or field.strip() == "*":
        return True
    tags = (match for match in _ENTITY_TAG.finditer(field) if weak or not match[0].startswith("W/"))
    return any(match[1] == etag for match in tags)


def _part(answer: Answer, range_: str) -> Reply:
    match = _RANGE.fullmatch(range_)
    if match is None or not (match[1] or match[2]):
        return answer.whole
    size = len(answer.body)
    if match[1]:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
        if match[2] and int(match[2]) < first:
            return answer.whole
    else:
        first, last = max(size - int(match[2]), 0), size - 1
    if first > last:
        return Reply(416, ((b"content-range", b"bytes */%d" % size),), b"")
    part = answer.body[first : last + 1]
    replaced = {b"content-length": b"%d" % len(part)}
    headers = tuple((name, replaced.get(name, value)) for name, value in answer.headers)
    return Reply(206, (*headers, (b"content-range", b"bytes %d-%d/%d" % (first, last, size))), part)
