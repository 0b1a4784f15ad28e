"""Sets: long lists of zones under a short name; and the gate before the registry: tokens, and no writing."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from app.builder.sets import SET
from app.settings import Settings
from tests.servers import StartService
from tests.web.apps import local_client, make_parts
from tests.web.raw import exchange, get
from tests.web.registry.registries import ABSENT, MANIFEST, NAME, error_of, pull, two_releases

TOKEN = "a-long-enough-token"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with local_client(make_parts(two_releases())) as client:
        yield client


@pytest.mark.anyio
async def test_a_posted_set_can_be_pulled_and_has_one_name(client: httpx.AsyncClient) -> None:
    posted = (await client.post("/v1/sets", json={"zones": ["Test/Zone", "Etc/Test+1"]})).json()
    again = (await client.post("/v1/sets", json={"zones": ["Etc/Test+1", "Test/Zone"], "release": "2099a"})).json()
    assert posted["repository"] == again["repository"]
    assert (posted["release"], again["release"]) == ("2099b", "2099a")
    assert posted["reference"] == f"tz.example:8443/{posted['repository']}:2099b"
    # Whoever has written this name into a Dockerfile counts on it.
    assert posted["repository"] == "set/3e43913c0b6341cf77117e967c300033c3b887f2f2c8a114fd074822b9978cfe"
    # The same files are the same image, whatever it is called.
    for row, tag in ((posted, "latest"), (again, "2099a")):
        for name in (row["repository"], NAME):
            answer = await client.head(f"/v2/{name}/manifests/{tag}")
            assert answer.headers["docker-content-digest"] == row["digest"]
    assert (await client.get(f"/v2/{posted['repository']}/tags/list")).json()["tags"] == ["2099a", "2099b", "latest"]


@pytest.mark.anyio
async def test_a_set_has_options_and_may_be_gos_zip(client: httpx.AsyncClient) -> None:
    bodies = [{"zones": ["Legacy"], "release": "2099a", **more} for more in ({}, {"aliases": "all"}, {"format": "zip"})]
    bodies.append({**bodies[0], "prefix": "opt/zones", "tables": ["zone.tab"]})
    rows = [(await client.post("/v1/sets", json=body)).json() for body in bodies]
    assert len({row["repository"] for row in rows}) == len({row["digest"] for row in rows}) == 4
    layers = [next(iter([*(await pull(client, row["repository"], "2099a")).values()][3:])) for row in rows]
    assert b"usr/local/go/lib/time/zoneinfo.zip" in layers[2]
    assert layers[3].startswith(b"opt/")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"zones": ["Test/Zon"]}, 404),
        ({"zones": ["Test/Zone"], "release": "2001a"}, 404),
        ({"zones": ["Test/Zone"], "format": "tar.gz"}, 400),
        ({"zones": []}, 400),
        ({"zones": ["Test/Zone"], "name": "x"}, 400),
    ],
)
async def test_a_set_that_cannot_be_is_a_problem_and_is_not_kept(body: dict[str, object], status: int) -> None:
    parts = make_parts(two_releases())
    async with local_client(parts) as client:
        answer = await client.post("/v1/sets", json=body)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert parts.store.note_keys(SET) == []


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
@pytest.mark.parametrize("path", ["/v2/", f"/v2/{NAME}/blobs/uploads/", MANIFEST, f"/v2/{NAME}/blobs/{ABSENT}"])
async def test_whatever_would_write_is_refused(client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path, content=b"x" * 1_000_000)
    assert error_of(answer) == (405, "UNSUPPORTED")
    assert answer.headers["allow"] == "GET, HEAD"


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.anyio
async def test_with_a_token_set_only_those_who_have_it_may_pull() -> None:
    parts = make_parts(two_releases(), settings=Settings(registry_token=TOKEN))
    async with local_client(parts) as client:
        for given in (f"Bearer {TOKEN}", basic("anyone", TOKEN), f"bearer {TOKEN}", basic("", TOKEN)):
            for path in ("/v2/", MANIFEST, MANIFEST):
                assert (await client.get(path, headers={"authorization": given})).status_code == 200
        wrong = ["", "Bearer", f"Bearer {TOKEN}x", basic(TOKEN, ""), basic("x", "y"), "Basic !", "Basic é", TOKEN]
        for given in wrong:
            for path in ("/v2/", MANIFEST, f"/v2/{NAME}/uploads", "/v2/%0a"):
                answer = await client.get(path, headers={b"authorization": given.encode("latin-1")})
                assert error_of(answer) == (401, "UNAUTHORIZED")
                assert answer.headers["www-authenticate"] == 'Basic realm="tzdata-filter"'
        assert error_of(await client.post("/v2/x/blobs/uploads/", content=b"x")) == (401, "UNAUTHORIZED")
        assert (await client.get("/v1/bundles/latest/Test/Zone.zip")).status_code == 200


@pytest.mark.anyio
async def test_with_a_token_set_only_those_who_have_it_may_post_a_list() -> None:
    parts = make_parts(two_releases(), settings=Settings(registry_token=TOKEN))
    body = {"zones": ["Test/Zone"]}
    async with local_client(parts) as client:
        for given in ({}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": basic(TOKEN, "")}):
            for refused in (body, {"zones": 1}):
                answer = await client.post("/v1/sets", json=refused, headers=given)
                assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["www-authenticate"] == 'Basic realm="tzdata-filter"'
        assert parts.store.note_keys(SET) == []
        for right in (f"Bearer {TOKEN}", basic("anyone", TOKEN)):
            assert (await client.post("/v1/sets", json=body, headers={"authorization": right})).status_code == 200


@pytest.mark.anyio
async def test_what_was_authorized_is_for_no_shared_cache() -> None:
    given = {"authorization": f"Bearer {TOKEN}"}
    closed = make_parts(two_releases(), settings=Settings(registry_token=TOKEN))
    async with local_client(closed) as client, local_client(make_parts(two_releases())) as open_client:
        digests = [*await pull(open_client, NAME, "2099a")]
        paths = ["/v2/", MANIFEST, f"/v2/{NAME}/manifests/latest", f"/v2/{NAME}/tags/list"]
        paths += [f"/v2/{NAME}/referrers/{digests[0]}", f"/v2/{NAME}/manifests/{digests[0]}"]
        for path in (*paths, f"/v2/{NAME}/blobs/{digests[-1]}"):
            for more in ({}, {"range": "bytes=0-1"}, {"if-none-match": "*"}):
                for method in ("GET", "HEAD"):
                    answer = await client.request(method, path, headers={**given, **more})
                    public = await open_client.request(method, path, headers=more)
                    assert answer.status_code == public.status_code < 400
                    assert answer.headers["cache-control"] == f"private, {public.headers['cache-control']}", path
                    assert "private" not in public.headers["cache-control"]
        refused = [await client.get(f"/v2/{NAME}/blobs/{ABSENT}", headers=given), await client.get(MANIFEST)]
        assert {answer.headers["cache-control"] for answer in refused} == {"no-store"}
    assert closed.hot.held_bytes == 0


@pytest.mark.anyio
async def test_no_answer_at_all_says_that_anybody_may_have_it() -> None:
    async with local_client(make_parts(two_releases())) as client:
        for path in (MANIFEST, "/v1/bundles/2099a/Test/Zone.zip", "/go/tz.example/test/zone/@v/v0.2099.1.zip"):
            assert "public" not in (await client.get(path)).headers["cache-control"]


def test_the_body_of_a_push_is_read_to_its_end_before_it_is_refused(start_service: StartService) -> None:
    running = start_service(offline=True, max_body_bytes=2_000)
    size = b"Content-Length: 3000000"
    path = f"/v2/{NAME}/blobs/uploads/".encode()
    for lines in ((size,), (size, b"Expect: 100-continue")):
        request = get(path, *lines, method=b"POST") + b"x" * 3_000_000
        assert [reply.status for reply in exchange(running.port, request) if reply.status != 100] == [405]
