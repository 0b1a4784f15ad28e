"""URLs as strangers write them: taken apart, or refused with a reason. Nothing here uses the network."""

from urllib.parse import urljoin, urlsplit

import httpx

from app.outbound.failures import Untrusted

MAX_URL_CHARS = 8_192

_UNPARSABLE = "an address cannot be parsed: its host or its port is not one"
"""Not in the parser's words, which may quote a part of a password."""

PORTS = {"http": 80, "https": 443}


def parse_url(text: str) -> httpx.URL:
    """Return an absolute URL that can be asked. Raises: Untrusted, with what is wrong with any other."""
    if len(text) > MAX_URL_CHARS:
        raise Untrusted(f"an address is longer than {MAX_URL_CHARS} characters")
    if not text.isprintable() or " " in text:
        raise Untrusted("an address contains spaces or control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
        url = httpx.URL(text)
        ready = bool(url.raw_host) and url.raw_path.isascii()
    except (ValueError, httpx.InvalidURL) as error:
        raise Untrusted(_UNPARSABLE) from error
    if url.scheme not in PORTS:
        raise Untrusted(f"an address starts with {url.scheme or 'nothing'}, not with http or https")
    if not ready or port == 0:
        raise Untrusted("an address has no host, or port 0")
    return url


def join_url(base: str, link: str) -> str:
    """Return ``link`` as seen from ``base``, without its fragment. Raises: Untrusted if that makes no URL."""
    try:
        return urljoin(base, link).partition("#")[0]
    except ValueError as error:
        raise Untrusted(_UNPARSABLE) from error


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return scheme, host and port."""
    return url.scheme, url.host, url.port or PORTS[url.scheme]


def login_in(url: httpx.URL) -> tuple[str, str] | None:
    """Return the name and the password in a URL, decoded; ``None`` if it has neither."""
    return (url.username, url.password) if url.userinfo else None


def shown(url: httpx.URL) -> str:
    """Return scheme and host for messages: never a password, a path or a query."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
