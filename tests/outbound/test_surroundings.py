"""The environment read as a whole: what is found in it, what it stops, and what is only worth telling."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app.outbound.failures import Unreachable
from app.outbound.pip_settings import QUESTION, ask_pip
from app.outbound.proxies import Given
from app.outbound.surroundings import Surroundings
from app.settings import read_environment

HTTPS, HTTP = httpx.URL("https://index.example/"), httpx.URL("http://index.example/")


def test_what_is_broken_stops_only_what_needs_it(tmp_path: Path) -> None:
    broken = Surroundings(variables={"SSL_CERT_FILE": "/nowhere", "HOME": str(tmp_path)})
    assert broken.stops(HTTP) is None
    assert "SSL_CERT_FILE" in (broken.stops(HTTPS) or "")
    assert [*broken.troubles()] == [broken.stops(HTTPS)]


def test_every_trouble_is_told(tmp_path: Path) -> None:
    variables = {
        "HTTPS_PROXY": "socks5://x",
        "http_proxy": "http://[",
        "ALL_PROXY": "gopher://x",
        "REQUESTS_CA_BUNDLE": str(tmp_path / "missing"),
        "NETRC": str(tmp_path),
    }
    told = [*Surroundings(variables=variables, proxy=Given("PIP_PROXY", "x:y")).troubles()]
    for name in ("PIP_PROXY", *variables):
        assert len([line for line in told if line.startswith(name)]) == 1
    assert len(told) == 6


@pytest.mark.parametrize("content", [b"machine index.example login x secret", b"\xff\xfe", b"secret machine"])
def test_a_broken_netrc_has_no_logins_and_is_not_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "_netrc").write_bytes(content)
    surroundings = Surroundings(variables={"HOME": str(tmp_path)})
    assert surroundings.login_for(HTTP) is None
    (told,) = surroundings.troubles()
    assert told.startswith("HOME (_netrc)")
    assert "secret" not in told


def test_without_a_home_there_is_no_netrc() -> None:
    surroundings = Surroundings(variables={"HOME": "/dev/null"})
    assert surroundings.login_for(HTTP) is None
    assert [*surroundings.troubles()] == []


@pytest.mark.parametrize("kind", ["missing", "directory", "empty"])
def test_a_client_certificate_that_is_none_is_named(tmp_path: Path, kind: str) -> None:
    (tmp_path / "empty").touch()
    path = tmp_path if kind == "directory" else tmp_path / kind
    with pytest.raises(Unreachable, match="PIP_CLIENT_CERT names"):
        Surroundings(variables={}, client_cert=Given("PIP_CLIENT_CERT", str(path))).make_context(known=True)


def test_the_environment_of_this_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert read_environment()["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert "https_proxy" not in read_environment()


def test_pip_says_what_it_is_set_to_the_nearest_setting_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_CERT", "PIP_INDEX_URL", "PIP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "pip.conf"
    file.write_text(
        "[download]\nproxy = http://d\n[global]\nproxy = http://g\nindex-url = http://g\n[list]\ncert = x\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.setenv("PIP_NO_INDEX", "yes")
    found = ask_pip()
    assert found["proxy"] == Given("pip's setting proxy", "http://d")
    assert found["index-url"].value == "http://g"
    assert found["no-index"] == Given("PIP_NO_INDEX", "yes")


def test_the_question_to_pip_says_so_if_there_is_none() -> None:
    # Without the folder of installed packages there is no pip either.
    asked = subprocess.run([sys.executable, "-I", "-S", "-c", QUESTION], capture_output=True, check=True)
    assert b"pip is not installed" in asked.stdout
