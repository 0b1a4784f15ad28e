"""A linter of HTTP that others wrote finds no fault in any answer: every route, every status, GET and HEAD."""

import hashlib
from collections.abc import Mapping

import httpx
import pytest

from app.errors import Overloaded, SourceUnreachable, UntrustedRelease
from app.settings import Settings
from tests.servers import Service
from tests.web.apps import local_client, make_parts
from tests.web.http.test_problems import BadShelf
from tests.web.lint import lint, lint_raw
from tests.web.raw import exchange, get
from tests.web.routes import BUNDLE, EXAMPLES

TOKEN = "a-long-enough-token"
URLS: Mapping[str, str] = {
    **{example.name: example.url for example in EXAMPLES},
    "registry": "/v2/",
    "tag": "/v2/etc/utc/manifests/{release}",
    "channel's tag": "/v2/etc/utc/manifests/latest",
    "tags": "/v2/etc/utc/tags/list",
    "page of tags": "/v2/etc/utc/tags/list?n=0",
    "referrers": "/v2/etc/utc/referrers/sha256:{hex}",
    "versions": "/go/tz.internal/etc/utc/@v/list",
    "newest version": "/go/tz.internal/etc/utc/@latest",
    "module": "/go/tz.internal/etc/utc/@v/v0.2026.601.zip",
    "nothing": "/nothing",
    "unknown zone": "/v1/bundles/latest/No/Where.zip",
    "unknown option": "/v1/releases?page=2",
    "unknown image": "/v2/no/where/manifests/latest",
    "no image": "/v2/x/y",
    "unknown module": "/go/tz.internal/no/where/@latest",
}
CONDITIONS: tuple[Mapping[str, str], ...] = (
    {},
    {"if-none-match": "{etag}"},
    {"if-none-match": '"x"'},
    {"if-match": '"x"'},
    {"range": "bytes=0-3"},
    {"range": "bytes=-1", "if-range": "{etag}"},
    {"range": "bytes=99999999-"},
)


def check_guards(answer: httpx.Response) -> None:
    """Check what keeps a browser from taking an answer for something else, or from running what is in it."""
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    if answer.headers.get("content-type", "").startswith("text/html"):
        (policy,) = answer.headers.get_list("content-security-policy")
        assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        assert "unsafe" not in policy


@pytest.mark.parametrize("name", URLS)
def test_no_answer_of_a_route_has_a_fault(client: httpx.Client, release: str, name: str) -> None:
    bundle = client.get(f"/v1/bundles/{release}/{BUNDLE}.tar.gz").content
    url = URLS[name].format(release=release, hex=hashlib.sha256(bundle).hexdigest())
    etag = client.get(url).headers.get("etag", '"none"')
    for _ in ("cold or hot", "hot if ever"):
        for fields in CONDITIONS:
            given = {field: value.format(etag=etag) for field, value in fields.items()}
            for method in ("GET", "HEAD"):
                answer = client.request(method, url, headers=given)
                assert lint(answer) == [], (method, given, answer.status_code)
                check_guards(answer)
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        refused = client.request(method, url)
        assert lint(refused) == [], method
        check_guards(refused)


@pytest.mark.parametrize("path", ["/v1/bundles", "/v1/sets"])
@pytest.mark.parametrize("body", [b'{"zones": ["Etc/UTC"]}', b"{", b" " * 300_000], ids=["right", "wrong", "long"])
def test_no_answer_to_a_post_has_a_fault(client: httpx.Client, path: str, body: bytes) -> None:
    assert lint(client.post(path, content=body, headers={"content-type": "application/json"})) == []


@pytest.mark.parametrize(
    "request_",
    [
        b"NONSENSE\r\n\r\n",
        get(b"/", b"X: " + b"a" * 1_000_000),
        *(get(root + b"a" * 1_000_000) for root in (b"/", b"/v2/", b"/go/")),
    ],
    ids=["not HTTP", "fields", "URL", "URL of an image", "URL of a module"],
)
def test_no_answer_of_the_connection_has_a_fault(service: Service, request_: bytes) -> None:
    (reply,) = exchange(service.port, request_)
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert lint_raw(reply) == []


@pytest.mark.anyio
async def test_no_answer_of_a_closed_registry_has_a_fault() -> None:
    async with local_client(make_parts(settings=Settings(registry_token=TOKEN))) as client:
        for path in ("/v2/", "/v2/test/zone/manifests/2099a", "/v2/test/zone/tags/list"):
            for fields in ({}, {"authorization": f"Bearer {TOKEN}"}):
                answer = await client.get(path, headers=fields)
                assert answer.status_code == (200 if fields else 401)
                assert lint(answer, dated=False) == []
                check_guards(answer)


@pytest.mark.anyio
@pytest.mark.parametrize("fault", [UntrustedRelease("x"), SourceUnreachable("x"), Overloaded("x"), RuntimeError("x")])
@pytest.mark.parametrize("path", ["/v1/bundles/2099b/Test/Zone.zip", "/v2/test/zone/manifests/2099b"])
async def test_no_answer_about_a_fault_elsewhere_has_one_of_its_own(fault: Exception, path: str) -> None:
    async with local_client(make_parts(BadShelf(fault))) as client:
        answer = await client.get(path)
        assert answer.status_code >= 500
        assert lint(answer, dated=False) == []
        check_guards(answer)


def test_faults_are_found() -> None:
    fields = {"cache-control": "public, max-age=1, nonsense=", "content-length": "3", "etag": "unquoted"}
    request = httpx.Request("GET", "http://tz.example/")
    names = {
        line.partition(":")[0] for line in lint(httpx.Response(200, headers=fields, content=b"x", request=request))
    }
    assert {"STORE_PUBLIC_UNNECESSARY", "CL_INCORRECT"} <= names
