"""Downloading from a package index: deadlines, size limits, retries and redirects, and which errors they become.

What the bytes are is for the caller to verify.
"""

import random
import ssl
import time
from collections.abc import Callable, Set
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from app.errors import SourceUnreachable, UntrustedIndex

SILENCE_SECONDS = 2.0
"""Longest wait for a connection, and between two pieces of a body. Two attempts with it end within 5 s."""
LATEST_RETRY_SECONDS = 2.5
"""A failure that took longer than this is not tried again, so that the caller learns of it within 5 s."""
ATTEMPTS = 2
MAX_REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Download:
    """What was downloaded, and where from after all redirects."""

    content: bytes
    content_type: str
    url: str


@dataclass(frozen=True, slots=True)
class _Terms:
    """The limits of one attempt. Units: ``end`` in seconds of the monotonic clock."""

    accept: str
    max_bytes: int
    hosts: Set[str]
    end: float


class Downloader:
    """Fetches URLs of one index. Thread-safe; methods block."""

    def __init__(
        self,
        index_url: str,
        *,
        ca_file: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare to download from one index.

        Proxies, certificates and ``.netrc`` are taken from the environment, as httpx does it.

        Args:
            index_url: It may contain a user name and a password.
            ca_file: Certificates to trust instead of the usual ones.
            sleep: Waits between two attempts.
        """
        self._origin = _origin(index_url)
        self._sleep = sleep
        self._context = ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
        self._auth = _credentials(index_url)

    def fetch(
        self, url: str, *, accept: str, max_bytes: int, deadline_seconds: float, hosts: Set[str] = frozenset()
    ) -> Download:
        """Download ``url``.

        Args:
            deadline_seconds: For one attempt, from sending the request to receiving the last byte.
            hosts: The hosts that may be reached over https besides the index itself.

        Raises:
            SourceUnreachable: All ``ATTEMPTS`` failed, or one failed too late for another.
            UntrustedIndex: The body is larger than ``max_bytes``, or a redirect leads to any other host.
        """
        started = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            terms = _Terms(accept, max_bytes, hosts, time.monotonic() + deadline_seconds)
            try:
                # Downloads are rare: a separate client for each leaves nothing open in between.
                with httpx.Client(verify=self._context, auth=self._auth, timeout=SILENCE_SECONDS) as client:
                    return self._follow(client, url, terms)
            except SourceUnreachable:
                if attempt == ATTEMPTS or time.monotonic() - started > LATEST_RETRY_SECONDS:
                    raise
                # A little randomness keeps many waiting services from coming back in step.
                self._sleep(random.uniform(0.05, 0.25))
        raise AssertionError("the last attempt returns or raises")

    def _follow(self, client: httpx.Client, url: str, terms: _Terms) -> Download:
        for _ in range(MAX_REDIRECTS + 1):
            self._check_origin(url, terms.hosts)
            answer = self._read(client, url, terms)
            if isinstance(answer, Download):
                return answer
            url = answer
        raise UntrustedIndex(f"the index redirects more than {MAX_REDIRECTS} times")

    def _check_origin(self, url: str, hosts: Set[str]) -> None:
        """Check that ``url`` is on the index, or over https on one of ``hosts``. Raises: UntrustedIndex if not."""
        scheme, host, _ = origin = _origin(url)
        if origin != self._origin and not (scheme == "https" and host in hosts):
            raise UntrustedIndex(f"the index leads to {scheme}://{host}, which it does not name over https")

    def _read(self, client: httpx.Client, url: str, terms: _Terms) -> Download | str:
        """Make one request; return the body, or the URL that it redirects to."""
        # A password is for the index alone, not for the host that holds its files.
        auth = httpx.USE_CLIENT_DEFAULT if _origin(url) == self._origin else None
        try:
            with client.stream("GET", url, headers={"accept": terms.accept}, auth=auth) as response:
                if response.status_code in _REDIRECTS:
                    return urljoin(url, str(response.headers.get("location", "")))
                if response.status_code != httpx.codes.OK:
                    raise SourceUnreachable(f"the index answered {response.status_code} for {_shown(url)}")
                chunks: list[bytes] = []
                size = 0
                for chunk in response.iter_bytes():
                    size += len(chunk)
                    if size > terms.max_bytes:
                        raise UntrustedIndex(
                            f"{_shown(url)} is larger than {terms.max_bytes} bytes", limit=terms.max_bytes
                        )
                    if time.monotonic() > terms.end:
                        raise SourceUnreachable(f"the index is too slow: {_shown(url)} did not come in time")
                    chunks.append(chunk)
                return Download(b"".join(chunks), response.headers.get("content-type", ""), url)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ssl.SSLError) as error:
            reason = str(error) or type(error).__name__
            raise SourceUnreachable(f"the index cannot be reached: {reason}") from error


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise UntrustedIndex("the index leads to an address with no such port") from error
    return parts.scheme, parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme)


def _credentials(index_url: str) -> httpx.Auth | None:
    parts = urlsplit(index_url)
    if parts.username:
        return httpx.BasicAuth(parts.username, parts.password or "")
    return None


def _shown(url: str) -> str:
    """Return the end of a URL for messages, without host, password and query."""
    return urlsplit(url).path.rpartition("/")[2] or "the list of files"
