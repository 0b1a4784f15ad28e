"""What RFC 9112 lets nobody send, other protocols on this port, and unusual clients that are right."""

import re
import socket
import time

import pytest

from tests.hostile.attacks import BODY, CHUNKED, HEALTH, HOST, POST, UPGRADE
from tests.servers import Service
from tests.web.raw import connect, exchange, get, read_replies, read_to_end

pytestmark = pytest.mark.usefixtures("unharmed")


def refused(lines: bytes) -> bytes:
    return b"GET /healthz HTTP/1.1\r\n" + lines + b"\r\n"


REFUSED = {
    "no Host": refused(b""),
    "two Hosts": refused(HOST + b"Host: other\r\n"),
    "two equal Hosts": refused(HOST + HOST),
    "an empty Host": refused(b"Host:\r\n"),
    "a Host of spaces": refused(b"Host:  \t \r\n"),
    "a Host with a path": refused(b"Host: a/b\r\n"),
    "a Host with a scheme": refused(b"Host: http://a\r\n"),
    "a Host with a user": refused(b"Host: user@a\r\n"),
    "a Host with a space": refused(b"Host: a b\r\n"),
    "a Host with another port": refused(b"Host: a:b\r\n"),
    "a Host with two ports": refused(b"Host: a:1:2\r\n"),
    "a Host that is a bracket": refused(b"Host: [::1\r\n"),
    "a Host that is not ASCII": refused("Host: ä\r\n".encode()),
    "two Hosts in HTTP/1.0": b"GET /healthz HTTP/1.0\r\n" + HOST + HOST + b"\r\n",
    "an invalid Host in HTTP/1.0": b"GET /healthz HTTP/1.0\r\nHost: a/b\r\n\r\n",
    "no Host in an absolute URL": b"GET http://a/healthz HTTP/1.1\r\n\r\n",
    "no Host in an offer to upgrade": refused(UPGRADE),
    **{
        f"version {version.decode()}": b"GET /healthz " + version + b"\r\n" + HOST + b"\r\n"
        for version in (
            *(b"HTTP/0.9", b"HTTP/1.2", b"HTTP/1.9", b"HTTP/2.0", b"HTTP/3.0", b"HTTP/2", b"HTTP/1", b"HTTP/1.10"),
            *(
                b"HTTP/11.1",
                b"HTTP/01.1",
                b"HTTP/-1.1",
                b"http/1.1",
                b"HTTP 1.1",
                b"HTTPS/1.1",
                b"RTSP/1.0",
                b"ICE/1.0",
            ),
        )
    },
    "no version": b"GET /healthz\r\n" + HOST + b"\r\n",
    "a space after the version": b"GET /healthz HTTP/1.1 \r\n" + HOST + b"\r\n",
    "a space before the method": b" GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tab for a space": b"GET\t/healthz\tHTTP/1.1\r\n" + HOST + b"\r\n",
    "a folded field": refused(HOST + b"X: a\r\n b\r\n"),
    "a field folded with a tab": refused(HOST + b"X: a\r\n\tb\r\n"),
    "a folded Host": refused(b"Host:\r\n test\r\n"),
    "a space before the first field": refused(b" X: a\r\n" + HOST),
    "a space before the colon": refused(HOST + b"X : a\r\n"),
    "a tab before the colon": refused(HOST + b"X\t: a\r\n"),
    "no name": refused(HOST + b": a\r\n"),
    "a name with a space": refused(HOST + b"X Y: a\r\n"),
    "a name in brackets": refused(HOST + b"X(): a\r\n"),
    "a bare line feed": b"GET /healthz HTTP/1.1\n" + HOST + b"\r\n",
    "a field that ends with a line feed": refused(HOST + b"X: a\n"),
    "a head that ends with a line feed": b"GET /healthz HTTP/1.1\r\n" + HOST + b"\n",
    "a bare carriage return": refused(HOST + b"X: a\rY: b\r\n"),
    "NUL in a value": refused(HOST + b"X: a\x00b\r\n"),
    "DEL in a value": refused(HOST + b"X: a\x7f\r\n"),
    "NUL in the path": b"GET /health\x00z HTTP/1.1\r\n" + HOST + b"\r\n",
}
LENGTHS = {
    **{
        f"Content-Length: {length.decode()}": b"Content-Length: " + length + b"\r\n\r\nhello"
        for length in (
            *(b"-5", b"+5", b"5,5", b"5, 6", b"5;", b"5.0", b"5e0", b"0x5", b"five", b"", b" ", b"5 5", b"1_0"),
            *(b"18446744073709551616", b"9" * 100, b"5\r\nContent-Length: 5", b"5\r\nContent-Length: 6"),
        )
    },
    **{
        f"Transfer-Encoding: {coding.decode()}": b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n"
        for coding in (
            *(
                b"identity",
                b"xchunked",
                b"chunkedx",
                b"chunked, chunked",
                b"chunked,",
                b",chunked",
                b"gzip",
                b"gzip, chunked",
            ),
            *(
                b"chunked, gzip",
                b"chunked;a=b",
                b'"chunked"',
                b"\x0bchunked",
                b"",
                b"chunked\r\nTransfer-Encoding: chunked",
            ),
            *(b"identity\r\nTransfer-Encoding: chunked", b"chunked\r\nTransfer-Encoding: identity"),
            *(b"chunked\r\nContent-Length: 5", b"chunked\r\nContent-Length: 0"),
        )
    },
    "both": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk sizes that end with a line feed": b"Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
    "a chunk size with a space": b"Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
    "a chunk size with a prefix": b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "a chunk size past 64 bits": b"Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
    "a chunk that ends with a line feed": b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
    "a folded trailer": b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\r\n b\r\n\r\n",
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_what_is_not_a_request_is_refused_and_nothing_behind_it_is_read(target: Service, request_: bytes) -> None:
    replies = exchange(target.port, request_ + get(b"/v1/releases"))
    assert [reply.status for reply in replies] == [400]
    assert replies[0].headers["content-type"] == "application/problem+json"
    assert replies[0].headers["connection"] == "close"


@pytest.mark.parametrize("rest", LENGTHS.values(), ids=LENGTHS)
def test_lengths_that_can_be_read_in_two_ways_are_refused(target: Service, rest: bytes) -> None:
    replies = exchange(target.port, POST + rest + get(b"/v1/releases"))
    assert [reply.status for reply in replies] == [400]
    assert [reply.status for reply in exchange(target.port, POST + UPGRADE + rest + get(b"/v1/releases"))] == [400]


def test_http_1_0_has_no_transfer_encoding(target: Service) -> None:
    head = b"POST /v1/bundles HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert [reply.status for reply in exchange(target.port, head + b"0\r\n\r\n")] == [400]


@pytest.mark.parametrize(
    ("hello", "word"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), "TLS"),
        (b"\x16\x03\x03\x00", "TLS"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "well-formed"),
        (b"\x05\x01\x00", "well-formed"),
        (b"\x00" * 1_000, "well-formed"),
    ],
    ids=["TLS 1.0 record", "TLS 1.2 record", "HTTP/2", "SSH", "SOCKS", "zeros"],
)
def test_another_protocol_is_named_to_the_client_and_in_the_log(target: Service, hello: bytes, word: str) -> None:
    time.sleep(1.1)  # lines about single connections come once a second
    (reply,) = exchange(target.port, hello)
    assert reply.status == 400
    assert word in reply.body.decode()
    assert re.search(rf"info +a request was refused: .*{word}", target.log)


