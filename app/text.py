"""Text made safe to show: a stranger's words in a message, a URL without its password."""

import json
from urllib.parse import urlsplit

_DELETE = "\\u007f"
"""JSON's own writer leaves this one control character as it is."""


def quote(text: str) -> str:
    """Return ``text`` ready for a one-line message: quoted, escaped to printable ASCII, cut to 80 characters."""
    return ascii(cut(text, 80))


def cut(text: str, length: int) -> str:
    """Return ``text``, cut to ``length`` characters, the last three of which then say so."""
    return text if len(text) <= length else text[: length - 3] + "..."


def one_line(text: str) -> str:
    """Return ``text`` as one line that a terminal only shows: whatever is not printable is escaped.

    That is line breaks, all control characters (C0, DEL, C1), marks that turn the direction of text, other characters
    without a shape, and lone surrogates.
    """
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def format_json(value: object, *, indent: int | None = None, ensure_ascii: bool = True) -> str:
    """Return a value as JSON that a terminal only shows: what is not printable is escaped, as JSON has it.

    Args:
        indent: As for ``json.dumps``.
        ensure_ascii: Whether printable characters beyond ASCII are escaped as well.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=ensure_ascii)
    if text.isascii():
        return text.replace("\x7f", _DELETE)
    return "".join(char if char.isprintable() or char == "\n" else _json_escape(char) for char in text)


def _json_escape(char: str) -> str:
    return _DELETE if char == "\x7f" else json.dumps(char)[1:-1]


def without_password(url: str) -> str:
    """Return a URL without the name and the password that may stand before its host."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
