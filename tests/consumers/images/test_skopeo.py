"""skopeo: looks at images, and copies them to a directory and into another registry, every sum the same."""

import hashlib
import json
from pathlib import Path
from typing import TypedDict, cast

import pytest

from tests.consumers.images.engines import PLAIN, Engine, make_skopeo
from tests.servers import Service, StartService

NAME = "asia/shanghai/etc/utc"
SAMPLE = {
    "etc/gmt.8": "Etc/GMT+8",
    "etc/gmt-8": "Etc/GMT-8",
    "america/port-au-prince": "America/Port-au-Prince",
    "america/argentina/buenos_aires": "America/Argentina/Buenos_Aires",
    "est5edt": "EST5EDT",
}


class Inspected(TypedDict):
    Digest: str
    RepoTags: list[str]
    Architecture: str
    Layers: list[str]


@pytest.fixture
def skopeo(tmp_path: Path) -> Engine:
    (tmp_path / "skopeo").mkdir()
    return make_skopeo(tmp_path / "skopeo")


def url(service: Service, name: str, tag: str = "latest") -> str:
    return f"docker://127.0.0.1:{service.port}/{name}:{tag}"


def inspect(skopeo: Engine, image: str, *flags: str) -> Inspected:
    return cast(Inspected, skopeo.read(*flags, "inspect", *PLAIN, image))


def test_it_sees_tags_and_one_layer_on_every_platform(service: Service, skopeo: Engine) -> None:
    found = [
        inspect(skopeo, url(service, NAME), f"--override-arch={architecture}", *variant)
        for architecture, *variant in (["amd64"], ["arm64"], ["arm", "--override-variant=v6"], ["riscv64"])
    ]
    assert [each["Architecture"] for each in found] == ["amd64", "arm64", "arm", "riscv64"]
    assert len({(each["Digest"], *each["Layers"]) for each in found}) == 1
    assert "latest" in found[0]["RepoTags"]
    assert len(found[0]["Layers"]) == 1


def test_the_raw_index_lists_the_platforms(service: Service, skopeo: Engine) -> None:
    raw = skopeo.run("inspect", *PLAIN, "--raw", url(service, NAME))
    platforms = [row["platform"]["architecture"] for row in json.loads(raw)["manifests"]]
    assert {"amd64", "arm64", "arm", "s390x"} <= {*platforms}


@pytest.mark.parametrize("repository", SAMPLE)
def test_names_of_every_kind_can_be_copied(service: Service, skopeo: Engine, tmp_path: Path, repository: str) -> None:
    skopeo.run("copy", "--src-tls-verify=false", url(service, repository), f"dir:{tmp_path / 'copy'}")
    layers = [path for path in (tmp_path / "copy").iterdir() if path.read_bytes().startswith(b"usr/")]
    assert [f"usr/share/zoneinfo/{SAMPLE[repository]}\0".encode() in layer.read_bytes() for layer in layers] == [True]


def test_a_directory_holds_all_platforms_and_every_file_has_its_sum(
    service: Service, skopeo: Engine, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    skopeo.run("copy", "--src-tls-verify=false", "--all", "--preserve-digests", url(service, NAME), f"dir:{copy}")
    named = [path for path in copy.iterdir() if len(path.name.partition(".")[0]) == 64]
    assert len(named) == 11 + 11 + 1
    for path in named:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name.partition(".")[0]
    index = hashlib.sha256((copy / "manifest.json").read_bytes()).hexdigest()
    assert inspect(skopeo, url(service, NAME))["Digest"] == f"sha256:{index}"


@pytest.mark.parametrize("name", [NAME, "go/asia/shanghai", "country/cn"])
def test_another_registry_takes_an_image_as_it_is(
    service: Service, skopeo: Engine, other_registry: str, name: str
) -> None:
    there = f"docker://{other_registry}/mirror/{name}:2026f"
    flags = ("--src-tls-verify=false", "--dest-tls-verify=false", "--all", "--preserve-digests")
    skopeo.run("copy", *flags, url(service, name), there)
    assert inspect(skopeo, there)["Digest"] == inspect(skopeo, url(service, name))["Digest"]


def test_what_is_not_there_is_told_with_what_may_be_meant(service: Service, skopeo: Engine) -> None:
    for name, tag, words in (
        ("asia/shangai", "latest", "did you mean asia/shanghai"),
        ("asia/shanghai", "2019z", "the nearest are"),
    ):
        finished = skopeo.finish("inspect", *PLAIN, url(service, name, tag))
        assert finished.code != 0
        assert words in finished.text


def test_a_push_is_refused_in_words(service: Service, skopeo: Engine, tmp_path: Path) -> None:
    skopeo.run("copy", "--src-tls-verify=false", url(service, NAME), f"dir:{tmp_path / 'copy'}")
    finished = skopeo.finish("copy", "--dest-tls-verify=false", f"dir:{tmp_path / 'copy'}", url(service, "asia/tokyo"))
    assert finished.code != 0
    assert "cannot be written" in finished.text


def test_a_token_is_asked_for_and_taken(start_service: StartService, skopeo: Engine) -> None:
    closed = start_service(registry_token="a-long-enough-token")
    assert skopeo.finish("inspect", *PLAIN, url(closed, NAME)).code != 0
    assert "Layers" in skopeo.run("inspect", *PLAIN, "--creds=anyone:a-long-enough-token", url(closed, NAME))
    assert skopeo.finish("inspect", *PLAIN, "--creds=anyone:another-long-token", url(closed, NAME)).code != 0
