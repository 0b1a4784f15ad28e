"""What the environment of this program says about asking others: proxies, certificates, logins.

The variables come in as a mapping. Each part is looked at when it is needed, so that a broken one stops only that.
"""

import netrc
import os
import ssl
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from app.outbound.certificates import make_context
from app.outbound.failures import Unreachable
from app.outbound.proxies import Given, Proxy, find_proxy, parse_proxy, read_variable
from app.outbound.urls import login_in

_MAX_NETRC_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything that is set about going out.

    Attributes:
        variables: The environment.
        ca_file: A file of certificates to trust, and no others.
        cert: pip's certificates to trust, besides the system's.
        client_cert: The certificate, with its key, by which to be known.
        proxy: pip's proxy, which wins over those of the variables, and over ``NO_PROXY``.
    """

    variables: Mapping[str, str]
    ca_file: Given | None = None
    cert: Given | None = None
    client_cert: Given | None = None
    proxy: Given | None = None

    def proxy_for(self, url: httpx.URL) -> Proxy | None:
        """Return the proxy for a URL. Raises: Unreachable if one is named that cannot be used."""
        given = self.proxy or find_proxy(url, self.variables)
        return None if given is None else parse_proxy(given)

    def make_context(self, *, known: bool) -> ssl.SSLContext:
        """Return what TLS needs.

        Args:
            known: Whether to have the client's certificate at hand.

        Raises:
            Unreachable: Certificates are named that cannot be used.
        """
        own = self.client_cert if known else None
        return make_context(self.variables, only=self.ca_file, besides=self.cert, own=own)

    def login_for(self, url: httpx.URL) -> tuple[str, str] | None:
        """Return name and password for a URL: its own, else those in ``.netrc``. A broken ``.netrc`` has none."""
        if (login := login_in(url)) is not None:
            return login
        try:
            entries = self._netrc()
            entry = entries.authenticators(url.host) if entries else None
        except Unreachable:
            return None  # as pip does; ``troubles`` tells
        return (entry[0] or entry[1] or "", entry[2] or "") if entry else None

    def stops(self, url: httpx.URL) -> str | None:
        """Return why the environment does not let a URL be asked; ``None`` if it does."""
        try:
            self.proxy_for(url)
            if url.scheme == "https":
                self.make_context(known=True)
        except Unreachable as error:
            return error.reason
        return None

    def troubles(self) -> Iterator[str]:
        """Yield what is wrong with all of this, whether or not it is needed; each names its setting."""
        named = (self.proxy, *(read_variable(f"{kind}_proxy", self.variables) for kind in ("https", "http", "all")))
        proxies = [partial(parse_proxy, given) for given in named if given is not None]
        checks: list[Callable[[], object]] = [*proxies, partial(self.make_context, known=True), self._netrc]
        for check in checks:
            try:
                check()
            except Unreachable as error:
                yield error.reason

    def _netrc(self) -> netrc.netrc | None:
        """Return the logins that the user keeps. Raises: Unreachable if they cannot be read."""
        given = _find_netrc(self.variables)
        if given is None:
            return None
        try:
            status = Path(given.value).stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_NETRC_BYTES:
                raise Unreachable(f"{given.where} names something other than a file of logins")
            return netrc.netrc(given.value)
        except (OSError, ValueError, netrc.NetrcParseError) as error:
            # Not the parser's words: they may hold a password.
            raise Unreachable(f"{given.where} names a file of logins that cannot be read") from error


def _find_netrc(variables: Mapping[str, str]) -> Given | None:
    if value := variables.get("NETRC"):
        return Given("NETRC", value)
    try:
        home = Path(variables["HOME"]) if variables.get("HOME") else Path.home()
    except RuntimeError:
        return None  # nobody's home
    places = (home / name for name in (".netrc", "_netrc"))
    return next((Given(f"HOME ({place.name})", str(place)) for place in places if os.path.lexists(place)), None)
