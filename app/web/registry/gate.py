"""What stands before every request to ``/v2/``: the token, if one is set, and the refusal of whatever would write."""

from dataclasses import dataclass

from app.errors import InvalidName
from app.web.http.asgi import Scope
from app.web.http.errors import MethodNotPossible
from app.web.http.token import check_token

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
        check_token(scope["headers"], self.token)
        if scope["method"] not in _READING:
            raise MethodNotPossible(
                "this registry cannot be written: its images are made from tzdata when they are pulled",
                allowed=", ".join(_READING),
            )
        if not scope["path"].isascii() or not scope["path"].isprintable():
            raise InvalidName("the path holds characters that names never have")
