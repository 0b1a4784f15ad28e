"""Hostile requests: each is refused with a problem, none is corrected, none is a 500."""

import json

import httpx
import pytest

from tests.servers import Service
from tests.web.raw import exchange, get

BUNDLES = "/v1/bundles"
PROBLEM = "application/problem+json"


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of a problem."""
    assert response.headers["content-type"] == PROBLEM
    return response.status_code, response.json()["type"].removeprefix("/problems/")


def raw_refusal(service: Service, path: bytes, *lines: bytes) -> tuple[int, str]:
    """Return status and code of the problem for a path exactly as written: clients tidy dots and odd bytes away."""
    (reply,) = exchange(service.port, get(path, *lines))
    return refusal(httpx.Response(reply.status, headers=reply.headers, content=reply.body))


NAMES = {
    "parent": b"../../etc/passwd",
    "parent inside": b"Asia/../Etc/UTC",
    "parent at the end": b"Asia/..",
    "this directory": b"./Etc/UTC",
    "encoded parent": b"%2e%2e%2fetc%2fpasswd",
    "twice encoded parent": b"%252e%252e%252fpasswd",
    "backslashes": b"..%5c..%5cetc",
    "NUL": b"Etc/UTC%00",
    "NUL inside": b"Etc%00/UTC",
    "absolute": b"/etc/passwd",
    "encoded absolute": b"%2Fetc%2Fpasswd",
    "empty": b"",
    "empty in a list": b"Etc/UTC,,Etc/GMT",
    "comma alone": b",",
    "space": b"%20",
    "spaces around": b"%20Etc/UTC%20",
    "CRLF": b"Etc/UTC%0d%0aX-Evil:%201",
    "newline at the end": b"Etc/UTC%0a",
    "Cyrillic look-alike": "Еtc/UTC".encode(),
    "full-width look-alike": "Ｅｔｃ／ＵＴＣ".encode(),
    "zero-width space": "Etc\u200b/UTC".encode(),
    "right-to-left override": "\u202eCTU/ctE".encode(),
    "fraction slash": "Etc\u2044UTC".encode(),
    "not UTF-8": b"Etc/UTC%ff",
    "overlong UTF-8 slash": b"Etc%c0%afUTC",
    "very long": b"A" * 5_000,
    "very deep": b"a/" * 500 + b"a",
    "a file of the tree": b"tzdata.zi",
    "a URL": b"http://example.com/x",
    "shell": b"$(id)",
    "template": b"{{7*7}}",
    "country in lower case": b"country:cn",
    "country unheard of": b"country:",
    "glob of a parent": b"../*",
}


def percent(name: bytes) -> bytes:
    """Percent-encode what is not ASCII, as every client does."""
    return b"".join(bytes([byte]) if byte < 0x80 else b"%%%02x" % byte for byte in name)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("kind", ["tar", "plan", "checksum", "zone", "tzif"])
def test_names_in_a_path(service: Service, name: bytes, kind: str) -> None:
    around = {
        "tar": b"/v1/bundles/latest/%s.tar",
        "plan": b"/v1/bundles/latest/%s.json",
        "checksum": b"/v1/bundles/latest/%s.zip.sha256",
        "zone": b"/v1/releases/latest/zones/%s",
        "tzif": b"/v1/releases/latest/tzif/%s",
    }[kind]
    status, code = raw_refusal(service, around % percent(name))
    assert (status, code) in ((400, "invalid-name"), (400, "unknown-format")), (status, code)


def test_bytes_that_no_url_may_have(service: Service) -> None:
    for path in (b"/v1/bundles/latest/Etc/UTC\xff.tar", b"/\x00", b"/healthz\x7f", "/v1/Ｅtc".encode()):
        assert raw_refusal(service, path) == (400, "bad-request")


@pytest.mark.parametrize(
    "release",
    [
        *(b"..", b"../x", b"..%2fx", b"%2e%2e", b"http://example.com", b"http:%2f%2fexample.com%2f2026f", b"2026f/.."),
        *(
            b"LATEST",
            b"2026F",
            b"2026f%00",
            b"2026",
            b"2026abc",
            b"latest%0a",
            b"-1",
            "２０２６f".encode(),
            b"%20latest",
        ),
    ],
)
def test_releases_that_are_none(service: Service, release: bytes) -> None:
    for around in (b"/v1/bundles/%s/Etc/UTC.tar", b"/v1/releases/%s/zones", b"/v1/releases/%s"):
        status, code = raw_refusal(service, around % percent(release))
        assert (status, code) in ((400, "invalid-name"), (400, "unknown-format"), (404, "not-found")), around


@pytest.mark.parametrize(
    "release", ["..", "../x", "http://example.com/", "", "2026F", "latest\n", "\x00", "\ud800", "２０２６f"]
)
def test_releases_that_are_none_in_a_body(client: httpx.Client, release: str) -> None:
    assert refusal(post(client, {"release": release, "zones": ["Etc/UTC"]})) == (400, "invalid-name")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_in_a_body(client: httpx.Client, name: bytes) -> None:
    text = name.decode(errors="replace")
    assert refusal(post(client, {"zones": [text, "Etc/UTC"]})) == (400, "invalid-name")


@pytest.mark.parametrize("name", ["\ud800", "Etc/UTC\udfff", "\x00", "Etc/UTC\r\nX: y", "Etc/UTC,Etc/GMT"])
def test_names_that_only_json_can_say(client: httpx.Client, name: str) -> None:
    assert refusal(post(client, {"zones": [name]})) == (400, "invalid-name")


def post(client: httpx.Client, value: object) -> httpx.Response:
    return client.post(BUNDLES, content=json.dumps(value))


class TestTooMuch:
    def test_ten_thousand_zones_in_a_url(self, service: Service) -> None:
        path = b"/v1/bundles/latest/" + b",".join(b"Zone/Number%d" % number for number in range(10_000)) + b".tar"
        assert raw_refusal(service, path) == (414, "url-too-long")

    def test_ten_thousand_zones_in_a_body(self, client: httpx.Client) -> None:
        zones = [f"Zone/Number{number}" for number in range(10_000)]
        assert refusal(post(client, {"zones": zones})) == (400, "too-many")

    def test_two_thousand_unknown_zones(self, client: httpx.Client) -> None:
        zones = [f"Zone/Number{number}" for number in range(2_000)]
        response = post(client, {"zones": zones})
        assert refusal(response) == (404, "unknown-zones")
        assert len(response.json()["zones"]) == 2_000

    @pytest.mark.parametrize("rest", ["." * 30_000, ".a" * 15_000, "a." * 1_001, ".sha256" * 4_000])
    @pytest.mark.parametrize("place", [BUNDLES, "/v1/artifacts", "/v1/feeds", "/v1/releases", "/nowhere"])
    def test_a_path_of_dots(self, client: httpx.Client, place: str, rest: str) -> None:
        assert refusal(client.get(f"{place}/{rest}")) == (400, "invalid-name")

    def test_a_path_of_as_many_dots_as_there_may_be(self, client: httpx.Client) -> None:
        assert client.get(f"/v1/artifacts/{'a.' * 999}zzz").status_code == 404
        assert refusal(client.get(f"{BUNDLES}/latest/{'a.' * 999}tar")) == (400, "invalid-name")

    def test_an_ending_longer_than_any(self, client: httpx.Client) -> None:
        assert refusal(client.get(f"{BUNDLES}/latest/Etc/UTC.{'a' * 25}")) == (400, "unknown-format")
        assert refusal(client.get(f"{BUNDLES}/latest/Etc/UTC.{'a' * 25}.sha256")) == (400, "unknown-format")
        assert client.get(f"/v1/artifacts/{'0' * 64}.{'a' * 25}").status_code == 404

    def test_a_url_of_a_million_bytes(self, service: Service) -> None:
        assert raw_refusal(service, b"/v1/bundles/latest/" + b"A" * 1_000_000 + b".tar") == (414, "url-too-long")
        assert raw_refusal(service, b"/?" + b"a" * 1_000_000) == (414, "url-too-long")

    def test_a_query_past_the_limit(self, client: httpx.Client) -> None:
        assert refusal(client.get(f"/healthz?{'a' * 40_000}")) == (414, "url-too-long")

    def test_a_body_of_a_million_bytes(self, client: httpx.Client) -> None:
        assert refusal(client.post(BUNDLES, content=b" " * 1_000_000)) == (413, "body-too-large")

    def test_a_body_of_unknown_length(self, client: httpx.Client) -> None:
        chunks = iter([b" " * 100_000] * 10)
        assert refusal(client.post(BUNDLES, content=chunks)) == (413, "body-too-large")
        assert client.get("/healthz").text == "ok\n"

    def test_a_body_of_unknown_length_that_fits(self, client: httpx.Client) -> None:
        assert client.post(BUNDLES, content=iter([b'{"zones": ', b'["Etc/UTC"]}'])).status_code == 200

    def test_a_thousand_options(self, client: httpx.Client) -> None:
        query = "&".join(f"option{number}=1" for number in range(1_000))
        response = client.get(f"{BUNDLES}/latest/Etc/UTC.tar?{query}")
        assert refusal(response) == (400, "invalid-option")
        assert len(response.content) < 2_000


BODIES = {
    "nothing": b"",
    "not JSON": b"zones=Etc/UTC",
    "a list": b'["Etc/UTC"]',
    "a string": b'"Etc/UTC"',
    "null": b"null",
    "a number": b"1e400",
    "cut off": b'{"zones": ["Etc/UTC"',
    "two values": b'{"zones": ["Etc/UTC"]} {}',
    "not UTF-8": b'{"zones": ["\xff\xfe"]}',
    "NaN": b'{"zones": NaN}',
    "a huge number": b'{"zones": ' + b"9" * 10_000 + b"}",
    "deep lists": b'{"zones": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"zones":' * 20_000,
    "no zones": b'{"release": "latest"}',
    "zones a string": b'{"zones": "Etc/UTC"}',
    "zones an object": b'{"zones": {"Etc/UTC": 1}}',
    "zones null": b'{"zones": null}',
    "zones numbers": b'{"zones": [1]}',
    "zones nested": b'{"zones": [["Etc/UTC"]]}',
    "zones with null": b'{"zones": ["Etc/UTC", null]}',
    "an unknown member": b'{"zones": ["Etc/UTC"], "zone": "x"}',
    "an unknown member with a surrogate": b'{"zones": ["Etc/UTC"], "\\ud800": "x"}',
    "a member twice": b'{"zones": ["Etc/UTC"], "zones": ["Etc/GMT"]}',
    "release a number": b'{"zones": ["Etc/UTC"], "release": 2026}',
    "release a list": b'{"zones": ["Etc/UTC"], "release": ["latest"]}',
    "format null": b'{"zones": ["Etc/UTC"], "format": null}',
    "prefix a flag": b'{"zones": ["Etc/UTC"], "prefix": true}',
    "tables a string": b'{"zones": ["Etc/UTC"], "tables": "zone.tab"}',
    "tables numbers": b'{"zones": ["Etc/UTC"], "tables": [1]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies_that_are_no_request(client: httpx.Client, body: bytes) -> None:
    assert refusal(client.post(BUNDLES, content=body)) == (400, "invalid-body")


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("format", "tar.xz", "unknown-format"),
        ("format", "\ud800", "unknown-format"),
        ("aliases", "ALL", "invalid-option"),
        ("links", "\x00", "invalid-option"),
        ("encoding", "utf-8", "invalid-option"),
        ("tables", ["../zone.tab"], "invalid-option"),
        ("tables", ["zone.tab", "\ud800"], "invalid-option"),
        ("prefix", "../up", "invalid-option"),
        ("prefix", "/usr", "invalid-option"),
        ("prefix", "usr//share", "invalid-option"),
        ("prefix", "usr/", "invalid-option"),
        ("prefix", "a/./b", "invalid-option"),
        ("prefix", "usr\n", "invalid-option"),
        ("prefix", "u\x00r", "invalid-option"),
        ("prefix", "x" * 56, "invalid-option"),
        ("prefix", "usr\\share", "invalid-option"),
        ("prefix", "ｕsr", "invalid-option"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_option_values_that_are_none(client: httpx.Client, member: str, value: object, code: str) -> None:
    assert refusal(post(client, {"zones": ["Etc/UTC"], "format": "tar", member: value})) == (400, code)


@pytest.mark.parametrize(
    "query",
    [
        *("aliases=all&aliases=exact", "aliases=all&aliases=all", "prefix=a&Prefix=b", "aliases", "aliases="),
        *("=", "&x", "%00=1", "prefix=..", "prefix=%2e%2e", "prefix=a%00", "prefix=a%0d%0ab", "tables=zone.tab,,"),
        "aliases=all;links=copy",
    ],
)
def test_queries_that_are_malformed(client: httpx.Client, query: str) -> None:
    response = client.get(f"{BUNDLES}/latest/Etc/UTC.tar?{query}")
    assert refusal(response) == (400, "invalid-option")


def test_a_plus_sign_in_a_query_is_explained(client: httpx.Client) -> None:
    assert client.get("/v1/releases/latest/zones?q=GMT+5").status_code == 200
    assert "is not a zone name" in post(client, {"zones": ["Etc/GMT 5"]}).json()["detail"]
