"""The two ways in which asking somebody else fails. Callers turn them into errors that say whom they asked."""

_MAX_SHOWN = 300


class _Failure(Exception):
    """Why it failed.

    Attributes:
        reason: One printable line; a stranger's words may be part of it.
    """

    def __init__(self, reason: str) -> None:
        self.reason = plain_line(reason)
        super().__init__(self.reason)


class Unreachable(_Failure):
    """There is no answer, or none in time, or the environment is such that nobody can be asked."""


class Untrusted(_Failure):
    """There is an answer, and it must not be used or followed."""


def plain_line(text: str, *, max_chars: int = _MAX_SHOWN) -> str:
    """Return a stranger's text as one printable line of ``max_chars`` characters at most."""
    line = " ".join(text[: 4 * max_chars].split())
    return "".join(char if char.isprintable() else "?" for char in line)[:max_chars]
