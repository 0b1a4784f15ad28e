"""The roads to a package index and its files, as real ones have them: redirects, certificates, logins, proxies."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import certifi
import pytest

from app.errors import SourceUnreachable, UntrustedIndex
from app.outbound.proxies import Given
from app.sources.index import IndexSource
from app.sources.index_address import IndexAddress
from app.sources.index_page import JSON_TYPE
from tests.data.invented_release import VERSION, package_files, wheel_name, write_wheel
from tests.loopback import CERTIFICATE, LoopbackHandler, serving

NAME, WHEEL = wheel_name(), write_wheel(package_files())
PAGE, FILE = "/simple/tzdata/", f"/files/{NAME}"
TRUSTING = {"SSL_CERT_FILE": str(CERTIFICATE)}


@dataclass
class Host:
    """One server.

    Attributes:
        redirects: Path → where it leads.
        file_url: Where its page says that the wheel is.
        asked: Path and login of each request.
    """

    url: str = ""
    redirects: dict[str, str] = field(default_factory=dict)
    file_url: str = FILE
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def page(self) -> bytes:
        entry = {"filename": NAME, "url": self.file_url, "hashes": {"sha256": hashlib.sha256(WHEEL).hexdigest()}}
        return json.dumps({"files": [entry]}).encode()


class _Handler(LoopbackHandler):
    held: Host

    def do_GET(self) -> None:  # noqa: N802 - so http.server calls it
        login = self.headers.get("Authorization") or self.headers.get("Proxy-Authorization")
        self.held.asked.append((self.path, login))
        path = "/" + self.path.split("://", 1)[-1].partition("/")[2] if "://" in self.path else self.path
        if path in self.held.redirects:
            self.answer(302, b"", {"Location": self.held.redirects[path]})
        elif path == PAGE:
            self.answer(200, self.held.page(), {"Content-Type": JSON_TYPE})
        else:
            self.answer(*((200, WHEEL) if path == FILE else (404, b"")))

    def do_CONNECT(self) -> None:  # noqa: N802 - so http.server calls it
        self.held.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        self.answer(502, b"")


@dataclass(frozen=True, slots=True)
class Hosts:
    """An index without TLS, the same host with it, and another address."""

    plain: Host
    secure: Host
    other: Host


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with ExitStack() as stack:

        def run(*, host: str, tls: bool) -> Host:
            held = Host()
            handler = type("Handler", (_Handler,), {"held": held})
            held.url = stack.enter_context(serving(handler, host=host, tls=tls))
            return held

        yield Hosts(run(host="127.0.0.1", tls=False), run(host="127.0.0.1", tls=True), run(host="127.0.0.2", tls=True))


def source_of(url: str, variables: Mapping[str, str] = TRUSTING, **settings: Given | str | None) -> IndexSource:
    address = IndexAddress(f"{url}/simple", **settings)  # type: ignore[arg-type]  # each is of its field's type
    return IndexSource(lambda: address, refresh_seconds=3600.0, variables=lambda: variables)


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class TestRedirects:
    """What the index may lead to."""

    def test_a_file_with_a_sha256_may_be_on_any_host_over_https(self, hosts: Hosts) -> None:
        hosts.secure.redirects = {FILE: f"{hosts.other.url}{FILE}"}
        assert source_of(hosts.secure.url).load(VERSION, {}).wheel == WHEEL
        assert hosts.other.asked == [(FILE, None)]

    def test_a_file_may_be_named_on_another_host_over_https(self, hosts: Hosts) -> None:
        hosts.plain.file_url = f"{hosts.other.url}{FILE}"
        assert source_of(hosts.plain.url).load(VERSION, {}).wheel == WHEEL

    def test_the_page_may_move_to_https_on_its_own_host(self, hosts: Hosts) -> None:
        hosts.plain.redirects = {PAGE: f"{hosts.secure.url}{PAGE}"}
        assert source_of(hosts.plain.url).load(VERSION, {}).wheel == WHEEL
        assert [path for path, _ in hosts.secure.asked] == [PAGE, FILE]

    def test_the_page_may_not_move_to_another_host(self, hosts: Hosts) -> None:
        hosts.secure.redirects = {PAGE: f"{hosts.other.url}{PAGE}"}
        with pytest.raises(UntrustedIndex, match="another host"):
            source_of(hosts.secure.url).offers()
        assert hosts.other.asked == []

    @pytest.mark.parametrize("path", [PAGE, FILE])
    def test_nothing_leads_from_https_to_http(self, hosts: Hosts, path: str) -> None:
        hosts.secure.redirects = {path: f"{hosts.plain.url}{path}"}
        with pytest.raises(UntrustedIndex, match="from https to"):
            source_of(hosts.secure.url).load(VERSION, {})
        assert hosts.plain.asked == []

    def test_a_way_round_over_http_is_a_downgrade_too(self, hosts: Hosts) -> None:
        hosts.plain.redirects = {FILE: f"{hosts.other.url}{FILE}"}
        hosts.other.redirects = {FILE: f"{hosts.plain.url}/again"}
        with pytest.raises(UntrustedIndex, match="from https to"):
            source_of(hosts.plain.url).load(VERSION, {})

    def test_a_redirect_within_the_index_is_followed(self, hosts: Hosts) -> None:
        hosts.plain.redirects = {PAGE: "/simple/Tzdata/", "/simple/Tzdata/": "../x", "/simple/x": "/y"}
        with pytest.raises(SourceUnreachable, match="404"):
            source_of(hosts.plain.url).offers()


class TestLogins:
    """Name and password are for the index alone."""

    def test_what_is_encoded_in_the_address_is_decoded(self, hosts: Hosts) -> None:
        source_of(hosts.plain.url.replace("//", "//bob%40corp:p%40ss%3A%2F@")).load(VERSION, {})
        assert {login for _, login in hosts.plain.asked} == {basic("bob@corp", "p@ss:/")}

    def test_another_host_never_sees_them(self, hosts: Hosts, tmp_path: Path) -> None:
        (tmp_path / ".netrc").write_text("default login everyone password secret\n")
        hosts.secure.redirects = {FILE: f"{hosts.other.url}{FILE}"}
        source = source_of(hosts.secure.url, {**TRUSTING, "HOME": str(tmp_path)})
        source.load(VERSION, {})
        assert {login for _, login in hosts.secure.asked} == {basic("everyone", "secret")}
        assert hosts.other.asked == [(FILE, None)]

    @pytest.mark.parametrize("place", ["NETRC", "HOME"])
    def test_they_may_be_in_netrc(self, hosts: Hosts, tmp_path: Path, place: str) -> None:
        file = tmp_path / ".netrc"
        file.write_text("machine 127.0.0.1 login bob password secret\n")
        variables = {place: str(file if place == "NETRC" else tmp_path)}
        source_of(hosts.plain.url, variables).load(VERSION, {})
        assert {login for _, login in hosts.plain.asked} == {basic("bob", "secret")}

    def test_those_in_the_address_win(self, hosts: Hosts, tmp_path: Path) -> None:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login bob password secret\n")
        source_of(hosts.plain.url.replace("//", "//token@"), {"HOME": str(tmp_path)}).offers()
        assert hosts.plain.asked == [(PAGE, basic("token", ""))]


class TestCertificates:
    """The system's, and those that pip and others are set to."""

    def test_one_that_nobody_vouches_for_is_refused(self, hosts: Hosts) -> None:
        with pytest.raises(SourceUnreachable, match="certificate verify failed"):
            source_of(hosts.secure.url, {}).offers()

    @pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_a_variable_may_name_a_file(self, hosts: Hosts, variable: str) -> None:
        source_of(hosts.secure.url, {variable: str(CERTIFICATE)}).load(VERSION, {})

    def test_what_pip_is_set_to_is_trusted_besides_the_system(self, hosts: Hosts, tmp_path: Path) -> None:
        empty = tmp_path / "system"
        empty.mkdir()
        cert = Given("PIP_CERT", str(CERTIFICATE))
        for variables in ({}, {"SSL_CERT_DIR": str(empty)}, {"REQUESTS_CA_BUNDLE": "/nowhere"}):
            source_of(hosts.secure.url, variables, cert=cert).load(VERSION, {})

    def test_the_setting_wins_and_is_trusted_alone(self, hosts: Hosts) -> None:
        broken = {"SSL_CERT_FILE": "/nowhere", "CURL_CA_BUNDLE": "/nowhere"}
        source_of(hosts.secure.url, broken, ca_file=str(CERTIFICATE)).load(VERSION, {})
        with pytest.raises(SourceUnreachable, match="certificate verify failed"):
            source_of(hosts.secure.url, ca_file=certifi.where()).offers()

    def test_the_system_is_trusted_besides_what_pip_is_set_to(self, hosts: Hosts) -> None:
        source_of(hosts.secure.url, cert=Given("PIP_CERT", certifi.where())).load(VERSION, {})

    def test_a_client_certificate_is_for_the_index(self, hosts: Hosts) -> None:
        client = Given("PIP_CLIENT_CERT", str(CERTIFICATE))
        source_of(hosts.secure.url, client_cert=client).load(VERSION, {})


