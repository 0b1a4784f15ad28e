"""Ten thousand requests with something wrong in them: never a 5xx, never a line that is not a log line, no more memory.

They are made from requests that are right, and drawn with a seed: equal seeds give equal requests.
"""

import contextlib
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers import Service, running_service
from tests.web.raw import connect, get

SEED = 20_261_125
REQUESTS = 10_000
WARM_UP = 2_000
AT_ONCE = 12
MAX_GROWTH_BYTES = 20_000_000
MAX_REQUEST_BYTES = 100_000
HOST = b"Host: test\r\n"
BODY = b'{"zones": ["Etc/UTC"]}'
STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)

SEEDS = (
    get(b"/healthz"),
    get(b"/v1/bundles/latest/Etc/UTC.zip", b'If-None-Match: "x"'),
    get(b"/v1/bundles/latest/Asia/Shanghai,Etc/UTC.tar.gz?prefix=usr/share/zoneinfo&aliases=all", b"Range: bytes=0-9"),
    get(b"/v1/releases/latest/zones/Etc/UTC", b"Accept: application/json", b"X-Request-Id: a-b.c"),
    get(b"/v2/", b"Authorization: Basic eDp5"),
    get(b"/go/tz.internal/Etc/UTC/@v/list"),
    get(b"/v1/bundles/latest/Etc/UTC.tar", method=b"HEAD"),
    get(b"http://test/healthz", b"Accept-Encoding: gzip"),
    b"GET /healthz HTTP/1.0\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    b"POST /v1/bundles HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    b"POST /v1/bundles HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 22\r\n\r\n" + BODY,
    b"POST /v1/bundles HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b"8;a=b\r\n" + BODY[:8] + b"\r\ne\r\n" + BODY[8:] + b"\r\n0\r\nX-Trailer: a\r\n\r\n",
    b"POST /v1/sets HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 22\r\n\r\n" + BODY,
)
PIECES = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b" ",
        b"\t",
        b":",
        b",",
        b";",
        b"0",
        b"\xff",
        b"%",
        b"%00",
        b"\x16\x03\x01",
        b"/",
    ),
    *(b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"Host: a\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n"),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: close\r\n",
        b"Connection: Upgrade\r\n",
    ),
    *(b"Upgrade: websocket\r\n", b"0\r\n\r\n", b"ffffffff\r\n", b"1;", b"X: a\r\n", b"GET / HTTP/1.1\r\n", b"\r\n\r\n"),
)


def mutate(draw: random.Random) -> bytes:
    """Return a request with one to four things wrong in it."""
    request = draw.choice(SEEDS)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 4))):
        request = draw.choice(MUTATIONS)(draw, request)[:MAX_REQUEST_BYTES]
    return request


def flip_bit(draw: random.Random, request: bytes) -> bytes:
    changed = bytearray(request or b"\x00")
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def change_byte(draw: random.Random, request: bytes) -> bytes:
    at = draw.randrange(len(request) + 1)
    return request[:at] + draw.randbytes(1) + request[at + 1 :]


def put_in(draw: random.Random, request: bytes) -> bytes:
    at = draw.randrange(len(request) + 1)
    return request[:at] + draw.choice(PIECES) + request[at:]


def take_out(draw: random.Random, request: bytes) -> bytes:
    at = draw.randrange(len(request) + 1)
    return request[:at] + request[at + draw.randrange(1, 30) :]


def truncate(draw: random.Random, request: bytes) -> bytes:
    return request[: draw.randrange(len(request) + 1)]


def splice(draw: random.Random, request: bytes) -> bytes:
    other = draw.choice(SEEDS)
    return request[: draw.randrange(len(request) + 1)] + other[draw.randrange(len(other)) :]


def append(draw: random.Random, request: bytes) -> bytes:
    return request + draw.choice(SEEDS)


def repeat_all(draw: random.Random, request: bytes) -> bytes:
    return request * draw.choice((2, 3, 40))


def repeat_piece(draw: random.Random, request: bytes) -> bytes:
    """Repeat a few bytes of a request very often."""
    at = draw.randrange(len(request) + 1)
    piece = request[at : at + draw.randrange(1, 20)]
    return request[:at] + piece * draw.choice((2, 30, 3_000)) + request[at:]


def repeat_line(draw: random.Random, request: bytes) -> bytes:
    lines = request.split(b"\r\n")
    at = draw.randrange(len(lines))
    return b"\r\n".join(lines[:at] + [lines[at]] * draw.choice((2, 3, 1_000)) + lines[at:])


def swap_lines(draw: random.Random, request: bytes) -> bytes:
    lines = request.split(b"\r\n")
    draw.shuffle(lines)
    return b"\r\n".join(lines)


MUTATIONS = (
    *(flip_bit, change_byte, put_in, take_out, truncate, splice),
    *(append, repeat_all, repeat_piece, repeat_line, swap_lines),
)


def send(port: int, request: bytes, number: int) -> list[int]:
    """Send one request, and return the statuses of what comes back.

    Most close their half of the connection at once. The others leave it to the service to end it, every other one of
    these in two packets.
    """
    received = bytearray()
    with connect(port) as connection, contextlib.suppress(ConnectionError):
        at = len(request) // 2 if number % 20 == 0 else 0
        if at:
            connection.sendall(request[:at])
            time.sleep(0.01)
        connection.sendall(request[at:])
        if number % 10:
            connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(1 << 16):
            received += more
    return [int(status) for status in STATUS.findall(received)]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a service that waits little for the rest of a request."""
    settings = {"request_timeout_seconds": 0.2, "keep_alive_seconds": 0.2, "hot_bytes": 1 << 20}
    with running_service(tmp_path_factory.mktemp("fuzz"), settings) as running:
        yield running


def test_ten_thousand_mutated_requests(target: Service) -> None:
    draw = random.Random(SEED)
    requests = [mutate(draw) for _ in range(REQUESTS)]
    counts: Counter[int] = Counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        resident = 0
        for first, last in ((0, WARM_UP), (WARM_UP, REQUESTS)):
            numbers = range(first, last)
            for statuses in pool.map(send, [target.port] * len(numbers), requests[first:last], numbers):
                counts.update(statuses)
            resident = resident or target.resident_bytes
    assert target.resident_bytes - resident < MAX_GROWTH_BYTES
    assert max(counts) < 500, counts
    assert {200, 400, 404, 408, 431} <= counts.keys(), counts
    assert not re.search(r" (?:warning|error) ", target.log)
    assert target.descriptors < 40
