"""What attacks are made of: connections that the service may refuse or close at any moment, and a count of all of it.

An attack is hostile in kind and polite in processor time: it runs in a process of its own with the least priority, it
rests between its blows, and it is bounded in time and in number. So it is the service that good clients compete with an
attacker for, and not the machine.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench._client import Client

PATIENCE_SECONDS = 10.0
AFTER_REFUSAL_SECONDS = 0.1
GRACE_SECONDS = 0.1


@dataclass(slots=True)
class Attack:
    """One attack under way, and what it has come to.

    Attributes:
        until: By ``time.monotonic``.
        requests: How many were sent whole.
        refused: Connections that were refused or broken, and answers of 4xx and 5xx.
    """

    port: int
    until: float
    connections: int = 0
    requests: int = 0
    sent_bytes: int = 0
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def goes_on(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.until

    def rest(self, seconds: float) -> None:
        """Do nothing for a while, but not past the end."""
        time.sleep(max(0.0, min(seconds, self.until - time.monotonic())))

    def count(self, *, connections: int = 0, requests: int = 0, sent_bytes: int = 0, refused: int = 0) -> None:
        """Add to what it has come to."""
        with self._lock:
            self.connections += connections
            self.requests += requests
            self.sent_bytes += sent_bytes
            self.refused += refused

    def connect(self, *, receive_buffer_bytes: int | None = None) -> socket.socket:
        """Return a new connection. Raises: OSError."""
        connection = socket.socket()
        try:
            left = self.until + GRACE_SECONDS - time.monotonic()
            connection.settimeout(max(GRACE_SECONDS, min(PATIENCE_SECONDS, left)))
            if receive_buffer_bytes is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
            connection.connect(("127.0.0.1", self.port))
        except OSError:
            connection.close()
            raise
        self.count(connections=1)
        return connection

    def send(self, connection: socket.socket, content: bytes, *, requests: int = 0) -> None:
        """Send all of it. Raises: OSError."""
        connection.sendall(content)
        self.count(sent_bytes=len(content), requests=requests)

    def strike(self, clients: int, blow: Callable[[socket.socket], None], *, rest: float) -> None:
        """Let that many clients connect, do ``blow`` and close, again and again; they do not mind being refused."""

        def client(_: int) -> None:
            while self.goes_on:
                try:
                    with self.connect() as connection:
                        blow(connection)
                except OSError:
                    self.count(refused=1)
                self.rest(rest)

        self._run(clients, client)

    def ask(self, clients: int, requests: Callable[[int], Iterator[bytes]], *, rest: float) -> None:
        """Let that many clients ask and wait for the answer, each with the requests that its number gives."""

        def one(number: int) -> None:
            client = Client(self.port, patience_seconds=PATIENCE_SECONDS)
            self.count(connections=1)
            for request in requests(number):
                if not self.goes_on:
                    break
                self.count(sent_bytes=len(request), requests=1)
                refused = _is_refused(client, request)
                self.count(refused=refused)
                self.rest(AFTER_REFUSAL_SECONDS if refused else rest)
            client.close()

        self._run(clients, one)

    def hold(
        self, most: int, opening: bytes, *, more: bytes = b"", requests: int = 0, reads: int = 1 << 16, leaves: int = 0
    ) -> None:
        """Keep up to ``most`` connections open, made again when the service has closed them.

        Args:
            opening: Sent at once.
            more: Sent by each, every tenth of a second.
            requests: How many the opening holds.
            reads: How many bytes each takes, every tenth of a second.
            leaves: How many leave every tenth of a second, the eldest first.
        """
        held: list[socket.socket] = []
        slow = reads < 1 << 16
        while self.goes_on:
            for connection in held[:leaves]:
                connection.close()
            held = [connection for connection in held[leaves:] if self._keep(connection, more, reads)]
            with contextlib.suppress(OSError):
                for _ in range(min(most - len(held), most // 10)):
                    connection = self.connect(receive_buffer_bytes=4_096 if slow else None)
                    held.append(connection)
                    connection.setblocking(False)
                    self.send(connection, opening, requests=requests)
            self.rest(0.1)
        for connection in held:
            connection.close()

    def _run(self, clients: int, work: Callable[[int], None]) -> None:
        """Run it in so many threads, each with its number; who still waits for an answer at the end is left alone."""
        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, self.until + GRACE_SECONDS - time.monotonic()))

    def _keep(self, connection: socket.socket, more: bytes, reads: int) -> bool:
        try:
            self.send(connection, more)
            if connection.recv(reads):
                return True
        except BlockingIOError:
            return True
        except OSError:
            pass
        connection.close()
        self.count(refused=1)
        return False


def _is_refused(client: Client, request: bytes) -> bool:
    try:
        return client.ask(request) >= 400
    except OSError:
        return True
