"""A package index on loopback that sends whatever bytes a test says, in its own time."""

import hashlib
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from app.sources.index_page import JSON_TYPE

Sender: TypeAlias = Callable[["Connection"], None]
"""Answers one request; the connection is closed when it returns."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One request that came, and the way to answer it.

    Attributes:
        stopping: Set when the test is over.
    """

    socket: socket.socket
    request: bytes
    stopping: threading.Event

    @property
    def path(self) -> str:
        """What was asked for."""
        return self.request.split(b" ")[1].decode()

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(content)

    def repeat(self, piece: bytes, *, pause: float = 0.0, times: int = 1 << 30) -> None:
        """Send a piece again and again, until the other side has enough or the test is over."""
        for _ in range(times):
            self.send(piece)
            if self.stopping.wait(pause) if pause else self.stopping.is_set():
                return


@dataclass
class RawIndex:
    """A running index.

    Attributes:
        url: Of its simple API.
        sender: What answers; tests change it while it runs.
        requests: Everything that was asked, in order.
    """

    url: str
    sender: Sender
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def raw_index(sender: Sender) -> Iterator[RawIndex]:
    """Run an index until the block ends."""
    server = socket.create_server(("127.0.0.1", 0))
    index = RawIndex(f"http://127.0.0.1:{server.getsockname()[1]}/simple", sender)
    stopping = threading.Event()

    def serve() -> None:
        while True:
            try:
                connected, _ = server.accept()
            except OSError:
                return  # the test is over
            threading.Thread(target=answer, args=(connected,), daemon=True).start()

    def answer(connected: socket.socket) -> None:
        with connected, suppress(OSError):
            request = connected.recv(65_536)
            index.requests.append(request)
            index.sender(Connection(connected, request, stopping))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield index
    finally:
        stopping.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def answer(
    content: bytes, *, kind: str = JSON_TYPE, status: str = "200 OK", more: Mapping[str, str] | None = None
) -> bytes:
    """Return a whole answer, well-formed."""
    fields = {"Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close", **(more or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + content


def page(files: object) -> bytes:
    """Return a page in JSON with these files."""
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "tzdata", "files": files}).encode()


def file_entry(name: str, content: bytes, **members: object) -> dict[str, object]:
    """Return the entry of a wheel on a page; ``members`` are added or replaced."""
    return {
        "filename": name,
        "url": f"/files/{name}",
        "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
        "yanked": False,
        **members,
    }


def fold(size: int) -> bytes:
    """Return ``size`` blanks in gzip, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = b" " * (1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])
