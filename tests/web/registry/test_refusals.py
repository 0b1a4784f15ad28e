"""What the OCI distribution specification 1.1.1 asks of refusals: of writing, where a registry has none, and of errors.

``end-N`` are the numbers in its table of endpoints.
"""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.web.apps import local_client, make_parts
from tests.web.registry.registries import ABSENT, MANIFEST, NAME, error_of, two_releases

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with local_client(make_parts(two_releases())) as client:
        yield client


WRITING = {
    "end-4a": ("POST", "blobs/uploads/"),
    "end-4b": ("POST", f"blobs/uploads/?digest={ABSENT}"),
    "end-5": ("PATCH", "blobs/uploads/1"),
    "end-6": ("PUT", f"blobs/uploads/1?digest={ABSENT}"),
    "end-7, tag": ("PUT", "manifests/2099a"),
    "end-7, digest": ("PUT", f"manifests/{ABSENT}"),
    "end-7, no reference": ("PUT", "manifests/sha256:totallywrong"),
    "end-9, tag": ("DELETE", "manifests/2099a"),
    "end-9, digest": ("DELETE", f"manifests/{ABSENT}"),
    "end-10": ("DELETE", f"blobs/{ABSENT}"),
    "end-11": ("POST", f"blobs/uploads/?mount={ABSENT}&from=test/other"),
    "end-11, no source": ("POST", f"blobs/uploads/?mount={ABSENT}"),
}


class TestPushAndContentManagement:
    """end-4 to end-7, end-9 to end-11, end-13: disabled, which is a 405."""

    @pytest.mark.parametrize("endpoint", WRITING)
    async def test_what_is_disabled_is_405_and_changes_nothing(self, client: httpx.AsyncClient, endpoint: str) -> None:
        before = await client.get(MANIFEST)
        method, path = WRITING[endpoint]
        for name in (NAME, "nonexistent"):
            answer = await client.request(method, f"/v2/{name}/{path}", content=before.content)
            assert error_of(answer) == (405, "UNSUPPORTED")
            assert answer.headers["allow"] == "GET, HEAD"
            assert "location" not in answer.headers
        assert (await client.get(MANIFEST)).content == before.content

    async def test_no_upload_is_known(self, client: httpx.AsyncClient) -> None:
        assert error_of(await client.get(f"/v2/{NAME}/blobs/uploads/1")) == (404, "BLOB_UPLOAD_UNKNOWN")
        assert error_of(await client.get("/v2/Test/blobs/uploads/1")) == (400, "NAME_INVALID")


SPECIFIED = {
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_UNKNOWN",
    "DIGEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "SIZE_INVALID",
    "UNAUTHORIZED",
    "UNSUPPORTED",
}
"""Of the codes of the specification, those that a registry without pushes has a use for."""
FURTHER = {"PAGINATION_NUMBER_INVALID": 400, "RANGE_INVALID": 416, "UNKNOWN": 412}
"""Codes of the CNCF's ``distribution``, where the specification has none, with a status of each."""


class TestErrorCodes:
    """The envelope and its codes."""

    async def test_an_error_is_the_envelope_with_a_code_that_clients_know(self, client: httpx.AsyncClient) -> None:
        index = await client.get(MANIFEST)
        digest = index.json()["manifests"][0]["digest"]
        config = (await client.get(f"/v2/{NAME}/manifests/{digest}")).json()["config"]["digest"]
        seen = set()
        for path, fields in {
            "nonexistent/manifests/latest": {},
            f"{NAME}/manifests/nonexistent": {},
            f"{NAME}/manifests/sha256:0": {},
            f"{NAME}/manifests/{digest}": {"if-match": '"other"'},
            f"{NAME}/blobs/{ABSENT}": {},
            f"{NAME}/blobs/{config}": {"range": "bytes=99999-"},
            f"{NAME}/blobs/uploads/1": {},
            f"{NAME}/tags/list?n=x": {},
            f"{'a' * 40_000}/tags/list": {},
            "_catalog": {},
        }.items():
            status, code = error_of(await client.get(f"/v2/{path}", headers=fields))
            assert status in range(400, 500)
            assert code in SPECIFIED or FURTHER.get(code) == status
            seen.add(code)
        assert len(seen) == 9
