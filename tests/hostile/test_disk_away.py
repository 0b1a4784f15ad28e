"""The real service over a data directory that is removed, read-only or full, or whose bounds are reached."""

import json
import os
import shutil
from pathlib import Path

import httpx
import pytest

from app.releases.pin import decode_pin
from app.web.http.representation import IMMUTABLE
from tests.builder.parts import put_wheel
from tests.faults.children import run_on_full_disk
from tests.hostile.damages import read_note, remove
from tests.hostile.waiting import until_status
from tests.servers import StartService, find_strange_lines, free_port, start_process

BUNDLE, LATEST = "/v1/bundles/2020a/Asia/Tokyo.zip", "/v1/bundles/latest/Etc/UTC.zip"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    directory = tmp_path / "wheels"
    directory.mkdir()
    put_wheel(directory, "2020a")
    return directory


def links_of(answer: httpx.Response) -> list[str]:
    return [answer.headers[name] for name in ("content-location",) if name in answer.headers]


def test_a_data_directory_that_is_removed_is_filled_again_and_no_link_leads_nowhere(
    start_service: StartService, wheels: Path
) -> None:
    service = start_service(expect_errors=True, wheels_dir=wheels)
    with service.client() as client:
        expected = {path: client.get(path) for path in (BUNDLE, LATEST)}
        row = client.post("/v1/sets", json={"zones": ["Etc/UTC"]}).json()
        lines = {path.name: path.read_bytes() for path in (service.data_dir / "releases").glob("*/*")}
        shutil.rmtree(service.data_dir)
        for path, before in expected.items():
            answer = client.get(path)
            assert answer.content == before.content
            for link in links_of(answer):
                found, check = client.get(link), client.get(f"{link}.sha256")
                assert (found.content, found.headers["cache-control"]) == (
                    before.content,
                    IMMUTABLE,
                )
                assert check.text.split()[0] == before.headers["etag"].strip('"')
        assert client.get("/readyz").status_code == 200
        assert {path.name: path.read_bytes() for path in (service.data_dir / "releases").glob("*/*")} == lines
        assert client.get(f"/v2/{row['repository']}/tags/list").status_code in (200, 404)
        assert client.post("/v1/sets", json={"zones": ["Etc/UTC"]}).json() == row


def test_a_release_that_could_not_be_pinned_is_pinned_when_it_can_be(start_service: StartService, wheels: Path) -> None:
    service = start_service(expect_errors=True, wheels_dir=wheels)
    ledger = service.data_dir / "temporary"
    with service.client() as client:
        ledger.rename(ledger.with_name("away"))
        ledger.touch()
        put_wheel(wheels, "2021a")
        assert links_of(until_status(client, "/v1/bundles/2021a/Asia/Tokyo.zip", 200)) == []
        assert client.get("/readyz").status_code == 503
        assert "tzdata_filter_ledger_unwritten 1.0" in client.get("/metrics").text
        ledger.unlink()
        assert client.get("/readyz").text.count("\n") == 1
        assert "tzdata_filter_ledger_unwritten 0.0" in client.get("/metrics").text
    assert decode_pin(read_note(service.data_dir / "releases/20/2021a")).release == "2021a"


