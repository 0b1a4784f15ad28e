"""Problems: every error is one, with a stable type that leads to a page."""

import asyncio
import re
import threading
from collections.abc import Iterator

import httpx
import pytest

from app import errors
from app.settings import Settings
from app.sources.base import Loaded
from app.store.memory import MemoryStore
from app.tzdb.release import TzifPool
from app.web.http import errors as http_errors
from app.web.http.errors import fields_of, status_of
from app.web.http.problems import encode_problem, problem_kinds
from tests.data.invented_release import make_invented_release
from tests.servers import Service
from tests.web.apps import Shelf, local_client, make_parts
from tests.web.raw import exchange, get

PROBLEM = "application/problem+json"
BUNDLES = "/v1/bundles"
ZERO = "0" * 64
REPEATED, SHORT = re.compile(r"(.{1,8}?)\1{9,}"), r"\1~"

ERRORS: tuple[tuple[str, str, int, str], ...] = (
    ("GET", "/nothing", 404, "not-found"),
    ("GET", "/v1", 404, "not-found"),
    ("GET", "/healthz/", 404, "not-found"),
    ("GET", f"{BUNDLES}/latest", 404, "not-found"),
    ("GET", f"{BUNDLES}/latest/Etc/UTC", 400, "unknown-format"),
    ("GET", f"{BUNDLES}/latest/Etc/UTC.rar", 400, "unknown-format"),
    ("GET", f"{BUNDLES}/latest/Etc/UTC.TAR", 400, "unknown-format"),
    ("GET", f"{BUNDLES}/latest/.tar", 400, "invalid-name"),
    ("GET", f"{BUNDLES}/2026F/Etc/UTC.tar", 400, "invalid-name"),
    ("GET", f"{BUNDLES}/1999z/Etc/UTC.tar", 404, "unknown-release"),
    ("GET", f"{BUNDLES}/latest/Mars/Base.tar", 404, "unknown-zones"),
    ("GET", f"{BUNDLES}/latest/country:ZZ.tar", 404, "unknown-zones"),
    ("GET", f"{BUNDLES}/latest/Etc/UTC.tar?alias=all", 400, "invalid-option"),
    ("GET", f"{BUNDLES}/latest/Etc/UTC.tar?links=soft", 400, "invalid-option"),
    ("GET", f"{BUNDLES}/latest/Etc/UTC.zip?links=hard", 400, "invalid-option"),
    ("GET", f"{BUNDLES}/latest/{'Etc/UTC,' * 3000}Etc/UTC.tar", 400, "too-many"),
    ("GET", f"{BUNDLES}/latest/{'Etc/UTC,' * 5000}Etc/UTC.tar", 414, "url-too-long"),
    ("GET", f"/v1/artifacts/{ZERO}.tar", 404, "unknown-artifact"),
    ("GET", f"/v1/artifacts/{ZERO}.json", 404, "unknown-artifact"),
    ("GET", f"/v1/artifacts/{ZERO}.tar.sha256", 404, "unknown-artifact"),
    ("GET", "/v1/artifacts/abc.tar", 400, "invalid-name"),
    ("GET", f"/v1/artifacts/{ZERO}.tar?x=1", 400, "invalid-option"),
    ("GET", "/v1/releases/1999z", 404, "unknown-release"),
    ("GET", "/v1/releases/X", 400, "invalid-name"),
    ("GET", "/v1/releases?page=2", 400, "invalid-option"),
    ("GET", "/v1/releases/latest/zones?country=Germany", 400, "invalid-name"),
    ("GET", f"/v1/releases/latest/zones?q={'x' * 101}", 400, "invalid-option"),
    ("GET", "/v1/releases/latest/zones/Mars/Base", 404, "unknown-zones"),
    ("GET", "/v1/releases/latest/zones/Europe/*", 400, "invalid-option"),
    ("GET", "/v1/releases/latest/zones/", 400, "invalid-name"),
    ("GET", "/v1/releases/latest/tzif/country:CN", 400, "invalid-option"),
    ("GET", "/problems/no-such", 404, "not-found"),
    ("GET", BUNDLES, 405, "method-not-allowed"),
    ("PUT", f"{BUNDLES}/latest/Etc/UTC.tar", 405, "method-not-allowed"),
    ("POST", f"{BUNDLES}/latest/Etc/UTC.tar", 405, "method-not-allowed"),
    ("DELETE", f"/v1/artifacts/{ZERO}.tar", 405, "method-not-allowed"),
    ("OPTIONS", "/healthz", 405, "method-not-allowed"),
    ("PATCH", "/", 405, "method-not-allowed"),
    ("POST", BUNDLES, 400, "invalid-body"),
    ("POST", f"{BUNDLES}?x=1", 400, "invalid-option"),
)


def find_code_words(text: str) -> list[str]:
    """Return what readers of the code know and users do not: backticks, names of classes and functions, headings."""
    return re.findall(r"`+|\bfacts\b|\b[A-Z]\w+:(?=\s)|\b[A-Z][a-z]+[A-Z]\w+|\b\w+_\w+", text)


