"""The image that the project ships, built from its Dockerfile: what runs in it is all that the service is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consumers.images.engines import Docker
from tests.consumers.images.service_image import (
    build_image,
    fetch_runtime_wheels,
    package_index,
    running_container,
)


@pytest.fixture(scope="module")
def image(docker: Docker, tmp_path_factory: pytest.TempPathFactory, wheels_dir: Path) -> Iterator[str]:
    """Return the name of the image; while it is in use, the index to which its base is set has every release."""
    folder = tmp_path_factory.mktemp("image")
    releases = {path.name: path.read_bytes() for path in wheels_dir.glob("*.whl")}
    with package_index({**fetch_runtime_wheels(folder), **releases}) as index_url:
        yield build_image(docker, folder, index_url=index_url)


def test_a_container_that_was_told_no_public_url_says_localhost_and_warns_once(docker: Docker, image: str) -> None:
    with running_container(docker, image, offline="true") as container:
        port = container.client.base_url.port
        text = container.client.get("/").text
        assert (text.count(f"http://localhost:{port}/") > 0, "0.0.0.0" in text) == (True, False)
        assert container.log.count("TZDATA_FILTER_PUBLIC_URL") == 1
    with running_container(docker, image, offline="true", public_url="https://tz.example") as container:
        assert "https://tz.example/v1/" in container.client.get("/").text
        assert "TZDATA_FILTER_PUBLIC_URL" not in container.log


def test_a_container_serves_every_release_of_the_index_that_its_pip_is_set_to(docker: Docker, image: str) -> None:
    with running_container(docker, image) as container:
        listed = container.client.get("/v1/releases").json()["releases"]
        assert len(listed) > 30
        old = container.client.get("/v1/bundles/2020a/Asia/Shanghai.zip")
        assert (old.status_code, old.headers["tzdata-release"]) == (200, "2020a")
