"""Asking a service: over TLS as everything else here, and of a stranger no more than was asked for."""

import gzip
from pathlib import Path

import pytest

from app.cli.client import Server
from app.cli.errors import DoesNotVerify
from app.errors import InvalidRequest, SourceUnreachable
from tests.hostile.raw_index import answer, fold, raw_index
from tests.loopback import CERTIFICATE, LoopbackHandler, serving

MAX_BYTES = 1_000


class _Handler(LoopbackHandler):
    def do_GET(self) -> None:  # noqa: N802 - so http.server calls it
        self.answer(200, (self.headers.get("Authorization") or "-").encode())


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"])
def test_the_certificates_are_those_of_the_index(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with serving(_Handler, tls=True) as url:
        with pytest.raises(SourceUnreachable, match="certificate"):
            Server(url).fetch("/x", max_bytes=MAX_BYTES)
        monkeypatch.setenv(variable, str(CERTIFICATE))
        assert Server(url).fetch("/x", max_bytes=MAX_BYTES) == b"-"
        monkeypatch.setenv(variable, "/nowhere")
        with pytest.raises(SourceUnreachable, match=variable):
            Server(url).fetch("/x", max_bytes=MAX_BYTES)


def test_logins_are_decoded_and_may_be_in_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(_Handler) as url:
        assert Server(url).fetch("/x", max_bytes=MAX_BYTES) == b"Basic YTpi"
        assert Server(url.replace("//", "//a%40b:c@")).fetch("/x", max_bytes=MAX_BYTES) == b"Basic YUBiOmM="


@pytest.mark.parametrize(
    "bomb",
    [
        answer(b"x" * (MAX_BYTES + 1)),
        answer(fold(16 << 20), more={"Content-Encoding": "gzip"}),
        answer(gzip.compress(fold(16 << 20)), more={"Content-Encoding": "gzip, gzip"}),
        answer(b"x", more={"Content-Encoding": "br"}),
    ],
    ids=["long", "folded", "folded twice", "another coding"],
)
def test_a_server_that_sends_more_than_it_should_is_refused(bomb: bytes) -> None:
    with raw_index(lambda connection: connection.send(bomb)) as stranger, pytest.raises(DoesNotVerify):
        Server(stranger.url).fetch("/x", max_bytes=MAX_BYTES)


@pytest.mark.parametrize("url", ["http://[", "garbage", "http://127.0.0.1:99999", "http://a b"])
def test_a_server_that_is_no_address_is_an_error_in_words(url: str) -> None:
    with pytest.raises(InvalidRequest, match="the server cannot be asked"):
        Server(url).fetch("/x", max_bytes=MAX_BYTES)
