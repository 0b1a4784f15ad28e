"""The shapes of ASGI as this package uses them. Source: the ASGI specification, HTTP sub-specification 2.3."""

from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
"""Names are in lower case, as ASGI requires."""

ANSWER = "answer"
"""The key of a scope under which the front says which bytes are sent, and how many: equal for all that share them."""

__all__ = ["ANSWER", "ASGIApp", "Message", "RawHeaders", "Receive", "Scope", "Send", "join_header"]


def join_header(headers: RawHeaders, name: bytes) -> str | None:
    """Return a field's value, several lines joined by commas; ``None`` if it is absent. Source: RFC 9110 §5.2."""
    lines = [value for header, value in headers if header == name]
    return b", ".join(lines).decode("latin-1") if lines else None
