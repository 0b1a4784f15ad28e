"""HTTP as bytes on a socket: for requests that no client library would send."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from tests.servers import HOST

PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class RawReply:
    """One answer as it came.

    Attributes:
        headers: Their names in lower case.
    """

    status: int
    headers: dict[str, str]
    body: bytes


def connect(port: int) -> socket.socket:
    """Return a connection that fails the test if the service leaves it waiting too long."""
    return socket.create_connection((HOST, port), timeout=PATIENCE_SECONDS)


def exchange(port: int, request: bytes) -> list[RawReply]:
    """Send bytes and return all answers until the service closes the connection."""
    with connect(port) as connection:
        # It may be refused before it is all read; the answer is there all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        return [*read_replies(read_to_end(connection))]


def read_to_end(connection: socket.socket) -> bytes:
    """Return all that comes until the service closes the connection."""
    received = bytearray()
    # A reset means that it closed with some of our bytes unread; what it sent before that has come.
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(1 << 16):
            received += more
    return bytes(received)


def read_replies(received: bytes) -> Iterator[RawReply]:
    """Split what came into answers to requests other than HEAD."""
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("ascii").split("\r\n")
        fields = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in fields}
        size = 0 if status_line.split()[1] in ("304", "100") else int(headers["content-length"])
        yield RawReply(int(status_line.split()[1]), headers, rest[:size])
        received = rest[size:]


def get(path: bytes, *lines: bytes, method: bytes = b"GET") -> bytes:
    """Return a request without a body that closes its connection; ``lines`` are further header fields."""
    fields = b"".join(line + b"\r\n" for line in (b"Host: test", b"Connection: close", *lines))
    return method + b" " + path + b" HTTP/1.1\r\n" + fields + b"\r\n"
