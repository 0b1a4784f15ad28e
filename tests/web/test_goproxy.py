"""The module proxy as its protocol says, without the Go tool: which is what the consumers' tests use."""

import base64
import hashlib
import io
import zipfile

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.artifact.go.module import format_version, parse_version

MODULE = "/go/tz.internal/asia/shanghai/etc/gmt.8"
IMMUTABLE = "max-age=31536000, immutable, no-transform"
TEXT = "text/plain; charset=utf-8"


@pytest.fixture(scope="session")
def version(release: str) -> str:
    return format_version(release)


def test_the_list_has_the_versions_one_a_line(client: httpx.Client, version: str) -> None:
    answer = client.get(f"{MODULE}/@v/list")
    assert (answer.status_code, answer.headers["content-type"]) == (200, TEXT)
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.splitlines()[-1] == version
    assert all(parse_version(line) for line in answer.text.splitlines())


def test_a_version_has_a_time_that_no_clock_makes(client: httpx.Client, release: str, version: str) -> None:
    row = {"Version": version, "Time": f"{release[:4]}-01-01T00:00:00Z"}
    answer = client.get(f"{MODULE}/@v/{version}.info")
    assert (answer.json(), answer.headers["cache-control"]) == (row, IMMUTABLE)
    for moving in ("@latest", f"@v/{release}.info", "@v/latest.info"):
        answer = client.get(f"{MODULE}/{moving}")
        assert (answer.json(), answer.headers["cache-control"]) == (row, "no-cache")
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["tzdata-release"] == release


def test_the_zip_holds_the_package_and_is_an_artifact(client: httpx.Client, version: str) -> None:
    answer = client.get(f"{MODULE}/@v/{version}.zip")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/zip", IMMUTABLE)
    sha256 = hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == f'"{sha256}"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as reader:
        go_mod = reader.read(f"tz.internal/asia/shanghai/etc/gmt.8@{version}/go.mod")
        assert {name.partition("@")[0] for name in reader.namelist()} == {"tz.internal/asia/shanghai/etc/gmt.8"}
    assert client.get(f"{MODULE}/@v/{version}.mod").content == go_mod
    assert client.get(f"/v1/artifacts/{sha256}.go.zip").content == answer.content
    record = client.get(f"/v1/artifacts/{sha256}.json").json()
    assert record["request"]["module"] == "tz.internal/asia/shanghai/etc/gmt.8"


def test_the_same_zip_is_a_bundle(client: httpx.Client, release: str, version: str) -> None:
    path = f"/v1/bundles/{release}/Asia/Shanghai,Etc/GMT+8.go.zip"
    bundle = client.get(path, params={"module": "tz.internal/asia/shanghai/etc/gmt.8"})
    assert bundle.content == client.get(f"{MODULE}/@v/{version}.zip").content


def test_the_sum_is_the_zip_s_tree_digest(client: httpx.Client, version: str) -> None:
    sha256 = client.get(f"{MODULE}/@v/{version}.zip").headers["etag"].strip('"')
    tree_digest = client.get(f"/v1/artifacts/{sha256}.json").json()["tree_digest"]
    first, second = client.get(f"{MODULE}/@v/{version}.sum").text.splitlines()
    path, of_version, h1 = first.split()
    assert (path, of_version) == ("tz.internal/asia/shanghai/etc/gmt.8", version)
    assert f"sha256:{base64.b64decode(h1.removeprefix('h1:')).hex()}" == tree_digest
    assert second.startswith(f"{path} {version}/go.mod h1:")


@pytest.mark.parametrize("ending", ["@v/list", "@latest", "@v/{version}.info", "@v/{version}.mod", "@v/{version}.zip"])
def test_head_is_get_without_its_body_and_conditions_hold(client: httpx.Client, version: str, ending: str) -> None:
    url = f"{MODULE}/{ending.format(version=version)}"
    got, head = client.get(url), client.head(url)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", got.headers["etag"])
    assert head.headers["content-length"] == str(len(got.content))
    assert client.get(url, headers={"if-none-match": got.headers["etag"]}).status_code == 304


