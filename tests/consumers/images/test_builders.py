"""buildah and podman: no engine behind them, plain HTTP by their settings."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict, cast

import pytest

from tests.consumers.images.engines import Engine, make_buildah, make_podman
from tests.consumers.tools import find
from tests.servers import Service


class Inspected(TypedDict):
    Digest: str
    Architecture: str


@pytest.fixture
def host(service: Service) -> str:
    return f"127.0.0.1:{service.port}"


@pytest.fixture
def buildah(host: str, tmp_path: Path) -> Engine:
    (tmp_path / "buildah").mkdir()
    return make_buildah(tmp_path / "buildah", host)


@pytest.fixture
def podman(host: str) -> Iterator[Engine]:
    # Not in the folder of the test: its name is too long for podman's own.
    with tempfile.TemporaryDirectory() as folder:
        yield make_podman(Path(folder), host)


def test_buildah_starts_from_one_image_and_copies_from_another(buildah: Engine, host: str, tmp_path: Path) -> None:
    build = tmp_path / "build"
    build.mkdir()
    (build / "busybox").write_bytes(Path(find("busybox")).read_bytes())
    (build / "busybox").chmod(0o755)
    (build / "Dockerfile").write_text(
        f"FROM {host}/asia/shanghai/etc/utc:2026f\n"
        f"COPY --from={host}/europe/berlin:latest /usr/share/zoneinfo /usr/share/zoneinfo\n"
        "COPY busybox /busybox\n"
        'RUN ["/busybox", "find", "/usr/share/zoneinfo", "-type", "f"]\n'
        'RUN ["/busybox", "env", "TZ=Asia/Shanghai", "/busybox", "date", "-d@0", "+Shanghai %H:%M"]\n'
        'RUN ["/busybox", "env", "TZ=Europe/Berlin", "/busybox", "date", "-d@0", "+Berlin %H:%M"]\n'
        'RUN ["/busybox", "env", "TZ=Asia/Tokyo", "/busybox", "date", "-d@0", "+Tokyo %H:%M"]\n'
    )
    said = buildah.run("bud", "--network=host", "-t", "built", ".", cwd=build)
    listed = {line for line in said.splitlines() if line.startswith("/usr/share/zoneinfo/")}
    assert listed == {f"/usr/share/zoneinfo/{zone}" for zone in ("Asia/Shanghai", "Etc/UTC", "Europe/Berlin")}
    # A zone that nobody asked for is not there, and libc then counts in UTC.
    assert [line for line in said.splitlines() if line.endswith(":00")] == [
        "Shanghai 08:00",
        "Berlin 01:00",
        "Tokyo 00:00",
    ]


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_podman_pulls_by_tag_and_by_digest(podman: Engine, service: Service, host: str, architecture: str) -> None:
    with service.client() as client:
        digest = client.head("/v2/asia/shanghai/manifests/2026f").headers["docker-content-digest"]
    ids = set()
    for reference in (":2026f", f"@{digest}"):
        image = f"{host}/asia/shanghai{reference}"
        ids.add(podman.run("pull", "--quiet", f"--arch={architecture}", image).strip())
        (inspected,) = cast(list[Inspected], podman.read("image", "inspect", image))
        assert inspected["Architecture"] == architecture
    assert len(ids) == 1