class TestProxies:
    """Through which proxy."""

    @pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_a_variable_names_one_with_its_login(self, hosts: Hosts, variable: str) -> None:
        proxy = hosts.plain.url.replace("//", "//me%40corp:p%40ss@")
        source_of("http://127.0.0.3:9", {variable: proxy}).load(VERSION, {})
        assert hosts.plain.asked[0] == (f"http://127.0.0.3:9{PAGE}", basic("me@corp", "p@ss"))

    def test_those_that_no_proxy_names_are_asked_directly(self, hosts: Hosts) -> None:
        source_of(hosts.plain.url, {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "10.0.0.0/8,127.0.0.0/8"}).offers()
        assert hosts.plain.asked == [(PAGE, None)]

    def test_the_one_that_pip_is_set_to_wins(self, hosts: Hosts) -> None:
        variables = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "*"}
        source_of("http://127.0.0.3:9", variables, proxy=Given("PIP_PROXY", hosts.plain.url)).load(VERSION, {})

    def test_one_that_fails_is_named(self, hosts: Hosts) -> None:
        with pytest.raises(SourceUnreachable, match="HTTPS_PROXY"):
            source_of("https://127.0.0.3:9", {"HTTPS_PROXY": hosts.plain.url}).offers()
        assert hosts.plain.asked == [("127.0.0.3:9", None)] * 2

    def test_a_file_elsewhere_goes_through_it_unless_its_address_is_too_near(self, hosts: Hosts) -> None:
        hosts.plain.file_url = f"{hosts.other.url}{FILE}"
        with pytest.raises(UntrustedIndex, match="only this machine"):
            source_of("http://index.invalid", {"ALL_PROXY": hosts.plain.url}).load(VERSION, {})
        assert hosts.other.asked == []
