"""The front under what strangers send and replicas do: it refuses in the service's form, and gives nothing away.

What was authorized for one is nobody else's, and neither a URL nor a replica that fails takes the site down.
"""

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.consumers.fronts import SITE, RunningFront, running_front
from tests.servers import HOST, Service, StartService, free_port
from tests.web.raw import RawReply, exchange, get

TOKEN = "a-long-enough-token"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Iterator[RunningFront]:
    with running_front(tmp_path_factory.mktemp("front"), service.port) as running:
        yield running


def test_what_was_authorized_is_neither_kept_nor_given_to_others(start_service: StartService, tmp_path: Path) -> None:
    closed = start_service(registry_token=TOKEN)
    path = "/v2/etc/utc/manifests/2026f"
    with running_front(tmp_path, closed.port) as front, front.client() as stranger:
        with front.client(authorization=f"Bearer {TOKEN}") as client:
            index = client.get(path)
            digest = index.headers["docker-content-digest"]
            paths = ["/v2/", path, f"/v2/etc/utc/manifests/{digest}", "/v2/etc/utc/tags/list"]
            paths += [f"/v2/etc/utc/manifests/{row['digest']}" for row in index.json()["manifests"]]
            for each in paths * 2:
                assert client.get(each).status_code == 200
        assert [stranger.get(each).status_code for each in paths] == [401] * len(paths)
        assert stranger.post("/v1/sets", json={"zones": ["Etc/UTC"]}).status_code == 401
        assert front.cached == []


def test_what_is_open_is_not_kept_for_one_who_sent_a_password(front: RunningFront) -> None:
    path = "/v1/bundles/2026f/Asia/Tokyo.zip"
    before = len(front.cached)
    with front.client(authorization="Basic eDp5") as client, front.client() as other:
        for _ in range(2):
            assert "x-cache" not in client.get(path).headers
        assert len(front.cached) == before
        assert other.get(path).headers["x-cache"] == "MISS"
        assert "x-cache" not in client.get(path).headers


Form = Callable[[RawReply, str], None]


def check_problem(reply: RawReply, code: str) -> None:
    assert reply.headers["content-type"] == "application/problem+json"
    row = json.loads(reply.body)
    assert (row["status"], row["type"]) == (reply.status, f"/problems/{code}" if code else "about:blank")
    assert row["title"]
    assert row["detail"]


def check_envelope(reply: RawReply, code: str) -> None:  # noqa: ARG001 - it has codes of its own
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["docker-distribution-api-version"] == "registry/2.0"
    (error,) = json.loads(reply.body)["errors"]
    assert error["code"].isupper()
    assert error["message"]


def check_text(reply: RawReply, code: str) -> None:  # noqa: ARG001 - it is for people
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.body.endswith(b"\n")
    assert b"{" not in reply.body


def check_refusal(replies: Sequence[RawReply], status: int, code: str, form: Form) -> None:
    (reply,) = replies
    assert reply.status == status
    form(reply, code)
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert len(reply.headers["x-request-id"]) >= 32
    assert "nginx/" not in reply.headers.get("server", "")


ROOTS: Sequence[tuple[bytes, Form]] = ((b"/v1/x", check_problem), (b"/v2/x", check_envelope), (b"/go/x", check_text))


@pytest.mark.parametrize(("root", "form"), ROOTS, ids=["v1", "v2", "go"])
def test_what_nginx_itself_refuses_has_the_form_of_the_protocol(front: RunningFront, root: bytes, form: Form) -> None:
    def ask(request: bytes, status: int, code: str) -> None:
        check_refusal(exchange(front.port, request), status, code, form)

    ask(get(root, method=b"TRACE"), 405, "method-not-allowed")
    ask(get(root, b"X: " + b"a" * 50_000), 431, "request-header-fields-too-large")
    ask(get(root, b"Content-Length: 2000000", method=b"POST"), 413, "body-too-large")
    ask(get(root, b"Transfer-Encoding: gzip"), 501, "")


def test_a_url_that_is_too_long_even_for_nginx_is_a_problem_whatever_it_begins_with(front: RunningFront) -> None:
    for root, _ in ROOTS:
        replies = exchange(front.port, get(root + b"/" + b"a" * 50_000))
        check_refusal(replies, 414, "url-too-long", check_problem)
    for root, form in ROOTS:  # this one passes nginx
        (reply,) = exchange(front.port, get(root + b"/" + b"a" * 36_000))
        assert reply.status == 414
        form(reply, "url-too-long")


@pytest.mark.parametrize(
    "request_",
    [
        *(b"NONSENSE\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        *(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        *(get(b"*", method=b"OPTIONS"), get(b"v1/x"), get(b"/%zz"), get(b"/../../x"), get(b"/v1/%00")),
        *(
            get(b"/", b"X: \x00"),
            get(b"/", b"Content-Length: -1"),
            get(b"/", b"Transfer-Encoding: chunked") + b"zz\r\n",
        ),
        get(b"/", b"Content-Length: 1", b"Transfer-Encoding: chunked"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 60,  # a client that speaks TLS
    ],
)
def test_what_is_not_a_request_is_a_problem(front: RunningFront, request_: bytes) -> None:
    check_refusal(exchange(front.port, request_), 400, "bad-request", check_problem)


def test_another_version_of_http_is_a_problem_too(front: RunningFront) -> None:
    check_refusal(exchange(front.port, get(b"/").replace(b"HTTP/1.1", b"HTTP/2.0")), 505, "", check_problem)


def test_metrics_are_not_for_the_public(front: RunningFront) -> None:
    for path in (b"/metrics", b"//metrics", b"/%6detrics", b"/./metrics", b"/.tzdata-filter/problem"):
        check_refusal(exchange(front.port, get(path)), 404, "not-found", check_problem)


@pytest.mark.parametrize(("root", "form"), ROOTS, ids=["v1", "v2", "go"])
def test_without_any_replica_the_answer_has_the_form_of_the_protocol(tmp_path: Path, root: bytes, form: Form) -> None:
    with running_front(tmp_path, free_port()) as front:
        for request in (get(root), get(root, b"Content-Length: 0", method=b"POST")):
            replies = exchange(front.port, request)
            check_refusal(replies, 502, "", form)
            assert replies[0].headers["retry-after"] == "5"


def test_a_replica_that_says_nothing_is_a_504(tmp_path: Path) -> None:
    site = SITE.read_text().replace("proxy_read_timeout 30s;", "proxy_read_timeout 1s;")
    with (
        socket.create_server((HOST, 0)) as silent,
        running_front(tmp_path, silent.getsockname()[1], site=site) as front,
    ):
        check_refusal(exchange(front.port, get(b"/v1/releases")), 504, "", check_problem)


def test_a_503_of_one_url_takes_no_replica_out_of_service(start_service: StartService, tmp_path: Path) -> None:
    index = f"http://{HOST}:{free_port()}/simple"
    replicas = [start_service(offline=False, index_url=index) for _ in range(2)]
    with running_front(tmp_path, *[replica.port for replica in replicas]) as front, front.client() as client:
        for year in range(1990, 1996):
            assert client.get(f"/v1/bundles/{year}a/Etc/UTC.zip").status_code == 503
        for name in ("Asia/Tokyo", "Asia/Seoul", "Asia/Dili", "Etc/UTC"):
            assert client.get(f"/v1/bundles/2026f/{name}.zip").status_code == 200
