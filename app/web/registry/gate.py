"""What stands before every request to ``/v2/``: the token, if one is set, and the refusal of whatever would write."""

import base64
import binascii
import hmac

from app.web.http.asgi import ASGIApp, Receive, Scope, Send, join_header
from app.web.registry.errors import envelope

_READING = ("GET", "HEAD")


class RegistryGate:
    """ASGI middleware: lets through what may read the registry, and what is no business of the registry."""

    def __init__(self, inner: ASGIApp, *, token: str) -> None:
        """Shape: an empty ``token`` lets everybody read."""
        self._inner = inner
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] != "http" or not is_registry_path(scope["path"]):
            await self._inner(scope, receive, send)
            return
        if self._token and not _is_given(join_header(scope["headers"], b"authorization"), self._token):
            message = "a token is needed here: docker login with any user and the token as the password, or Bearer"
            headers = {"www-authenticate": 'Basic realm="tzdata-filter"'}
            refusal = envelope(401, "UNAUTHORIZED", message, headers=headers)
        elif scope["method"] not in _READING:
            message = "this registry cannot be written: its images are made from tzdata when they are pulled"
            refusal = envelope(405, "UNSUPPORTED", message, headers={"allow": ", ".join(_READING)})
        elif not scope["path"].isascii() or not scope["path"].isprintable():
            refusal = envelope(400, "NAME_INVALID", "the path holds characters that no name has")
        else:
            await self._inner(scope, receive, send)
            return
        await _drain(receive)
        await refusal(scope, receive, send)


def is_registry_path(path: str) -> bool:
    """Tell whether a decoded path is the registry's."""
    return path == "/v2" or path.startswith("/v2/")


async def _drain(receive: Receive) -> None:
    """Read a body to its end: clients that are refused while they still send report a broken pipe instead.

    The server's deadline for a request bounds it.
    """
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _is_given(authorization: str | None, token: str) -> bool:
    scheme, _, given = (authorization or "").partition(" ")
    match scheme.lower():
        case "bearer":
            password = given.strip().encode("latin-1")
        case "basic":
            password = _password(given.strip())
        case _:
            return False
    return hmac.compare_digest(password, token.encode("ascii"))


def _password(credentials: str) -> bytes:
    """Return what follows the first colon; the user does not matter. Source: RFC 7617 §2."""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except (ValueError, binascii.Error):
        return b""
