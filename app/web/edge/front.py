"""The front: what every request passes first. Request ids, hot answers, the request log, counts, the last resort.

Everything here runs for every request, so it is kept to a few plain steps.
"""

import contextlib
import itertools
import logging
import re
import secrets
import time
from collections import defaultdict

from app.errors import TzdataFilterError
from app.web.edge.admission import Admission, drain
from app.web.edge.request_log import MAX_TARGET_BYTES, RequestLine, RequestLog
from app.web.http.asgi import ANSWER, ASGIApp, Message, RawHeaders, Receive, Scope, Send, join_header
from app.web.http.errors import BodyTooLarge, OtherContent, RangeOutside, unexpected
from app.web.http.forms import ErrorForms
from app.web.http.hot import HotRepresentation, HotRepresentations
from app.web.http.representation import CONDITIONS, Reply, negotiate
from app.web.http.routes import METHOD_ASKED

_log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNROUTED = "none"
_UNUSUAL = CONDITIONS | {b"x-request-id"}
"""Header fields that make a request more than a plain GET of its path."""


class Tally:
    """Counts of answered requests. Used by one event loop only. Units: seconds, bytes.

    Attributes:
        connections: How many are open.
        refused: How many requests and connections were refused or cut off before they came to the front.
    """

    def __init__(self) -> None:
        self.requests: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.sent_bytes = 0
        self.hot = 0
        self.connections = 0
        self.refused = 0

    def add(self, route: str, method: str, status: int, seconds: float, size: int) -> None:
        """Count one answer."""
        self.requests[route, method, status] += 1
        self.seconds[route] += seconds
        self.sent_bytes += size


class Front:
    """The ASGI application around that of the framework."""

    def __init__(
        self,
        inner: ASGIApp,
        *,
        hot: HotRepresentations,
        admission: Admission,
        forms: ErrorForms,
        tally: Tally,
        request_log: RequestLog | None,
    ) -> None:
        self._inner = inner
        self._hot = hot
        self._admission = admission
        self._forms = forms
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
            reply = self._negotiate(scope, hot) if hot else None
        if hot is None or reply is None:
            await self._answer(scope, receive, send, request_id, started)
            return
        body = b"" if scope["method"] == "HEAD" else reply.body
        fields = [*reply.headers, (b"x-request-id", request_id)]
        scope[ANSWER] = id(reply.body), len(reply.body)
        await send({"type": "http.response.start", "status": reply.status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        self._tally.hot += 1
        self._note(scope, reply.status, len(body), hot.route, request_id, started)

    def _negotiate(self, scope: Scope, hot: HotRepresentation) -> Reply:
        try:
            return negotiate(hot.representation, scope["headers"], method=scope["method"])
        except (OtherContent, RangeOutside) as error:
            return self._forms.at(scope["path"])(error)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: bytes, started: float) -> None:
        status, size = 0, 0
        # The framework gets a copy: it writes into its scope, and the server reads the method from this one later.
        # A HEAD is a GET without its body: RFC 9110 §9.3.2.
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        asked = {METHOD_ASKED: scope["method"], "request_id": request_id.decode("ascii")}
        inner_scope = {**scope, **asked, "method": method}

        async def send_noted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            else:
                body = message.get("body", b"")
                size += len(body)
                scope[ANSWER] = id(body), len(body)
            await send(message)

        try:
            refusal = await self._refusal(scope, receive)
            if refusal is None:
                await self._inner(inner_scope, self._admission.bounded(receive), send_noted)
            else:
                await refusal.response(inner_scope, receive, send_noted)
        except Exception:  # noqa: BLE001 - the last resort: whatever it was, the client gets an answer
            _log.exception("request %s failed", request_id.decode("ascii"))
            if not status:
                await self._forms.at(scope["path"])(unexpected()).response(inner_scope, receive, send_noted)
        route = getattr(inner_scope.get("route"), "path_format", _UNROUTED)
        self._note(scope, status, size, route, request_id, started)

    async def _refusal(self, scope: Scope, receive: Receive) -> Reply | None:
        try:
            self._admission.check(scope)
        except TzdataFilterError as error:
            if not isinstance(error, BodyTooLarge):
                with contextlib.suppress(BodyTooLarge):  # enough was read
                    await drain(self._admission.bounded(receive))
            return self._forms.at(scope["path"])(error)
        return None

    def _note(  # noqa: PLR0917 - by position: this runs for every request, and keywords cost
        self, scope: Scope, status: int, size: int, route: str, request_id: bytes, started: float
    ) -> None:
        seconds = time.perf_counter() - started
        method: str = scope["method"]
        self._tally.add(route, method, status, seconds, size)
        if self._request_log is not None:
            path: bytes = scope["raw_path"][: MAX_TARGET_BYTES + 1]
            query: bytes = scope["query_string"][:MAX_TARGET_BYTES]
            line = RequestLine(time.time(), method, path, query, status, size, seconds, route, request_id)
            self._request_log.add(line)

    def _new_id(self) -> bytes:
        return b"%s-%x" % (self._id_prefix, next(self._ids))

    def _request_id(self, headers: RawHeaders) -> bytes:
        """Return the caller's id for this request if it has the form of one, else a new one."""
        given = join_header(headers, b"x-request-id")
        return given.encode("ascii") if given is not None and _REQUEST_ID.fullmatch(given) else self._new_id()
