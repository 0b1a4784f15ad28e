"""The registry: the pull part of the distribution specification, sentence by sentence."""

import re
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
@pytest.mark.parametrize("path", ["/v2/", "/v2"])
async def test_a_ping_is_a_200(client: httpx.AsyncClient, path: str) -> None:
    for answer in (await client.get(path), await client.head(path)):
        assert answer.status_code == 200
        assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


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
async def test_a_head_is_the_get_without_its_body(client: httpx.AsyncClient) -> None:
    digests = [*await pull(client, NAME, "2099a")]
    paths = [MANIFEST, *(f"/v2/{NAME}/manifests/{digest}" for digest in digests[:2])]
    paths += [f"/v2/{NAME}/blobs/{digest}" for digest in digests[2:4]]
    for path in paths:
        got, headed = await client.get(path), await client.head(path)
        assert headed.content == b""
        assert headed.status_code == got.status_code == 200
        changing = {"date", "x-request-id"}
        assert {k: v for k, v in headed.headers.items() if k not in changing} == {
            k: v for k, v in got.headers.items() if k not in changing
        }


@pytest.mark.anyio
async def test_all_of_an_image_can_be_pulled_by_digest(client: httpx.AsyncClient) -> None:
    pulled = await pull(client, NAME, "2099a")
    assert len(pulled) == 24


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


@pytest.mark.anyio
async def test_lists_of_tags_have_pages(client: httpx.AsyncClient) -> None:
    seen, path = [], f"/v2/{NAME}/tags/list?n=1"
    while path:
        answer = await client.get(path)
        assert len(answer.json()["tags"]) == 1
        seen += answer.json()["tags"]
        link = re.fullmatch(r'<(\S+)>; rel="next"', answer.headers.get("link", ""))
        path = link[1] if link else ""
    assert seen == ["2099a", "2099b", "latest"]
    for query, tags in {"n=0": [], "n=2": seen[:2], "n=99": seen, "last=2099a": seen[1:], "last=zzz": []}.items():
        answer = await client.get(f"/v2/{NAME}/tags/list?{query}")
        assert answer.json()["tags"] == tags, query
        assert ("link" in answer.headers) == (query == "n=2")


@pytest.mark.anyio
@pytest.mark.parametrize("count", ["-1", "x", "1.5", "", "9" * 40])
async def test_a_page_of_no_number_is_refused(client: httpx.AsyncClient, count: str) -> None:
    answer = await client.get(f"/v2/{NAME}/tags/list?n={count}")
    assert error_of(answer) == (400, "PAGINATION_NUMBER_INVALID")


@pytest.mark.anyio
@pytest.mark.parametrize("filter_", ["", "?artifactType=application/x"])
async def test_nothing_refers_to_anything(client: httpx.AsyncClient, filter_: str) -> None:
    answer = await client.get(f"/v2/{NAME}/referrers/{ABSENT}{filter_}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == INDEX_TYPE
    assert answer.json()["manifests"] == []
    assert answer.headers.get("oci-filters-applied") == ("artifactType" if filter_ else None)


@pytest.mark.anyio
async def test_ranges_and_conditions_of_blobs_are_those_of_http(client: httpx.AsyncClient) -> None:
    pulled = await pull(client, NAME, "2099a")
    digest, layer = next((digest, each) for digest, each in pulled.items() if each.startswith(b"usr/"))
    path = f"/v2/{NAME}/blobs/{digest}"
    part = await client.get(path, headers={"range": "bytes=512-"})
    assert (part.status_code, part.content) == (206, layer[512:])
    assert part.headers["content-range"] == f"bytes 512-{len(layer) - 1}/{len(layer)}"
    assert (await client.get(path, headers={"range": "bytes=999999-"})).status_code == 416
    unchanged = await client.get(path, headers={"if-none-match": f'"{digest.removeprefix("sha256:")}"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


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
    "other algorithm": (f"{NAME}/blobs/sha512:{'0' * 128}", 400, "DIGEST_INVALID"),
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
