"""The real service over an index that is well, down, slow or lying: nothing wrong is ever served."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.data.invented_release import VERSION, package_files, wheel_name, write_wheel
from tests.servers import Service, StartService
from tests.sources.loopback_index import LoopbackIndex, Mood, loopback_index

OLD = "tzdata-2024.1-py2.py3-none-any.whl"
OTHER = "tzdata-2023.4-py2.py3-none-any.whl"
BUNDLE = "/v1/bundles/{}/Asia/Shanghai,Etc/UTC.zip"


@pytest.fixture
def index(wheels_dir: Path) -> Iterator[LoopbackIndex]:
    with loopback_index({name: (wheels_dir / name).read_bytes() for name in (OLD, OTHER)}) as running:
        yield running


def start(start_service: StartService, index: LoopbackIndex, **settings: object) -> Service:
    return start_service(expect_errors=True, **{"offline": False, "index_url": index.url, **settings})  # type: ignore[arg-type]


def status_of(service: Service, release: str) -> int:
    with service.client() as client:
        return client.get(BUNDLE.format(release)).status_code


def test_a_pinned_release_is_fetched_when_it_is_asked_for(start_service: StartService, index: LoopbackIndex) -> None:
    service = start(start_service, index)
    with service.client() as client:
        answer = client.get(BUNDLE.format("2024a"))
        release = client.get("/v1/releases/2024a").json()
    assert (answer.status_code, answer.headers["tzdata-release"]) == (200, "2024a")
    assert (release["source"], release["package_version"], release["cached"]) == ("index", "2024.1", True)
    assert release["date"] == "2024-02-11"


def test_the_list_tells_what_was_not_fetched_yet(start_service: StartService, index: LoopbackIndex) -> None:
    with start(start_service, index).client() as client:
        rows = {row["version"]: row for row in client.get("/v1/releases").json()["releases"]}
    assert rows["2023d"]["cached"] is False
    assert rows["2023d"]["zones"] is None
    assert rows["2026f"]["cached"] is True


def test_offline_means_that_nobody_is_asked(start_service: StartService, index: LoopbackIndex) -> None:
    service = start_service(offline=True, index_url=index.url)
    assert status_of(service, "2024a") == 404
    assert index.asked == []


@pytest.mark.parametrize(
    ("mood", "status"),
    [("refuses", 503), ("hangs", 503), ("fails", 503), ("truncates", 503), ("wrong content type", 502)],
)
def test_while_the_index_is_in_a_bad_mood_what_is_here_is_served_and_what_is_not_is_an_honest_error(
    start_service: StartService, index: LoopbackIndex, mood: Mood, status: int
) -> None:
    index.mood = mood
    service = start(start_service, index)
    with service.client() as client:
        here, missing = client.get(BUNDLE.format("2026f")), client.get(BUNDLE.format("2024a"))
    assert here.status_code == 200
    assert (missing.status_code, missing.headers["content-type"]) == (status, "application/problem+json")
    assert ("retry-after" in missing.headers) is (status == 503)


@pytest.mark.parametrize("mood", ["wrong hash", "no hash", "names a stranger"])
def test_a_wheel_that_nobody_vouches_for_is_refused_and_shown(
    start_service: StartService, index: LoopbackIndex, mood: Mood
) -> None:
    index.mood = mood
    service = start(start_service, index)
    assert status_of(service, "2024a") == 502
    with service.client() as client:
        refused = client.get("/v1/releases").json()["refused"]
    assert [row["release"] for row in refused] == ["2024a"]


def test_a_release_once_fetched_needs_the_index_no_more(
    start_service: StartService, index: LoopbackIndex, tmp_path: Path
) -> None:
    first = start(start_service, index, data_dir=tmp_path)
    assert status_of(first, "2024a") == 200
    first.stop()
    index.mood = "refuses"
    again = start(start_service, index, data_dir=tmp_path)
    assert status_of(again, "2024a") == 200
    offline = start_service(offline=True, data_dir=tmp_path)
    assert status_of(offline, "2024a") == 200


def test_bytes_that_change_upstream_are_refused_shown_and_counted_while_the_old_ones_are_served(
    start_service: StartService, index: LoopbackIndex, tmp_path: Path
) -> None:
    first = start(start_service, index, data_dir=tmp_path)
    with first.client() as client:
        before = client.get(BUNDLE.format("2024a"))
    first.stop()
    index.wheels[OLD] = index.wheels[OTHER]
    service = start(start_service, index, data_dir=tmp_path)
    with service.client() as client:
        after = client.get(BUNDLE.format("2024a"))
        refused = client.get("/v1/releases").json()["refused"]
        metrics = client.get("/metrics").text
    assert after.content == before.content
    assert [(row["release"], row["source"]) for row in refused] == [("2024a", "index")]
    assert "other bytes" in refused[0]["reason"]
    assert "tzdata_filter_releases_refused 1.0" in metrics


def test_an_unknown_release_costs_the_index_one_look_a_minute(
    start_service: StartService, index: LoopbackIndex
) -> None:
    service = start(start_service, index)
    for letter in "abcdefgh":
        assert status_of(service, f"2019{letter}") == 404
    assert index.count("/simple/tzdata/") == 1


def test_one_fetch_however_many_ask(start_service: StartService, index: LoopbackIndex) -> None:
    service = start(start_service, index)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: status_of(service, "2024a"), range(32))) == {200}
    assert index.count(OLD) == 1


def test_latest_follows_the_index_and_tells_its_age_while_that_is_down(
    start_service: StartService, index: LoopbackIndex
) -> None:
    service = start(
        start_service, index, index_refresh_seconds=0.2, rescan_seconds=0.2, channels="stable=2024a,previous=latest-1"
    )
    with service.client() as client:
        fresh = client.get(BUNDLE.format("latest"))
        stable = client.get(BUNDLE.format("stable"))
        index.mood = "fails"
        stale = fresh
        for _ in range(100):
            stale = client.get(BUNDLE.format("latest"))
            if "tzdata-release-age" in stale.headers:
                break
            time.sleep(0.05)
    assert "tzdata-release-age" not in fresh.headers
    assert stale.content == fresh.content
    assert int(stale.headers["tzdata-release-age"]) >= 0
    assert stable.headers["tzdata-release"] == "2024a"
    assert stable.headers["link"] == f'<{service.base_url}{BUNDLE.format("2024a")}>; rel="bookmark"'


class TestYanked:
    """A release that the index advises against is served to whoever names it, and is not what ``latest`` means."""

    @pytest.fixture
    def index(self, wheels_dir: Path) -> Iterator[LoopbackIndex]:
        old, new = (wheels_dir / OLD).read_bytes(), write_wheel(package_files())
        with loopback_index({OLD: old, wheel_name(): new}) as running:
            running.yanked = {wheel_name(): "its offsets are wrong"}
            yield running

    def test_by_name_it_is_served_with_the_reason(self, start_service: StartService, index: LoopbackIndex) -> None:
        with start(start_service, index).client() as client:
            rows = [client.get("/v1/releases").json()["releases"][0]]
            answer = client.get(f"/v1/bundles/{VERSION}/Test/Zone.zip")
            rows += [client.get("/v1/releases").json()["releases"][0], client.get(f"/v1/releases/{VERSION}").json()]
        assert answer.status_code == 200
        for row in rows:
            assert row["version"] == VERSION
            assert [warning["code"] for warning in row["warnings"]] == ["yanked"]
            assert "its offsets are wrong" in row["warnings"][0]["detail"]

    def test_no_channel_means_it(self, start_service: StartService, index: LoopbackIndex) -> None:
        with start(start_service, index).client() as client:
            assert client.get(f"/v1/bundles/{VERSION}/Test/Zone.zip").status_code == 200
            meant = {
                choice: client.get(BUNDLE.format(choice)).headers["tzdata-release"] for choice in ("latest", "latest-1")
            }
            listed = client.get("/v1/releases").json()["latest"]
            go_latest = client.get("/go/tz.internal/etc/utc/@latest").json()["Version"]
            go_list = client.get("/go/tz.internal/etc/utc/@v/list").text.split()
            feed = client.get("/v1/feeds/Etc/UTC.atom").text
        assert meant == {"latest": "2026f", "latest-1": "2024a"}
        assert listed == "2026f"
        assert go_latest == go_list[-1]
        assert VERSION not in feed

    def test_one_that_was_kept_is_not_meant_either(
        self, start_service: StartService, index: LoopbackIndex, tmp_path: Path
    ) -> None:
        index.yanked = {}
        first = start(start_service, index, data_dir=tmp_path)
        with first.client() as client:
            assert client.get("/v1/bundles/latest/Test/Zone.zip").headers["tzdata-release"] == VERSION
        first.stop()
        index.yanked = {wheel_name(): True}
        with start(start_service, index, data_dir=tmp_path).client() as client:
            assert client.get(BUNDLE.format("latest")).headers["tzdata-release"] == "2026f"
            assert client.get(f"/v1/bundles/{VERSION}/Test/Zone.zip").status_code == 200
            assert client.get(f"/v1/releases/{VERSION}").json()["warnings"][0]["code"] == "yanked"

    def test_if_all_are_yanked_the_service_goes_on(self, start_service: StartService, wheels_dir: Path) -> None:
        newest = "tzdata-2026.6-py2.py3-none-any.whl"
        with loopback_index({newest: (wheels_dir / newest).read_bytes()}) as index:
            index.yanked = {newest: True}
            with start(start_service, index).client() as client:
                assert client.get("/readyz").status_code == 200
                assert client.get(BUNDLE.format("latest")).headers["tzdata-release"] == "2026f"
