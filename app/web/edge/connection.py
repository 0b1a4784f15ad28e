"""uvicorn's HTTP protocol with what it leaves out: deadlines, a bound on headers, and problems for broken requests."""

import asyncio
import sys
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.errors import TzdataFilterError
from app.web.http.errors import FieldsTooLarge, NotHttp, RequestTooSlow, UrlTooLong
from app.web.http.forms import ErrorForms

MAX_HEADER_BYTES = 64 << 10
"""Request line and header fields together, in what arrives after the first packet and before they are complete."""

MAX_URL_BYTES = MAX_HEADER_BYTES // 2
"""Past that bound, a URL longer than this gets the blame. The application's own limit is a setting."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose every request must be complete in time.

    ``request_timeout_seconds`` and ``forms`` are set on a subclass by ``server``, since uvicorn makes the instances.
    """

    # Slots: uvicorn's own attributes fill the part of an instance that is quick to reach, and these are used most.
    __slots__ = ("_deadline", "_header_bytes", "_in_headers", "_stopped_at", "_waiting_since")

    request_timeout_seconds = 10.0
    forms = ErrorForms({})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start the clock: a connection that stays silent is late as well."""
        self._in_headers = False
        self._header_bytes = 0
        self._stopped_at: int | None = None
        super().connection_made(transport)
        self._waiting_since: float | None = self.loop.time()
        self._deadline = self.loop.call_later(self.request_timeout_seconds, self._check_deadline)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        super().connection_lost(exc)
        self._deadline.cancel()

    # The four below run for every request: naming the base class costs less than super().

    def data_received(self, data: bytes) -> None:
        """Parse what came; give up on headers without end."""
        began_before = self._in_headers
        HttpToolsProtocol.data_received(self, data)
        if self._stopped_at is not None:
            self._parse_again(data[self._stopped_at :])
            return
        # The packet a request begins in is not counted: it may hold the end of the request before, a long body even.
        if not (began_before and self._in_headers):
            return
        self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER_BYTES:
            if len(self.url) > MAX_URL_BYTES:
                self._refuse(_url_too_long())
            else:
                limit = MAX_HEADER_BYTES
                self._refuse(FieldsTooLarge("the request line and headers are too large", limit=limit))

    def on_message_begin(self) -> None:
        """Note when a request began."""
        HttpToolsProtocol.on_message_begin(self)
        self._waiting_since = self.loop.time()
        self._in_headers = True
        self._header_bytes = 0

    def on_headers_complete(self) -> None:
        """Stop counting: from here on the deadline bounds the request, and the application bounds its body."""
        HttpToolsProtocol.on_headers_complete(self)
        self._in_headers = False

    def on_message_complete(self) -> None:
        """Stop the clock: how long the answer takes is not the client's fault."""
        self._waiting_since = None
        HttpToolsProtocol.on_message_complete(self)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser says too little to pass on
        """Answer what is not HTTP with a problem, as everything else is."""
        # httptools calls a URL that is longer than a 16-bit number can say malformed.
        long = self._in_headers and len(self.url) > MAX_URL_BYTES
        self._refuse(_url_too_long() if long else NotHttp("this is not a well-formed HTTP request"))

    def _should_upgrade(self) -> bool:
        """Keep uvicorn from answering a request that offers to upgrade; ``_parse_again`` deals with it."""
        return True

    def handle_websocket_upgrade(self) -> None:
        """Note where the parser stopped: it takes what follows an offer to upgrade for another protocol."""
        error = sys.exception()
        assert isinstance(error, httptools.HttpParserUpgrade)
        self._stopped_at = error.args[0]

    def _parse_again(self, rest: bytes) -> None:
        """Ignore an offer to upgrade, such as HTTP/2 clients make: read the same request without it.

        Left to the parser, the body would be lost, or read as the next request.
        """
        self._stopped_at = None
        method, version = self.parser.get_method(), self.parser.get_http_version().encode("ascii")
        if method == b"CONNECT":
            self._refuse(NotHttp("this server is not a proxy"))
            return
        fields = b"".join(b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"%s %s HTTP/%s\r\n%s\r\n%s" % (method, self.url, version, fields, rest))

    def _check_deadline(self) -> None:
        # One timer per connection that looks now and then: one per request would nearly always be cancelled.
        wait = self.request_timeout_seconds
        if self._waiting_since is not None:
            wait = self._waiting_since + self.request_timeout_seconds - self.loop.time()
            if wait <= 0:
                self._refuse(RequestTooSlow("the request was not complete in time"))
                wait = self.request_timeout_seconds
        if not self.transport.is_closing():
            self._deadline = self.loop.call_later(wait, self._check_deadline)

    def _refuse(self, error: TzdataFilterError) -> None:
        """Send a problem and close. Answers owed to earlier requests go first; then the connection just closes."""
        if self.transport.is_closing():
            return
        # uvicorn's type says there is always a cycle; before the first request there is none.
        cycle: RequestResponseCycle | None = self.cycle
        in_body = self._waiting_since is not None and not self._in_headers
        if cycle is not None and in_body:
            if cycle.response_started:
                # The client has its answer, which did not wait for the whole body.
                self.transport.close()
                return
            if self.pipeline:
                self.pipeline.popleft()
                self.timeout_keep_alive = 0
                return
        elif cycle is not None and not cycle.response_complete:
            self.timeout_keep_alive = 0
            return
        self._send_error(error)
        self.transport.close()

    def _send_error(self, error: TzdataFilterError) -> None:
        path = unquote_to_bytes(self.url.partition(b"?")[0]).decode("latin-1") if self._in_headers else ""
        reply = self.forms.at(path)(error)
        status = HTTPStatus(reply.status)
        head = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode("ascii"))]
        # uvicorn keeps the field Date there, which every answer below 500 must have: RFC 9110 §6.6.1.
        dated = (*self.server_state.default_headers, *reply.headers, (b"connection", b"close"))
        head += [b"%s: %s" % field for field in dated]
        body = b"" if self.parser.get_method() == b"HEAD" else reply.body
        self.transport.write(b"\r\n".join((*head, b"", body)))


def _url_too_long() -> UrlTooLong:
    return UrlTooLong("the URL is too long; POST /v1/bundles takes long lists", limit=MAX_URL_BYTES)