def check_problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
    assert response.headers["cache-control"] == "no-store"
    row = response.json()
    assert (row["type"], row["status"]) == (f"/problems/{code}", status)
    assert row["title"]
    assert row["detail"]
    assert row["detail"].isprintable()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    ERRORS,
    ids=[f"{error[0]} {REPEATED.sub(SHORT, error[1])} {error[3]}" for error in ERRORS],
)
def test_every_error_is_a_problem_of_its_kind(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    check_problem(response, status, code)
    assert client.get(response.json()["type"]).status_code == 200


def test_405_says_what_is_possible(client: httpx.Client) -> None:
    assert client.put("/healthz").headers["allow"] == "GET, HEAD"
    assert client.get(BUNDLES).headers["allow"] == "POST"


def test_the_body_of_what_is_not_possible_is_read_off_the_connection(client: httpx.Client) -> None:
    for _ in range(3):
        assert client.put("/healthz", content=b"x" * 100_000).status_code == 405
        assert client.get("/healthz").text == "ok\n"


class TestKinds:
    def test_every_class_of_the_tree_has_a_status_and_a_code_of_its_own(self) -> None:
        kinds = [*problem_kinds()]
        assert {status_of(kind) for kind in kinds} == {400, 401, 404, 405, 408, 412, 413, 414, 416, 431, 500, 502, 503}
        assert len({kind.code for kind in kinds}) == len(kinds)
        assert len({kind.title for kind in kinds}) == len(kinds)

    def test_all_errors_of_the_project_and_of_http_are_kinds(self) -> None:
        own = {
            kind
            for module in (errors, http_errors)
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, errors.TzdataFilterError)
        }
        assert {*problem_kinds()} == own - {errors.TzdataFilterError}

    def test_the_root_of_the_tree_is_not_a_kind(self, client: httpx.Client) -> None:
        assert "/problems/error " not in client.get("/problems").text
        assert client.get("/problems/error").status_code == 404

    @pytest.mark.parametrize("kind", [*problem_kinds()], ids=lambda kind: kind.code)
    def test_each_says_in_plain_words_of_its_own_what_happened_and_what_to_do(
        self, kind: type[errors.TzdataFilterError]
    ) -> None:
        assert "meaning" in vars(kind)
        assert find_code_words(kind.meaning) == []
        assert len(re.findall(r"\w\.(?: |$)", kind.meaning)) >= 2

    def test_words_of_the_code_are_found(self) -> None:
        text = "See ``facts['zones']``. Args: no. `code` of UnknownZones, parse_spec and Raises: too."
        assert len(find_code_words(text)) == 9
        assert (
            find_code_words("Zones look like Europe/Berlin, countries like country:DE; /v1/releases lists all.") == []
        )

    def test_errors_of_the_command_line_are_none(self, client: httpx.Client) -> None:
        assert "output-exists" not in client.get("/problems").text
        assert client.get("/problems/output-exists").status_code == 404

    def test_each_has_a_page_that_explains_it(self, client: httpx.Client) -> None:
        listed = client.get("/problems").text
        for kind in problem_kinds():
            page = client.get(f"/problems/{kind.code}").text
            assert kind.title in page
            assert kind.meaning in " ".join(page.split())
            assert f"status: {status_of(kind)}" in page
            assert f"/problems/{kind.code}  {status_of(kind)}  {kind.title}\n" in listed

    def test_503_says_when_to_come_back(self) -> None:
        for kind in problem_kinds():
            assert ("retry-after" in fields_of(kind("so it is"))) is (status_of(kind) == 503)
        assert fields_of(errors.Overloaded("busy", retry_after=7))["retry-after"] == "7"

    def test_facts_cannot_break_the_json(self) -> None:
        body = encode_problem(errors.UnknownZones("\ud800\n", zones=["\ud800", 'a"\r\n', "\u2028"]), path_prefix="")
        assert body.isascii()
        assert body.count(b"\n") == 1


class TestFacts:
    def test_all_unknown_zones_at_once_with_suggestions(self, client: httpx.Client, release: str) -> None:
        row = client.get(f"{BUNDLES}/latest/Europe/Berln,Asia/Hanoi,Etc/UTC.tar").json()
        assert row["zones"] == ["Asia/Hanoi", "Europe/Berln"]
        assert "Europe/Berlin" in row["suggestions"]["Europe/Berln"]
        assert row["release"] == release

    def test_the_limit_that_was_exceeded(self, client: httpx.Client) -> None:
        assert client.get(f"{BUNDLES}/latest/{'a,' * 20_000}b.tar").json()["limit"] == Settings().max_url_bytes
        assert client.post(BUNDLES, content=b"x" * 300_000).json()["limit"] == Settings().max_body_bytes


