"""Hashes: coreutils finds the ones that the service states."""

import json
from pathlib import Path

import pytest

from app.digest import tree_digest
from tests.consumers.bundles import fetch, fetch_plan, unpack
from tests.consumers.tools import run
from tests.servers import Service

# Bundles whose last path segment, which curl takes for the file's name, is of each kind.
BUNDLES = (
    "2026f/Asia/Shanghai,Etc/UTC.tar.gz",
    "latest/Etc/GMT+5.zip",
    "latest/country:CN.tar",
    "latest/Europe/*.tar.gz",
    "latest/Europe/London.tar?links=symbolic&aliases=all",
)


def test_the_checksum_of_a_bundle_holds_for_the_file_that_curl_saves(service: Service, tmp_path: Path) -> None:
    for number, bundle in enumerate(BUNDLES):
        directory = tmp_path / str(number)
        directory.mkdir()
        path, _, query = bundle.partition("?")
        url = f"{service.base_url}/v1/bundles/{path}"
        run("curl", "-fsSO", f"{url}?{query}", "-O", f"{url}.sha256?{query}", cwd=directory)
        name = path.rpartition("/")[2]
        assert run("sha256sum", "--strict", "-c", f"{name}.sha256", cwd=directory) == f"{name}: OK\n"


@pytest.mark.parametrize("format", ["tar", "tar.gz", "zip"])
def test_the_checksum_of_an_artifact_holds_for_the_file_that_curl_saves(
    service: Service, tmp_path: Path, format: str
) -> None:
    bundle = f"{service.base_url}/v1/bundles/latest/Asia/Tokyo.{format}"
    place = run("curl", "-fsS", "-o", "bundle", "-w", "%header{content-location}", bundle, cwd=tmp_path)
    url = service.base_url + place
    run("curl", "-fsSO", url, "-O", f"{url}.sha256", cwd=tmp_path)
    name = place.rpartition("/")[2]
    assert run("sha256sum", "--strict", "-c", f"{name}.sha256", cwd=tmp_path) == f"{name}: OK\n"
    assert (tmp_path / name).read_bytes() == (tmp_path / "bundle").read_bytes()


@pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
def test_the_documented_command_finds_the_tree_digest(service: Service, tmp_path: Path, links: str) -> None:
    (command,) = (line.strip() for line in (tree_digest.__doc__ or "").splitlines() if "sha256sum |" in line)
    bundle = f"/v1/bundles/latest/America/*,Etc/*,Europe/London.tar.gz?aliases=all&links={links}&tables=zone1970.tab"
    unpack(fetch(service, bundle), tmp_path / "TREE")
    found = run("sh", "-euc", command, cwd=tmp_path).split()[0]
    plan = fetch_plan(service, bundle.replace(".tar.gz", ".json"))
    assert plan["tree_digest"] == f"sha256:{found}"


def test_the_tree_digest_does_not_depend_on_how_links_are_written_nor_on_the_format(service: Service) -> None:
    bundle = {"zones": ["*"], "release": "latest"}
    digests = set()
    with service.client() as client:
        for options in ({"links": "hard"}, {"links": "symbolic"}, {"links": "copy"}, {"format": "zip"}):
            digests.add(json.loads(client.post("/v1/bundles", json={**bundle, **options}).content)["tree_digest"])
    assert len(digests) == 1
