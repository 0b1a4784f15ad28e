"""The environment as hostile input: whatever proxies, certificates and pip are set to, what is here is served.

Each row is a real service with default settings. Its index, unless the row names another one, is a port of this machine
at which nobody listens.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.errors import EXIT_CODES
from tests.cli.program import invoke
from tests.servers import Service, StartService

DEAD = "http://127.0.0.1:9/simple"
DEAD_TLS = "https://127.0.0.1:9/simple"
INDEX = "PIP_INDEX_URL"
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PLAIN = {**dict.fromkeys(CERTIFICATES), "PIP_CONFIG_FILE": os.devnull, INDEX: DEAD}
"""Takes away what this machine is set to, which would hide what a row is about."""
LOCAL = (
    "/readyz",
    "/v1/bundles/latest/Asia/Shanghai,Etc/UTC.zip",
    "/v1/releases",
    "/v1/feeds/Etc/UTC.atom",
    "/v2/etc/utc/tags/list",
    "/go/tz.internal/etc/utc/@latest",
)


@dataclass(frozen=True, slots=True)
class Row:
    """Some variables, and what the log has to name because of them; ``None`` if they are harmless."""

    variables: Mapping[str, str | None]
    named: str | None = None


ROWS = {
    "networks in NO_PROXY": Row({"NO_PROXY": "10.0.0.0/8,fd00::/8"}),
    "brackets in NO_PROXY": Row({"NO_PROXY": "localhost,[::1]", "HTTPS_PROXY": "http://127.0.0.1:9"}),
    "rubbish in NO_PROXY": Row({"no_proxy": ",,[,]::,:80,10.0.0.0/99,*.,\udcff", "HTTP_PROXY": "http://127.0.0.1:9"}),
    "everything in NO_PROXY": Row({"NO_PROXY": "*", "HTTP_PROXY": "http://127.0.0.1:9"}),
    "SOCKS for all": Row({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY"),
    "SOCKS with names": Row({"all_proxy": "socks5h://user:secret@127.0.0.1:9"}, "all_proxy"),
    "SOCKS for https": Row({"HTTPS_PROXY": "socks4://127.0.0.1:9", INDEX: DEAD_TLS}, "HTTPS_PROXY"),
    "a proxy without a host": Row({"HTTP_PROXY": "http://"}, "HTTP_PROXY"),
    "a proxy with half a bracket": Row({"HTTP_PROXY": "http://["}, "HTTP_PROXY"),
    "a proxy with an odd port": Row({"HTTPS_PROXY": "127.0.0.1:http", INDEX: DEAD_TLS}, "HTTPS_PROXY"),
    "a proxy with a huge port": Row({"HTTPS_PROXY": "http://127.0.0.1:99999", INDEX: DEAD_TLS}, "HTTPS_PROXY"),
    "a proxy that is a file": Row({"HTTP_PROXY": "file:///etc/passwd"}, "HTTP_PROXY"),
    "a proxy with control characters": Row({"HTTP_PROXY": "http://127.0.0.1:9/\r\nx"}, "HTTP_PROXY"),
    "a proxy that is bytes": Row({"HTTP_PROXY": "http://\udcff\udcfe/"}, "HTTP_PROXY"),
    "a proxy that is dead": Row({"HTTP_PROXY": "http://127.0.0.1:9"}, "HTTP_PROXY"),
    "an empty proxy": Row({"HTTP_PROXY": "", "http_proxy": "", "ALL_PROXY": " "}),
    "a certificate file that is missing": Row({"SSL_CERT_FILE": "/nowhere/ca.pem", INDEX: DEAD_TLS}, "SSL_CERT_FILE"),
    "the same, for an index without TLS": Row({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE"),
    "a certificate file that is a directory": Row({"SSL_CERT_FILE": "{directory}", INDEX: DEAD_TLS}, "SSL_CERT_FILE"),
    "a certificate file that is empty": Row({"SSL_CERT_FILE": "{empty}", INDEX: DEAD_TLS}, "SSL_CERT_FILE"),
    "a certificate file without end": Row({"SSL_CERT_FILE": "/dev/zero", INDEX: DEAD_TLS}, "SSL_CERT_FILE"),
    "a certificate file that is a pipe": Row({"SSL_CERT_FILE": "{pipe}", INDEX: DEAD_TLS}, "SSL_CERT_FILE"),
    "a certificate directory that is missing": Row({"SSL_CERT_DIR": "/nowhere", INDEX: DEAD_TLS}, "SSL_CERT_DIR"),
    "pip's certificates that are missing": Row({"PIP_CERT": "/nowhere/ca.pem", INDEX: DEAD_TLS}, "PIP_CERT"),
    "pip's certificates that are rubbish": Row({"PIP_CERT": "{rubbish}", INDEX: DEAD_TLS}, "PIP_CERT"),
    "certificates of requests that are missing": Row(
        {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem", INDEX: DEAD_TLS}, "REQUESTS_CA_BUNDLE"
    ),
    "certificates of curl that are missing": Row({"CURL_CA_BUNDLE": "/nowhere", INDEX: DEAD_TLS}, "CURL_CA_BUNDLE"),
    "pip's own certificate without a key": Row({"PIP_CLIENT_CERT": "{empty}", INDEX: DEAD_TLS}, "PIP_CLIENT_CERT"),
    "pip's proxy of no kind": Row({"PIP_PROXY": "gopher://x"}, "PIP_PROXY"),
    "an index that is a word": Row({INDEX: "garbage"}, INDEX),
    "an index that is a file": Row({INDEX: "file:///nowhere/simple"}, INDEX),
    "an index with half a bracket": Row({INDEX: "http://["}, INDEX),
    "no index": Row({"PIP_NO_INDEX": "1"}),
    "pip's configuration that is broken": Row({"PIP_CONFIG_FILE": "{rubbish}"}, "pip's configuration"),
    "pip's configuration that is missing": Row({"PIP_CONFIG_FILE": "/nowhere/pip.conf"}),
    "pip's configuration that is a directory": Row({"PIP_CONFIG_FILE": "{directory}"}),
    "pip's configuration that is a pipe": Row({"PIP_CONFIG_FILE": "{pipe}"}, "pip does not answer"),
    "logins that are broken": Row({"NETRC": "{rubbish}"}, "NETRC"),
    "logins that are a directory": Row({"NETRC": "{directory}"}, "NETRC"),
    "logins without end": Row({"NETRC": "/dev/zero"}, "NETRC"),
    "nobody's home": Row({"HOME": None, "USERPROFILE": None}),
    "a home that is a file": Row({"HOME": "{empty}"}),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return name → path of what variables may point to."""
    directory = tmp_path_factory.mktemp("places")
    (directory / "empty").touch()
    (directory / "rubbish").write_bytes(b"[global\nmachine x login secret\n\xff\xfe")
    (directory / "directory").mkdir()
    os.mkfifo(directory / "pipe")
    return {path.name: str(path) for path in directory.iterdir()}


