"""Text made safe to show: a stranger's words in a message, a URL without its password."""

from urllib.parse import urlsplit


def quote(text: str) -> str:
    """Return ``text`` ready for a one-line message: quoted, escaped to printable ASCII, cut to 80 characters."""
    shown = text if len(text) <= 80 else text[:77] + "..."
    return ascii(shown)


def without_password(url: str) -> str:
    """Return a URL without the name and the password that may stand before its host."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
