"""A load generator: some connections kept alive, on each the next request as soon as the last is answered.

It runs in the process that measures, so it shares no processor time with the server it measures.
"""

import selectors
import socket
import time
from dataclasses import dataclass

CONNECTIONS = 32


class UnexpectedReply(Exception):
    """The server answered something other than the first time: what was measured means nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, and how to know the end of each reply.

    Attributes:
        status_line: Of every reply, without its line end.
    """

    port: int
    request: bytes
    status_line: bytes
    body_size: int


@dataclass(frozen=True, slots=True)
class Count:
    """What one run came to. Units: seconds."""

    replies: int
    seconds: float

    @property
    def rate(self) -> float:
        """Replies per second."""
        return self.replies / self.seconds


def apply_load(load: Load, *, seconds: float) -> Count:
    """Ask for that long, over ``CONNECTIONS`` connections.

    Raises:
        UnexpectedReply: The server answered something other than the first time.
    """
    sockets = [socket.create_connection(("127.0.0.1", load.port)) for _ in range(CONNECTIONS)]
    try:
        with selectors.DefaultSelector() as selector:
            for connection in sockets:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ, bytearray())
            return _ask(load, sockets, selector, seconds)
    finally:
        for connection in sockets:
            connection.close()


def _ask(load: Load, sockets: list[socket.socket], selector: selectors.BaseSelector, seconds: float) -> Count:
    replies, started = 0, time.perf_counter()
    for connection in sockets:
        connection.sendall(load.request)
    while (now := time.perf_counter()) < started + seconds:
        for key, _ in selector.select(1):
            ready, waiting = key.fileobj, key.data
            assert isinstance(ready, socket.socket)
            assert isinstance(waiting, bytearray)
            waiting += ready.recv(1 << 16)
            end = waiting.find(b"\r\n\r\n")
            if end < 0 or len(waiting) < end + 4 + load.body_size:
                continue
            if not waiting.startswith(load.status_line) or len(waiting) > end + 4 + load.body_size:
                raise UnexpectedReply(bytes(waiting[:200]))
            waiting.clear()
            replies += 1
            ready.sendall(load.request)
    return Count(replies, now - started)
