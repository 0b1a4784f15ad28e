"""Text made safe to show: a stranger's words in a message, a URL without its password."""

import json
from urllib.parse import urlsplit


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


def format_json(value: object, *, indent: int | None = None) -> str:
    """Return a value as JSON that a terminal only shows: what is not printable ASCII is escaped, as JSON has it."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def without_password(url: str) -> str:
    """Return a URL without the name and the password that may stand before its host."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
