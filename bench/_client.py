"""One HTTP connection that is kept alive, as little of a client as measuring needs. No measuring lives here."""

import re
import socket

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")


class Client:
    """A connection to the loopback interface; a new one is made when the server has closed the last."""

    def __init__(self, port: int, *, patience_seconds: float) -> None:
        self._port = port
        self._patience_seconds = patience_seconds
        self._connection: socket.socket | None = None

    def ask(self, request: bytes) -> int:
        """Send one request and return its status once the whole answer is here.

        A connection that the server closed between two requests is no fault: the request goes out again, once.

        Raises:
            OSError: The server refused or dropped the connection, or took too long.
        """
        kept = self._connection is not None
        try:
            return self._exchange(request)
        except ConnectionError:
            self.close()
            if not kept:
                raise
        except OSError:
            self.close()
            raise
        return self._exchange(request)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, request: bytes) -> int:
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port), self._patience_seconds)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection, received = self._connection, bytearray()
        connection.sendall(request)
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += _receive(connection)
        head = bytes(received[:end]).lower()
        length = _LENGTH.search(head)
        missing = end + 4 + int(length[1] if length else 0) - len(received)
        while missing > 0:
            missing -= len(_receive(connection))
        if b"\r\nconnection: close" in head:
            self.close()
        return int(head.split()[1])


def _receive(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 16)
    if not received:
        raise ConnectionResetError("the server closed the connection before its answer was complete")
    return received
