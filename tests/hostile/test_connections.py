"""How much one connection can send: floods of everything that is not a body, first packets, pipelines.

Every attack runs against one service. After each the service must be as it was: little memory, an answer, a quiet log.
"""

import contextlib
import time
from collections.abc import Callable

import pytest

from tests.hostile.attacks import BODY, CHUNKED, HEALTH, HOST, POST, UPGRADE
from tests.servers import Service
from tests.web.raw import connect, exchange, get, read_replies, read_to_end

FLOOD_BYTES = 40 << 20
ENOUGH = b"X: %s\r\n" % (b"a" * 60_000)

pytestmark = pytest.mark.usefixtures("unharmed")


def flood(port: int, beginning: bytes, unit: bytes | Callable[[int], bytes]) -> list[int]:
    """Send a beginning and then more and more, until the service has enough; return the statuses that it answered."""
    with connect(port) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(beginning)
            sent = 0
            while sent < FLOOD_BYTES:
                more = unit if isinstance(unit, bytes) else unit(sent)
                connection.sendall(more)
                sent += len(more)
            pytest.fail("the service took all of it")
        return [reply.status for reply in read_replies(read_to_end(connection))]


def distinct(form: bytes) -> Callable[[int], bytes]:
    """Return a unit of a thousand lines, no two of which are ever equal."""
    return lambda sent: b"".join(form % (sent + number) for number in range(1_000))


FLOODS: dict[str, tuple[bytes, bytes | Callable[[int], bytes], int]] = {
    "equal trailers": (CHUNKED + b"1\r\n{\r\n0\r\n", b"X: a\r\n" * 10_000, 431),
    "distinct trailers": (CHUNKED + b"1\r\n{\r\n0\r\n", distinct(b"X%d: a\r\n"), 431),
    "one trailer without end": (CHUNKED + b"1\r\n{\r\n0\r\nX: ", b"a" * 60_000, 431),
    "the name of a trailer": (CHUNKED + b"1\r\n{\r\n0\r\n", b"a" * 60_000, 431),
    "trailers of an empty body": (CHUNKED + b"0\r\n", b"X: a\r\n" * 10_000, 431),
    "trailers after an offer to upgrade": (POST + UPGRADE + CHUNKED[len(POST) :] + b"0\r\n", b"X: a\r\n" * 10_000, 431),
    "trailers below /v2": (CHUNKED.replace(b"/v1/bundles", b"/v2/") + b"0\r\n", b"X: a\r\n" * 10_000, 431),
    "a chunk extension": (CHUNKED + b"1;", b"a" * 60_000, 431),
    "an extension of the last chunk": (CHUNKED + b"1\r\n{\r\n0;", b"a" * 60_000, 431),
    "a quoted extension": (CHUNKED + b'1;a="', b"a" * 60_000, 431),
    "an extension for each byte": (CHUNKED, b"1;" + b"a" * 10_000 + b"\r\nx\r\n", 431),
    "the size of a chunk": (CHUNKED, b"0" * 60_000, 431),
    "equal fields": (HEALTH, b"X: a\r\n" * 10_000, 431),
    "distinct fields": (HEALTH, distinct(b"X%d: a\r\n"), 431),
    "empty fields": (HEALTH, b"X:\r\n" * 10_000, 431),
    "one field without end": (HEALTH + b"X: ", b"a" * 60_000, 431),
    "the name of a field": (HEALTH, b"a" * 60_000, 431),
    "spaces before a value": (HEALTH + b"X:", b" " * 60_000, 431),
    "a path": (b"GET /", b"a" * 60_000, 414),
    "a query": (b"GET /?", b"a" * 60_000, 414),
    "blank lines": (b"", b"\r\n" * 30_000, 400),
    "line feeds": (b"", b"\n" * 60_000, 400),
}


@pytest.mark.parametrize(("beginning", "unit", "status"), FLOODS.values(), ids=FLOODS)
def test_a_flood_is_refused_early(
    target: Service, beginning: bytes, unit: bytes | Callable[[int], bytes], status: int
) -> None:
    before = target.resident_bytes
    assert flood(target.port, beginning, unit) == [status]
    assert flood(target.port, HEALTH + b"\r\n" + beginning, unit) == [200, status]
    assert target.resident_bytes - before < 8 << 20


