"""The front: what every request passes first. Request ids, hot answers, the request log, the counts, the last resort.

Everything here runs for every request, so it is kept to a few plain steps.
"""

import itertools
import logging
import re
import secrets
import time

from app.web import problems
from app.web.answers import negotiate
from app.web.asgi import ASGIApp, Message, RawHeaders, Receive, Scope, Send, join_header
from app.web.hot import HotAnswer, HotAnswers
from app.web.metrics import Tally
from app.web.request_log import RequestLine, RequestLog

_log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNROUTED = "none"


class Front:
    """ASGI application around the framework's."""

    def __init__(self, inner: ASGIApp, *, hot: HotAnswers, tally: Tally, request_log: RequestLog | None) -> None:
        self._inner = inner
        self._hot = hot
        self._tally = tally
        self._request_log = request_log
        self._id_prefix = secrets.token_hex(6)
        self._ids = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; pass on what is not HTTP."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = self._request_id(scope["headers"])
        hot = self._hot.find(scope)
        if hot is None or not await self._answer_hot(hot, scope, send, request_id, started):
            await self._answer(scope, receive, send, request_id, started)

    async def _answer_hot(self, hot: HotAnswer, scope: Scope, send: Send, request_id: bytes, started: float) -> bool:
        """Answer from memory; return whether that was possible."""
        reply = negotiate(hot.answer, scope["headers"])
        if reply.status >= 400:
            return False
        body = b"" if scope["method"] == "HEAD" else reply.body
        headers = [*reply.headers, (b"x-request-id", request_id)]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self._tally.hot += 1
        self._note(scope, status=reply.status, size=len(body), route=hot.route, request_id=request_id, started=started)
        return True

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
                response = problems.from_status(500, "an unexpected error; the log has it under this X-Request-Id")
                await response(inner_scope, receive, send_noted)
        route = getattr(inner_scope.get("route"), "path_format", _UNROUTED)
        self._note(scope, status=status, size=size, route=route, request_id=request_id, started=started)

    def _note(self, scope: Scope, *, status: int, size: int, route: str, request_id: bytes, started: float) -> None:
        seconds = time.perf_counter() - started
        method: str = scope["method"]
        self._tally.add(route=route, method=method, status=status, seconds=seconds, size=size)
        if self._request_log is not None:
            path: bytes = scope["raw_path"]
            self._request_log.add(
                RequestLine(time.time(), method, path, scope["query_string"], status, size, seconds, route, request_id)
            )

    def _request_id(self, headers: RawHeaders) -> bytes:
        """Return the caller's id for this request if it is a sane one, else a new one."""
        for name, _ in headers:
            if name == b"x-request-id":
                given = join_header(headers, b"x-request-id") or ""
                if _REQUEST_ID.fullmatch(given):
                    return given.encode("ascii")
                break
        return f"{self._id_prefix}-{next(self._ids):x}".encode("ascii")