def count_bytes(directory: Path) -> int:
    """Return what the files take on a disk with usual blocks."""
    return sum(-(-path.lstat().st_size // 4_096) * 4_096 for path in directory.rglob("*") if path.is_file())


@pytest.mark.parametrize("query", ["", "?prefix=p{}"], ids=["selections", "whole trees"])
def test_no_client_fills_the_disk(start_service: StartService, query: str) -> None:
    bound = 1 << 20
    service = start_service(expect_errors=True, disk_store_bytes=bound)
    links = ["none was asked for"]
    names = [f"Etc/GMT{sign}{hour}" for sign in "+-" for hour in range(1, 13)]
    pairs = [f"{one},{other}" for one in names for other in names if one < other]
    with service.client() as client:
        expected = client.get(LATEST)
        for number in range(150 if not query else 14):
            zones = "*" if query else pairs[number]
            format_ = "tar.gz" if query else "zip"
            answer = client.get(f"/v1/bundles/latest/{zones}.{format_}{query.format(number)}")
            assert answer.status_code == 200
            links = links_of(answer)
        assert links == []
        posted = client.post("/v1/bundles", json={"zones": ["Etc/UTC", "Etc/GMT+1"], "format": "zip"}).json()
        assert (
            httpx.get(posted["url"], trust_env=False).headers["etag"].strip('"') == posted["digest"].partition(":")[2]
        )
        ready, metrics = client.get("/readyz"), client.get("/metrics").text
        assert links_of(client.get(LATEST)) == links_of(expected)
        assert client.post("/v1/sets", json={"zones": ["Etc/UTC"]}).status_code == 200
    wheel = 1 << 20  # of the installed release, if it came in one; it is not the client's doing
    assert count_bytes(service.data_dir) <= bound + wheel
    assert ready.status_code == 200
    assert "TZDATA_FILTER_DISK_STORE_BYTES" in ready.text
    assert "tzdata_filter_store_full 1.0" in metrics
    assert service.log.count("cannot be kept") <= 3


def test_posted_lists_have_a_room_of_their_own(start_service: StartService) -> None:
    service = start_service(expect_errors=True, disk_set_bytes=4_096 * 5)
    with service.client() as client:
        answers = [client.post("/v1/sets", json={"zones": ["Etc/UTC", f"Etc/GMT+{hour}"]}) for hour in range(1, 12)]
        again = client.post("/v1/sets", json={"zones": ["Etc/UTC", "Etc/GMT+1"]})
        assert client.get("/v1/bundles/latest/Asia/Tokyo.zip").status_code == 200
    assert [answer.status_code for answer in answers] == [200] * 5 + [503] * 6
    assert "TZDATA_FILTER_DISK_SET_BYTES" in answers[-1].json()["detail"]
    assert again.status_code == 200
    assert len([*(service.data_dir / "sets").glob("*/*")]) == 5


_SERVE_ON_A_FULL_DISK = """
import contextlib, json, sys
from pathlib import Path
from tests.hostile.waiting import until_status
from tests.servers import running_service

root = Path(sys.argv[1])
ballast = (root / "ballast").open("wb", buffering=0)
home = root.parent / "home"
home.mkdir()
answers = {}
settings = {"data_dir": root / "data", "disk_reserve_bytes": 0, "rescan_seconds": 0.2}
with running_service(home, settings, expect_errors=True, wait_until_ready=False) as service, service.client() as client:
    while "loaded" not in service.log:
        client.get("/v1/bundles/latest/Etc/UTC.zip")
    with contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    full = client.get("/v1/bundles/latest/Asia/*.tar")
    location = full.headers.get("content-location")
    answers["full"] = full.status_code
    answers["leads nowhere"] = location is not None and client.get(location).status_code != 200
    answers["ready"] = client.get("/readyz").status_code
    answers["room"] = Path(root).stat().st_size >= 0 and ballast.tell() < 1 << 16
    ballast.truncate(0)
    ballast.seek(0)
    client.get("/readyz")
    answers["lines"] = len([*(root / "data" / "releases").glob("*/*")])
print(json.dumps(answers))
"""


def test_on_a_full_disk_bundles_are_served_without_links_and_the_ledger_is_written_later(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    answers = json.loads(run_on_full_disk(_SERVE_ON_A_FULL_DISK, disk))
    assert answers["full"] == 200
    assert not answers["leads nowhere"]
    assert answers["ready"] == 503
    assert answers["lines"] == 1


@pytest.mark.parametrize("what", ["link", "fifo", "file"])
def test_a_place_to_write_that_is_something_else_stops_the_start_with_one_line(tmp_path: Path, what: str) -> None:
    (tmp_path / "data").mkdir()
    temporary = tmp_path / "data" / "temporary"
    if what == "link":
        (tmp_path / "outside").mkdir()
        temporary.symlink_to(tmp_path / "outside")
    elif what == "fifo":
        os.mkfifo(temporary)
    else:
        temporary.touch()
    process = start_process({"port": free_port(), "data_dir": tmp_path / "data"}, tmp_path / "log")
    assert process.wait(30) == 5
    (line,) = (tmp_path / "log").read_text().splitlines()
    assert line.startswith("tzdata-filter: the store in ")


def test_a_directory_in_the_place_of_a_value_is_one_line_in_the_log(start_service: StartService) -> None:
    service = start_service(expect_errors=True, hot_bytes=0)
    with service.client() as client:
        client.get(LATEST)
        for folder in ("blobs", "records", "origins"):
            for path in (service.data_dir / folder).glob("*/*"):
                remove(path)
                (path / "inside").mkdir(parents=True)
        answers = [client.get(LATEST) for _ in range(20)]
        assert 'tzdata_filter_builds_total{outcome="unkept"} 20.0' in client.get("/metrics").text
    assert {answer.status_code for answer in answers} == {200}
    assert all(links_of(answer) == [] for answer in answers)
    assert service.log.count("cannot be kept") == 1
    assert find_strange_lines(service.log, expect_errors=True) == []
