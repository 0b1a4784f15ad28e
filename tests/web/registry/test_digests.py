"""Digests of images: found again after restarts and losses, by other replicas, and hot."""

import json
import shutil
from pathlib import Path

import pytest

from app.artifact.oci.names import format_repository
from app.store.disk import DiskStore
from tests.data.invented_release import make_invented_release
from tests.data.real_releases import real_release
from tests.web.apps import Shelf, local_client, make_parts
from tests.web.registry.registries import NAME, error_of, fetch_content, kind_of, pull, two_releases


@pytest.mark.anyio
async def test_what_was_pulled_is_found_by_digest_after_a_restart_and_after_its_bytes_were_lost(tmp_path: Path) -> None:
    posted = {"zones": ["Test/*"], "aliases": "all"}
    async with local_client(make_parts(two_releases(), store=DiskStore(tmp_path))) as client:
        set_ = (await client.post("/v1/sets", json=posted)).json()["repository"]
        before = {name: await pull(client, name, "2099a") for name in (NAME, "go/test/zone", "legacy", set_)}
    for lose in (None, tmp_path / "blobs", tmp_path / "records", tmp_path / "images"):
        if lose is not None:
            shutil.rmtree(lose)
        async with local_client(make_parts(two_releases(), store=DiskStore(tmp_path))) as client:
            for name, pulled in before.items():
                for digest, expected in pulled.items():
                    path = f"/v2/{name}/{kind_of(expected)}/{digest}"
                    assert await fetch_content(client, path) == expected


@pytest.mark.anyio
async def test_a_replica_that_has_built_nothing_answers_the_digests_of_another() -> None:
    async with local_client(make_parts(two_releases())) as client:
        pulled = {tag: await pull(client, NAME, tag) for tag in ("2099a", "2099b")}
    for parts in pulled.values():
        for digest, expected in parts.items():
            async with local_client(make_parts(two_releases())) as replica:
                assert await fetch_content(replica, f"/v2/{NAME}/{kind_of(expected)}/{digest}") == expected


@pytest.mark.anyio
async def test_a_release_that_comes_later_makes_its_digests_known() -> None:
    shelf = Shelf(make_invented_release("2099a"))
    async with local_client(make_parts(Shelf(make_invented_release("2099b")))) as other:
        digest = (await other.get(f"/v2/{NAME}/manifests/latest")).headers["docker-content-digest"]
    parts = make_parts(shelf)
    async with local_client(parts) as client:
        for _ in range(2):
            answer = await client.get(f"/v2/{NAME}/manifests/{digest}")
            assert error_of(answer) == (404, "MANIFEST_UNKNOWN")
        shelf.put(make_invented_release("2099b"))
        await parts.library.refresh()
        assert (await client.get(f"/v2/{NAME}/manifests/{digest}")).status_code == 200


@pytest.mark.anyio
async def test_a_digest_of_another_repository_is_unknown() -> None:
    codes = {"manifests": "MANIFEST_UNKNOWN", "blobs": "BLOB_UNKNOWN"}
    async with local_client(make_parts(two_releases())) as client:
        for digest, each in (await pull(client, "test/other", "2099a")).items():
            kind = kind_of(each)
            assert error_of(await client.get(f"/v2/{NAME}/{kind}/{digest}")) == (404, codes[kind])
            # A manifest is not a blob, nor the other way round.
            other = "blobs" if kind == "manifests" else "manifests"
            assert error_of(await client.get(f"/v2/test/other/{other}/{digest}")) == (404, codes[other])


@pytest.mark.anyio
async def test_the_second_answer_is_hot_and_equal() -> None:
    parts = make_parts(two_releases())
    async with local_client(parts) as client:
        digests = [*await pull(client, NAME, "latest")]
        manifest, layer = f"/v2/{NAME}/manifests/latest", f"/v2/{NAME}/blobs/{digests[3]}"
        for path in (manifest, f"/v2/{NAME}/manifests/{digests[0]}", layer):
            first = await client.get(path)
            before = parts.tally.hot
            second = await client.get(path)
            assert parts.tally.hot == before + 1
            assert (second.content, {*second.headers}) == (first.content, {*first.headers})


@pytest.mark.anyio
async def test_latest_moves_with_a_new_release() -> None:
    shelf = Shelf(make_invented_release("2099a"))
    parts = make_parts(shelf)
    async with local_client(parts) as client:
        first = await client.get(f"/v2/{NAME}/manifests/latest")
        shelf.put(make_invented_release("2099b"))
        await parts.library.refresh()
        second = await client.get(f"/v2/{NAME}/manifests/latest")
        assert (first.headers["tzdata-release"], second.headers["tzdata-release"]) == ("2099a", "2099b")
        assert first.headers["cache-control"] == "no-cache"


@pytest.mark.anyio
async def test_all_names_of_a_release_are_images(wheels_dir: Path) -> None:
    release = real_release(wheels_dir, "2026.6")
    assert len(release.files) == 598
    async with local_client(make_parts(Shelf(release))) as client:
        for name in release.files:
            repository = format_repository([name])
            index = (await client.get(f"/v2/{repository}/manifests/2026f")).json()
            manifest = await fetch_content(client, f"/v2/{repository}/manifests/{index['manifests'][1]['digest']}")
            layer = await fetch_content(client, f"/v2/{repository}/blobs/{json.loads(manifest)['layers'][0]['digest']}")
            assert release.files[name].content in layer
            assert f"usr/share/zoneinfo/{name}\0".encode() in layer
