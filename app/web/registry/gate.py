"""What stands before every request to ``/v2/``: the token, if one is set, and the refusal of whatever would write."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from app.errors import InvalidName
from app.web.http.asgi import Scope, join_header
from app.web.http.errors import MethodNotPossible, Unauthorized

_READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class RegistryGate:
    """Lets through requests that may read the registry.

    Attributes:
        token: What a request must carry; empty lets everybody read.
    """

    token: str

    def check(self, scope: Scope) -> None:
        """Check one request to the registry. Raises: Unauthorized, MethodNotPossible, InvalidName."""
        if self.token and not _is_given(join_header(scope["headers"], b"authorization"), self.token):
            raise Unauthorized(
                "a token is needed here: docker login with any user and the token as the password, or Bearer"
            )
        if scope["method"] not in _READING:
            raise MethodNotPossible(
                "this registry cannot be written: its images are made from tzdata when they are pulled",
                allowed=", ".join(_READING),
            )
        if not scope["path"].isascii() or not scope["path"].isprintable():
            raise InvalidName("the path holds characters that names never have")


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
