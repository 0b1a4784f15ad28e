"""Connections: broken requests, slow and silent clients, pipelines. Bytes on sockets, since clients are too polite."""

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.servers import Service, running_service
from tests.web.raw import RawReply, connect, exchange, get, read_replies, read_to_end

BODY = b'{"zones": ["Etc/UTC"]}'
HOST = b"Host: test\r\n"
POST = b"POST /v1/bundles HTTP/1.1\r\n" + HOST
KEEP = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
CLOSE = get(b"/healthz")
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a service that waits half a second for a request."""
    settings = {"request_timeout_seconds": 0.5, "keep_alive_seconds": 1}
    with running_service(tmp_path_factory.mktemp("hasty"), settings) as running:
        yield running


def statuses(replies: list[RawReply]) -> list[int]:
    return [reply.status for reply in replies]


class TestSmuggling:
    @pytest.mark.parametrize(
        "fields",
        [
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            b"Content-Length: 5\r\nContent-Length: 6\r\n",
            b"Content-Length: 5, 6\r\n",
            b"Content-Length: +5\r\n",
            b"Content-Length: -1\r\n",
            b"Content-Length: 0x5\r\n",
            b"Content-Length: 99999999999999999999999\r\n",
            b"Content-Length : 5\r\n",
            b"Transfer-Encoding: chunked, identity\r\n",
            b"Transfer-Encoding : chunked\r\n",
            b"X: a\rContent-Length: 5\r\n",
            b"X: a\x00b\r\n",
            b" folded: 1\r\n",
            b"no colon\r\n",
        ],
    )
    def test_ambiguous_lengths_and_fields_are_refused_and_the_connection_closed(
        self, service: Service, fields: bytes
    ) -> None:
        replies = exchange(service.port, POST + fields + b"\r\n" + b"0\r\n\r\n" + CLOSE)
        assert statuses(replies) == [400]
        assert replies[0].headers["content-type"] == "application/problem+json"
        assert replies[0].headers["connection"] == "close"

    @pytest.mark.parametrize(
        "chunks", [b"zz\r\n", b"5\r\nabc", b"-1\r\n\r\n", b"3\r\nabcd\r\n", b"ffffffffffffffffff\r\n"]
    )
    def test_broken_chunks_are_refused(self, service: Service, chunks: bytes) -> None:
        replies = exchange(service.port, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"!\r\n" + CLOSE)
        assert statuses(replies) == [400]

    @pytest.mark.parametrize(
        "line",
        [
            *(b"GET /healthz HTTP/9.9\r\n", b"get /healthz HTTP/1.1\r\n", b"GET healthz HTTP/1.1\r\n"),
            *(b"CONNECT x:443 HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n"),
        ],
    )
    def test_request_lines_that_are_none(self, service: Service, line: bytes) -> None:
        assert statuses(exchange(service.port, line + HOST + b"\r\n\r\n")) == [400]

    def test_crlf_in_a_field_reaches_no_answer(self, service: Service) -> None:
        replies = exchange(service.port, get(b"/healthz", b"X-Request-Id: a%0d%0aX-Evil: 1"))
        assert statuses(replies) == [200]
        assert "x-evil" not in replies[0].headers


class TestSlowClients:
    @pytest.mark.parametrize(
        "beginning",
        [
            *(b"", b"GET /hea", b"GET /healthz HTTP/1.1\r\n" + HOST, POST + b"Content-Length: 22\r\n\r\n" + BODY[:5]),
            POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        ],
        ids=["silent", "request line", "fields", "body", "chunk"],
    )
    def test_what_stops_half_way_is_cut_off_with_a_problem(self, hasty: Service, beginning: bytes) -> None:
        with connect(hasty.port) as connection:
            connection.sendall(beginning)
            replies = [*read_replies(read_to_end(connection))]
        assert statuses(replies) == [408]
        assert replies[0].headers["connection"] == "close"

    def test_dripping_does_not_help(self, hasty: Service) -> None:
        with connect(hasty.port) as connection, contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /healthz HTTP/1.1\r\n")
            for number in range(1_000):
                connection.sendall(b"X-Drip-%d: 1\r\n" % number)
                time.sleep(0.05)
            pytest.fail("the connection was never cut off")

    def test_a_slow_second_request_is_cut_off_after_the_first_was_answered(self, hasty: Service) -> None:
        with connect(hasty.port) as connection:
            connection.sendall(KEEP + b"GET /heal")
            assert statuses([*read_replies(read_to_end(connection))]) == [200, 408]

    def test_an_idle_connection_may_stay_for_the_keep_alive_time_and_gets_no_problem(self, hasty: Service) -> None:
        with connect(hasty.port) as connection:
            connection.sendall(KEEP)
            time.sleep(0.7)  # longer than a request may take, shorter than the keep-alive time
            connection.sendall(KEEP)
            assert statuses([*read_replies(read_to_end(connection))]) == [200, 200]

    def test_a_body_that_was_refused_and_still_drips_gets_no_second_answer(self, hasty: Service) -> None:
        with connect(hasty.port) as connection:
            connection.sendall(POST + b"Content-Length: 5000000\r\n\r\n" + BODY)
            assert statuses([*read_replies(read_to_end(connection))]) == [413]

    def test_the_service_serves_others_meanwhile(self, hasty: Service) -> None:
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                stack.enter_context(connect(hasty.port))
            with hasty.client() as client:
                for _ in range(20):
                    assert client.get("/v1/bundles/latest/Etc/UTC.zip").status_code == 200

    def test_idle_connections_do_not_pile_up(self, hasty: Service) -> None:
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(connect(hasty.port)) for _ in range(50)]
            for connection in connections:
                assert statuses([*read_replies(read_to_end(connection))]) == [408]


class TestPipelines:
    def test_answers_come_in_order(self, service: Service) -> None:
        names = [b"Etc/GMT+%d" % hours for hours in range(1, 13)]
        request = b"".join(b"GET /v1/releases/latest/tzif/%s HTTP/1.1\r\n%s\r\n" % (name, HOST) for name in names)
        replies = exchange(service.port, request + CLOSE)
        assert statuses(replies) == [200] * 13
        assert [reply.body.rstrip().rpartition(b"\n")[2] for reply in replies[:-1]] == [
            b"<-%02d>%d" % (hours, hours) for hours in range(1, 13)
        ]

    def test_hot_and_cold_and_refused_in_one_go(self, service: Service, client: httpx.Client) -> None:
        hot = client.get("/v1/bundles/latest/Etc/UTC.zip")
        paths = (
            b"/v1/bundles/latest/Etc/UTC.zip",
            b"/v1/bundles/latest/*.zip?aliases=target",
            b"/nothing",
            b"/healthz",
        )
        request = b"".join(b"GET %s HTTP/1.1\r\n%s\r\n" % (path, HOST) for path in paths)
        replies = exchange(service.port, request + CLOSE)
        assert statuses(replies) == [200, 200, 404, 200, 200]
        assert replies[0].body == hot.content

    @pytest.mark.parametrize(
        "after", [b"NONSENSE \x01\r\n\r\n", POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"]
    )
    def test_what_is_owed_comes_before_a_broken_request(self, service: Service, after: bytes) -> None:
        cold = b"GET /v1/bundles/latest/*.tar.gz?prefix=p%d HTTP/1.1\r\n" % time.monotonic_ns() + HOST + b"\r\n"
        replies = exchange(service.port, cold + KEEP + after)
        assert statuses(replies)[:2] == [200, 200]
        assert replies[0].headers["content-type"] == "application/gzip"
        assert statuses(replies)[2:] in ([], [400])

    def test_a_broken_chunk_behind_an_unanswered_request(self, service: Service) -> None:
        cold = b"GET /v1/bundles/latest/*.tar.gz?prefix=q%d HTTP/1.1\r\n" % time.monotonic_ns() + HOST + b"\r\n"
        replies = exchange(service.port, cold + POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert statuses(replies) == [200, 400]

    def test_a_request_that_begins_in_the_packet_of_a_long_body(self, service: Service) -> None:
        body = b" " * 100_000 + BODY  # arrives as one packet, larger than what headers may have
        with connect(service.port) as connection:
            connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body + CLOSE[:9])
            time.sleep(0.2)
            connection.sendall(CLOSE[9:])
            assert statuses([*read_replies(read_to_end(connection))]) == [200, 200]


class TestClientsThatLeave:
    def test_in_the_middle_of_a_body_is_not_our_fault(self, hasty: Service) -> None:
        for beginning in (b"Content-Length: 50\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\n"):
            with connect(hasty.port) as connection:
                connection.sendall(POST + beginning + b"abc")
                time.sleep(0.1)
        with hasty.client() as client:
            metrics = client.get("/metrics").text
        assert 'status="500"' not in metrics  # and the fixture sees that no error was logged

    def test_before_their_answer(self, service: Service, client: httpx.Client) -> None:
        for number in range(20):
            with connect(service.port) as connection:
                connection.sendall(get(b"/v1/bundles/latest/*.tar.gz?prefix=left%d" % number))
        assert client.get("/healthz").status_code == 200


def test_an_offer_of_http_2_is_passed_over(service: Service) -> None:
    """Some clients make it with the first request of each connection, whatever the method."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
    lengths = (b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, CHUNKED)
    requests = (b"GET /healthz HTTP/1.1\r\n" + HOST + offer + b"\r\n", *(POST + offer + length for length in lengths))
    for request in requests:
        assert statuses(exchange(service.port, request + KEEP + request + CLOSE)) == [200] * 4
        with connect(service.port) as connection:
            for packet in (request[:-5], request[-5:], request[:90], request[90:], CLOSE):
                connection.sendall(packet)
                time.sleep(0.02)
            assert statuses([*read_replies(read_to_end(connection))]) == [200] * 3


def test_the_body_behind_an_offer_to_upgrade_is_no_request(service: Service) -> None:
    hidden = b"GET /v1/releases HTTP/1.1\r\n\r\n"
    head = POST + b"Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: %d\r\n\r\n" % len(hidden)
    with connect(service.port) as connection:
        for packet in (head, hidden, CLOSE):
            connection.sendall(packet)
            time.sleep(0.05)
        assert statuses([*read_replies(read_to_end(connection))]) == [400, 200]


def test_http_1_0_and_absolute_urls_are_served(service: Service) -> None:
    assert statuses(exchange(service.port, b"GET /healthz HTTP/1.0\r\n\r\n")) == [200]
    assert statuses(exchange(service.port, get(b"http://elsewhere.example/healthz"))) == [200]


def test_100_continue(service: Service) -> None:
    with connect(service.port) as connection:
        head = POST + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert statuses([*read_replies(read_to_end(connection))]) == [200]
