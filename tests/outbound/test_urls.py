"""URLs of strangers and of settings: taken apart, or refused in words that tell no password."""

import httpx
import pytest

from app.outbound.failures import Untrusted, plain_line
from app.outbound.urls import MAX_URL_CHARS, join_url, login_in, origin, parse_url, shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http://[", "host or its port"),
        ("http://user:s3cret/x@host/", "host or its port"),
        ("http://user:1234s3cret@ho st/", "spaces"),
        ("http://\u2024/", "host or its port"),
        ("http://host:0/", "port 0"),
        ("http:///x", "no host"),
        ("ftp://host/", "starts with ftp"),
        ("host/x", "starts with nothing"),
        ("http://host/" + "x" * MAX_URL_CHARS, "longer than"),
        ("http://host/\x7f", "control"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(text: str, told: str) -> None:
    with pytest.raises(Untrusted, match=told) as caught:
        parse_url(text)
    assert "s3cret" not in str(caught.value)


def test_a_login_is_decoded_and_never_shown() -> None:
    url = parse_url("https://bob%40corp:p%40ss@host:8443/simple")
    assert login_in(url) == ("bob@corp", "p@ss")
    assert shown(url) == "https://host:8443"
    assert login_in(httpx.URL("https://host")) is None


def test_an_origin_has_a_port() -> None:
    assert origin(parse_url("https://Host/x")) == ("https", "host", 443)
    assert origin(parse_url("http://host:8080")) == ("http", "host", 8080)


def test_links_lose_their_fragment_and_may_be_wrong() -> None:
    assert join_url("http://host/a/b", "../c#d") == "http://host/c"
    with pytest.raises(Untrusted):
        join_url("http://host/", "http://[")


def test_words_of_a_stranger_become_one_line() -> None:
    assert plain_line(" a\r\nb\x1b[2J\u202ec " + "x" * 500, max_chars=20) == "a b?[2J?c xxxxxxxxxx"