FIRST_PACKETS = {
    "70 kB in one field": (HEALTH + b"X: " + b"a" * 70_000, 431),
    "70 kB in many fields": (HEALTH + b"X: abcdefgh\r\n" * 5_500, 431),
    "8,000 fields": (HEALTH + b"X: a\r\n" * 8_000, 431),
    "300 fields": (HEALTH + b"X: a\r\n" * 300, 431),
    "a name of 70 kB": (HEALTH + b"a" * 70_000 + b": a", 431),
    "8,000 trailers": (CHUNKED + b"0\r\n" + b"X12345678: a\r\n" * 8_000, 431),
    "an extension of 70 kB": (CHUNKED + b"1;" + b"a" * 70_000, 431),
    "a URL of 70 kB": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST, 414),
    "70 kB behind another request": (HEALTH + b"\r\n" + HEALTH + b"X: " + b"a" * 70_000, 431),
    "70 kB in an offer to upgrade": (HEALTH + UPGRADE + b"X: " + b"a" * 70_000, 431),
}


@pytest.mark.parametrize(("packet", "status"), FIRST_PACKETS.values(), ids=FIRST_PACKETS)
def test_the_first_packet_counts(target: Service, packet: bytes, status: int) -> None:
    replies = exchange(target.port, packet + b"\r\n\r\n" + get(b"/healthz"))
    assert replies[-1].status == status
    assert replies[-1].headers["connection"] == "close"
    assert b'"limit"' in replies[-1].body


class TestPipelines:
    @pytest.mark.parametrize("offer", [b"h2c", b"websocket", b"TLS/1.0", b"h2c, websocket", b"x" * 500])
    def test_offers_to_upgrade_cost_no_more_than_other_requests(self, target: Service, offer: bytes) -> None:
        before = len(target.log)
        request = HEALTH + b"Connection: Upgrade\r\nUpgrade: " + offer + b"\r\n\r\n"
        replies = exchange(target.port, request * 1_500 + get(b"/healthz"))
        assert [reply.status for reply in replies] == [200] * 1_501
        others = [line for line in target.log[before:].splitlines() if "Z request " not in line]
        assert len(others) < 3

    def test_offers_with_bodies(self, target: Service) -> None:
        request = POST + UPGRADE + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        replies = exchange(target.port, request * 300 + get(b"/healthz"))
        assert [reply.status for reply in replies] == [200] * 301

    def test_five_thousand_requests_in_one_go_are_answered_in_turn(self, target: Service) -> None:
        paths = (b"/healthz", b"/v1/bundles/latest/Etc/UTC.zip")
        requests = b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % paths[number % 2] for number in range(5_000))
        replies = exchange(target.port, requests + get(b"/nothing"))
        assert len(replies) == 5_001
        assert {reply.body for reply in replies[0:-1:2]} == {b"ok\n"}
        assert {reply.headers["content-type"] for reply in replies[1:-1:2]} == {"application/zip"}
        assert replies[-1].status == 404

    @pytest.mark.parametrize("request_", [HEALTH + b"\r\n", POST + b"Content-Length: 2\r\n\r\n{}"], ids=["GET", "POST"])
    def test_clients_that_send_and_never_read_are_not_read_any_more(self, target: Service, request_: bytes) -> None:
        before = target.resident_bytes
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                connection = stack.enter_context(connect(target.port))
                connection.settimeout(0.2)
                with contextlib.suppress(TimeoutError):
                    connection.sendall(request_ * (1_000_000 // len(request_)))
            assert target.resident_bytes - before < 32 << 20

    def test_bodies_behind_a_request_that_takes_its_time(self, target: Service) -> None:
        cold = b"GET /v1/bundles/latest/*.tar.gz?prefix=b%d HTTP/1.1\r\n" % time.monotonic_ns() + HOST + b"\r\n"
        body = b" " * (200 << 10) + BODY
        post = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
        replies = exchange(target.port, cold + post * 20 + get(b"/healthz"))
        assert [reply.status for reply in replies] == [200] * 22


@pytest.mark.parametrize(
    "beginning",
    [
        POST + b"Content-Length: 262144\r\n\r\n" + b" " * 262_000,
        CHUNKED + b"3f000\r\n" + b" " * 0x3EFFF,
        HEALTH + ENOUGH,
        CHUNKED + b"0\r\n" + ENOUGH,
        b"GET /" + b"a" * 32_000,
    ],
    ids=["bodies", "chunks", "fields", "trailers", "URLs"],
)
def test_what_all_connections_hold_together_is_bounded(target: Service, beginning: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(600):
            connection = stack.enter_context(connect(target.port))
            with contextlib.suppress(ConnectionError):
                connection.sendall(beginning)
        (reply,) = exchange(target.port, POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
        assert reply.status == 200
