"""From the bytes of a connection to requests: in slices, within bounds, and by RFC 9112. No clock and no answer here.

It is uvicorn's HTTP protocol with what that leaves out. Deadlines and refusals are in ``connection``.
"""

import asyncio
from abc import abstractmethod

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.errors import TzdataFilterError
from app.web.edge.capacity import Limits
from app.web.edge.heads import check_coding, check_host, check_version, explain
from app.web.http.errors import FieldsTooLarge, NotHttp, UrlTooLong

_SLICE_BYTES = 1_024
"""What the parser gets at once, which bounds how many requests can come of it: a short one has 30 bytes."""
_BODY_BYTES_FOR_EACH = 8
"""Bytes of chunk lines allowed for each byte of body: chunks of a single byte take five."""

BETWEEN, HEAD, BODY = range(3)
"""The phases: no request has begun, its head is coming, its body is."""
_NOTED = frozenset({b"host", b"transfer-encoding", b"expect"})


class BoundedFlow(FlowControl):
    """uvicorn's flow control, for a connection that has enough to do."""

    blocked = False

    def block(self) -> None:
        """Read nothing until ``blocked`` is taken back, whoever asks."""
        self.blocked = True
        self.pause_reading()

    def resume_reading(self) -> None:
        """Read again, if the connection may."""
        if not self.blocked:
            super().resume_reading()


