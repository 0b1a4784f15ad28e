"""The Docker engine: pulls, starts from our images, copies from them, and the containers know just their zones."""

import hashlib
from pathlib import Path
from typing import TypedDict, cast

import pytest

from tests.consumers.images.engines import Docker, Engine
from tests.consumers.tools import find
from tests.servers import Service, StartService

TOKEN = "a-long-enough-token"
NOON = "-d@1767268800"
"""2026-01-01T12:00:00Z."""


class RootFs(TypedDict):
    Layers: list[str]


class Inspected(TypedDict):
    RootFS: RootFs


@pytest.fixture
def host(service: Service) -> str:
    return f"127.0.0.1:{service.port}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder to build in, with busybox as the whole of a system."""
    (tmp_path / "busybox").write_bytes(Path(find("busybox")).read_bytes())
    (tmp_path / "busybox").chmod(0o755)
    return tmp_path


def write(folder: Path, *lines: str) -> None:
    (folder / "Dockerfile").write_text("".join(f"{line}\n" for line in lines))


def hour_in(docker: Docker, image: str, zone: str) -> str:
    """Return the hour of noon UTC in a zone, as a container of the image knows it."""
    command = ("/busybox", "date", NOON, "+%H")
    return docker.engine.run("run", "--rm", "--network=none", f"--env=TZ={zone}", image, *command).strip()


def layers_of(docker: Docker, image: str) -> list[str]:
    (inspected,) = cast(list[Inspected], docker.engine.read("image", "inspect", image))
    return inspected["RootFS"]["Layers"]


def test_it_pulls_by_tag_and_by_digest(docker: Docker, service: Service, host: str) -> None:
    with service.client() as client:
        digest = client.head("/v2/europe/berlin/manifests/latest").headers["docker-content-digest"]
    assert digest in docker.engine.run("pull", f"{host}/europe/berlin")
    docker.engine.run("pull", f"{host}/europe/berlin@{digest}")


def test_from_keeps_our_layer_as_it_is(docker: Docker, service: Service, host: str, folder: Path) -> None:
    write(folder, f"FROM {host}/asia/shanghai/etc/utc:2026f", "COPY busybox /busybox")
    docker.build(folder, "from")
    with service.client() as client:
        bundle = client.get("/v1/bundles/2026f/Asia/Shanghai,Etc/UTC.tar?prefix=usr/share/zoneinfo").content
    assert layers_of(docker, "from")[0] == f"sha256:{hashlib.sha256(bundle).hexdigest()}"
    hours = [hour_in(docker, "from", zone) for zone in ("Asia/Shanghai", "Etc/UTC", "Asia/Tokyo")]
    assert hours == ["20", "12", "12"], "Tokyo is not in the image, so libc counts in UTC"


def test_copy_from_brings_the_zones_into_any_image_and_hits_the_cache(docker: Docker, host: str, folder: Path) -> None:
    copy = f"COPY --from={host}/asia/tokyo/etc/utc:2026f /usr/share/zoneinfo /usr/share/zoneinfo"
    write(folder, "FROM scratch", "COPY busybox /busybox", copy)
    docker.build(folder, "copied")
    before = layers_of(docker, "copied")
    assert [hour_in(docker, "copied", zone) for zone in ("Asia/Tokyo", "Asia/Shanghai")] == ["21", "12"]
    again = docker.build(folder, "copied")
    assert again.count("CACHED") == 2
    assert layers_of(docker, "copied") == before


def test_equal_zones_of_another_repository_are_the_same_layer(docker: Docker, host: str, folder: Path) -> None:
    for tag, name in (("one", "asia/seoul/etc/utc"), ("other", "etc/utc/asia/seoul")):
        write(folder, f"FROM {host}/{name}:latest", "COPY busybox /busybox")
        docker.build(folder, tag)
    assert layers_of(docker, "one") == layers_of(docker, "other")


def test_a_static_go_program_finds_its_zones_without_any_setting(
    docker: Docker, host: str, folder: Path, go_spans: Path
) -> None:
    (folder / "spans").write_bytes(go_spans.read_bytes())
    (folder / "spans").chmod(0o755)
    write(folder, f"FROM {host}/go/asia/shanghai/europe/berlin:2026f", "COPY spans busybox /")
    docker.build(folder, "go")
    script = "printf 'Asia/Shanghai\\nAsia/Tokyo\\n' | /spans 1767268800 1767268801"
    said = docker.engine.run("run", "--rm", "--network=none", "go", "/busybox", "sh", "-c", script)
    assert "28800\tCST" in said
    assert "Asia/Tokyo\terror\tunknown time zone Asia/Tokyo" in said


def test_login_takes_the_token_as_the_password_of_anyone(
    docker: Docker, start_service: StartService, tmp_path: Path
) -> None:
    closed = start_service(registry_token=TOKEN)
    host = f"127.0.0.1:{closed.port}"
    client = Engine((*docker.engine.command, f"--config={tmp_path}"), docker.engine.environ)
    assert client.finish("pull", f"{host}/asia/tokyo:2026f").code != 0
    assert client.finish("login", "--username=anyone", "--password=a-wrong-token", host).code != 0
    assert "Login Succeeded" in client.run("login", "--username=anyone", f"--password={TOKEN}", host)
    client.run("pull", f"{host}/asia/tokyo:2026f")


def test_a_push_is_refused_in_words(docker: Docker, host: str) -> None:
    docker.engine.run("pull", f"{host}/asia/tokyo:2026f")
    docker.engine.run("tag", f"{host}/asia/tokyo:2026f", f"{host}/asia/tokyo:latest")
    finished = docker.engine.finish("push", f"{host}/asia/tokyo:latest")
    assert finished.code != 0
    assert "cannot be written" in finished.text


def test_containerd_pulls_every_platform(docker: Docker, host: str) -> None:
    ctr = Engine(("ctr", f"--address={docker.containerd}", "--namespace=tests"), {})
    image = f"{host}/asia/shanghai/etc/utc:2026f"
    ctr.run("content", "fetch", "--plain-http", "--all-platforms", image)
    assert f"{image} " in ctr.run("images", "list")
