"""Images: what the image specification asks for, and bytes that depend on the layer and its release alone."""

import io
import json
import tarfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypedDict

import pytest

from app.artifact.oci.image import (
    CONFIG_TYPE,
    CREATED,
    GO_ZIP_PATH,
    INDEX_TYPE,
    LAYER_TYPE,
    MANIFEST_TYPE,
    PLATFORMS,
    Image,
    encode_index,
    encode_layer,
    make_image,
)
from app.artifact.recipe import CURRENT
from app.artifact.tarball import MTIME
from app.digest import sha256_hex
from app.tzdb.release import Release
from tests.artifact.plans import INVENTED, plan
from tests.data.real_releases import real_release

TREE = "usr/share/zoneinfo"


class Platform(TypedDict, total=False):
    """As in an index."""

    architecture: str
    os: str
    variant: str


class Descriptor(TypedDict, total=False):
    """As in an index or manifest."""

    mediaType: str
    digest: str
    size: int
    platform: Platform


class Index(TypedDict):
    """As answered for a tag."""

    schemaVersion: int
    mediaType: str
    manifests: list[Descriptor]
    annotations: dict[str, str]


class Manifest(TypedDict):
    """As answered for a platform."""

    schemaVersion: int
    mediaType: str
    config: Descriptor
    layers: list[Descriptor]
    annotations: dict[str, str]


def image_of(*zones: str, release: Release = INVENTED, format: str = "tar", prefix: str = TREE) -> tuple[Image, bytes]:
    """Return an image and its layer."""
    made = plan(zones, release, format=format, **({"prefix": prefix} if format == "tar" else {}))
    layer = encode_layer(made, CURRENT[made.spec.format].encode(made.entries))
    return make_image(made, layer), layer


def index_of(image: Image) -> Index:
    index: Index = json.loads(image.index)
    return index


def manifests_of(image: Image) -> list[Manifest]:
    return [json.loads(content) for content in image.manifests.values()]


def test_every_descriptor_names_the_bytes_it_describes() -> None:
    image, layer = image_of("Test/Zone", "Etc/Test+1")
    blobs = {**image.manifests, **image.configs, image.layer_sha256: layer}
    index = index_of(image)
    manifests = manifests_of(image)
    descriptors = [*index["manifests"], *(each["config"] for each in manifests)]
    descriptors += [layer_row for each in manifests for layer_row in each["layers"]]
    for descriptor in descriptors:
        content = blobs[descriptor["digest"].removeprefix("sha256:")]
        assert (sha256_hex(content), len(content)) == (descriptor["digest"].removeprefix("sha256:"), descriptor["size"])
    assert image.index_sha256 == sha256_hex(image.index)
    assert image.parts() == {image.index_sha256, *blobs}


def test_media_types_are_those_of_the_specification_and_the_layer_is_not_compressed() -> None:
    image, layer = image_of("Test/Zone")
    index = index_of(image)
    assert (index["schemaVersion"], index["mediaType"]) == (2, INDEX_TYPE)
    for row, manifest in zip(index["manifests"], manifests_of(image), strict=True):
        assert row["mediaType"] == manifest["mediaType"] == MANIFEST_TYPE
        assert manifest["schemaVersion"] == 2
        assert manifest["config"]["mediaType"] == CONFIG_TYPE
        assert [each["mediaType"] for each in manifest["layers"]] == [LAYER_TYPE]
    assert tarfile.is_tarfile(io.BytesIO(layer))


def test_every_linux_of_docker_has_a_manifest_and_a_config_of_its_own() -> None:
    image, _ = image_of("Test/Zone")
    rows = index_of(image)["manifests"]
    assert len(image.manifests) == len(image.configs) == len(rows) == len(PLATFORMS) == 11
    for row, manifest, content in zip(rows, manifests_of(image), image.configs.values(), strict=True):
        config = json.loads(content)
        platform = row["platform"]
        assert platform == {name: config[name] for name in ("architecture", "os", "variant") if name in config}
        assert platform["os"] == "linux"
        assert manifest["config"]["digest"] == f"sha256:{sha256_hex(content)}"
    listed = {(row["platform"]["architecture"], row["platform"].get("variant")) for row in rows}
    assert (
        {("amd64", None), ("arm64", "v8"), ("arm", "v7"), ("s390x", None), ("riscv64", None)} <= listed == {*PLATFORMS}
    )


