"""Every error leaves in the form of the protocol that was spoken, wherever in the program it was raised.

``/v2`` answers in the OCI envelope, ``/go`` in plain text, everything else in problem+json; also what is refused before
routing, and what never becomes a request.
"""

import contextlib
import json
from collections.abc import Callable

import httpx
import pytest

from app.settings import Settings
from app.store.memory import MemoryStore
from tests.servers import Service, StartService
from tests.web.apps import local_client, make_parts
from tests.web.raw import RawReply, connect, exchange, get, read_to_end

TAG = "/v2/asia/tokyo/manifests/latest"
VERSIONS = "/go/tz.internal/asia/tokyo/@v/list"
BUNDLE = "/v1/bundles/latest/Asia/Tokyo.zip"
OTHER = f'"{"0" * 64}"'


def check_problem(status: int, media_type: str, body: bytes) -> None:
    assert media_type == "application/problem+json"
    assert json.loads(body)["status"] == status


def check_envelope(status: int, media_type: str, body: bytes) -> None:
    assert (status, media_type) == (status, "application/json")
    (error,) = json.loads(body)["errors"]
    assert error.keys() == {"code", "message", "detail"}
    assert error["code"].isupper()
    assert error["message"]


def check_text(status: int, media_type: str, body: bytes) -> None:
    assert (status, media_type) == (status, "text/plain; charset=utf-8")
    assert body.endswith(b"\n")
    assert not body.startswith(b"{")


Check = Callable[[int, str, bytes], None]
FORMS: tuple[tuple[str, Check], ...] = ((TAG, check_envelope), (VERSIONS, check_text), (BUNDLE, check_problem))
LONG = "a" * 40_000


@pytest.fixture(params=FORMS, ids=["v2", "go", "v1"])
def form(request: pytest.FixtureRequest) -> tuple[str, Check]:
    path, check = request.param
    return path, check


def check(response: httpx.Response, status: int, form: Check) -> None:
    assert response.status_code == status
    form(status, response.headers["content-type"], response.content)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_a_condition_that_fails(
    client: httpx.Client, cold_client: httpx.Client, form: tuple[str, Check], kind: str
) -> None:
    asked = client if kind == "hot" else cold_client
    path, expected = form
    assert asked.get(path).status_code == 200
    check(asked.get(path, headers={"If-Match": OTHER}), 412, expected)


@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_a_range_outside(client: httpx.Client, cold_client: httpx.Client, form: tuple[str, Check], kind: str) -> None:
    asked = client if kind == "hot" else cold_client
    path, expected = form
    size = len(asked.get(path).content)
    response = asked.get(path, headers={"Range": "bytes=999999-"})
    check(response, 416, expected)
    assert response.headers["content-range"] == f"bytes */{size}"


def test_a_url_that_is_too_long(client: httpx.Client, form: tuple[str, Check]) -> None:
    path, expected = form
    check(client.get(f"{path}/{LONG}"), 414, expected)


def test_a_query_that_is_too_long(client: httpx.Client, form: tuple[str, Check]) -> None:
    path, expected = form
    check(client.get(f"{path}?{LONG}"), 414, expected)


def test_a_body_that_is_too_long(cold_client: httpx.Client, form: tuple[str, Check]) -> None:
    path, expected = form
    check(cold_client.request("GET", path, content=b"x" * 300_000), 413, expected)


def test_a_character_that_cannot_be_seen(client: httpx.Client) -> None:
    check(client.get(f"{TAG}%0A"), 400, check_envelope)
    check(client.get(f"{VERSIONS}%0A"), 404, check_text)
    check(client.get(f"{BUNDLE}%0A"), 400, check_problem)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_method_that_is_not_possible(client: httpx.Client, form: tuple[str, Check], method: str) -> None:
    path, expected = form
    response = client.request(method, path, content=b"x" * 1_000)
    check(response, 405, expected)
    assert response.headers["allow"] == "GET, HEAD"


def test_what_is_not_there(client: httpx.Client) -> None:
    check(client.get("/v2/no/such/zone/manifests/latest"), 404, check_envelope)
    check(client.get("/go/tz.internal/no/such/zone/@v/list"), 404, check_text)
    check(client.get("/v1/bundles/latest/No/Zone.zip"), 404, check_problem)
    check(client.get("/v2000"), 404, check_problem)
    check(client.get("/gopher"), 404, check_problem)


def test_a_head_has_the_fields_of_the_error_and_no_body(client: httpx.Client, form: tuple[str, Check]) -> None:
    path, _ = form
    response = client.head(f"{path}/{LONG}")
    assert (response.status_code, response.content) == (414, b"")
    assert response.headers["content-type"] == client.get(f"{path}/{LONG}").headers["content-type"]


def raw_check(reply: RawReply, status: int, form: Check) -> None:
    assert reply.status == status
    form(status, reply.headers["content-type"], reply.body)
    assert reply.headers["connection"] == "close"


class TestBeforeThereIsARequest:
    """What the connection itself refuses."""

    def test_a_url_without_end(self, service: Service, form: tuple[str, Check]) -> None:
        path, expected = form
        (reply,) = exchange(service.port, get(path.encode() + b"a" * 1_000_000))
        raw_check(reply, 414, expected)

    def test_fields_without_end(self, service: Service, form: tuple[str, Check]) -> None:
        path, expected = form
        (reply,) = exchange(service.port, get(path.encode(), b"X: " + b"a" * 1_000_000))
        raw_check(reply, 431, expected)

    def test_a_head_has_no_body(self, service: Service, form: tuple[str, Check]) -> None:
        path, _ = form
        request = get(path.encode(), b"X: " + b"a" * 1_000_000).replace(b"GET ", b"HEAD ", 1)
        with connect(service.port) as connection:
            # It is refused before it is all read; the answer is there all the same.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
            received = read_to_end(connection)
        assert received.startswith(b"HTTP/1.1 431 ")
        assert received.endswith(b"\r\n\r\n")

    def test_a_path_in_percent_signs_is_the_same_protocol(self, service: Service) -> None:
        (reply,) = exchange(service.port, get(b"/%762/asia/tokyo/manifests/latest", b"X: " + b"a" * 1_000_000))
        raw_check(reply, 431, check_envelope)

    def test_fields_that_never_end_in_time(self, start_service: StartService, form: tuple[str, Check]) -> None:
        path, expected = form
        hasty = start_service(request_timeout_seconds=0.5)
        (reply,) = exchange(hasty.port, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n")
        raw_check(reply, 408, expected)


class BrokenStore(MemoryStore):
    """A store with a fault that nobody thought of."""

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:
        raise RuntimeError(f"inner secret: {sha256} {len(content)} {lasting}")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v2/test/zone/manifests/2099a", check_envelope),
        ("/go/tz.internal/test/zone/@v/v0.2099.101.zip", check_text),
        ("/v1/bundles/2099a/Test/Zone.zip", check_problem),
    ],
    ids=["v2", "go", "v1"],
)
async def test_a_fault_of_the_program(path: str, expected: Check) -> None:
    parts = make_parts(store=BrokenStore(), settings=Settings(go_module_host="tz.internal"))
    async with local_client(parts) as client:
        response = await client.get(path)
    check(response, 500, expected)
    assert "secret" not in response.text
