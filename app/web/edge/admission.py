"""What a request must keep to before the framework reads any of it: limits, and the gates of some protocols."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.errors import InvalidName
from app.web.http.asgi import Message, Receive, Scope
from app.web.http.errors import BodyTooLarge, UrlTooLong

MAX_DOTS = 1_000
"""In a path; names have few, and matching the patterns of routes takes time for each."""

Gate: TypeAlias = Callable[[Scope], None]
"""Raises an error of the project for a request that must not pass."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Refuses URLs and bodies that are too long, paths with invisible characters, and what a gate refuses.

    Attributes:
        gates: The first segment of a path (``/v2``) → the gate of everything below it.
    """

    max_url_bytes: int
    max_body_bytes: int
    gates: Mapping[str, Gate]

    def check(self, scope: Scope) -> None:
        """Check what a request says before its body.

        Raises:
            UrlTooLong, InvalidName, BodyTooLarge: By the limits.
            TzdataFilterError: Whatever a gate raises.
        """
        path: str = scope["path"]
        gate = self.gates.get("/" + path[1:].partition("/")[0])
        if gate is not None:
            gate(scope)
        if len(scope["raw_path"]) + len(scope["query_string"]) > self.max_url_bytes:
            limit = self.max_url_bytes
            raise UrlTooLong(f"the URL is longer than {limit} bytes; POST /v1/bundles takes long lists", limit=limit)
        if not path.isprintable():
            # A route's pattern would overlook a line break at the end of a path.
            raise InvalidName("the path holds a control character or another invisible one")
        if path.count(".") > MAX_DOTS:
            raise InvalidName(f"the path holds more than {MAX_DOTS} dots")
        for name, announced in scope["headers"]:
            if name == b"content-length" and (not announced.isdigit() or int(announced) > self.max_body_bytes):
                raise self._too_large()

    def bounded(self, receive: Receive) -> Receive:
        """Return ``receive`` with a bound on the body that it reads. It raises BodyTooLarge."""
        read = 0

        async def receive_bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_body_bytes:
                raise self._too_large()
            return message

        return receive_bounded

    def _too_large(self) -> BodyTooLarge:
        limit = self.max_body_bytes
        return BodyTooLarge(f"the request body is larger than {limit} bytes", limit=limit)


async def drain(receive: Receive) -> None:
    """Read a body to its end: clients that are refused while they still send report a broken pipe instead.

    The server's deadline for a request bounds it in time.
    """
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
