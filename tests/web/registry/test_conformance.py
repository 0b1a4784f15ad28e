"""What the OCI distribution specification 1.1.1 asks of a registry that cannot be pushed to, in its own order.

The tests are its sentences, and ``end-N`` the numbers in its table of endpoints. What it asks of refusals is in
``test_refusals``.
"""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from app.artifact.oci.image import INDEX_TYPE, MANIFEST_TYPE
from app.digest import sha256_hex
from tests.web.apps import local_client, make_parts
from tests.web.registry.registries import ABSENT, MANIFEST, NAME, error_of, kind_of, pull, two_releases

ABSENT_512 = f"sha512:{'0' * 128}"
TAGS = ["2099a", "2099b", "latest"]
CHANGING = {"date", "x-request-id"}

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with local_client(make_parts(two_releases())) as client:
        yield client


async def find_layer(client: httpx.AsyncClient) -> tuple[str, bytes]:
    """Return the path and the content of the layer."""
    pulled = await pull(client, NAME, "2099a")
    return next(
        (f"/v2/{NAME}/blobs/{digest}", content) for digest, content in pulled.items() if content.startswith(b"usr/")
    )


class TestDeterminingSupport:
    """end-1."""

    @pytest.mark.parametrize("path", ["/v2/", "/v2"])
    async def test_the_response_is_200_then_the_registry_implements_this_specification(
        self, client: httpx.AsyncClient, path: str
    ) -> None:
        for answer in (await client.get(path), await client.head(path)):
            assert answer.status_code == 200
            assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


class TestPullingManifests:
    """end-3, GET."""

    async def test_an_existing_manifest_is_200_the_expected_manifest_and_says_its_digest(
        self, client: httpx.AsyncClient
    ) -> None:
        by_tag = await client.get(MANIFEST)
        digest = f"sha256:{sha256_hex(by_tag.content)}"
        by_digest = await client.get(f"/v2/{NAME}/manifests/{digest}")
        for answer in (by_tag, by_digest):
            assert answer.status_code == 200
            assert answer.headers["docker-content-digest"] == digest
            assert answer.headers["content-length"] == str(len(answer.content))
        assert by_digest.content == by_tag.content

    async def test_the_content_type_has_no_parameters_and_is_the_media_type_in_the_manifest(
        self, client: httpx.AsyncClient
    ) -> None:
        index = await client.get(MANIFEST)
        assert index.headers["content-type"] == INDEX_TYPE == index.json()["mediaType"]
        for row in index.json()["manifests"]:
            manifest = await client.get(f"/v2/{NAME}/manifests/{row['digest']}")
            assert manifest.headers["content-type"] == MANIFEST_TYPE == manifest.json()["mediaType"] == row["mediaType"]

    async def test_all_that_a_manifest_refers_to_can_be_pulled_and_is_what_it_says(
        self, client: httpx.AsyncClient
    ) -> None:
        assert len(await pull(client, NAME, "2099a")) == 24

    @pytest.mark.parametrize(
        "reference", [ABSENT, ABSENT_512, "md5:0", "2098a", "nonexistent", "a" * 128, "_", "a.b-c"]
    )
    async def test_if_the_manifest_is_not_found_the_response_code_must_be_404(
        self, client: httpx.AsyncClient, reference: str
    ) -> None:
        path = f"/v2/{NAME}/manifests/{reference}"
        assert error_of(await client.get(path)) == (404, "MANIFEST_UNKNOWN")
        assert (await client.head(path)).status_code == 404

    @pytest.mark.parametrize(
        "reference", ["sha256:totallywrong", "sha512:0", "sha256:", ":0", "SHA256:0", "a+:0", "a:b:c"]
    )
    async def test_a_reference_must_not_be_in_any_other_format(self, client: httpx.AsyncClient, reference: str) -> None:
        assert error_of(await client.get(f"/v2/{NAME}/manifests/{reference}")) == (400, "DIGEST_INVALID")

    @pytest.mark.parametrize("name", ["a..b", "-a", "a-", "a_", "a___b", "a//b", "A", "a:b", "a._b", "a/"])
    async def test_a_name_must_match_the_expression(self, client: httpx.AsyncClient, name: str) -> None:
        assert error_of(await client.get(f"/v2/{name}/manifests/latest")) == (400, "NAME_INVALID")

    @pytest.mark.parametrize("name", ["a.b", "a_b", "a__b", "a---b", "0/1", "a.b/c-d"])
    async def test_a_name_that_matches_it_is_not_found(self, client: httpx.AsyncClient, name: str) -> None:
        assert error_of(await client.get(f"/v2/{name}/manifests/latest")) == (404, "NAME_UNKNOWN")


