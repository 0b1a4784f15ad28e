"""The front: what every request passes first. Request ids, hot answers, the request log, the counts, the last resort.

Everything here runs for every request, so it is kept to a few plain steps.
"""

import itertools
import logging
import re
import secrets
import time

from app.web.edge.metrics import Tally
from app.web.edge.request_log import RequestLine, RequestLog
from app.web.http import problems
from app.web.http.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send, join_header
from app.web.http.hot import HotAnswers
from app.web.http.representation import CONDITIONS, negotiate

_log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNROUTED = "none"
_UNUSUAL = CONDITIONS | {b"x-request-id"}
"""Header fields that make a request more than a plain GET of its path."""


class Front:
    """ASGI application around the framework's."""

    def __init__(self, inner: ASGIApp, *, hot: HotAnswers, tally: Tally, request_log: RequestLog | None) -> None:
        self._inner = inner
        self._hot = hot
        self._tally = tally
        self._request_log = request_log
        self._id_prefix = secrets.token_hex(6).encode("ascii")
        self._ids = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; pass on what is not HTTP."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        started = time.perf_counter()
        headers: RawHeaders = scope["headers"]
        hot = self._hot.find(scope)
        if _UNUSUAL.isdisjoint([name for name, _ in headers]):
            request_id = self._new_id()
            reply = hot.reply if hot else None
        else:
            request_id = self._request_id(headers)
            reply = negotiate(hot.answer, headers, method=scope["method"]) if hot else None
        if hot is None or reply is None or reply.status >= 400:
            await self._answer(scope, receive, send, request_id, started)
            return
        body = b"" if scope["method"] == "HEAD" else reply.body
        fields = [*reply.headers, (b"x-request-id", request_id)]
        await send({"type": "http.response.start", "status": reply.status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        self._tally.hot += 1
        self._note(scope, reply.status, len(body), hot.route, request_id, started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: bytes, started: float) -> None:
        status, size = 0, 0
        # The framework gets a copy: it writes into its scope, and the server reads the method of this one later.
        inner_scope = {**scope, "request_id": request_id.decode("ascii")}

        async def send_noted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._inner(inner_scope, receive, send_noted)
        except Exception:  # noqa: BLE001 - the last resort: whatever it was, the client gets a problem
            _log.exception("request %s failed", request_id.decode("ascii"))
            if not status:
                response = problems.from_error(problems.unexpected())
                await response(inner_scope, receive, send_noted)
        route = getattr(inner_scope.get("route"), "path_format", _UNROUTED)
        self._note(scope, status, size, route, request_id, started)

    def _note(  # noqa: PLR0917 - by position: this runs for every request, and keywords cost
        self, scope: Scope, status: int, size: int, route: str, request_id: bytes, started: float
    ) -> None:
        seconds = time.perf_counter() - started
        method: str = scope["method"]
        self._tally.add(route, method, status, seconds, size)
        if self._request_log is not None:
            path: bytes = scope["raw_path"]
            query: bytes = scope["query_string"]
            line = RequestLine(time.time(), method, path, query, status, size, seconds, route, request_id)
            self._request_log.add(line)

    def _new_id(self) -> bytes:
        return b"%s-%x" % (self._id_prefix, next(self._ids))

    def _request_id(self, headers: RawHeaders) -> bytes:
        """Return the caller's id for this request if it is a sane one, else a new one."""
        given = join_header(headers, b"x-request-id")
        return given.encode("ascii") if given is not None and _REQUEST_ID.fullmatch(given) else self._new_id()
