"""The real service over a data directory that somebody changes, takes away or fills while it runs or before it starts.

What depends on what was lost is refused, in a way that operators notice; nothing else is.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builder.parts import put_wheel
from tests.hostile.damages import ODD_NOTES, read_note, remove, write_note
from tests.hostile.test_disk_damage import put_other_wheel
from tests.hostile.waiting import until_status
from tests.servers import Service, StartService

OLD, PACKAGE = "2020a", "2020.1"
LINE = Path("releases/20/2020a")
BUNDLE = f"/v1/bundles/{OLD}/Asia/Tokyo.zip"
LATEST = "/v1/bundles/latest/Etc/UTC.zip"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    directory = tmp_path / "wheels"
    directory.mkdir()
    put_wheel(directory, OLD)
    return directory


@pytest.fixture
def pinned(start_service: StartService, wheels: Path) -> Service:
    """A service that has pinned the old release and the installed one, and has kept a bundle of each; it has ended."""
    service = start_service(wheels_dir=wheels)
    with service.client() as client:
        assert client.get(BUNDLE).status_code == client.get(LATEST).status_code == 200
    service.stop()
    put_other_wheel(wheels, OLD, PACKAGE)
    return service


def as_directory(path: Path) -> None:
    remove(path)
    path.mkdir()


def as_fifo(path: Path) -> None:
    remove(path)
    os.mkfifo(path)


def as_loop(path: Path) -> None:
    remove(path)
    path.symlink_to(path.name)


def as_newer(path: Path) -> None:
    write_note(path, json.dumps({**json.loads(read_note(path)), "v": 2}).encode())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "directory": as_directory,
    "fifo": as_fifo,
    "loop": as_loop,
    "of a newer program": as_newer,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "huge": lambda path: os.truncate(path, 1 << 40),
    "null": lambda path: write_note(path, b"null"),
    "deep": lambda path: write_note(path, b"[" * 200_000),
}


def test_a_line_that_cannot_be_read_stops_its_release_alone_and_is_noticed(
    start_service: StartService, wheels: Path
) -> None:
    damaged = {f"2019{letter}": damage for letter, damage in zip("abcdefghi", DAMAGES, strict=True)}
    for release in damaged:
        put_wheel(wheels, release)
    first = start_service(wheels_dir=wheels)
    with first.client() as client:
        assert client.get(BUNDLE).status_code == 200
        assert damaged.keys() <= {row["version"] for row in client.get("/v1/releases").json()["releases"]}
    first.stop()
    paths = {release: first.data_dir / "releases" / "20" / release for release in damaged}
    for release, path in paths.items():
        DAMAGES[damaged[release]](path)
        put_other_wheel(wheels, release, f"2019.{ord(release[4]) - ord('a') + 1}")
    before = {path: path.lstat() for path in paths.values()}
    service = start_service(expect_errors=True, data_dir=first.data_dir, wheels_dir=wheels)
    with service.client() as client:
        for release, path in [*paths.items()] * 2:
            answer = client.get(BUNDLE.replace(OLD, release))
            assert (answer.status_code, answer.json()["type"]) == (502, "/problems/damaged-ledger")
            assert str(path) in answer.json()["detail"]
        assert client.get(LATEST).status_code == client.get(BUNDLE).status_code == 200
        ready = client.get("/readyz")
        listed = client.get("/v1/releases").json()
        metrics = client.get("/metrics").text
    assert ready.status_code == 200
    for release, path in paths.items():
        assert f"warning: the ledger's line of release {release} cannot be read: {path}" in ready.text
    assert [(row["release"], row["source"]) for row in listed["refused"]] == [(release, "ledger") for release in paths]
    assert not damaged.keys() & {row["version"] for row in listed["releases"]}
    assert f"tzdata_filter_ledger_unreadable {len(damaged)}.0" in metrics
    for path, status in before.items():
        after = path.lstat()
        assert (after.st_ino, after.st_mtime_ns, after.st_size) == (status.st_ino, status.st_mtime_ns, status.st_size)
    assert service.log.count("cannot be read") == len(damaged)


def test_a_line_with_a_member_more_is_read(start_service: StartService, pinned: Service, wheels: Path) -> None:
    path = pinned.data_dir / LINE
    write_note(path, json.dumps({**json.loads(read_note(path)), "more": {"than": ["this", 1]}}).encode())
    service = start_service(data_dir=pinned.data_dir, wheels_dir=wheels)
    with service.client() as client:
        assert client.get(BUNDLE).status_code == client.get("/readyz").status_code == 200


def test_a_line_that_is_mended_counts_at_once(start_service: StartService, pinned: Service, wheels: Path) -> None:
    path = pinned.data_dir / LINE
    whole = path.read_bytes()
    as_directory(path)
    service = start_service(expect_errors=True, data_dir=pinned.data_dir, wheels_dir=wheels)
    with service.client() as client:
        assert client.get(BUNDLE).status_code == 502
        path.rmdir()
        path.write_bytes(whole)
        other = client.get(BUNDLE)
        assert client.get("/readyz").text.count("\n") == 1
    # What the wheels directory has for the release now is not what was pinned.
    assert (other.status_code, other.json()["type"]) == (502, "/problems/untrusted-release")


@pytest.mark.parametrize("in_the_way", ["file", "fifo", "link"])
def test_a_ledger_that_cannot_be_read_at_all_stops_everything_until_it_can(
    start_service: StartService, pinned: Service, wheels: Path, in_the_way: str
) -> None:
    ledger = pinned.data_dir / "releases"
    away = ledger.rename(ledger.with_name("away"))
    if in_the_way == "file":
        ledger.touch()
    elif in_the_way == "fifo":
        os.mkfifo(ledger)
    else:
        ledger.symlink_to(away)
    service = start_service(
        expect_errors=True, wait_until_ready=False, data_dir=pinned.data_dir, wheels_dir=wheels, rescan_seconds=0.2
    )
    with service.client() as client:
        for path in ("/readyz", BUNDLE, LATEST):
            assert client.get(path).status_code == 503
        assert client.get("/healthz").status_code == 200
        assert "tzdata_filter_ledger_unreadable 1.0" in client.get("/metrics").text
        ledger.unlink()
        away.rename(ledger)
        assert client.get("/readyz").status_code == 200
        assert client.get(LATEST).status_code == 200
        until_status(client, BUNDLE, 200)  # from the wheel that was kept


def test_a_running_service_goes_on_with_what_it_knows_without_its_ledger(
    start_service: StartService, wheels: Path
) -> None:
    service = start_service(expect_errors=True, wheels_dir=wheels)
    ledger = service.data_dir / "releases"
    with service.client() as client:
        expected = client.get(BUNDLE).content
        ledger.rename(ledger.with_name("away"))
        ledger.touch()
        assert client.get("/readyz").json()["type"] == "/problems/store-unavailable"
        assert client.get(f"{BUNDLE}?links=copy").status_code == 200
        assert client.get(BUNDLE).content == expected
        put_wheel(wheels, "2021a")  # never seen, so nothing can be said about it
        until_status(client, "/v1/bundles/2021a/Asia/Tokyo.zip", 503)


@pytest.mark.parametrize("folder", ["records", "origins"])
def test_no_content_of_a_note_is_an_error_of_its_bundle(
    start_service: StartService, pinned: Service, folder: str
) -> None:
    service = start_service(data_dir=pinned.data_dir, hot_bytes=0)
    with service.client() as client:
        expected = client.get(LATEST)
        for odd in ODD_NOTES:
            for path in (pinned.data_dir / folder).glob("*/*"):
                write_note(path, odd)
            location = client.get(expected.headers["content-location"])
            assert location.status_code in (200, 404)
            assert client.get(LATEST).content == expected.content
            assert client.get(expected.headers["content-location"]).content == expected.content


def test_sets_that_cannot_be_read_say_so_and_are_repaired_by_posting_them_again(start_service: StartService) -> None:
    first = start_service()
    bodies = [{"zones": ["Etc/UTC", f"Etc/GMT-{number}"]} for number in range(1, 13)]
    bodies += [{"zones": ["Etc/UTC", f"Etc/GMT+{number}"]} for number in range(1, 11)]
    damages = [*(lambda path, odd=odd: write_note(path, odd) for odd in ODD_NOTES), as_fifo, as_loop]
    with first.client() as client:
        rows = [client.post("/v1/sets", json=body).json() for body in bodies]
    first.stop()
    for row, damage in zip(rows, damages, strict=False):
        sha256 = row["repository"].removeprefix("set/")
        damage(first.data_dir / "sets" / sha256[:2] / sha256)
    service = start_service(expect_errors=True, data_dir=first.data_dir)
    assert len(damages) == len(bodies) - 1
    with service.client() as client:
        for number, (row, body) in enumerate(zip(rows, bodies, strict=True)):
            manifest = f"/v2/{row['repository']}/manifests/{row['release']}"
            if number < len(damages):
                answer = client.get(manifest)
                assert answer.status_code == 503
                assert row["repository"].removeprefix("set/") in answer.json()["errors"][0]["message"]
                assert client.post("/v1/sets", json=body).json()["digest"] == row["digest"]
            assert client.get(manifest).status_code == 200
