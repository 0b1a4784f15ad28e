"""More connections than there is room for: who stays, who is refused, and that health is always answered."""

import contextlib
import re
import socket
import time
from pathlib import Path

import pytest

from tests.hostile.attacks import HOST, PATIENCE_SECONDS, POST, TREE, connect_many
from tests.servers import Service, StartService
from tests.web.raw import RawReply, exchange, get, read_replies, read_to_end

SPARE_CONNECTIONS = 16
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


def read_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        received += connection.recv(4_096)
    return received


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