class TestPullingBlobs:
    """end-2, GET."""

    async def test_an_existing_blob_is_200_the_expected_blob_and_says_its_digest(
        self, client: httpx.AsyncClient
    ) -> None:
        for digest, expected in (await pull(client, NAME, "2099a")).items():
            if kind_of(expected) == "blobs":
                answer = await client.get(f"/v2/{NAME}/blobs/{digest}")
                assert (answer.status_code, answer.content) == (200, expected)
                assert answer.headers["docker-content-digest"] == digest

    @pytest.mark.parametrize("digest", [ABSENT, ABSENT_512, "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9"])
    async def test_if_the_blob_is_not_found_the_response_code_must_be_404(
        self, client: httpx.AsyncClient, digest: str
    ) -> None:
        assert error_of(await client.get(f"/v2/{NAME}/blobs/{digest}")) == (404, "BLOB_UNKNOWN")
        assert (await client.head(f"/v2/{NAME}/blobs/{digest}")).status_code == 404

    async def test_the_range_header_is_supported_as_rfc_9110_says(self, client: httpx.AsyncClient) -> None:
        path, layer = await find_layer(client)
        size = len(layer)
        for asked, first, end in (
            ("500-1499", 500, 1500),
            ("500-", 500, size),
            ("-500", size - 500, size),
            (f"{size - 9}-{size + 9}", size - 9, size),
            ("0-0", 0, 1),
        ):
            part = await client.get(path, headers={"range": f"bytes={asked}"})
            assert (part.status_code, part.content) == (206, layer[first:end]), asked
            assert part.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
            assert part.headers["content-length"] == str(end - first)
        for outside in (f"{size}-", "99999999-100000000", "-0"):
            answer = await client.get(path, headers={"range": f"bytes={outside}"})
            assert error_of(answer) == (416, "RANGE_INVALID")
            assert answer.headers["content-range"] == f"bytes */{size}"

    async def test_a_blob_that_the_client_has_is_304(self, client: httpx.AsyncClient) -> None:
        path, _ = await find_layer(client)
        unchanged = await client.get(path, headers={"if-none-match": f'"{path.rpartition(":")[2]}"'})
        assert (unchanged.status_code, unchanged.content) == (304, b"")


class TestCheckingIfContentExists:
    """end-2 and end-3, HEAD."""

    async def test_a_head_is_200_with_the_digest_and_the_size_as_the_get_has_them(
        self, client: httpx.AsyncClient
    ) -> None:
        pulled = await pull(client, NAME, "2099a")
        paths = [MANIFEST, *(f"/v2/{NAME}/{kind_of(content)}/{digest}" for digest, content in pulled.items())]
        for path in paths:
            got, headed = await client.get(path), await client.head(path)
            assert (headed.status_code, headed.content) == (200, b"")
            assert headed.headers["docker-content-digest"] == f"sha256:{sha256_hex(got.content)}"
            assert headed.headers["content-length"] == str(len(got.content))
            for fields in (got.headers, headed.headers):
                for name in CHANGING & fields.keys():
                    del fields[name]
            assert headed.headers == got.headers