def test_two_thousand_broken_connections_are_a_few_lines_in_the_log(target: Service) -> None:
    time.sleep(1.1)
    before = len(target.log)
    began = time.monotonic()
    for number in range(2_000):
        exchange(target.port, (b"\x16\x03\x01\x00", b"nonsense\r\n\r\n", HEALTH + HOST + b"\r\n")[number % 3])
    lines = [line for line in target.log[before:].splitlines() if "Z request " not in line]
    assert 1 <= len(lines) <= time.monotonic() - began + 2
    time.sleep(1.1)
    exchange(target.port, b"nonsense\r\n\r\n")
    assert re.search(r"\(and \d+ more like it\)$", target.log, re.MULTILINE)


class TestGoodClients:
    @pytest.mark.parametrize(
        "lines",
        [
            *(
                b"Host: test",
                b"Host: test:8080",
                b"Host: test:",
                b"Host: 127.0.0.1",
                b"Host: [::1]:8080",
                b"Host: [v1.a]",
            ),
            *(b"host:test", b"Host: test \t", b"Host: xn--bcher-kva.example", b"Host: a_b.example", b"Host: a%41"),
            *(
                b"Host: test\r\nX:",
                b"Host: test\r\nX: \xc3\xa4",
                b"Host: test\r\nX:\ta\t",
                b"Host: test\r\nTE: trailers",
            ),
        ],
    )
    def test_unusual_heads_that_are_right(self, target: Service, lines: bytes) -> None:
        replies = exchange(target.port, refused(lines + b"\r\n") + get(b"/healthz"))
        assert [reply.status for reply in replies] == [200, 200]

    def test_blank_lines_before_a_request(self, target: Service) -> None:
        replies = exchange(target.port, b"\r\n" + HEALTH + b"\r\n\r\n\r\n" + get(b"/healthz"))
        assert [reply.status for reply in replies] == [200, 200]

    def test_http_1_0_without_a_host(self, target: Service) -> None:
        assert [reply.status for reply in exchange(target.port, b"GET /healthz HTTP/1.0\r\n\r\n")] == [200]

    def test_a_path_of_32_kib(self, target: Service) -> None:
        zones = b",".join(b"Zone/Number%d" % number for number in range(1_800))
        (reply,) = exchange(target.port, get(b"/v1/bundles/latest/%s.tar" % zones))
        assert (reply.status, b"unknown-zones" in reply.body) == (404, True)

    def test_sixty_kilobytes_of_fields(self, target: Service) -> None:
        lines = [b"X-%d: %s" % (number, b"a" * 590) for number in range(100)]
        (reply,) = exchange(target.port, get(b"/healthz", *lines))
        assert reply.status == 200

    @pytest.mark.parametrize("size", [1, 2, 7, 1_000])
    def test_a_body_in_small_chunks(self, target: Service, size: int) -> None:
        body = BODY.ljust(60_000)
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        replies = exchange(target.port, CHUNKED + chunks + b"0\r\nX: trailer\r\n\r\n" + get(b"/healthz"))
        assert [reply.status for reply in replies] == [200, 200]

    def test_trailers_are_not_taken_for_fields(self, target: Service) -> None:
        chunks = b"%x\r\n%s\r\n0\r\nX-Request-Id: from-a-trailer\r\n\r\n" % (len(BODY), BODY)
        replies = exchange(target.port, CHUNKED + chunks + get(b"/healthz"))
        assert [reply.status for reply in replies] == [200, 200]
        assert replies[0].headers["x-request-id"] != "from-a-trailer"

    def test_the_largest_body_in_slow_pieces(self, target: Service) -> None:
        body = BODY.ljust(256 << 10)
        with connect(target.port) as connection:
            connection.sendall(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
            for at in range(0, len(body), 8_192):
                connection.sendall(body[at : at + 8_192])
                time.sleep(0.05)
            (reply,) = read_replies(read_to_end(connection))
        assert reply.status == 200

    @pytest.mark.parametrize("path", [b"/healthz", b"/v1/bundles/latest/Etc/UTC.zip", b"/v1/bundles/latest/Asia/*.tar"])
    def test_a_client_that_closes_its_half_gets_its_answer(self, target: Service, path: bytes) -> None:
        with connect(target.port) as connection:
            connection.sendall(b"GET %s HTTP/1.1\r\n" % path + HOST + b"\r\n")
            connection.shutdown(socket.SHUT_WR)
            (reply,) = read_replies(read_to_end(connection))
        assert reply.status == 200