class TestRefusedByTheProtocol:
    """What never reaches the application is a problem with a page as well."""

    @pytest.mark.parametrize(
        ("request_", "status", "code"),
        [
            (b"NONSENSE\r\n\r\n", 400, "bad-request"),
            (get(b"/" + b"a" * 1_000_000), 414, "url-too-long"),
            (get(b"/", b"X: " + b"a" * 1_000_000), 431, "request-header-fields-too-large"),
        ],
        ids=["not HTTP", "URL", "fields"],
    )
    def test_it_is_a_problem(
        self, service: Service, client: httpx.Client, request_: bytes, status: int, code: str
    ) -> None:
        (reply,) = exchange(service.port, request_)
        check_problem(httpx.Response(reply.status, headers=reply.headers, content=reply.body), status, code)
        assert reply.headers["connection"] == "close"
        assert client.get(f"/problems/{code}").status_code == 200


STORE_THREADS = 4


class BusyStore(MemoryStore):
    """A store whose writes take until the test ends."""

    def __init__(self, *, fault: Exception | None = None) -> None:
        super().__init__()
        self.fault = fault
        self.asked = threading.Barrier(STORE_THREADS + 1, timeout=20)
        self.go = threading.Event()

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:
        if self.fault is not None:
            raise self.fault
        if not self.go.is_set():
            self.asked.wait()
        assert self.go.wait(20)
        super().write_blob(sha256, content, lasting=lasting)


@pytest.fixture
def busy_store() -> Iterator[BusyStore]:
    store = BusyStore()
    yield store
    store.go.set()


@pytest.mark.anyio
async def test_whoever_waited_in_vain_gets_a_503_with_a_time_to_come_back(busy_store: BusyStore) -> None:
    parts = make_parts(store=busy_store, settings=Settings(max_wait_seconds=0.2))
    async with local_client(parts) as client:
        urls = [f"{BUNDLES}/2099a/Test/Zone.tar?prefix=p{number}" for number in range(STORE_THREADS)]
        first = [asyncio.create_task(client.get(url)) for url in urls]
        await asyncio.to_thread(busy_store.asked.wait)
        refused = await client.get(f"{BUNDLES}/2099a/Test/Other.zip")
        check_problem(refused, 503, "overloaded")
        assert refused.headers["retry-after"] == "5"
        busy_store.go.set()
        assert {(await each).status_code for each in first} == {200}


@pytest.mark.anyio
async def test_a_fault_of_the_program_is_a_500_that_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    parts = make_parts(store=BusyStore(fault=RuntimeError("inner secret")))
    async with local_client(parts) as client:
        response = await client.get(f"{BUNDLES}/2099a/Test/Zone.zip", headers={"X-Request-Id": "find-me"})
    check_problem(response, 500, "internal-server-error")
    assert "secret" not in response.text
    assert response.headers["x-request-id"] == "find-me"
    (entry,) = [record for record in caplog.records if record.exc_info]
    assert "find-me" in entry.getMessage()


@pytest.mark.anyio
async def test_without_any_release_answers_are_problems() -> None:
    async with local_client(make_parts(Shelf())) as client:
        check_problem(await client.get(f"{BUNDLES}/latest/Etc/UTC.zip"), 404, "unknown-release")
        check_problem(await client.get("/readyz"), 503, "source-unreachable")
        assert (await client.get("/v1/releases")).json() == {"releases": [], "latest": None, "refused": []}
        assert (await client.get("/healthz")).status_code == 200


class BadShelf(Shelf):
    """A shelf of which one release raises what it is given."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(make_invented_release("2099a"), make_invented_release("2099b"))
        self.fault = fault

    def load(self, version: str, pool: TzifPool) -> Loaded:
        if version == "2099b":
            raise self.fault
        return super().load(version, pool)


@pytest.mark.anyio
async def test_a_release_that_does_not_verify_is_502_and_is_never_latest() -> None:
    parts = make_parts(BadShelf(errors.UntrustedRelease("a hash is wrong")))
    async with local_client(parts) as client:
        check_problem(await client.get(f"{BUNDLES}/2099b/Test/Zone.zip"), 502, "untrusted-release")
        assert (await client.get(f"{BUNDLES}/latest/Test/Zone.zip")).headers["tzdata-release"] == "2099a"
        row = (await client.get("/v1/releases")).json()
    assert [release["version"] for release in row["releases"]] == ["2099a"]
    assert row["refused"] == [{"release": "2099b", "source": "shelf", "reason": "a hash is wrong"}]


@pytest.mark.anyio
async def test_a_release_that_cannot_be_reached_is_503_with_a_time_to_come_back() -> None:
    parts = make_parts(BadShelf(errors.SourceUnreachable("the line is down")))
    async with local_client(parts) as client:
        response = await client.get(f"{BUNDLES}/2099b/Test/Zone.zip")
        check_problem(response, 503, "source-unreachable")
        assert int(response.headers["retry-after"]) > 0
        assert (await client.get(f"{BUNDLES}/2099a/Test/Zone.zip")).status_code == 200
