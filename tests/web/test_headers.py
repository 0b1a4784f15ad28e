"""Every header field of every route, and HEAD, which differs from GET by its body alone."""

import base64
import hashlib
import re

import httpx
import pytest

from tests.web.routes import BUNDLE, EXAMPLES, Example

CHANGING = frozenset({"date", "x-request-id"})
IDENTITY = frozenset({"etag", "repr-digest", "content-length"})

each_route = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)


@pytest.fixture(scope="session")
def bundle_sha256(client: httpx.Client, cold_client: httpx.Client, release: str) -> str:
    """Return the sha256 of the tar.gz of ``BUNDLE``, which both services have built."""
    url = f"/v1/bundles/{release}/{BUNDLE}.tar.gz"
    assert client.get(url).content == cold_client.get(url).content
    return hashlib.sha256(client.get(url).content).hexdigest()


def expected_headers(example: Example, body: bytes, release: str, *, base_url: str) -> dict[str, str]:
    """Return all that should be there besides ``CHANGING``."""
    sum_ = hashlib.sha256(body)
    expected = {
        "content-type": example.media_type,
        "content-length": str(len(body)),
        "cache-control": example.cache_control,
        "x-content-type-options": "nosniff",
    }
    if example.identified:
        expected["etag"] = f'"{sum_.hexdigest()}"'
        expected["repr-digest"] = f"sha-256=:{base64.b64encode(sum_.digest()).decode()}:"
        expected["accept-ranges"] = "bytes"
    if example.located:
        ending = example.url.rpartition(BUNDLE)[2]
        expected["content-location"] = f"/v1/artifacts/{sum_.hexdigest()}{ending}"
    if example.released:
        expected["tzdata-release"] = release
    if example.url.startswith("/v1/bundles/latest/"):
        expected["link"] = f'<{base_url}{example.url.replace("latest", release)}>; rel="bookmark"'
    if example.media_type.startswith("text/html"):
        (style,) = re.findall(rb"<style>(.*?)</style>", body, re.DOTALL)
        allowed = base64.b64encode(hashlib.sha256(style).digest()).decode()
        expected["content-security-policy"] = (
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            f" style-src 'sha256-{allowed}'"
        )
    return expected


def steady_headers(response: httpx.Response, *, without: frozenset[str] = CHANGING) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in without}


@each_route
@pytest.mark.parametrize("accepted", ["identity", "gzip, br"])
def test_every_field_of_a_get(
    client: httpx.Client, release: str, bundle_sha256: str, example: Example, accepted: str
) -> None:
    url = example.at(release=release, sha256=bundle_sha256)
    for _ in ("cold or hot", "hot if ever"):
        response = client.get(url, headers={"Accept-Encoding": accepted})
        assert response.status_code == 200
        base_url = str(client.base_url).rstrip("/")
        assert steady_headers(response) == expected_headers(example, response.content, release, base_url=base_url)
        assert response.headers.keys() >= CHANGING


@each_route
@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_head_has_the_fields_of_get_and_no_body(
    client: httpx.Client, cold_client: httpx.Client, release: str, bundle_sha256: str, example: Example, kind: str
) -> None:
    asked = client if kind == "hot" else cold_client
    url = example.at(release=release, sha256=bundle_sha256)
    head = asked.head(url)
    changing = CHANGING if example.steady else CHANGING | IDENTITY
    assert (head.status_code, head.content) == (200, b"")
    assert steady_headers(head, without=changing) == steady_headers(asked.get(url), without=changing)
    assert steady_headers(asked.head(url), without=changing) == steady_headers(head, without=changing)


def test_head_of_an_error_has_its_fields_and_no_body(client: httpx.Client) -> None:
    head, get = client.head("/v1/bundles/latest/No/Where.zip"), client.get("/v1/bundles/latest/No/Where.zip")
    assert (head.status_code, head.content) == (404, b"")
    assert steady_headers(head) == steady_headers(get)


@each_route
def test_nothing_says_when_or_how_it_was_made(
    client: httpx.Client, release: str, bundle_sha256: str, example: Example
) -> None:
    response = client.get(example.at(release=release, sha256=bundle_sha256))
    assert not {"last-modified", "content-encoding", "vary", "set-cookie", "server"} & response.headers.keys()


class TestRequestIds:
    def test_a_sane_one_is_adopted(self, client: httpx.Client, cold_client: httpx.Client) -> None:
        for asked in (client, cold_client):
            for path in ("/v1/bundles/latest/Etc/UTC.zip", "/healthz", "/nothing"):
                assert asked.get(path, headers={"X-Request-Id": "my-id.7_"}).headers["x-request-id"] == "my-id.7_"

    @pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a\tb", "é", "<script>", '"'])
    def test_any_other_is_replaced(self, client: httpx.Client, given: str) -> None:
        response = client.get("/healthz", headers=[(b"X-Request-Id", given.encode("latin-1"))])
        assert response.headers["x-request-id"] not in (given, "")

    def test_two_are_none(self, client: httpx.Client) -> None:
        response = client.get("/healthz", headers=[("X-Request-Id", "one"), ("X-Request-Id", "two")])
        assert response.headers["x-request-id"] not in ("one", "two", "one, two")

    def test_generated_ones_differ(self, client: httpx.Client) -> None:
        ids = [client.get("/v1/bundles/latest/Etc/UTC.zip").headers["x-request-id"] for _ in range(20)]
        assert len({*ids}) == len(ids)


def test_the_checksum_is_one_that_sha256sum_checks(client: httpx.Client, release: str, bundle_sha256: str) -> None:
    line = client.get(f"/v1/bundles/{release}/{BUNDLE}.tar.gz.sha256").text
    assert line == f"{bundle_sha256}  UTC.tar.gz\n"
    assert (
        client.get(f"/v1/artifacts/{bundle_sha256}.tar.gz.sha256").text == f"{bundle_sha256}  {bundle_sha256}.tar.gz\n"
    )


def test_content_location_leads_to_the_same_bytes(client: httpx.Client, cold_client: httpx.Client) -> None:
    for asked in (client, cold_client):
        for ending in ("tar", "tar.gz", "zip"):
            response = asked.get(f"/v1/bundles/latest/Etc/UTC.{ending}?aliases=all")
            assert asked.get(response.headers["content-location"]).content == response.content
