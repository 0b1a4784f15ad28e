"""Heads: which versions, hosts and codings are taken. What a connection does with them is in tests/hostile."""

import pytest

from app.web.edge.heads import check_coding, check_host, check_version, explain
from app.web.http.errors import NotHttp


@pytest.mark.parametrize(
    "value",
    [
        *(b"a", b"a.example", b"a.example:8080", b"a:", b"127.0.0.1:1", b"[::1]", b"[fe80::1]:80", b"[v1.x:y]", b"a_b"),
        *(b"a%41", b"sub-delims!$&'()*+,;=", b"a ", b"a:80\t"),
    ],
)
def test_hosts(value: bytes) -> None:
    check_host(value, None)


@pytest.mark.parametrize(
    "value",
    [
        *(
            b"",
            b" ",
            b" a",
            b"a b",
            b"a/",
            b"a?b",
            b"a#b",
            b"u@a",
            b"a:b",
            b"a:1:2",
            b":80",
            b"[::1",
            b"::1",
            b"[a]b",
            b"a%4",
        ),
        *(b"http://a", b"a\x00", b"a\n", b"\xc3\xa4", b"a\\b", b'"a"', b"<a>", b"[]", b"[g::1]", b"a,b c"),
    ],
)
def test_what_is_not_a_host(value: bytes) -> None:
    with pytest.raises(NotHttp, match="does not name a host"):
        check_host(value, None)


def test_a_second_host_is_refused_even_if_it_is_equal() -> None:
    with pytest.raises(NotHttp, match="more than one Host"):
        check_host(b"a", b"a")


@pytest.mark.parametrize("value", [b"chunked", b"Chunked", b"CHUNKED ", b"\tchunked"])
def test_chunked_alone_is_a_coding(value: bytes) -> None:
    check_coding(value, None)


@pytest.mark.parametrize(
    "value", [b"", b"identity", b"gzip, chunked", b"chunked, chunked", b"xchunked", b"chunked;q=1"]
)
def test_other_codings_are_refused(value: bytes) -> None:
    with pytest.raises(NotHttp, match="chunked"):
        check_coding(value, None)


def test_a_second_coding_is_refused() -> None:
    with pytest.raises(NotHttp, match="chunked"):
        check_coding(b"chunked", b"chunked")


def test_versions() -> None:
    check_version("1.0", b"/", b"GET / HTTP/1.0\r\n")
    for version in ("0.9", "2.0", "1.2"):
        with pytest.raises(NotHttp, match="is not spoken here"):
            check_version(version, b"/", b"GET / HTTP/%s\r\n" % version.encode())


@pytest.mark.parametrize("protocol", [b"RTSP", b"ICE"])
def test_protocols_whose_version_the_parser_takes_for_that_of_http(protocol: bytes) -> None:
    with pytest.raises(NotHttp, match="RTSP and ICE"):
        check_version("1.0", b"/a", b"GET /a " + protocol + b"/1.0\r\n")


@pytest.mark.parametrize(
    ("beginning", "word"),
    [(b"\x16\x03\x01", "TLS"), (b"PRI * HTTP/2.0", "HTTP/2"), (b"\x16\x16", "well-formed"), (b"", "well")],
)
def test_other_protocols_are_named(beginning: bytes, word: str) -> None:
    assert word in explain(beginning).detail
