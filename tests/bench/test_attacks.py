"""Each attack ends in time and raises nothing, whatever the other side does. The benchmark shows what it does to it."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from bench._attack import Attack
from bench._attacks import KINDS
from tests.servers import free_port

SECONDS = 0.15
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbusy"


@pytest.fixture(scope="module")
def refusing_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as listener:
        thread = threading.Thread(target=refuse_all, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def refuse_all(listener: socket.socket) -> None:
    """Answer each connection with a 503, whatever it says, until the listener is shut down."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with contextlib.suppress(OSError), connection:
                connection.sendall(REFUSAL)


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as listener:
        yield listener.getsockname()[1]


def attack_for_a_moment(name: str, port: int) -> Attack:
    """Return what the attack came to, once it has ended in time."""
    started = time.monotonic()
    attack = Attack(port, started + SECONDS)
    KINDS[name].run(attack)
    assert time.monotonic() - started < SECONDS + 5
    return attack


@pytest.mark.parametrize("name", KINDS)
def test_an_attack_takes_refusals(name: str, refusing_port: int) -> None:
    attack = attack_for_a_moment(name, refusing_port)
    assert attack.connections
    assert attack.sent_bytes or name == "connections"


@pytest.mark.parametrize("name", KINDS)
def test_an_attack_takes_silence(name: str, silent_port: int) -> None:
    assert attack_for_a_moment(name, silent_port).connections


@pytest.mark.parametrize("name", KINDS)
def test_an_attack_takes_that_nobody_listens(name: str) -> None:
    attack_for_a_moment(name, free_port())