class TestListingTags:
    """end-8a, end-8b."""

    async def test_a_repository_that_is_found_is_200_and_its_tags_are_in_lexical_order(
        self, client: httpx.AsyncClient
    ) -> None:
        answer = await client.get(f"/v2/{NAME}/tags/list")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"name": NAME, "tags": TAGS}
        assert sorted(TAGS, key=str.casefold) == TAGS

    async def test_a_repository_that_is_not_found_is_404(self, client: httpx.AsyncClient) -> None:
        assert error_of(await client.get("/v2/nonexistent/tags/list")) == (404, "NAME_UNKNOWN")

    async def test_every_tag_in_the_list_can_be_pulled(self, client: httpx.AsyncClient) -> None:
        for tag in TAGS:
            assert (await client.get(f"/v2/{NAME}/manifests/{tag}")).status_code == 200

    @pytest.mark.parametrize(
        ("query", "tags"),
        [
            ("n=1", TAGS[:1]),
            ("n=2", TAGS[:2]),
            ("n=3", TAGS),
            ("n=99", TAGS),
            ("last=2099a", TAGS[1:]),
            ("n=1&last=2099a", TAGS[1:2]),
            ("last=2099a&n=2", TAGS[1:]),
            ("n=1&last=2099aa", TAGS[1:2]),
            ("last=latest", []),
            ("n=5&last=zzz", []),
        ],
    )
    async def test_up_to_n_tags_after_last_are_returned_and_a_link_if_there_are_more(
        self, client: httpx.AsyncClient, query: str, tags: list[str]
    ) -> None:
        answer = await client.get(f"/v2/{NAME}/tags/list?{query}")
        assert answer.json() == {"name": NAME, "tags": tags}
        assert ("link" in answer.headers) == (tags != [] and tags[-1] != TAGS[-1])

    async def test_when_n_is_zero_the_list_is_empty_and_there_is_no_link(self, client: httpx.AsyncClient) -> None:
        for query in ("n=0", "n=0&last=2099a", "n=00"):
            answer = await client.get(f"/v2/{NAME}/tags/list?{query}")
            assert (answer.status_code, answer.json()["tags"]) == (200, [])
            assert "link" not in answer.headers

    async def test_the_link_has_the_relation_type_next_and_leads_to_the_rest(self, client: httpx.AsyncClient) -> None:
        seen, path = [], f"/v2/{NAME}/tags/list?n=1"
        while path:
            answer = await client.get(path)
            assert len(answer.json()["tags"]) == 1
            seen += answer.json()["tags"]
            link = re.fullmatch(r'<(\S+)>; rel="next"', answer.headers.get("link", ""))
            path = link[1] if link else ""
        assert seen == TAGS

    @pytest.mark.parametrize("count", ["-1", "x", "1.5", "", "9" * 40, "1e3", "%D9%A1"])
    async def test_n_is_an_integer(self, client: httpx.AsyncClient, count: str) -> None:
        answer = await client.get(f"/v2/{NAME}/tags/list?n={count}")
        assert error_of(answer) == (400, "PAGINATION_NUMBER_INVALID")


class TestListingReferrers:
    """end-12a, end-12b."""

    @pytest.mark.parametrize("digest", ["that of the index", ABSENT, ABSENT_512])
    async def test_it_is_200_an_index_of_its_type_and_an_empty_list_if_nothing_matches_and_never_404(
        self, client: httpx.AsyncClient, digest: str
    ) -> None:
        if digest == "that of the index":
            digest = (await client.head(MANIFEST)).headers["docker-content-digest"]
        answer = await client.get(f"/v2/{NAME}/referrers/{digest}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == INDEX_TYPE
        assert answer.json() == {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": []}
        assert "oci-filters-applied" not in answer.headers
        assert "link" not in answer.headers

    @pytest.mark.parametrize("digest", ["2099a", "sha256:0", "sha512:0", "sha256:" + "G" * 64])
    async def test_if_the_digest_has_an_invalid_syntax_a_400_must_be_returned(
        self, client: httpx.AsyncClient, digest: str
    ) -> None:
        assert error_of(await client.get(f"/v2/{NAME}/referrers/{digest}")) == (400, "DIGEST_INVALID")

    async def test_if_filtering_is_applied_a_header_must_say_so(self, client: httpx.AsyncClient) -> None:
        for filter_ in ("application/vnd.example.sbom.v1", "application%2Fvnd.example.sbom.v1", ""):
            answer = await client.get(f"/v2/{NAME}/referrers/{ABSENT}?artifactType={filter_}")
            assert answer.headers["oci-filters-applied"] == "artifactType"
            assert answer.json()["manifests"] == []

    async def test_a_client_that_falls_back_to_the_tag_schema_finds_nothing(self, client: httpx.AsyncClient) -> None:
        tag = ABSENT.replace(":", "-")
        assert error_of(await client.get(f"/v2/{NAME}/manifests/{tag}")) == (404, "MANIFEST_UNKNOWN")
