"""BuildKit: ADD with the URL of a bundle, which it asks again about on every build, in ways of its own."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.consumers.bundles import fetch
from tests.consumers.images.engines import Docker
from tests.data import invented_release
from tests.servers import Service, StartService

BUNDLES = "/v1/bundles/2026f"


def write(folder: Path, *lines: str) -> None:
    (folder / "Dockerfile").write_text("".join(f"{line}\n" for line in ("FROM scratch", *lines)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "build").mkdir()
    return tmp_path / "build"


@pytest.mark.parametrize("format", ["tar", "tar.gz", "zip"])
def test_add_keeps_the_bytes_that_the_service_sent(
    docker: Docker, service: Service, folder: Path, tmp_path: Path, format: str
) -> None:
    path = f"{BUNDLES}/Asia/Shanghai,Etc/UTC.{format}"
    write(folder, f"ADD {service.base_url}{path} /zones/")
    docker.export(folder, tmp_path / "out")
    assert (tmp_path / "out" / "zones" / f"UTC.{format}").read_bytes() == fetch(service, path)


def test_urls_with_the_same_last_segment_never_mix(
    docker: Docker, service: Service, folder: Path, tmp_path: Path
) -> None:
    paths = [
        f"{BUNDLES}/Asia/Tokyo,Etc/UTC.tar",
        f"{BUNDLES}/Asia/Seoul,Etc/UTC.tar",
        f"{BUNDLES}/Asia/Seoul,Etc/UTC.tar?prefix=a",
        f"{BUNDLES}/Asia/Seoul,Etc/UTC.tar?prefix=b",
        "/v1/bundles/latest/Asia/Manila,Etc/UTC.tar",
    ]
    expected = [fetch(service, path) for path in paths]
    assert len({*expected}) == len(paths)
    for attempt, order in enumerate((paths, paths[::-1], paths[2:] + paths[:2])):
        write(folder, *(f"ADD {service.base_url}{path} /{paths.index(path)}/UTC.tar" for path in order))
        out = tmp_path / str(attempt)
        docker.export(folder, out)
        assert [(out / str(number) / "UTC.tar").read_bytes() for number in range(len(paths))] == expected


def test_an_unchanged_bundle_is_not_sent_again_and_hits_the_cache(
    docker: Docker, start_service: StartService, folder: Path
) -> None:
    running = start_service()
    write(
        folder,
        f"ADD {running.base_url}{BUNDLES}/Asia/Shanghai.tar.gz /",
        f"ADD {running.base_url}/v1/bundles/latest/UTC.zip /",
    )
    docker.build(folder, "added")
    said = docker.build(folder, "added")
    assert said.count("CACHED") == 2
    assert wait_for(lambda: count(running, " 304 ") == 2)
    assert count(running, "GET /v1/bundles/") == 2


def test_a_bundle_that_changed_at_the_same_url_is_noticed(
    docker: Docker, start_service: StartService, folder: Path, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    put_wheel(wheels, "2098a", "2098.1")
    running = start_service(wheels_dir=wheels, rescan_seconds=0.05)
    path = "/v1/bundles/latest/Test/Zone.json"
    write(folder, f"ADD {running.base_url}{path} /plan.json")
    docker.export(folder, tmp_path / "before")
    put_wheel(wheels, "2099a", "2099.1")
    with running.client() as client:
        assert wait_for(lambda: latest(client) == "2099a")
    docker.export(folder, tmp_path / "after")
    plans = [(tmp_path / name / "plan.json").read_text() for name in ("before", "after")]
    assert ['"2098a"' in plan for plan in plans] == [True, False]
    assert ['"2099a"' in plan for plan in plans] == [False, True]


def put_wheel(wheels: Path, version: str, package_version: str) -> None:
    files = invented_release.package_files(version, package_version)
    aside = wheels / "aside"
    aside.write_bytes(invented_release.write_wheel(files, package_version=package_version))
    aside.rename(wheels / invented_release.wheel_name(package_version))


def latest(client: httpx.Client) -> str:
    return client.get("/v1/bundles/latest/Test/Zone.zip").headers["tzdata-release"]


def count(service: Service, text: str) -> int:
    return sum(text in line for line in service.log.splitlines())


def wait_for(is_so: Callable[[], bool]) -> bool:
    """Return whether it became so; log lines and releases come a moment later."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.05)
    return False
