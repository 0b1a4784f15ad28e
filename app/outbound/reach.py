"""How far an address reaches, and where one address may lead. Pure: nothing here resolves or connects.

Somebody on the internet must not make this program ask what only this machine or its network can reach.
Source: the registries of special addresses (RFC 6890), as in ``ipaddress``.
"""

import ipaddress
import socket
from enum import IntEnum
from typing import TypeAlias

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SHARED = ipaddress.IPv4Network("100.64.0.0/10")
"""Behind a carrier's translation (RFC 6598): not this network, but not the internet either."""


class Reach(IntEnum):
    """The nearer, the smaller."""

    MACHINE = 0
    LINK = 1
    NETWORK = 2
    WORLD = 3


def may_lead(index: Reach, to: Reach) -> bool:
    """Tell whether one host may lead to another: outwards or as near as itself, and to a link from its own alone.

    Addresses of the link are refused even to hosts of this machine: metadata of clouds, with keys, is served there.
    """
    if to is Reach.LINK:
        return index is Reach.LINK
    return to >= index


def reach_of(address: IpAddress) -> Reach:
    """Return the reach of an address; of one that holds another (mapped, NAT64, 6to4), that of the other."""
    inner = _inner(address)
    if inner is not None:
        return reach_of(inner)
    if address.is_loopback or address.is_unspecified or address.is_multicast:
        return Reach.MACHINE
    if address.is_link_local:
        return Reach.LINK
    if not address.is_global or address in _SHARED:
        return Reach.NETWORK
    return Reach.WORLD


def reach_of_host(host: str) -> Reach | None:
    """Return the reach of a host by its spelling alone; ``None`` for a name that must be resolved."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return Reach.MACHINE
    address = parse_address(name)
    return None if address is None else reach_of(address)


def parse_address(host: str) -> IpAddress | None:
    """Return the address that a host is; ``None`` for a name. The old spellings ``127.1`` and ``0x7f000001`` count."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    try:
        # inet_aton reads the first word alone; a host has no spaces.
        return ipaddress.IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() and " " not in host else None
    except (OSError, UnicodeError):
        return None


def _inner(address: IpAddress) -> IpAddress | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
