"""``/v1/releases/{a}/diff/{b}``: the members that clients rely on, over real releases."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from jsonschema_rs import validator_for

from app.tzdb.changes.diff import default_future, diff_releases
from app.tzdb.changes.diff_row import diff_row
from app.tzdb.selection import parse_selectors
from app.web.openapi.schemas import schemas
from tests.data.real_releases import real_release
from tests.web.apps import Shelf, local_client, make_parts

pytestmark = pytest.mark.anyio

VERSIONS = {
    "2022a": "2022.1",
    "2022b": "2022.2",
    "2022c": "2022.3",
    "2022g": "2022.7",
    "2023c": "2023.3",
}


@pytest.fixture
async def client(wheels_dir: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of an application over a few real releases."""
    releases = [real_release(wheels_dir, package_version) for package_version in VERSIONS.values()]
    async with local_client(make_parts(Shelf(*releases))) as client:
        yield client


async def test_it_says_whether_an_update_touches_a_selection_and_from_when(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/releases/2022g/diff/2023c?zones=Africa/Cairo,Etc/UTC")
    row = answer.json()
    assert (row["from"], row["to"], row["affected"], row["compared"]) == ("2022g", "2023c", True, 2)
    assert row["first_affected"] == row["period_affected"] == "2023-04-27T22:00:00Z"
    (zone,) = row["zones"]
    assert (zone["zone"], zone["change"], zone["first_affected"]) == ("Africa/Cairo", "future", "2023-04-27T22:00:00Z")
    assert zone["after"][0] == {
        "at": "2023-04-27T22:00:00Z",
        "unix": 1_682_632_800,
        "local_time": "2023-04-28T01:00:00",
        "utoff": 10_800,
        "utc_offset": "+03:00",
        "abbreviation": "EEST",
        "is_dst": True,
    }
    assert [change["abbreviation"] for change in zone["before"]] == ["EET"]


async def test_it_says_which_changes_are_known_to_be_the_fault_of_a_release(wheels_dir: Path) -> None:
    releases = [real_release(wheels_dir, package_version) for package_version in ("2022.6", "2022.7")]
    async with local_client(make_parts(Shelf(*releases))) as client:
        row = (await client.get("/v1/releases/2022f/diff/2022g?zones=America/Ojinaga,Etc/UTC")).json()
        other = (await client.get("/v1/releases/2022f/diff/2022g?zones=Etc/UTC")).json()
    (warning,) = row["warnings"]
    assert (warning["release"], warning["code"], warning["zones"]) == ("2022g", "wrong-zone", ["America/Ojinaga"])
    assert warning["detail"].startswith("in 2022g, America/Ojinaga is wrong as published: ")
    assert other["warnings"] == []


async def test_equal_trees_affect_nobody(client: httpx.AsyncClient) -> None:
    row = (await client.get("/v1/releases/2022b/diff/2022c")).json()
    assert (row["affected"], row["first_affected"], row["zones"], row["roles"]) == (False, None, [], [])
    assert row["compared"] == 596


async def test_without_zones_everything_is_compared(client: httpx.AsyncClient, wheels_dir: Path) -> None:
    old, new = (real_release(wheels_dir, VERSIONS[version]) for version in ("2022a", "2023c"))
    answer = await client.get("/v1/releases/2022a/diff/2023c")
    wanted = diff_releases(
        old, new, selectors=parse_selectors(["*"]), aliases="exact", future_from=default_future("2022a", "2023c")
    )
    assert answer.json() == json.loads(json.dumps(diff_row(wanted)))
    assert {"Europe/Kiev", "EST5EDT", "Africa/Cairo"} & {zone["zone"] for zone in answer.json()["zones"]}


async def test_a_name_that_turns_into_a_link_tells_its_target(client: httpx.AsyncClient) -> None:
    row = (await client.get("/v1/releases/2022a/diff/2022b?zones=Europe/Kiev")).json()
    assert row["roles"] == [
        {
            "zone": "Europe/Kiev",
            "before": {"kind": "zone", "target": None},
            "after": {"kind": "link", "target": "Europe/Kyiv"},
        }
    ]
    assert not row["affected"]


async def test_since_and_now_decide_what_counts(client: httpx.AsyncClient) -> None:
    url = "/v1/releases/2022g/diff/2023c?zones=Asia/Gaza,Europe/London,Africa/Cairo"
    row = (await client.get(f"{url}&now=2023-10-01")).json()
    assert (row["future_from"], row["period_affected"]) == ("2023-10-01T00:00:00Z", "2023-10-01T00:00:00Z")
    everything = (await client.get("/v1/releases/2022a/diff/2023c")).json()["zones"]
    future = (await client.get("/v1/releases/2022a/diff/2023c?since=future")).json()["zones"]
    assert future == [zone for zone in everything if zone["change"] in ("future", "added", "removed", "binary-only")]
    assert 0 < len(future) < len(everything)


async def test_a_diff_of_named_releases_is_kept_and_one_to_latest_is_asked_again(client: httpx.AsyncClient) -> None:
    pinned = await client.get("/v1/releases/2022g/diff/2023c?zones=Africa/Cairo")
    moving = await client.get("/v1/releases/2022g/diff/latest?zones=Africa/Cairo")
    assert pinned.headers["cache-control"] == "max-age=3600, no-transform"
    assert moving.headers["cache-control"] == "no-cache"
    assert pinned.content == moving.content
    assert pinned.headers["etag"] == moving.headers["etag"]
    assert moving.headers["tzdata-release"] == "2023c"
    again = await client.get(
        pinned.request.url.path + "?zones=Africa/Cairo", headers={"if-none-match": pinned.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "status", "code", "word"),
    [
        ("2022g/diff/2023c?zones=Etc/GMT+5", 400, "invalid-name", "%2B"),
        ("2022g/diff/2023c?zones=", 400, "invalid-name", ""),
        ("2022g/diff/2023c?zone=Europe/Berlin", 400, "invalid-option", "zones"),
        ("2022g/diff/2023c?zones=UTC&zones=UTC", 400, "invalid-option", "twice"),
        ("2022g/diff/2023c?since=1980", 400, "invalid-option", "1970"),
        ("2022g/diff/2023c?now=tomorrow", 400, "invalid-option", "2026-10-25"),
        ("2022g/diff/2023c?aliases=some", 400, "invalid-option", "exact"),
        ("2022g/diff/2023c?links=hard", 400, "invalid-option", "aliases"),
        ("Yesterday/diff/2023c", 400, "invalid-name", "2026f"),
        ("2022g/diff/2023.3", 400, "invalid-name", "2026f"),
        ("2022g/diff/2023z", 404, "unknown-release", "2023c"),
        ("2021z/diff/2023c", 404, "unknown-release", "2022b"),
        ("2022g/diff/2023c?zones=Europe/Berln,Etc/UTC", 404, "unknown-zones", "Europe/Berlin"),
    ],
)
async def test_what_cannot_be_compared_is_a_problem_that_helps(
    client: httpx.AsyncClient, path: str, status: int, code: str, word: str
) -> None:
    answer = await client.get(f"/v1/releases/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"/problems/{code}"
    assert word in answer.json()["detail"]


async def test_a_plus_sign_is_written_as_2b(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/releases/2022g/diff/2023c?zones=Etc/GMT%2B5")).json()["compared"] == 1


async def test_the_answer_keeps_its_schema(client: httpx.AsyncClient) -> None:
    document = {"$ref": "#/components/schemas/Diff", "components": {"schemas": schemas()}}
    validator = validator_for(document)
    row = (await client.get("/v1/releases/2022a/diff/2023c")).json()
    assert [str(error) for error in validator.iter_errors(row)] == []
    assert not validator.is_valid({**row, "affected": 1})
    assert not validator.is_valid({**row, "more": True})