def test_all_platforms_share_one_layer_whose_digest_is_its_diff_id() -> None:
    image, layer = image_of("Test/Zone")
    digest = f"sha256:{sha256_hex(layer)}"
    assert {row["digest"] for manifest in manifests_of(image) for row in manifest["layers"]} == {digest}
    assert all(json.loads(config)["rootfs"]["diff_ids"] == [digest] for config in image.configs.values())


def test_annotations_say_what_it_is_and_stay_out_of_what_images_inherit() -> None:
    image, _ = image_of("Test/Zone", "Etc/Test+1")
    key = plan(["Test/Zone", "Etc/Test+1"], prefix=TREE).content_key
    prefix = "org.opencontainers.image."
    annotations = {name.removeprefix(prefix): text for name, text in index_of(image)["annotations"].items()}
    assert annotations["title"] == "tzdata: Etc/Test+1, Test/Zone"
    assert annotations["version"] == "2099a"
    assert annotations["revision"] == key
    assert "public domain" in annotations["description"]
    assert {"licenses", "source"} <= annotations.keys()
    assert all(manifest["annotations"] == index_of(image)["annotations"] for manifest in manifests_of(image))
    assert all(json.loads(config)["config"] == {} for config in image.configs.values())


def test_a_long_title_is_cut(wheels_dir: Path) -> None:
    image, _ = image_of("*", release=real_release(wheels_dir, "2026.6"))
    assert index_of(image)["annotations"]["org.opencontainers.image.title"].endswith("and 590 more")
    assert len(image.index) < 4_096


def test_nothing_is_younger_than_the_files() -> None:
    assert datetime.fromisoformat(CREATED).timestamp() == MTIME
    image, layer = image_of("Test/Zone")
    for config in map(json.loads, image.configs.values()):
        assert {config["created"], *(step["created"] for step in config["history"])} == {CREATED}
        assert len(config["history"]) == 1
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        assert {member.mtime for member in archive} == {MTIME}


def test_the_order_and_the_kind_of_the_selection_do_not_show() -> None:
    first, _ = image_of("Test/Zone", "Test/Other", "Test/Area/Deep")
    for zones in (["Test/Other", "Test/Area/Deep", "Test/Zone"], ["country:XA"]):
        assert image_of(*zones)[0] == first


def test_releases_with_equal_files_share_layer_and_configs_but_no_manifest() -> None:
    first, _ = image_of("Test/Zone")
    second, _ = image_of("Test/Zone", release=replace(INVENTED, version="2099b"))
    assert first.layer_sha256 == second.layer_sha256
    assert first.configs == second.configs
    assert first.manifests.keys().isdisjoint(second.manifests)
    assert first.index_sha256 != second.index_sha256


def test_a_tree_lies_where_programs_look() -> None:
    _, layer = image_of("Test/Zone")
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        files = {member.name: member for member in archive if member.isfile()}
    assert [*files] == ["usr/share/zoneinfo/Test/Zone"]


def test_an_image_for_go_holds_its_zip_alone_and_says_where() -> None:
    image, layer = image_of("Test/Zone", format="zip")
    made = plan(["Test/Zone"], format="zip")
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        (name,) = [member.name for member in archive if member.isfile()]
        file = archive.extractfile(name)
        assert file is not None
        assert file.read() == CURRENT["zip"].encode(made.entries)
    assert name == GO_ZIP_PATH
    assert all(json.loads(config)["config"] == {"Env": [f"ZONEINFO=/{name}"]} for config in image.configs.values())


def test_an_index_without_rows_is_what_referrers_are_answered() -> None:
    assert json.loads(encode_index()) == {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": []}


@pytest.mark.parametrize(
    ("zones", "format", "sha256"),
    [
        (("Asia/Shanghai", "Etc/UTC"), "tar", "95c4226e5960dbc0954cd26b6a48b679ac6b777914a08a45991c971c9da51553"),
        (("Asia/Shanghai", "Etc/UTC"), "zip", "e69a0a13b43bbaa5248cc8a91196f8fa8cc644e50a11c197dba6eb243a71b847"),
        (("*",), "tar", "dcef51869fe574bdc75b6d01deb414b8aeeb5c53b5303b1a17c3940970347043"),
    ],
)
def test_an_image_is_what_it_was(wheels_dir: Path, zones: tuple[str, ...], format: str, sha256: str) -> None:
    image, _ = image_of(*zones, release=real_release(wheels_dir, "2026.6"), format=format)
    assert image.index_sha256 == sha256
