"""What the tests of the registry share: two invented releases, and pulling as clients do."""

import json
from dataclasses import replace

import httpx

from app.digest import sha256_hex
from tests.data.invented_release import make_invented_release
from tests.web.apps import Shelf

NAME = "test/zone/etc/test.1"
MANIFEST = f"/v2/{NAME}/manifests/2099a"
ABSENT = f"sha256:{sha256_hex(b'never written')}"


def two_releases() -> Shelf:
    """Return a shelf of 2099a, and of 2099b, which lacks Legacy."""
    later = make_invented_release("2099b")
    links = {link: zone for link, zone in later.links.items() if link != "Legacy"}
    files = {name: file for name, file in later.files.items() if name != "Legacy"}
    return Shelf(make_invented_release("2099a"), replace(later, files=files, links=links))


async def pull(client: httpx.AsyncClient, name: str, tag: str) -> dict[str, bytes]:
    """Pull as clients do, all platforms; return digest → content, the index first. Checks every sum on the way."""
    first = await client.head(f"/v2/{name}/manifests/{tag}")
    assert first.status_code == 200, first.text
    digest = first.headers["docker-content-digest"]
    pulled = {digest: await fetch_content(client, f"/v2/{name}/manifests/{digest}")}
    for row in json.loads(pulled[digest])["manifests"]:
        manifest = pulled[row["digest"]] = await fetch_content(client, f"/v2/{name}/manifests/{row['digest']}")
        for blob in (json.loads(manifest)["config"], *json.loads(manifest)["layers"]):
            pulled[blob["digest"]] = await fetch_content(client, f"/v2/{name}/blobs/{blob['digest']}")
            assert len(pulled[blob["digest"]]) == blob["size"]
    return pulled


async def fetch_content(client: httpx.AsyncClient, path: str) -> bytes:
    """Return the content at a path that ends in its digest."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert f"sha256:{sha256_hex(answer.content)}" == path.rpartition("/")[2] == answer.headers["docker-content-digest"]
    return answer.content


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of an error in the protocol's envelope."""
    assert answer.headers["content-type"] == "application/json"
    (error,) = answer.json()["errors"]
    assert {*error} == {"code", "message", "detail"}
    assert error["message"]
    return answer.status_code, error["code"]


def kind_of(content: bytes) -> str:
    """Return the part of a URL that a manifest or blob is found under."""
    return "manifests" if b'"mediaType"' in content else "blobs"