def test_hot_answers_are_the_cold_ones(client: httpx.Client, cold_client: httpx.Client, version: str) -> None:
    for ending in ("@v/list", "@latest", *(f"@v/{version}.{kind}" for kind in ("info", "mod", "zip", "sum"))):
        first, second = client.get(f"{MODULE}/{ending}"), client.get(f"{MODULE}/{ending}")
        cold = cold_client.get(f"{MODULE}/{ending}")
        assert first.content == second.content == cold.content
        assert second.headers["etag"] == cold.headers["etag"]


NOT_THERE = {
    "another host": "/go/github.com/asia/shanghai/@v/list",
    "the host alone": "/go/tz.internal/@v/list",
    "a parent": "/go/tz.internal/asia/@v/list",
    "a parent's latest": "/go/tz.internal/asia/@latest",
    "a checksum database": "/go/sumdb/sum.golang.org/supported",
    "capitals": "/go/tz.internal/!asia/!shanghai/@v/list",
    "capitals as they are": "/go/tz.internal/Asia/Shanghai/@v/list",
    "a plus sign": "/go/tz.internal/etc/gmt+8/@v/list",
    "an unknown zone": "/go/tz.internal/asia/hanoi/@v/list",
    "escaped dots": "/go/tz.internal/%2e%2e/etc/utc/@v/list",
    "an escaped slash": "/go/tz.internal/etc%2Futc%2F/@v/list",
    "an empty part": "/go/tz.internal//etc/utc/@v/list",
    "a bare escape": "/go/tz.internal/!/@v/list",
    "a strange letter": "/go/tz.internal/%C3%A4/@v/list",
    "bytes that are no text": "/go/tz.internal/%ff%fe/@v/list",
    "an old version": "/go/tz.internal/etc/utc/@v/v0.1970.101.info",
    "another recipe": "/go/tz.internal/etc/utc/@v/v0.2026.602.zip",
    "no version": "/go/tz.internal/etc/utc/@v/.info",
    "a version that is too long": f"/go/tz.internal/etc/utc/@v/v0.2026.{'9' * 4_300}.info",
    "a branch": "/go/tz.internal/etc/utc/@v/main.info",
    "a release as a version of bytes": "/go/tz.internal/etc/utc/@v/2026f.zip",
    "another file": "/go/tz.internal/etc/utc/@v/v0.2026.601.exe",
    "no file": "/go/tz.internal/etc/utc/@v/",
    "a long path": f"/go/tz.internal/{'etc/utc/' * 300}@v/list",
    "a query": "/go/tz.internal/etc/utc/@v/list?go-get=1",
    "nothing": "/go/",
}


@pytest.mark.parametrize("what", NOT_THERE)
def test_what_is_not_there_is_told_in_plain_text(client: httpx.Client, what: str) -> None:
    answer = client.get(NOT_THERE[what])
    assert (answer.status_code, answer.headers["content-type"]) == (404, TEXT)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.endswith("\n")
    assert answer.text.rstrip("\n").isprintable()
    assert answer.text.isascii()


@given(st.text(max_size=30), st.sampled_from(["@v/list", "@latest", "@v/v0.2026.601.zip", "@v/{}.info", "@v/{}"]))
@settings(max_examples=60)
def test_no_path_makes_a_fault(client: httpx.Client, text: str, ending: str) -> None:
    quoted = httpx.URL("http://x/", params={"x": text}).query.decode().removeprefix("x=").replace("+", "%20")
    for path in (
        f"/go/{quoted}/{ending.replace('{}', 'x')}",
        f"/go/tz.internal/etc/utc/{ending.replace('{}', quoted)}",
    ):
        answer = client.get(path)
        assert answer.status_code in (200, 400, 404), path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_cannot_be_written(client: httpx.Client, method: str) -> None:
    assert client.request(method, f"{MODULE}/@v/list").status_code == 405
