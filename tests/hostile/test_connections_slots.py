"""Connections that want nothing but their place: silent, half-way, never reading, too many. None keeps it for long."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Service, StartService, running_service
from tests.web.raw import RawReply, connect, exchange, get, read_replies, read_to_end

MAX_PEAK_BYTES = 200_000_000
PATIENCE_SECONDS = 12
SPARE_CONNECTIONS = 16
HOST = b"Host: test\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /v1/bundles HTTP/1.1\r\n" + HOST
TREE = b"GET /v1/bundles/latest/*.tar HTTP/1.1\r\n" + HOST + b"\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
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
    if "hasty" not in request.fixturenames:
        return
    target: Service = request.getfixturevalue("hasty")
    assert target.peak_bytes <= MAX_PEAK_BYTES
    assert exchange(target.port, get(b"/v1/bundles/latest/Etc/UTC.zip"))[0].status == 200
    assert not re.search(r" (?:warning|error) ", target.log)


def wait_until_closed(connections: list[socket.socket]) -> None:
    """Read each connection to its end, which must come in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for connection in connections:
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        read_to_end(connection)


def read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        received += connection.recv(4_096)
    return received


def connect_many(stack: contextlib.ExitStack, port: int, count: int) -> list[socket.socket]:
    return [stack.enter_context(connect(port)) for _ in range(count)]


def wait_for_descriptors(target: Service, most: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while target.descriptors > most:
        assert time.monotonic() < deadline, f"{target.descriptors} descriptors are open, not {most}"
        time.sleep(0.1)


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


def wait_for_line(target: Service, text: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while text not in target.log:
        assert time.monotonic() < deadline, f"{text!r} is not in the log"
        time.sleep(0.05)


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


class TestTooMany:
    """A service that takes twenty connections."""

    @pytest.fixture
    def small(self, start_service: StartService) -> Service:
        return start_service(max_connections=20)

    def test_the_longest_idle_makes_room(self, small: Service) -> None:
        with contextlib.ExitStack() as stack:
            connections = []
            for _ in range(20):
                connections += connect_many(stack, small.port, 1)
                connections[-1].sendall(HEALTH)
                assert read_until(connections[-1], b"ok\n").startswith(b"HTTP/1.1 200 ")
            for _ in range(5):
                assert exchange(small.port, get(b"/v1/bundles/latest/Etc/UTC.zip"))[0].status == 200
                time.sleep(0.02)
            assert read_to_end(connections[0]) == b""
            connections[-1].sendall(get(b"/healthz"))
            (reply,) = read_replies(read_to_end(connections[-1]))
            assert reply.status == 200

    @pytest.mark.parametrize("beginning", [b"", b"GET /hea", POST + b"Content-Length: 9\r\n\r\n"])
    def test_who_sends_half_a_request_keeps_its_place_for_a_second(self, small: Service, beginning: bytes) -> None:
        with contextlib.ExitStack() as stack:
            for connection in connect_many(stack, small.port, 20):
                connection.sendall(beginning)
            time.sleep(1.5)
            assert exchange(small.port, get(b"/v1/bundles/latest/Etc/UTC.zip"))[0].status == 200

    def test_when_all_are_busy_a_new_one_is_refused_but_for_health(self, small: Service) -> None:
        refusals, answers = [], []
        with contextlib.ExitStack() as stack:
            for connection in connect_many(stack, small.port, 20):
                connection.sendall(b"GET /hea")
            for path in (b"/v1/bundles/latest/Etc/UTC.zip", b"/readyz", b"/v2/", b"/healthz/x"):
                refusals += exchange(small.port, get(path))
            answers += exchange(small.port, get(b"/healthz"))
            answers += exchange(small.port, HEALTH + HEALTH)
        assert [reply.status for reply in refusals] == [503] * 4
        assert all(int(reply.headers["retry-after"]) > 0 for reply in refusals)
        assert all(reply.headers["connection"] == "close" for reply in refusals)
        assert b"/problems/too-many-connections" in refusals[0].body
        assert b'"errors"' in refusals[2].body
        assert [(reply.status, reply.body) for reply in answers] == [(200, b"ok\n")] * 2

    def test_what_is_kept_for_health_cannot_be_taken_by_others(self, small: Service) -> None:
        with contextlib.ExitStack() as stack:
            for connection in connect_many(stack, small.port, 20):
                connection.sendall(b"GET /hea")
            connect_many(stack, small.port, 10 * SPARE_CONNECTIONS)
            assert exchange(small.port, get(b"/healthz"))[0].status == 200
            assert small.descriptors < 20 + SPARE_CONNECTIONS + 25

    def test_a_place_that_came_free_is_given_to_one_that_waits(self, small: Service) -> None:
        with contextlib.ExitStack() as stack:
            holders = connect_many(stack, small.port, 20)
            for connection in holders:
                connection.sendall(b"GET /hea")
            (late,) = connect_many(stack, small.port, 1)
            time.sleep(0.1)
            holders[0].close()
            time.sleep(0.1)
            late.sendall(HEALTH + get(b"/v1/bundles/latest/Etc/UTC.zip"))
            assert [reply.status for reply in read_replies(read_to_end(late))] == [200, 200]

    def test_one_that_waits_for_nothing_is_closed(self, small: Service) -> None:
        with contextlib.ExitStack() as stack:
            slow = connect_many(stack, small.port, 20)
            for connection in slow:
                connection.sendall(b"GET /hea")
            (late,) = connect_many(stack, small.port, 1)
            assert read_to_end(late) == b""

    def test_slow_readers_make_room(self, small: Service) -> None:
        with contextlib.ExitStack() as stack:
            for connection in connect_many(stack, small.port, 20):
                connection.sendall(TREE * 20)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while ask_once(small).status != 200:
                assert time.monotonic() < deadline
                time.sleep(0.2)


def ask_once(target: Service) -> RawReply:
    (reply,) = exchange(target.port, get(b"/v1/bundles/latest/Etc/UTC.zip"))
    return reply


class TestDescriptors:
    def test_the_limit_of_connections_stays_below_that_of_descriptors(self, start_service: StartService) -> None:
        running = start_service(descriptors=200)
        assert re.search(r"warning at most 72 connections at a time, not 1000: .* may open 200 files", running.log)
        with contextlib.ExitStack() as stack:
            connect_many(stack, running.port, 300)
            for _ in range(5):
                assert exchange(running.port, get(b"/healthz"))[0].status == 200
            time.sleep(1.5)
            assert exchange(running.port, get(b"/v1/bundles/latest/*.tar"))[0].status == 200
            assert running.descriptors < 200
        assert len(running.log.splitlines()) < 30

    def test_with_hardly_any_it_neither_spins_nor_fills_the_log(self, start_service: StartService) -> None:
        running = start_service(descriptors=40, expect_errors=True)
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                with contextlib.suppress(ConnectionError):
                    connect_many(stack, running.port, 1)
            before = cpu_seconds(running)
            time.sleep(1.5)
            assert cpu_seconds(running) - before < 0.75
        assert exchange(running.port, get(b"/healthz"))[0].status == 200
        assert len(running.log.splitlines()) < 30


def cpu_seconds(target: Service) -> float:
    """Return the processor time of the service so far. Source: proc(5), utime and stime of ``/proc/PID/stat``."""
    fields = Path(f"/proc/{target.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
