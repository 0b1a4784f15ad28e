"""Limits on what a client may send, before the framework reads any of it; and HEAD, which is a GET without its body."""

from app.errors import InvalidName
from app.web.http.asgi import ASGIApp, Message, Receive, Scope, Send, join_header
from app.web.http.problems import BodyTooLarge, UrlTooLong, from_error


class Limits:
    """ASGI middleware: refuses URLs and bodies that are too long, and paths with characters nobody can see."""

    def __init__(self, inner: ASGIApp, *, max_url_bytes: int, max_body_bytes: int) -> None:
        self._inner = inner
        self._max_url_bytes = max_url_bytes
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the URL and the announced length at once, the body's real length while it is read."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        if len(scope["raw_path"]) + len(scope["query_string"]) > self._max_url_bytes:
            limit = self._max_url_bytes
            too_long = UrlTooLong(
                f"the URL is longer than {limit} bytes; POST /v1/bundles takes long lists", limit=limit
            )
            await from_error(too_long)(scope, receive, send)
            return
        if not scope["path"].isprintable():
            # A route's pattern would overlook a line break at the end of a path.
            invisible = InvalidName("the path holds a control character or another that cannot be seen")
            await from_error(invisible)(scope, receive, send)
            return
        announced = join_header(scope["headers"], b"content-length") or "0"
        if not announced.isdecimal() or int(announced) > self._max_body_bytes:
            await from_error(self._too_large())(scope, receive, send)
            return
        await self._inner(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_body_bytes:
                raise self._too_large()
            return message

        return receive_counted

    def _too_large(self) -> BodyTooLarge:
        limit = self._max_body_bytes
        return BodyTooLarge(f"the request body is larger than {limit} bytes", limit=limit)


class HeadAsGet:
    """ASGI middleware: routes a HEAD as a GET; the front leaves the body out. Source: RFC 9110 §9.3.2."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the method changed in the scope that the front copied."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope["method_asked"], scope["method"] = "HEAD", "GET"
        await self._inner(scope, receive, send)