def start(start_service: StartService, places: Mapping[str, str], variables: Mapping[str, str | None]) -> Service:
    filled = {name: value and value.format_map(places) for name, value in variables.items()}
    return start_service(environ={**PLAIN, **filled}, offline=False)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_what_is_here_is_served_whatever_the_environment_says(
    start_service: StartService, places: Mapping[str, str], row: Row
) -> None:
    service = start(start_service, places, row.variables)
    with service.client() as client:
        assert {path: client.get(path).status_code for path in LOCAL} == dict.fromkeys(LOCAL, 200)
        assert client.get("/v1/bundles/2021a/Etc/UTC.zip").status_code in (404, 503)
    warnings = [line for line in service.log.splitlines() if " warning " in line and row.named and row.named in line]
    assert len(warnings) == (1 if row.named else 0)
    assert "secret" not in service.log


def test_no_index_is_no_trouble(start_service: StartService, places: Mapping[str, str]) -> None:
    service = start(start_service, places, {"PIP_NO_INDEX": "true", INDEX: "garbage"})
    with service.client() as client:
        assert client.get("/v1/bundles/2021a/Etc/UTC.zip").status_code == 404
    assert " warning " not in service.log


@pytest.mark.parametrize(
    "row", [ROWS["SOCKS for all"], ROWS["a certificate file that is missing"], ROWS["logins that are broken"]]
)
def test_a_command_says_in_a_line_what_is_wrong(row: Row, places: Mapping[str, str], tmp_path: Path) -> None:
    filled = {name: (value or "").format_map(places) for name, value in row.variables.items()}
    plain = {name: value or "" for name, value in PLAIN.items()}
    env = {**plain, "TZDATA_FILTER_OFFLINE": "false", **filled}
    result = invoke("releases", "fetch", "2024a", "--data-dir", tmp_path / "data", env=env)
    assert result.exit_code == next(code.number for code in EXIT_CODES if "source" in code.meaning)
    assert len(result.stderr.splitlines()) <= 2
    assert row.named is not None
    assert row.named in result.stderr
