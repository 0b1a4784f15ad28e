"""A connection's deadlines, its place among the others, and problems for what is refused before there is a request.

How bytes become requests is in ``reading``; what all connections together may use is in ``capacity``.
"""

import asyncio
from http import HTTPStatus
from typing import cast
from urllib.parse import unquote_to_bytes

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.errors import TzdataFilterError
from app.web.edge.capacity import SPARE_SECONDS, Capacity
from app.web.edge.front import Tally
from app.web.edge.reading import BETWEEN, BODY, ReadingProtocol
from app.web.http.asgi import ANSWER, Scope
from app.web.http.errors import NotHttp, RequestTooSlow, TooManyConnections
from app.web.http.forms import ErrorForms

HEALTH = b"/healthz"
"""What is answered even past the limit of connections."""

_PIPELINED_BYTES = 4_096
"""What a request weighs that waits for its turn, besides its body."""
_PATIENCE_SECONDS = 1.0
"""How long an incomplete request, or an answer that is not taken, keeps its place when others need it."""


class BoundedProtocol(ReadingProtocol):
    """A connection that is bounded in time and memory.

    ``limits``, ``capacity`` and ``forms`` are set on a subclass by ``server``, since uvicorn makes the instances.
    """

    __slots__ = ("_answered_at", "_charged", "_deadline", "_made_at", "_taken_at", "_unsent", "_unsent_since")

    capacity = Capacity(Tally(), max_connections=1, spare_connections=1, max_received_bytes=1, max_unsent_bytes=1)
    forms = ErrorForms({})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start the clock: a connection that stays silent is late as well."""
        super().connection_made(transport)
        self._charged = self._unsent = 0
        self._unsent_since: float | None = None
        self._made_at = self._answered_at = self._taken_at = self.loop.time()
        self._is_spare = not self.capacity.admit(self, self._made_at)
        wait = min(self.limits.look_seconds, SPARE_SECONDS) if self._is_spare else self.limits.look_seconds
        self._deadline = self.loop.call_later(wait, self._look_at_deadlines)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock, and give back what the connection held."""
        self._deadline.cancel()
        self.capacity.forget(self)
        self.capacity.note_taken(self)
        self.capacity.note_received(-self._charged)
        self._charged = 0
        self._rest = b""
        super().connection_lost(exc)
        self._abandon()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn's always closes
        """Answer what a client has asked before it closed its half of the connection."""
        if self._phase != BETWEEN:
            self._refuse(NotHttp("the connection ended in the middle of a request"))
        elif self._is_idle:
            return None
        else:
            self.cycle.keep_alive = False
        return True

    def on_response_complete(self) -> None:
        """Go on with what waits. uvicorn's own would make a timer for each request, and knows no bound."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._answered_at = self.loop.time()
        if self._phase == BODY and self.expect_100_continue and not self.pipeline:
            # Nobody knows whether the body will come: RFC 9110 §10.1.1.
            self.transport.close()
        elif not self.flow.write_paused:
            self._go_on()

    def pause_writing(self) -> None:
        """Do nothing for a client that does not take its answers, and remember since when."""
        super().pause_writing()
        self.flow.block()
        self._unsent_since = self._taken_at = self.loop.time()
        self._unsent = self.transport.get_write_buffer_size()
        # All of an answer stays in memory until its last byte is sent.
        scope = cast("Scope", self._running.scope) if self._running is not None else {}
        self.capacity.note_slow(self, *scope.get(ANSWER, (id(self), self._unsent)))

    def resume_writing(self) -> None:
        """Go on for a client that has taken its answer."""
        super().resume_writing()
        self._unsent_since = None
        self.capacity.note_taken(self)
        if not self.transport.is_closing():
            self._go_on()

    @property
    def received_bytes(self) -> int:
        """See ``Guest``."""
        return self._charged

    def waits_for(self, now: float) -> float | None:
        """See ``Guest``."""
        if self._unsent_since is not None and self.transport.get_write_buffer_size():
            seconds = now - self._unsent_since
        elif self._waiting_since is not None and not self.flow.read_paused:
            seconds = now - self._waiting_since
        else:
            return now - self._answered_at if self._is_idle else None
        # Who has said nothing yet waits from the start: else a flood of such would outlast every idle good client.
        is_silent = self._phase == BETWEEN and not self._fed
        return seconds if is_silent or seconds > _PATIENCE_SECONDS else None

    def cut_off(self) -> None:
        """See ``Guest``."""
        self.capacity.note_received(-self._charged)
        self._charged = 0
        self._abandon()
        self.transport.abort()

    @property
    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's type leaves out that there may be none yet
        return cycle is None or cycle.response_complete

    def _go_on(self) -> None:
        """Start the next request, read on, or give up a connection that has its last answer."""
        if self.pipeline and (self._running is None or self._running.response_complete):
            self._running, app = self.pipeline.pop()
            self._start_asgi_task(self._running, app)
        self.flow.blocked = False
        if self._rest:
            self._read_on()
        elif self._charged:
            self._charge()
        if self._refusal is not None and self._running is not None and self._running.response_complete:
            self._send_error(self._refusal)
        else:
            self.flow.resume_reading()

    def _check_place(self) -> None:
        if self.capacity.promote(self):
            self._is_spare = False
        elif self.url.partition(b"?")[0] != HEALTH:
            raise TooManyConnections("too many connections are open; try again in a moment")

    def _charge(self) -> None:
        """Count what this connection holds of requests that are not answered."""
        held = 0
        if not self.transport.is_closing():
            held = len(self._rest) + (self._fed if self._phase != BETWEEN else 0)
            held += sum(_PIPELINED_BYTES + len(cycle.body) for cycle, _ in self.pipeline)
            if not self._is_idle:
                held = max(held, self._body_bytes)
        change = held - self._charged
        self._charged = held
        self.capacity.note_received(change)

    def _look_at_deadlines(self) -> None:
        # One timer per connection that looks now and then: one per request would nearly always be cancelled.
        now = self.loop.time()
        limits = self.limits
        due = now + limits.look_seconds
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            due = self._due_to_take(unsent, now)
            if due <= now:
                self.capacity.cut_off(self, "its client does not take the answer")
        elif self._is_spare:
            due = self._made_at + SPARE_SECONDS
            if due <= now:
                self.capacity.cut_off(self, "there are too many connections")
        elif self._waiting_since is not None:
            if self.flow.read_paused:
                self._waiting_since = now  # it is not the client who is late
            due = self._waiting_since + limits.request_seconds
            if due <= now:
                self._refuse(RequestTooSlow("the request was not complete in time"))
        elif self._is_idle:
            due = self._answered_at + limits.keep_alive_seconds
            if due <= now:
                self.transport.close()
        if not unsent:
            self._unsent_since = None
        wait = min(due - now, limits.look_seconds)
        self._deadline = self.loop.call_later(wait if wait > 0 else limits.look_seconds, self._look_at_deadlines)

    def _due_to_take(self, unsent: int, now: float) -> float:
        """Return when the client is late with taking what is unsent."""
        if self._unsent_since is None:
            self._unsent_since = now
        if unsent < self._unsent or self._answered_at > self._taken_at:
            self._taken_at = now
        self._unsent = unsent
        return min(self._taken_at + self.limits.write_seconds, self._unsent_since + self.limits.answer_seconds)

    def _refuse(self, error: TzdataFilterError) -> None:
        """Send a problem and close, once the answers owed to earlier requests are out."""
        if self.transport.is_closing() or self._refusal is not None:
            return
        self._refusal = error
        self.capacity.note_refusal(error)
        cycle = self.cycle
        if self._phase == BODY:
            if self.pipeline:
                self.pipeline.popleft()
                return
            if cycle.response_started:
                # The client has its answer, or is getting it; that did not wait for the whole body.
                cycle.keep_alive = False
                if cycle.response_complete:
                    self.transport.close()
                return
            self._abandon()
        elif not self._is_idle:
            return
        self._send_error(error)

    def _abandon(self) -> None:
        """Tell the application that nobody waits for its answer; uvicorn tells only the latest request of several."""
        if self._running is not None:
            self._running.disconnected = True
            self._running.message_event.set()

    def _send_error(self, error: TzdataFilterError) -> None:
        is_known = self._phase != BETWEEN
        path = unquote_to_bytes(self.url.partition(b"?")[0]).decode("latin-1") if is_known else ""
        reply = self.forms.at(path)(error)
        status = HTTPStatus(reply.status)
        head = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode("ascii"))]
        # uvicorn keeps the field Date there, which every answer below 500 must have: RFC 9110 §6.6.1.
        dated = (*self.server_state.default_headers, *reply.headers, (b"connection", b"close"))
        head += [b"%s: %s" % field for field in dated]
        body = b"" if is_known and self.parser.get_method() == b"HEAD" else reply.body
        self.transport.write(b"\r\n".join((*head, b"", body)))
        self.transport.close()
