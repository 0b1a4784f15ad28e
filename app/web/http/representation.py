"""Representations: bytes with their identity, and what a request's conditions and ranges make of them.

The only place that decides between 200, 206, 304, 412 and 416: what is hot and what comes from a route both end here.
"""

from __future__ import annotations  # a representation has another of its kind

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.responses import Response

from app.digest import sha256_hex
from app.text import format_json
from app.web.http.asgi import RawHeaders, join_header
from app.web.http.errors import OtherContent, RangeOutside

# None says `public`: a shared cache could then give everyone what one request was authorized for (RFC 9111 §3.5).
IMMUTABLE = "max-age=31536000, immutable, no-transform"
PINNED = "max-age=3600, no-transform"
REVALIDATE = "no-cache"
NO_STORE = "no-store"

PLAIN_TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

CONDITIONS = frozenset({b"if-none-match", b"if-match", b"range"})
"""The header fields that can make a reply to a GET other than the whole representation."""

_CACHE_CONTROL = b"cache-control"
_NO_STORE = NO_STORE.encode("ascii")
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")
_NOSNIFF = "x-content-type-options"
_POLICY = "content-security-policy"
_STRICTEST = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_LEFT_OUT_ON_304 = frozenset({b"content-type", b"content-length", b"repr-digest", b"accept-ranges"})
"""What describes content. All else stays: a cache brings what it holds up to date with it. Source: RFC 9110 §15.4.5."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: status, header fields, and body, which is empty where the status allows none."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def response(self) -> Response:
        """The same for Starlette."""
        response = Response(self.body, self.status)
        response.raw_headers = list(self.headers)
        return response


@dataclass(frozen=True, slots=True)
class Representation:
    """A whole representation of a resource. Source: RFC 9110 §3.2.

    Attributes:
        etag: Quoted.
        headers: Those of the 200, Content-Length among them.
        keep: Whether the next GET of the same URL may be given it without asking the route again.
        is_pinned: Whether it stays right when a new release comes.
    """

    body: bytes
    etag: str
    headers: tuple[tuple[bytes, bytes], ...]
    keep: bool
    is_pinned: bool

    @property
    def location(self) -> str | None:
        """The path in Content-Location as this program routes it, whatever stands before it; ``None`` without one."""
        value = next((value for name, value in self.headers if name == b"content-location"), None)
        return "/v1/" + value.decode("ascii").rpartition("/v1/")[2] if value is not None else None

    @property
    def whole(self) -> Reply:
        """The 200."""
        return Reply(200, self.headers, self.body)

    @property
    def private(self) -> Representation:
        """The same for one who had to be authorized: no shared cache may keep it. Source: RFC 9111 §5.2.2.7."""
        allowed = dict(self.headers)
        if allowed[_CACHE_CONTROL] != _NO_STORE:
            allowed[_CACHE_CONTROL] = b"private, " + allowed[_CACHE_CONTROL]
        return replace(self, headers=tuple(allowed.items()))


def make_representation(
    body: bytes,
    *,
    media_type: str,
    cache_control: str,
    sha256: str | None = None,
    fields: Mapping[str, str] | None = None,
    keep: bool = False,
) -> Representation:
    """Return the representation that consists of ``body``.

    The ETag is the sha256 of the bytes: with any other ETag, some builders mix up URLs. There is never a
    Last-Modified nor a content coding.

    Args:
        sha256: That of ``body``, if it is known.
        fields: Further header fields.
        keep: As in ``Representation``.
    """
    sha256 = sha256 or sha256_hex(body)
    etag = f'"{sha256}"'
    headers = {
        "content-type": media_type,
        "content-length": str(len(body)),
        "etag": etag,
        "repr-digest": format_repr_digest(sha256),
        "cache-control": cache_control,
        "accept-ranges": "bytes",
        **(fields or {}),
    }
    return Representation(body, etag, _encode_headers(headers), keep, cache_control != REVALIDATE)


def html_representation(html: str, *, style: str, cache_control: str) -> Representation:
    """Return a page, with a policy by which browsers run nothing on it and load nothing for it.

    Args:
        style: What its only ``<style>`` holds.
    """
    fields = {_POLICY: f"{_STRICTEST}; style-src 'sha256-{_base64(sha256_hex(style.encode()))}'"}
    return make_representation(html.encode(), media_type=HTML, cache_control=cache_control, fields=fields)


def json_representation(
    row: object, *, cache_control: str, fields: Mapping[str, str] | None = None, keep: bool = False
) -> Representation:
    """Return ``row`` as JSON: UTF-8, indented for people, a line break at the end."""
    body = format_json(row, indent=2, ensure_ascii=False).encode() + b"\n"
    return make_representation(
        body, media_type="application/json", cache_control=cache_control, fields=fields, keep=keep
    )


def make_reply(status: int, fields: Mapping[str, str], body: bytes, *, media_type: str) -> Reply:
    """Return a reply without an ETag, conditions or ranges: an error, or how the service is at the moment."""
    headers = {"content-type": media_type, "content-length": str(len(body)), **fields}
    return Reply(status, _encode_headers(headers), body)


def format_repr_digest(sha256: str) -> str:
    """Return the value of a ``Repr-Digest`` field. Source: RFC 9530 §3, structured-field byte sequence."""
    return f"sha-256=:{_base64(sha256)}:"


def negotiate(representation: Representation, headers: RawHeaders, *, method: str) -> Reply:
    """Apply the conditions and the range of a request; methods other than GET and HEAD have neither.

    Raises:
        OtherContent: ``If-Match`` names another ETag.
        RangeOutside: The content has no byte of the range.

    Source: RFC 9110 §13.2.2 (order of conditions), §13.1.2 (weak comparison), §14.2 (only a GET has a range; one that
        is malformed, or has several parts, is ignored).
    """
    if method not in ("GET", "HEAD") or CONDITIONS.isdisjoint([name for name, _ in headers]):
        return representation.whole
    etag = representation.etag
    if_match = join_header(headers, b"if-match")
    if if_match is not None and not _matches(if_match, etag, weak=False):
        raise OtherContent("the ETag is not the one asked for")
    if_none_match = join_header(headers, b"if-none-match")
    if if_none_match is not None and _matches(if_none_match, etag, weak=True):
        return Reply(304, tuple(header for header in representation.headers if header[0] not in _LEFT_OUT_ON_304), b"")
    range_ = join_header(headers, b"range")
    if range_ is None or method != "GET" or join_header(headers, b"if-range") not in (None, etag):
        return representation.whole
    return _part(representation, range_)


def _base64(hex: str) -> str:
    return base64.b64encode(bytes.fromhex(hex)).decode("ascii")


def _encode_headers(fields: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the fields of an answer as bytes, with those that no answer goes without.

    Source: the Fetch standard, *X-Content-Type-Options*; Content Security Policy level 3.
    """
    guards = {_NOSNIFF: "nosniff"}
    if fields["content-type"].startswith("text/html"):
        guards[_POLICY] = _STRICTEST
    return tuple([(name.encode("ascii"), value.encode("latin-1")) for name, value in {**guards, **fields}.items()])


def _matches(field: str, etag: str, *, weak: bool) -> bool:
    if field == etag or field.strip() == "*":
        return True
    tags = (match for match in _ENTITY_TAG.finditer(field) if weak or not match[0].startswith("W/"))
    return any(match[1] == etag for match in tags)


def _part(representation: Representation, range_: str) -> Reply:
    match = _RANGE.fullmatch(range_)
    if match is None or not (match[1] or match[2]):
        return representation.whole
    size = len(representation.body)
    if match[1]:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
        if match[2] and int(match[2]) < first:
            return representation.whole
    else:
        first, last = max(size - int(match[2]), 0), size - 1
    if first > last:
        raise RangeOutside("the range lies outside the content", size=size)
    part = representation.body[first : last + 1]
    replaced = {b"content-length": b"%d" % len(part)}
    headers = tuple((name, replaced.get(name, value)) for name, value in representation.headers)
    return Reply(206, (*headers, (b"content-range", b"bytes %d-%d/%d" % (first, last, size))), part)
