"""uvicorn's HTTP protocol with what it leaves out: deadlines, a bound on headers, and problems for broken requests."""

import asyncio
import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_HEADER_BYTES = 64 << 10
"""Request line and header fields together, in what arrives before they are complete."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose every request must be complete in time.

    ``request_timeout_seconds`` is set on a subclass by ``server``, since uvicorn makes the instances.
    """

    request_timeout_seconds = 10.0
    _waiting_since: float | None = None
    _in_headers = False
    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start the clock: a connection that never says anything is late as well."""
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        self._deadline = self.loop.call_later(self.request_timeout_seconds, self._check_deadline)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        """Parse what came; give up on headers without end."""
        super().data_received(data)
        if not self._in_headers:
            return
        self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER_BYTES:
            self._refuse(431, "Request Header Fields Too Large", "the request line and headers are too large")

    def on_message_begin(self) -> None:
        """Note when a request began."""
        super().on_message_begin()
        self._waiting_since = self.loop.time()
        self._in_headers = True
        self._header_bytes = 0

    def on_headers_complete(self) -> None:
        """From here on only the deadline bounds the request; the application bounds its body."""
        self._in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the clock: how long the answer takes is not the client's fault."""
        self._waiting_since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser says too little to pass on
        """Answer what is not HTTP with a problem, like everything else."""
        self._refuse(400, "Bad Request", "this is not a well-formed HTTP request")

    def _check_deadline(self) -> None:
        # One timer a connection that looks now and then, instead of one a request that is nearly always cancelled.
        wait = self.request_timeout_seconds
        if self._waiting_since is not None:
            wait = self._waiting_since + self.request_timeout_seconds - self.loop.time()
            if wait <= 0:
                self._refuse(408, "Request Timeout", "the request was not complete in time")
                return
        self._deadline = self.loop.call_later(wait, self._check_deadline)

    def _is_answering(self) -> bool:
        # uvicorn's type says there is always a cycle; before the first request there is none.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete

    def _refuse(self, status: int, phrase: str, detail: str) -> None:
        """Send a problem and close, unless an answer is under way already."""
        if self.transport.is_closing():
            return
        if not self._is_answering():
            code = phrase.lower().replace(" ", "-")
            members = {"type": f"/problems/{code}", "title": phrase, "status": status, "detail": detail}
            body = json.dumps(members).encode() + b"\n"
            head = (
                f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode("ascii") + body)
        self.transport.close()
