"""Connections that want nothing but their place: silent, half-way, never reading. None keeps it for long."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.hostile.attacks import (
    HOST,
    MAX_PEAK_BYTES,
    PATIENCE_SECONDS,
    POST,
    TREE,
    UPGRADE,
    check_unharmed,
    connect_many,
    wait_for_descriptors,
    wait_for_line,
)
from tests.servers import Service, StartService, running_service
from tests.web.raw import connect, exchange, get, read_replies, read_to_end

HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
HASTY = {
    "request_timeout_seconds": 1,
    "keep_alive_seconds": 1,
    "write_timeout_seconds": 1,
    "answer_timeout_seconds": 3,
}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a service that gives every client a second for everything."""
    with running_service(tmp_path_factory.mktemp("hasty"), HASTY) as running:
        yield running


@pytest.fixture(autouse=True)
def unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """See that the hasty service, where a test uses it, is as it was afterwards."""
    yield
    if "hasty" in request.fixturenames:
        check_unharmed(request.getfixturevalue("hasty"))


def wait_until_closed(connections: list[socket.socket]) -> None:
    """Read each connection to its end, which must come in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for connection in connections:
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        read_to_end(connection)


BEGINNINGS = {
    "nothing": b"",
    "a blank line": b"\r\n",
    "a request": HEALTH,
    "a request and a blank line": HEALTH + b"\r\n",
    "a request and many blank lines": HEALTH + b"\r\n" * 500,
    "a request and a line feed": HEALTH + b"\n",
    "a request and a carriage return": HEALTH + b"\r",
    "a request and a letter": HEALTH + b"G",
    "a request and half a line": HEALTH + b"GET /healthz HT",
    "a request and a line": HEALTH + b"GET /healthz HTTP/1.1\r\n",
    "a request and all but the end": HEALTH + HEALTH[:-1],
    "a request and an offer to upgrade": HEALTH + b"GET / HTTP/1.1\r\n" + HOST + UPGRADE,
    "a missing body": POST + b"Content-Length: 22\r\n\r\n",
    "half a body": POST + b"Content-Length: 22\r\n\r\n{",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n16\r\n{",
    "half a trailer": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a",
    "a body that was announced and nothing": POST + b"Expect: 100-continue\r\nContent-Length: 22\r\n\r\n",
    "a body too large that was announced": POST + b"Expect: 100-continue\r\nContent-Length: 999999\r\n\r\n",
    "a body too large": POST + b"Content-Length: 999999\r\n\r\n{",
    "GET with a body that nobody reads": HEALTH[:-2] + b"Content-Length: 9999\r\n\r\n",
    "GET with a chunk that nobody reads": HEALTH[:-2] + b"Transfer-Encoding: chunked\r\n\r\n9\r\n",
    "HEAD with a body": HEALTH[:-2].replace(b"GET", b"HEAD") + b"Content-Length: 9\r\n\r\n",
    "GET of nothing with a body": b"GET /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 99\r\n\r\n",
    "an offer to upgrade and a missing body": POST + UPGRADE + b"Content-Length: 22\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n",
}


def test_no_beginning_keeps_its_place(hasty: Service) -> None:
    before = hasty.descriptors
    with contextlib.ExitStack() as stack:
        connections = []
        for beginning in BEGINNINGS.values():
            for connection in connect_many(stack, hasty.port, 10):
                connection.sendall(beginning)
                connections.append(connection)
        wait_until_closed(connections)
        wait_for_descriptors(hasty, before + 2)


@pytest.mark.parametrize("drop", [b"\r\n", b"\n"], ids=["CR LF", "LF"])
@pytest.mark.parametrize("beginning", [b"", HEALTH], ids=["at first", "after a request"])
def test_blank_lines_do_not_keep_a_connection_open(hasty: Service, beginning: bytes, drop: bytes) -> None:
    with connect(hasty.port) as connection:
        connection.sendall(beginning)
        deadline = time.monotonic() + PATIENCE_SECONDS
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < deadline:
                connection.sendall(drop)
                time.sleep(0.05)
            pytest.fail("the connection was never closed")


class TestSlowReaders:
    def test_clients_that_never_read_are_cut_off(self, hasty: Service) -> None:
        before = hasty.descriptors
        with contextlib.ExitStack() as stack:
            for connection in connect_many(stack, hasty.port, 100):
                connection.sendall(TREE * 20)
            wait_for_descriptors(hasty, before + 2)
        assert "its client does not take the answer" in hasty.log

    def test_clients_that_read_a_little_are_cut_off_too(self, hasty: Service) -> None:
        before = hasty.descriptors
        stop = threading.Event()

        def sip(connections: list[socket.socket]) -> None:
            while not stop.wait(0.3):
                for connection in connections:
                    with contextlib.suppress(ConnectionError):
                        connection.recv(2_000)

        with contextlib.ExitStack() as stack:
            stack.callback(stop.set)
            connections = connect_many(stack, hasty.port, 20)
            for connection in connections:
                connection.sendall(TREE * 20)
            threading.Thread(target=sip, args=[connections], daemon=True).start()
            wait_for_descriptors(hasty, before + 2)

    def test_a_client_that_reads_slowly_but_steadily_gets_all_of_it(self, start_service: StartService) -> None:
        running = start_service(write_timeout_seconds=1, answer_timeout_seconds=60)
        with connect(running.port) as connection:
            connection.sendall(TREE * 3 + get(b"/healthz"))
            received = bytearray()
            while more := connection.recv(8_192):
                received += more
                time.sleep(0.01)
            assert [reply.status for reply in read_replies(bytes(received))] == [200, 200, 200, 200]

    def test_answers_that_nobody_takes_are_bounded_together(self, start_service: StartService) -> None:
        running = start_service(max_unsent_bytes=4 << 20, hot_bytes=0)
        with contextlib.ExitStack() as stack:
            connections = connect_many(stack, running.port, 60)
            for number, connection in enumerate(connections):
                path = b"/v1/bundles/latest/*.tar?prefix=p%d" % number
                connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            exchange(running.port, get(b"/v1/bundles/latest/*.tar?prefix=last"))
            wait_for_line(running, "too much is waiting for clients that do not take it")
            assert running.peak_bytes <= MAX_PEAK_BYTES

    def test_equal_answers_count_once(self, start_service: StartService) -> None:
        running = start_service(max_unsent_bytes=4 << 20)
        exchange(running.port, get(b"/v1/bundles/latest/*.tar"))
        with contextlib.ExitStack() as stack:
            connections = connect_many(stack, running.port, 30)
            for connection in connections:
                connection.sendall(TREE)
            time.sleep(1)
            for connection in connections:
                connection.sendall(get(b"/healthz"))
                assert [reply.status for reply in read_replies(read_to_end(connection))] == [200, 200]


def test_what_is_received_is_bounded_together(start_service: StartService) -> None:
    running = start_service(max_received_bytes=1 << 20)
    with contextlib.ExitStack() as stack:
        for connection in connect_many(stack, running.port, 40):
            with contextlib.suppress(ConnectionError):
                connection.sendall(POST + b"Content-Length: 262144\r\n\r\n" + b" " * 200_000)
        wait_for_line(running, "too much was received of requests that are not complete")
        body = b'{"zones": ["Etc/UTC"]}'
        (reply,) = exchange(running.port, POST + b"Connection: close\r\nContent-Length: 22\r\n\r\n" + body)
        assert reply.status == 200