class SafeTransport:
    """A transport for answers: what is written to a connection that was lost a moment ago is dropped.

    uvloop raises an error then, which would be logged as the application's.
    """

    __slots__ = ("_transport", "close", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.close = transport.close
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Write if there is still somebody to write to."""
        if not self.is_closing():
            self._transport.write(data)


class ReadingProtocol(HttpToolsProtocol):
    """A connection that reads no more than it may hold, whatever the client sends, and however it is cut into packets.

    ``limits`` is set on a subclass by ``server``, since uvicorn makes the instances.
    """

    # Slots: uvicorn's own attributes fill the part of an instance that is quick to reach, and these are used most.
    __slots__ = (
        *(
            "_body_bytes",
            "_coding",
            "_fed",
            "_host",
            "_is_spare",
            "_known_host",
            "_phase",
            "_piece",
            "_refusal",
            "_rest",
        ),
        *("_running", "_safe_transport", "_waiting_since"),
    )

    limits = Limits()
    flow: BoundedFlow

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin with nothing read."""
        super().connection_made(transport)
        self.flow = BoundedFlow(transport)
        self._safe_transport = SafeTransport(transport)
        self._phase = BETWEEN
        self._fed = self._body_bytes = 0
        self._rest = b""
        self._piece: bytes | memoryview = b""
        self._host: bytes | None = None
        self._known_host: bytes | None = None
        self._coding: bytes | None = None
        self._refusal: TzdataFilterError | None = None
        self._running: RequestResponseCycle | None = None
        self._is_spare = False
        self._waiting_since: float | None = self.loop.time()

    @abstractmethod
    def _refuse(self, error: TzdataFilterError) -> None:
        """Send a problem and close, once the answers owed to earlier requests are out."""

    @abstractmethod
    def _check_place(self) -> None:
        """Check that a connection past the limit asks for what it may. What this raises is refused."""

    @abstractmethod
    def _charge(self) -> None:
        """Count what this connection holds of requests that are not answered."""

    # What runs for every request names the base class, which costs less than super().

    def data_received(self, data: bytes) -> None:
        """Parse what came, in slices if it is much, and only as far as it can be answered soon."""
        if len(data) > _SLICE_BYTES or self.pipeline or self._rest or self._refusal is not None:
            self._rest += data
            self._read_on()
        else:
            self._feed(data)

    def on_message_begin(self) -> None:
        """Note when a request began."""
        HttpToolsProtocol.on_message_begin(self)
        self._waiting_since = self.loop.time()
        self._phase = HEAD
        self._host = self._coding = None
        self._body_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field of a head. Those of a trailer are left out: RFC 9110 §6.5.1 lets nobody merge them."""
        if self._phase == HEAD:
            name = name.lower()
            if name in _NOTED:
                self._note_field(name, value)
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Check the head; what is raised here ends the parsing, and ``_feed`` answers it."""
        version = self.parser.get_http_version()
        if version != "1.1":
            check_version(version, self.url, bytes(self._piece))
            if self._coding is not None:
                raise NotHttp("HTTP/1.0 has no Transfer-Encoding")
        elif self._host is None:
            raise NotHttp("the request has no Host field")
        if len(self.headers) > self.limits.head_fields:
            raise self._too_large()
        if self._is_spare:
            self._check_place()
        if self.parser.should_upgrade():
            return
        HttpToolsProtocol.on_headers_complete(self)
        self.cycle.transport = self._safe_transport  # type: ignore[assignment]  # it has what a cycle uses
        self._phase = BODY
        if not self.pipeline:
            self._running = self.cycle
        if self._is_spare:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Keep so much of a body that the application sees when it is too large."""
        if self._body_bytes <= self.limits.body_bytes:
            HttpToolsProtocol.on_body(self, body)
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        """Stop the clock: how long the answer takes is not the client's fault."""
        self._waiting_since = None
        self._phase = BETWEEN
        self._fed = 0
        HttpToolsProtocol.on_message_complete(self)

    def _should_upgrade(self) -> bool:
        """Keep uvicorn from answering a request that offers to upgrade; ``_pass_over_upgrade`` deals with it."""
        return True

    def _read_on(self) -> None:
        """Parse what has come, unless enough waits for its answer already: then neither parse nor read."""
        at = 0
        rest = memoryview(self._rest)
        while at < len(rest) and len(self.pipeline) < self.limits.pipelined and not self.flow.write_paused:
            if self._refusal is not None or self.transport.is_closing():
                at = len(rest)
                break
            self._feed(rest[at : at + _SLICE_BYTES])
            at += _SLICE_BYTES
        self._rest = bytes(rest[at:])  # a view would keep all of what came
        if self._rest or len(self.pipeline) >= self.limits.pipelined:
            self.flow.block()
        self._charge()

    def _feed(self, data: bytes | memoryview) -> None:
        pieces = [data]
        while pieces:
            piece = self._piece = pieces.pop()
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as stop:
                pieces = self._pass_over_upgrade(piece[stop.args[0] :])
            except httptools.HttpParserError as error:
                cause = error.__context__
                self._refuse(cause if isinstance(cause, TzdataFilterError) else self._explain(bytes(piece[:16])))
                return
            else:
                self._fed += len(piece)
        self._piece = b""
        if self._phase != BETWEEN or self._fed > self.limits.head_bytes:
            self._check_size()

    def _pass_over_upgrade(self, rest: bytes | memoryview) -> list[bytes | memoryview]:
        """Ignore an offer to upgrade, such as HTTP/2 clients make: return what to parse instead, the last one first.

        Left to the parser, the body would be lost, or read as the next request.
        """
        method, version = self.parser.get_method(), self.parser.get_http_version().encode("ascii")
        if method == b"CONNECT":
            self._refuse(NotHttp("this server is not a proxy"))
            return []
        fields = b"".join(b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
        return [rest, b"%s %s HTTP/%s\r\n%s\r\n" % (method, self.url, version, fields)]

    def _note_field(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            if value != self._known_host or self._host is not None:
                check_host(value, self._host)
                self._known_host = value
            self._host = value
        elif name == b"transfer-encoding":
            check_coding(value, self._coding)
            self._coding = value
        elif value.lower() == b"100-continue":
            self.expect_100_continue = True

    def _check_size(self) -> None:
        """Bound what came of a request that is not complete. The parser has it, or has told of it."""
        limits = self.limits
        if self._phase == HEAD:
            if self._fed > limits.head_bytes or len(self.headers) > limits.head_fields:
                self._refuse(self._too_large())
        elif self._phase == BODY:
            # The chunks themselves are the application's to bound; this is about their lines, and about trailers.
            if self._fed > limits.head_bytes + (1 + _BODY_BYTES_FOR_EACH) * self._body_bytes:
                self._refuse(self._too_large())
        elif self._fed > limits.head_bytes:
            self._refuse(NotHttp("only blank lines came where a request should begin"))
        self._charge()

    def _too_large(self) -> TzdataFilterError:
        limits = self.limits
        if self._phase == HEAD and len(self.url) > limits.url_bytes:
            return UrlTooLong("the URL is too long; POST /v1/bundles takes long lists", limit=limits.url_bytes)
        detail = f"the request has more than {limits.head_bytes} bytes or {limits.head_fields} fields besides its body"
        return FieldsTooLarge(detail, limit=limits.head_bytes)

    def _explain(self, beginning: bytes) -> TzdataFilterError:
        # httptools calls a URL that is longer than a 16-bit number can say malformed.
        if self._phase == HEAD and len(self.url) > self.limits.url_bytes:
            return self._too_large()
        return explain(beginning if self._running is None else b"")
