"""What attacks on connections share: requests as bytes, many connections at once, and what must hold afterwards."""

import contextlib
import re
import socket
import time

from tests.servers import Service
from tests.web.raw import connect, exchange, get

MAX_PEAK_BYTES = 200_000_000
PATIENCE_SECONDS = 12
HOST = b"Host: test\r\n"
BODY = b'{"zones": ["Etc/UTC"]}'
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST
POST = b"POST /v1/bundles HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
TREE = b"GET /v1/bundles/latest/*.tar HTTP/1.1\r\n" + HOST + b"\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


def check_unharmed(target: Service) -> None:
    """See that a service is as it was before an attack: little memory, an answer, a quiet log."""
    assert target.peak_bytes <= MAX_PEAK_BYTES
    (reply,) = exchange(target.port, get(b"/v1/bundles/latest/Etc/UTC.zip"))
    assert reply.status == 200
    assert not re.search(r" (?:warning|error) ", target.log)


def connect_many(stack: contextlib.ExitStack, port: int, count: int) -> list[socket.socket]:
    """Return connections that are closed with the stack."""
    return [stack.enter_context(connect(port)) for _ in range(count)]


def wait_for_descriptors(target: Service, most: int) -> None:
    """Wait until the service has no more open than that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while target.descriptors > most:
        assert time.monotonic() < deadline, f"{target.descriptors} descriptors are open, not {most}"
        time.sleep(0.1)


def wait_for_line(target: Service, text: str) -> None:
    """Wait until the service has logged something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while text not in target.log:
        assert time.monotonic() < deadline, f"{text!r} is not in the log"
        time.sleep(0.05)
