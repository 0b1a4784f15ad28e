"""Hot answers: right for as long as they are kept, and kept within bounds."""

import asyncio
import threading
import time
from pathlib import Path

import httpx
import pytest

from app.errors import StoreUnavailable
from app.settings import Settings
from app.store.memory import MemoryStore
from tests.data import invented_release
from tests.data.invented_release import make_invented_release
from tests.servers import StartService
from tests.web.apps import BASE_URL, Shelf, local_client, make_parts

LATEST = "/v1/bundles/latest/Test/Zone.zip"


class SlowStore(MemoryStore):
    """A store whose writes wait until the test lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.go = threading.Event()

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:
        self.asked.set()
        assert self.go.wait(20)
        super().write_blob(sha256, content, lasting=lasting)


@pytest.mark.anyio
async def test_the_second_answer_is_hot_and_equal() -> None:
    parts = make_parts()
    async with local_client(parts) as client:
        first, second = await client.get(LATEST), await client.get(LATEST)
        assert parts.tally.hot == 1
        assert (await client.head(LATEST)).headers["etag"] == first.headers["etag"]
        assert parts.tally.hot == 2
    assert first.content == second.content
    assert {*first.headers} == {*second.headers}


@pytest.mark.anyio
async def test_latest_changes_with_a_new_release_and_pinned_does_not() -> None:
    shelf = Shelf(make_invented_release("2099a"))
    parts = make_parts(shelf)
    pinned = LATEST.replace("latest", "2099a")
    async with local_client(parts) as client:
        for _ in range(2):
            assert (await client.get(LATEST)).headers["tzdata-release"] == "2099a"
            assert (await client.get(pinned)).headers["tzdata-release"] == "2099a"
        shelf.put(make_invented_release("2099b"))
        await parts.library.refresh()
        for _ in range(2):
            assert (await client.get(LATEST)).headers["tzdata-release"] == "2099b"
            assert (await client.get(pinned)).headers["tzdata-release"] == "2099a"


@pytest.mark.anyio
async def test_a_release_that_comes_during_a_build_is_not_hidden_by_its_answer() -> None:
    shelf, store = Shelf(make_invented_release("2099a")), SlowStore()
    parts = make_parts(shelf, store=store)
    async with local_client(parts) as client:
        under_way = asyncio.create_task(client.get(LATEST))
        await asyncio.to_thread(store.asked.wait, 20)
        shelf.put(make_invented_release("2099b"))
        await parts.library.refresh()
        store.go.set()
        assert (await under_way).headers["tzdata-release"] == "2099a"
        assert (await client.get(LATEST)).headers["tzdata-release"] == "2099b"


@pytest.mark.anyio
async def test_the_oldest_go_first_and_the_bound_holds() -> None:
    parts = make_parts(settings=Settings(hot_bytes=30_000))
    prefixes = [f"/v1/bundles/2099a/Test/Zone.tar.gz?prefix=p{number}" for number in range(40)]
    async with local_client(parts) as client:
        for url in prefixes:
            assert (await client.get(url)).status_code == 200
            assert parts.hot.held_bytes <= 30_000
        assert parts.tally.hot == 0
        await client.get(prefixes[-1])
        assert parts.tally.hot == 1
        await client.get(prefixes[0])
        assert parts.tally.hot == 1


@pytest.mark.anyio
async def test_an_answer_of_more_than_a_quarter_is_not_kept() -> None:
    parts = make_parts(settings=Settings(hot_bytes=16_000))
    async with local_client(parts) as client:
        await client.get("/v1/bundles/2099a/*.tar")
        assert parts.hot.held_bytes == 0
        await client.get("/v1/bundles/2099a/Test/Zone.zip")
        assert parts.hot.held_bytes > 0


@pytest.mark.anyio
async def test_errors_are_not_kept() -> None:
    shelf = Shelf(make_invented_release("2099a"))
    parts = make_parts(shelf)
    async with local_client(parts) as client:
        assert (await client.get("/v1/bundles/2099b/Test/Zone.zip")).status_code == 404
        shelf.put(make_invented_release("2099b"))
        await parts.library.refresh()
        assert (await client.get("/v1/bundles/2099b/Test/Zone.zip")).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/bundles/2099a/Test/Zone,Etc/Test+1.tar?prefix=a&aliases=all",
        "/v1/bundles/2099a/Test/Zone,Etc/Test+1.tar?aliases=all&prefix=a",
        "/v1/bundles/2099a/Etc/Test+1,Test/Zone.tar?aliases=all&prefix=a",
        "/v1/bundles/2099a/Test%2FZone%2cEtc%2FTest%2B1.tar?%70refix=%61&aliases=all",
        "/v1/bundles/2099a/Test/Zone,Etc/Test+1%2Etar?prefix=a&aliases=all&tables=",
    ],
)
@pytest.mark.anyio
async def test_another_spelling_of_a_url_gives_the_same_bytes_hot_and_cold(path: str) -> None:
    plain = "/v1/bundles/2099a/Etc/Test+1,Test/Zone.tar?aliases=all&prefix=a"
    async with local_client(make_parts()) as client:
        expected = (await client.get(plain)).headers["etag"]
        for _ in range(2):
            assert (await client.get(path)).headers["etag"] == expected


@pytest.mark.anyio
async def test_a_query_that_differs_is_another_answer() -> None:
    async with local_client(make_parts()) as client:
        url = "/v1/bundles/2099a/Test/Merged.tar"
        etags = {(await client.get(f"{url}{query}")).headers["etag"] for query in ("", "?aliases=target", "?prefix=a")}
        assert len(etags) == 3
        assert (await client.get(f"{url}?prefix=../a")).status_code == 400


@pytest.mark.anyio
async def test_a_post_to_a_hot_path_is_no_get() -> None:
    async with local_client(make_parts()) as client:
        await client.get(LATEST)
        assert (await client.post(LATEST)).status_code == 405


def test_a_wheel_dropped_into_the_directory_becomes_latest(start_service: StartService, tmp_path: Path) -> None:
    running = start_service(wheels_dir=tmp_path, rescan_seconds=0.05)
    with running.client() as client:
        before = client.get("/v1/bundles/latest/Etc/UTC.zip").headers["tzdata-release"]
        assert client.get("/v1/bundles/latest/Etc/UTC.zip").headers["tzdata-release"] == before
        wheel = invented_release.write_wheel(invented_release.package_files())
        aside = tmp_path / "aside"
        aside.write_bytes(wheel)
        aside.rename(tmp_path / invented_release.wheel_name())
        assert becomes(client, "/v1/bundles/latest/Test/Zone.zip", 200)
        assert client.get("/v1/bundles/latest/Etc/UTC.zip").status_code == 404
        assert client.get(f"/v1/bundles/{before}/Etc/UTC.zip").status_code == 200


def becomes(client: httpx.Client, url: str, status: int) -> bool:
    for _ in range(400):
        if client.get(url).status_code == status:
            return True
        time.sleep(0.05)
    return False


class LosingStore(MemoryStore):
    """A store that may be emptied, or that takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = False

    def forget(self) -> None:
        self._cache.clear()

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:
        if self.is_full:
            raise StoreUnavailable("there is no room")
        super().write_blob(sha256, content, lasting=lasting)


