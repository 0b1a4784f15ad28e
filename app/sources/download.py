"""Downloading from a package index: which steps may be followed, what is tried again, and which errors come of it.

How a request is made is the business of ``outbound``; what the bytes are is for the caller to verify.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from app.errors import SourceUnreachable, UntrustedIndex
from app.outbound.exchange import REDIRECTS, Answer, Order, ask, make_bounds
from app.outbound.failures import Unreachable, Untrusted, plain_line
from app.outbound.reach import IpAddress, Reach, may_lead, reach_of, reach_of_host
from app.outbound.surroundings import Surroundings
from app.outbound.transport import Bounds
from app.outbound.urls import PORTS, join_url, origin, parse_url, shown

SILENCE_SECONDS = 2.0
"""Longest wait for a connection, and between two pieces of an answer. Two attempts with it end within 5 s."""
LATEST_RETRY_SECONDS = 2.5
"""A failure that took longer than this is not tried again, so that the caller learns of it within 5 s."""
ATTEMPTS = 2
MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Download:
    """What was downloaded, and where from after all redirects."""

    content: bytes
    content_type: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to download.

    Attributes:
        deadline_seconds: For one attempt, from the first name that is resolved to the last byte, redirects included.
        promised: Whether the sha256 of the content is known. Any host may then hold it.
    """

    url: str
    accept: str
    max_bytes: int
    deadline_seconds: float
    promised: bool = False


class Downloader:
    """Fetches URLs of one index. Thread-safe; methods block."""

    def __init__(
        self,
        index: httpx.URL,
        surroundings: Surroundings,
        *,
        silence_seconds: float = SILENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare to download from one index.

        Args:
            index: It may contain a user name and a password.
            surroundings: Proxies, certificates and logins.
            silence_seconds: The longest wait for a connection, and between two pieces of an answer.
            sleep: Waits between two attempts.
        """
        self._index = index
        self._surroundings = surroundings
        self._silence_seconds = silence_seconds
        self._sleep = sleep
        by_name = reach_of_host(index.host)
        self._reach = Reach.WORLD if by_name is None else by_name

    def fetch(self, wanted: Wanted) -> Download:
        """Download something.

        Raises:
            SourceUnreachable: All ``ATTEMPTS`` failed, or one failed too late for another.
            UntrustedIndex: The content is larger than it may be, or leads where nobody may be led.
        """
        started = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._follow(wanted)
            except Untrusted as error:
                raise UntrustedIndex(
                    f"the index cannot be trusted with {_name_of(wanted.url)}: {error.reason}"
                ) from error
            except Unreachable as error:
                if attempt == ATTEMPTS or time.monotonic() - started > LATEST_RETRY_SECONDS:
                    raise SourceUnreachable(f"the index cannot be reached: {error.reason}") from error
                # A little randomness keeps many waiting services from coming back in step.
                self._sleep(random.uniform(0.05, 0.25))
        raise AssertionError("the last attempt returns or raises")

    def _follow(self, wanted: Wanted) -> Download:
        bounds = make_bounds(
            max_bytes=wanted.max_bytes,
            silence_seconds=self._silence_seconds,
            deadline_seconds=wanted.deadline_seconds,
        )
        url = parse_url(wanted.url)
        self._check_link(url)
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._ask(url, wanted, bounds)
            if answer.status not in REDIRECTS:
                if answer.status != httpx.codes.OK:
                    raise Unreachable(f"it answers with status {answer.status} for {_name_of(str(url))}")
                return Download(answer.content, answer.headers.get("content-type", ""), str(url))
            to = parse_url(join_url(str(url), answer.headers.get("location", "")))
            self._check_step(url, to, promised=wanted.promised)
            url = to
        raise Untrusted(f"it redirects more than {MAX_REDIRECTS} times")

    def _ask(self, url: httpx.URL, wanted: Wanted, bounds: Bounds) -> Answer:
        of_index = self._is_index(url)
        order = Order(
            url=url,
            headers={"accept": wanted.accept},
            # A password is for the index alone, not for the host that holds its files.
            login=self._surroundings.login_for(self._index) if of_index else None,
            known=of_index,
            max_bytes=wanted.max_bytes,
            compressed=not wanted.promised,
            judge=self._note if of_index else self._judge,
        )
        return ask(order, self._surroundings, bounds)

    def _is_index(self, url: httpx.URL) -> bool:
        """Tell whether a URL is on the index itself, or on what it is over https."""
        scheme, host, port = origin(self._index)
        return origin(url) in ((scheme, host, port), ("https", host, PORTS["https"] if port == PORTS[scheme] else port))

    def _check_link(self, url: httpx.URL) -> None:
        """Check that the index may name a URL. Raises: Untrusted if not."""
        if self._is_index(url):
            return
        if url.scheme != "https":  # only https proves that the host is the one named
            raise Untrusted(f"it leads to {shown(url)}, which is neither the index itself nor asked over https")
        reach = reach_of_host(url.host)
        if reach is not None:
            self._check_reach(reach)

    def _check_step(self, before: httpx.URL, to: httpx.URL, *, promised: bool) -> None:
        """Check that a redirect may be followed. Raises: Untrusted if not."""
        if before.scheme == "https" and to.scheme != "https":
            raise Untrusted(f"it leads from https to {shown(to)}")
        if not promised and before.host != to.host:
            raise Untrusted(f"it leads to another host, {shown(to)}, although no sha256 says what must be there")
        self._check_link(to)

    def _check_reach(self, reach: Reach) -> None:
        if not may_lead(self._reach, reach):
            raise Untrusted("it leads to an address that only this machine or its network can reach")

    def _judge(self, address: IpAddress) -> None:
        self._check_reach(reach_of(address))

    def _note(self, address: IpAddress) -> None:
        self._reach = reach_of(address)


def _name_of(url: str) -> str:
    """Return what a URL is for, without host, password and query."""
    return plain_line(url.partition("?")[0].partition("#")[0].rpartition("/")[2]) or "the list of files"
