"""Which proxy the variables name, and which hosts they exempt."""

from collections.abc import Mapping

import httpx
import pytest

from app.outbound.failures import Unreachable
from app.outbound.proxies import Given, find_proxy, is_exempt, parse_proxy


@pytest.mark.parametrize(
    ("variables", "where"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p"}, "HTTPS_PROXY"),
        ({"https_proxy": "http://p", "HTTPS_PROXY": "http://q"}, "https_proxy"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://q"}, None),
        ({"ALL_PROXY": "http://p", "HTTPS_PROXY": "http://q"}, "HTTPS_PROXY"),
        ({"all_proxy": "http://p"}, "all_proxy"),
        ({"HTTP_PROXY": "http://p"}, None),
        ({"HTTPS_PROXY": "http://p", "NO_PROXY": "example"}, None),
        ({"HTTPS_PROXY": "http://p", "no_proxy": "", "NO_PROXY": "example"}, "HTTPS_PROXY"),
    ],
)
def test_the_scheme_comes_before_all_and_small_letters_before_capitals(
    variables: Mapping[str, str], where: str | None
) -> None:
    given = find_proxy(httpx.URL("https://index.example/simple"), variables)
    assert (given.where if given else None) == where


@pytest.mark.parametrize(
    ("url", "exempt"),
    [
        ("http://10.1.2.3/", "10.0.0.0/8"),
        ("http://10.1.2.3/", "x, 10.0.0.0/255.0.0.0"),
        ("http://10.1.2.3/", "10.1.2.3"),
        ("http://10.1.2.3:81/", "10.1.2.3:81"),
        ("http://[fd00::1]/", "fd00::/8"),
        ("http://[fd00::1]/", "[fd00::]/8"),
        ("http://[::1]/", "localhost,[::1]"),
        ("http://[::1]/", "::1"),
        ("http://[::1]:81/", "[::1]:81"),
        ("http://[0:0::1]/", "::1"),
        ("http://index.example/", "example"),
        ("http://index.example/", ".example"),
        ("http://index.example/", "*.example"),
        ("http://index.EXAMPLE./", "INDEX.example"),
        ("https://index.example/", "index.example:443"),
        ("http://index.example/", "a b\tindex.example"),
        ("http://index.example/", "*"),
    ],
)
def test_what_is_exempt(url: str, exempt: str) -> None:
    assert is_exempt(httpx.URL(url), exempt)


@pytest.mark.parametrize(
    ("url", "exempt"),
    [
        ("http://11.1.2.3/", "10.0.0.0/8,fd00::/8"),
        ("http://10.1.2.3/", "10.0.0.0/99"),
        ("http://10.1.2.3/", "3,.3,1.2.3"),
        ("http://10.1.2.3:82/", "10.1.2.3:81"),
        ("http://[fe80::1]/", "fd00::/8"),
        ("http://badexample/", "example"),
        ("http://index.example/", "index.example:443"),
        ("http://index.example/", ",,[,],::,:,.,*."),
    ],
)
def test_what_is_not(url: str, exempt: str) -> None:
    assert not is_exempt(httpx.URL(url), exempt)


def test_a_proxy_has_an_address_and_a_login() -> None:
    proxy = parse_proxy(Given("X", "me%40corp:p%40ss@proxy.example:3128"))
    assert (proxy.url, proxy.login) == ("http://proxy.example:3128", ("me@corp", "p@ss"))
    assert parse_proxy(Given("X", "https://[fd00::1]")).url == "https://[fd00::1]:443"
    assert "p@ss" not in repr(proxy)


@pytest.mark.parametrize(
    "text", ["http://[", "http://", "socks5://p", "SOCKS4a://p", "gopher://p", "p:99999", "p:x", "http://a b", "\udcff"]
)
def test_what_is_no_proxy_is_an_error_that_names_the_variable(text: str) -> None:
    with pytest.raises(Unreachable, match="HTTPS_PROXY names"):
        parse_proxy(Given("HTTPS_PROXY", text))
