"""Which proxy to ask through, by the variables that all programs share. Pure: a mapping of variables comes in.

As curl and requests read them: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, in small letters first.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx

from app.outbound.failures import Unreachable, Untrusted
from app.outbound.reach import parse_address
from app.outbound.urls import login_in, origin, parse_url


@dataclass(frozen=True, slots=True)
class Given:
    """Something that somebody set.

    Attributes:
        where: The variable, or whatever else says it; for messages.
    """

    where: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy for HTTP.

    Attributes:
        url: Without name and password.
        where: The variable that names it.
    """

    url: str
    login: tuple[str, str] | None = field(repr=False)
    where: str


def find_proxy(url: httpx.URL, variables: Mapping[str, str]) -> Given | None:
    """Return the proxy that the variables name for a URL; ``None`` if there is none or ``NO_PROXY`` names the host."""
    for name in (f"{url.scheme}_proxy", "all_proxy"):
        if given := read_variable(name, variables):
            exempt = read_variable("no_proxy", variables)
            return None if exempt and is_exempt(url, exempt.value) else given
    return None


def read_variable(name: str, variables: Mapping[str, str]) -> Given | None:
    """Return a variable by its name in small letters, else in capitals; ``None`` if it is absent or empty."""
    spelled = name if name in variables else name.upper()
    value = variables.get(spelled, "").strip()
    return Given(spelled, value) if value else None


def parse_proxy(given: Given) -> Proxy:
    """Return the proxy that a setting names. Raises: Unreachable, naming the setting, if it names none."""
    text = given.value if "://" in given.value else f"http://{given.value}"
    if text.partition(":")[0].lower().startswith("socks"):
        raise Unreachable(f"{given.where} names a SOCKS proxy; only proxies for HTTP can be used")
    try:
        url = parse_url(text)
    except Untrusted as error:
        raise Unreachable(f"{given.where} names no proxy, such as http://proxy.example:3128: {error.reason}") from error
    scheme, host, port = origin(url)
    shown = f"[{host}]" if ":" in host else host
    return Proxy(f"{scheme}://{shown}:{port}", login_in(url), given.where)


def is_exempt(url: httpx.URL, exempt: str) -> bool:
    """Tell whether ``NO_PROXY`` exempts a URL.

    Items are names, which cover what is below them too, addresses, networks such as ``10.0.0.0/8`` or ``fd00::/8``,
    each of them with a port or without, and ``*``. Items that are none of these exempt nothing.
    """
    _, host, port = origin(url)
    name = host.lower().rstrip(".")
    address = parse_address(host)
    for item, of_port in _items(exempt):
        if of_port is not None and of_port != str(port):
            continue
        if item in ("*", name) or (address is None and item and name.endswith(f".{item}")):
            return True
        try:
            if address is not None and address in ipaddress.ip_network(item, strict=False):
                return True
        except ValueError:
            continue
    return False


def _items(exempt: str) -> Iterator[tuple[str, str | None]]:
    """Yield host or network, and port, of each item."""
    for written in exempt.replace(",", " ").lower().split():
        item, port = written.removeprefix("*."), None
        if item.count(":") == 1 or "]:" in item:
            item, _, port = item.rpartition(":")
        yield item.strip("[].").replace("]/", "/"), port