@pytest.mark.anyio
async def test_what_is_hot_with_a_permanent_url_can_be_had_there_after_the_store_lost_it() -> None:
    store = LosingStore()
    parts = make_parts(store=store)
    async with local_client(parts) as client:
        urls = [LATEST, LATEST.replace("latest", "2099a"), f"{LATEST}?aliases=exact"]
        first, *_ = [await client.get(url) for url in urls]
        location = first.headers["content-location"]
        kept = await client.get(location)
        for url in (location, f"{location}.sha256"):
            for key in [key for key in parts.hot._kept if key[0].decode() == url]:
                parts.hot._drop(key)
        store.forget()
        again, check = await client.get(location), await client.get(f"{location}.sha256")
        assert (again.content, dict(again.headers) | {"x-request-id": ""}) == (
            kept.content,
            dict(kept.headers) | {"x-request-id": ""},
        )
        assert check.text.startswith(first.headers["etag"].strip('"'))
        for key in [*parts.hot._kept]:
            parts.hot._drop(key)
        assert (await client.get(location)).status_code == (await client.get(f"{location}.sha256")).status_code == 404


@pytest.mark.anyio
async def test_a_post_that_is_not_kept_leads_to_its_zones_or_to_an_error() -> None:
    store = LosingStore()
    store.is_full = True
    parts = make_parts(store=store)
    async with local_client(parts) as client:
        asked = {"release": "2099a", "zones": ["Test/Zone", "Etc/*"], "format": "tar", "tables": ["zone.tab"]}
        row = (await client.post("/v1/bundles", json=asked)).json()
        path = row["url"].removeprefix(BASE_URL)
        answer = await client.get(path)
        assert answer.headers["etag"].strip('"') == row["digest"].removeprefix("sha256:")
        assert "content-location" not in answer.headers
    parts = make_parts(store=store, settings=Settings(max_url_bytes=20))
    async with local_client(parts) as client:
        answer = await client.post("/v1/bundles", json=asked)
        assert answer.status_code == 503
        assert answer.json()["type"].endswith("/problems/store-unavailable")
