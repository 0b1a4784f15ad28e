"""One request and its answer, whole and within bounds. What was read is unfolded within the same bounds."""

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import httpcore
import httpx

from app.outbound.failures import Unreachable, Untrusted
from app.outbound.reach import IpAddress
from app.outbound.surroundings import Surroundings
from app.outbound.transport import Bounds, Judge, Transport

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_OTHER_BYTES = 64 << 10
"""How much is read of an answer whose status says that it is not the content."""

_AROUND_BYTES = 1 << 20
"""How many bytes of headers and the like may come with the answers of one attempt."""
_PIECE_BYTES = 256
"""A body in pieces that are smaller than this on average costs more time than it is worth."""
_FREE_PIECES = 4_096
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_UNFOLDED = frozenset({"gzip", "x-gzip", "deflate"})
_FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpcore.ConnectionNotAvailable,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    OSError,
    ValueError,
)
"""Everything that a connection, or whoever is at its other end, can bring about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to ask.

    Attributes:
        login: Name and password to send.
        known: Whether the client's certificate may be shown.
        compressed: Whether to ask for the content in compressed form.
        judge: See ``Judge``.
    """

    method: str = "GET"
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes | None = None
    login: tuple[str, str] | None = field(default=None, repr=False)
    known: bool = False
    max_bytes: int
    compressed: bool = False
    judge: Judge


@dataclass(frozen=True, slots=True)
class Answer:
    """What came.

    Attributes:
        headers: By names in small letters.
        content: Whole if the status is 200; else cut at ``MAX_OTHER_BYTES``, and empty for a redirect.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes


def make_bounds(*, max_bytes: int, silence_seconds: float, deadline_seconds: float) -> Bounds:
    """Return bounds that begin now, for one request and what it is redirected to."""
    allowed = max_bytes + max_bytes // 2 + _AROUND_BYTES
    return Bounds(time.monotonic() + deadline_seconds, silence_seconds, allowed)


def let_any(address: IpAddress) -> None:
    """Judge no address: where to ask was said by whoever runs this program."""


def ask(order: Order, surroundings: Surroundings, bounds: Bounds) -> Answer:
    """Make one request. Redirects are for the caller to follow.

    Raises:
        Unreachable: There is no whole answer, or none within ``bounds``; or the environment does not let anyone ask.
        Untrusted: The answer is larger than ``max_bytes`` or coded in a way that was not asked for, or it leads where
            the judge says no.
    """
    proxy = surroundings.proxy_for(order.url)
    encrypted = order.url.scheme == "https" or (proxy is not None and proxy.url.startswith("https:"))
    context = surroundings.make_context(known=order.known) if encrypted else None
    transport = Transport(context, proxy, bounds=bounds, judge=order.judge)
    codings = "gzip" if order.compressed else "identity"
    auth = httpx.BasicAuth(*order.login) if order.login else None
    try:
        with (
            httpx.Client(transport=transport, trust_env=False) as client,
            client.stream(
                order.method,
                order.url,
                headers={**order.headers, "accept-encoding": codings},
                content=order.content,
                auth=auth,
            ) as response,
        ):
            content = b"" if response.status_code in REDIRECTS else _read(response, order, bounds)
            return Answer(response.status_code, dict(response.headers), content)
    except _FAILURES as error:
        through = f" (through the proxy that {proxy.where} names)" if proxy else ""
        reason = str(error) or type(error).__name__
        if time.monotonic() >= bounds.end:
            reason = "it is too slow: no whole answer came in time"
        raise Unreachable(f"{reason}{through}") from error


def _read(response: httpx.Response, order: Order, bounds: Bounds) -> bytes:
    good = response.status_code == HTTPStatus.OK
    limit = order.max_bytes if good else MAX_OTHER_BYTES
    pieces, size = [], 0
    for piece in response.iter_raw():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            break
        if len(pieces) > _FREE_PIECES + size // _PIECE_BYTES:
            raise Untrusted("the answer comes in too many small pieces")
        bounds.wait()
    content = b"".join(pieces)
    if not good:
        return content[:limit]
    if size > limit:
        raise Untrusted(f"the answer is larger than {limit} bytes")
    return unfold(content, response.headers.get("content-encoding", ""), max_bytes=limit)


def unfold(content: bytes, coding: str, *, max_bytes: int) -> bytes:
    """Return a body without its content coding.

    Raises:
        Unreachable: It ends too early.
        Untrusted: It has more codings than one, another one than gzip or deflate, or more than ``max_bytes``.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return content
    if coding not in _UNFOLDED:
        raise Untrusted(f"the answer is coded as {coding[:40]!r}, which was not asked for")
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        unfolded = decoder.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise Untrusted(f"the answer is not valid {coding}") from error
    if len(unfolded) > max_bytes:
        raise Untrusted(f"the answer is larger than {max_bytes} bytes once it is unfolded")
    if not decoder.eof:
        raise Unreachable("the answer ends too early")
    if decoder.unused_data:
        raise Untrusted(f"the answer goes on after the end of its {coding}")
    return unfolded
