"""The token that an operator can set: how a request carries it, and what a request without it gets."""

import base64
import binascii
import hmac

from app.web.http.asgi import RawHeaders, join_header
from app.web.http.errors import Unauthorized


def check_token(headers: RawHeaders, token: str) -> None:
    """Check that a request carries the token: as a bearer token, or as the password of any user.

    Args:
        token: The one that is set; empty asks for none.

    Raises:
        Unauthorized: The request lacks it, or has another.

    Source: RFC 6750 §2.1, RFC 7617 §2.
    """
    if token and not _is_given(join_header(headers, b"authorization"), token):
        raise Unauthorized(
            "a token is needed here: docker login with any user and the token as the password, or Bearer"
        )


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
    """Return what follows the first colon; the user does not matter."""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except (ValueError, binascii.Error):
        return b""
