"""Bundles over HTTP: the same bytes whichever way they are asked for, with links that come from a setting."""

import hashlib
import random
from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import StartService
from tests.web.apps import BASE_URL, local_client, make_parts

SELECTORS = st.lists(
    st.sampled_from(
        ["Asia/Shanghai", "Etc/UTC", "US/Pacific", "Europe/Kiev", "Etc/GMT+5", "country:CN", "country:DE", "Indian/*"]
    ),
    min_size=1,
    max_size=6,
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "aliases": st.sampled_from(["exact", "target", "all"]),
        "links": st.sampled_from(["hard", "symbolic", "copy"]),
        "prefix": st.sampled_from(["", "usr/share/zoneinfo"]),
        "tables": st.sampled_from(["zone1970.tab", "iso3166.tab,zone.tab", "zone.tab,iso3166.tab"]),
    },
)


def post(client: httpx.Client, zones: list[str], options: Mapping[str, str], **members: str) -> httpx.Response:
    given = {**options, "tables": options["tables"].split(",")} if "tables" in options else options
    return client.post("/v1/bundles", json={"zones": zones, **given, **members})


@given(zones=SELECTORS, options=OPTIONS, format=st.sampled_from(["tar", "tar.gz"]), shuffle=st.randoms())
def test_a_post_a_get_and_any_order_give_the_same_bytes(
    client: httpx.Client, zones: list[str], options: Mapping[str, str], format: str, shuffle: random.Random
) -> None:
    first = client.get(f"/v1/bundles/latest/{','.join(zones)}.{format}", params=options)
    assert first.status_code == 200
    digest = hashlib.sha256(first.content).hexdigest()
    assert first.headers["etag"] == f'"{digest}"'
    again = [*zones, *zones[:2]]
    shuffle.shuffle(again)
    reordered = dict(sorted(options.items(), reverse=True))
    assert client.get(f"/v1/bundles/latest/{','.join(again)}.{format}", params=reordered).content == first.content
    record = post(client, again, options, format=format).json()
    assert (record["digest"], record["size"]) == (f"sha256:{digest}", len(first.content))
    assert client.get(record["url"]).content == first.content


def test_a_zip_by_post_is_the_zip_by_get(client: httpx.Client) -> None:
    record = post(client, ["Etc/UTC", "Asia/Shanghai"], {}, format="zip").json()
    direct = client.get("/v1/bundles/latest/Asia/Shanghai,Etc/UTC.zip")
    assert client.get(record["url"]).content == direct.content


def test_a_post_without_release_and_format_means_latest_tar_gz(client: httpx.Client, release: str) -> None:
    record = post(client, ["Etc/UTC"], {}).json()
    assert (record["release"], record["format"]) == (release, "tar.gz")
    assert record["request"]["zones"] == ["Etc/UTC"]


def test_the_record_of_an_artifact_is_that_of_its_post(client: httpx.Client) -> None:
    posted = post(client, ["Asia/Tokyo", "Japan"], {"aliases": "target"}, format="tar").json()
    assert client.get(posted["url"].removesuffix("tar") + "json").json() == posted


def test_the_plan_is_what_is_built(client: httpx.Client) -> None:
    plan = client.get("/v1/bundles/latest/US/Pacific.json?aliases=all&format=tar").json()
    record = post(client, ["US/Pacific"], {"aliases": "all"}, format="tar").json()
    assert {**plan, "digest": 0, "size": 0, "url": 0} == {**record, "digest": 0, "size": 0, "url": 0}
    assert all(entry["reason"] for entry in plan["entries"])


def test_an_artifact_has_one_format(client: httpx.Client) -> None:
    url = post(client, ["Etc/UTC"], {}, format="zip").json()["url"]
    for other in ("tar", "tar.gz", "tar.sha256"):
        response = client.get(url.removesuffix("zip") + other)
        assert (response.status_code, response.json()["type"]) == (404, "/problems/unknown-artifact")


@pytest.mark.anyio
async def test_absolute_links_come_from_the_setting_and_never_from_the_request() -> None:
    hostile = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "gopher",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "http://evil.example",
    }
    async with local_client(make_parts()) as client:
        posted = await client.post("/v1/bundles", json={"zones": ["Test/Zone"]}, headers=hostile)
        sha256 = posted.json()["digest"].removeprefix("sha256:")
        answers = [posted]
        paths = ("/", "/docs", "/openapi.json", f"/v1/artifacts/{sha256}.json", "/v1/releases/2099a/zones/Test/Zone")
        answers += [await client.get(path, headers=hostile) for path in (*paths, "/nothing", "/v1/releases")]
    for answer in answers:
        assert "evil" not in answer.text + str(answer.headers)
    assert posted.json()["url"] == f"{BASE_URL}/v1/artifacts/{sha256}.tar.gz"
    assert answers[4].json()["url"] == posted.json()["url"]
    assert answers[5].json()["tzif"] == f"{BASE_URL}/v1/releases/2099a/tzif/Test/Zone"
    assert f"{BASE_URL}/v1/bundles/latest/" in answers[1].text


def test_the_public_url_loses_its_slash_and_help_and_links_start_with_it(start_service: StartService) -> None:
    with start_service(public_url="https://tz.example/zones/").client() as client:
        assert (
            client.post("/v1/bundles", json={"zones": ["Etc/UTC"]})
            .json()["url"]
            .startswith("https://tz.example/zones/v1/artifacts/")
        )
        assert "https://tz.example/zones/v1/bundles/latest/" in client.get("/").text


def test_without_the_setting_links_lead_to_the_address_it_listens_on(client: httpx.Client) -> None:
    assert post(client, ["Etc/UTC"], {}).json()["url"].startswith(f"{client.base_url}".rstrip("/") + "/v1/")
