"""The registry: what it has besides what the specification asks for (``test_conformance``): names, tags, messages."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from app.artifact.oci.image import INDEX_TYPE, MANIFEST_TYPE
from app.digest import sha256_hex
from app.settings import Settings
from app.wiring import make_web_parts
from tests.data import invented_release
from tests.web.apps import local_client, make_parts
from tests.web.registry.registries import ABSENT, MANIFEST, NAME, error_of, pull, two_releases


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with local_client(make_parts(two_releases())) as client:
        yield client


@pytest.mark.anyio
async def test_a_tag_is_the_index_and_names_its_digest(client: httpx.AsyncClient) -> None:
    answer = await client.get(MANIFEST)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == INDEX_TYPE == answer.json()["mediaType"]
    assert answer.headers["docker-content-digest"] == f"sha256:{sha256_hex(answer.content)}"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["etag"] == f'"{sha256_hex(answer.content)}"'
    assert answer.headers["tzdata-release"] == "2099a"


@pytest.mark.anyio
@pytest.mark.parametrize("accept", ["*/*", MANIFEST_TYPE, "application/vnd.docker.distribution.manifest.v2+json"])
async def test_what_a_client_says_it_accepts_does_not_matter(client: httpx.AsyncClient, accept: str) -> None:
    assert (await client.get(MANIFEST, headers={"accept": accept})).headers["content-type"] == INDEX_TYPE


@pytest.mark.anyio
async def test_any_order_is_answered_with_the_same_image_and_no_redirect(client: httpx.AsyncClient) -> None:
    expected = (await client.get(MANIFEST)).content
    for name in ("etc/test.1/test/zone", "test/zone/test/zone/etc/test.1"):
        answer = await client.get(f"/v2/{name}/manifests/2099a")
        assert (answer.status_code, answer.content) == (200, expected)


@pytest.mark.anyio
async def test_a_country_and_go_have_images(client: httpx.AsyncClient) -> None:
    for name in ("country/xa", "go/test/zone", "go/country/xa/etc/test.1"):
        assert len(await pull(client, name, "latest")) == 24


@pytest.mark.anyio
async def test_a_channel_of_the_operator_is_a_tag_where_it_means_a_release(tmp_path: Path) -> None:
    wheel = invented_release.write_wheel(invented_release.package_files())
    (tmp_path / invented_release.wheel_name()).write_bytes(wheel)
    channels = {"stable": "2099a", "gone": "2001a"}
    parts = make_web_parts(Settings(offline=True, wheels_dir=tmp_path, channels=channels, request_log=False))
    async with local_client(parts) as client:
        assert (await client.get("/v2/test/zone/tags/list")).json()["tags"] == ["2099a", "latest", "stable"]
        assert (await client.get("/v2/test/zone/manifests/stable")).headers["tzdata-release"] == "2099a"


@pytest.mark.anyio
async def test_tags_are_the_releases_that_have_all_zones_and_what_they_are_called(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/v2/{NAME}/tags/list")).json() == {"name": NAME, "tags": ["2099a", "2099b", "latest"]}
    assert (await client.get("/v2/legacy/tags/list")).json() == {"name": "legacy", "tags": ["2099a"]}
    for tag in ("2099b", "latest"):
        assert (await client.get(f"/v2/{NAME}/manifests/{tag}")).headers["tzdata-release"] == "2099b"


ERRORS: Mapping[str, tuple[str, int, str]] = {
    "zone unheard of": ("test/zon/manifests/2099a", 404, "NAME_UNKNOWN"),
    "zone unheard of, by digest": (f"test/zon/manifests/{ABSENT}", 404, "NAME_UNKNOWN"),
    "zone unheard of, blob": (f"test/zon/blobs/{ABSENT}", 404, "NAME_UNKNOWN"),
    "zone unheard of, tags": ("test/zon/tags/list", 404, "NAME_UNKNOWN"),
    "country unheard of": ("country/zz/manifests/latest", 404, "NAME_UNKNOWN"),
    "go alone": ("go/manifests/latest", 404, "NAME_UNKNOWN"),
    "set unheard of": (f"set/{ABSENT[7:]}/manifests/latest", 404, "NAME_UNKNOWN"),
    "no set": ("set/x/manifests/latest", 400, "NAME_INVALID"),
    "release unheard of": (f"{NAME}/manifests/2098a", 404, "MANIFEST_UNKNOWN"),
    "release without it": ("legacy/manifests/2099b", 404, "MANIFEST_UNKNOWN"),
    "channel unheard of": (f"{NAME}/manifests/stable", 404, "MANIFEST_UNKNOWN"),
    "no tag": (f"{NAME}/manifests/2099A", 404, "MANIFEST_UNKNOWN"),
    "no tag either": (f"{NAME}/manifests/-x", 404, "MANIFEST_UNKNOWN"),
    "manifest unheard of": (f"{NAME}/manifests/{ABSENT}", 404, "MANIFEST_UNKNOWN"),
    "blob unheard of": (f"{NAME}/blobs/{ABSENT}", 404, "BLOB_UNKNOWN"),
    "short digest": (f"{NAME}/manifests/sha256:12", 400, "DIGEST_INVALID"),
    "digest in capitals": (f"{NAME}/blobs/{ABSENT.upper()}", 400, "DIGEST_INVALID"),
    "tag for a blob": (f"{NAME}/blobs/2099a", 400, "DIGEST_INVALID"),
    "tag for referrers": (f"{NAME}/referrers/2099a", 400, "DIGEST_INVALID"),
    "capitals": ("Test/Zone/manifests/2099a", 400, "NAME_INVALID"),
    "empty name": ("/manifests/2099a", 400, "NAME_INVALID"),
    "long name": (f"{'a/' * 128}a/manifests/2099a", 400, "NAME_INVALID"),
    "very long name": (f"{'a' * 20_000}/manifests/2099a", 400, "NAME_INVALID"),
    "parent": ("..%2f..%2fetc/manifests/2099a", 400, "NAME_INVALID"),
    "NUL": ("test/zone%00/manifests/2099a", 400, "NAME_INVALID"),
    "newline": ("test/zone%0a/manifests/2099a", 400, "NAME_INVALID"),
    "letters of elsewhere": ("test/z%C3%B6ne/manifests/2099a", 400, "NAME_INVALID"),
    "not UTF-8": ("test/z%ffne/manifests/2099a", 400, "NAME_INVALID"),
    "no route": (f"{NAME}/uploads", 400, "NAME_INVALID"),
    "catalog": ("_catalog", 400, "NAME_INVALID"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("case", ERRORS)
async def test_errors_are_the_protocols_own(client: httpx.AsyncClient, case: str) -> None:
    path, status, code = ERRORS[case]
    assert error_of(await client.get(f"/v2/{path}")) == (status, code)
    headed = await client.head(f"/v2/{path}")
    assert (headed.status_code, headed.content) == (status, b"")


@pytest.mark.anyio
async def test_messages_help(client: httpx.AsyncClient) -> None:
    for path, words in {
        "/v2/test/zon/manifests/2099a": "did you mean test/zone",
        "/v2/legacy/manifests/2099b": "Releases that have all of it: 2099a",
        "/v2/test/zone/manifests/2098a": "the nearest are 2099a",
        "/v2/test/zone/manifests/V1": "2099a, 2099b, latest",
        "/v2/Test/Zone/manifests/latest": "lower case",
        f"/v2/set/{ABSENT[7:]}/manifests/latest": "POST /v1/sets",
    }.items():
        assert words in (await client.get(path)).json()["errors"][0]["message"], path
