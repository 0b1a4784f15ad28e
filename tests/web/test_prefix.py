"""A public URL with a path: the front takes the prefix off, and whatever leads back here carries it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from app.settings import Settings
from tests.servers import StartService
from tests.web.apps import local_client, make_parts
from tests.web.raw import exchange, get

OUTSIDE = "https://dev.example"
PREFIX = "/tz/zones"
BUNDLE = "/v1/bundles/latest/Test/Zone.zip"
IN_TEXT = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Front:
    """A client that asks as one outside does, and a front that takes the prefix off."""

    client: httpx.AsyncClient

    async def get(self, url: str) -> httpx.Response:
        """Follow a link: absolute, or with a path that starts with the prefix."""
        parts = urlsplit(urljoin(f"{OUTSIDE}{PREFIX}/", url))
        assert f"{parts.scheme}://{parts.netloc}" == OUTSIDE, url
        assert parts.path.startswith(f"{PREFIX}/"), url
        path = parts.path.removeprefix(PREFIX)
        return await self.client.get(f"{path}?{parts.query}" if parts.query else path)


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    parts = make_parts(settings=Settings(public_url=f"{OUTSIDE}{PREFIX}/"))
    async with local_client(parts) as client:
        yield Front(client)


@pytest.mark.anyio
async def test_the_permanent_url_of_a_bundle_and_its_pinned_form_carry_it(front: Front) -> None:
    for _ in ("cold", "hot"):
        bundle = await front.get(f"{PREFIX}{BUNDLE}")
        assert (await front.get(bundle.headers["content-location"])).content == bundle.content
        pinned = re.fullmatch(r'<(\S+)>; rel="bookmark"', bundle.headers["link"])
        assert pinned is not None
        assert (await front.get(pinned[1])).content == bundle.content
        unchanged = await front.client.get(BUNDLE, headers={"if-none-match": bundle.headers["etag"]})
        assert unchanged.status_code == 304
        assert unchanged.headers["content-location"] == bundle.headers["content-location"]


@pytest.mark.anyio
async def test_what_a_posted_request_leads_to_carries_it(front: Front) -> None:
    posted = (await front.client.post("/v1/bundles", json={"zones": ["Test/Zone"]})).json()
    record = await front.get(posted["url"].replace(".tar.gz", ".json"))
    assert record.json()["url"] == posted["url"]
    assert (await front.get(posted["url"])).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/v1/bundles/latest/No/Where.zip", "/v1/bundles", "/v1/releases/x", "/problems/none"),
        *("/%0a", f"/{'a' * 40_000}", "/v1/releases?page=2"),
    ],
)
async def test_the_type_of_every_problem_leads_to_its_page(front: Front, path: str) -> None:
    problem = (await front.client.get(path)).json()
    assert problem["type"].startswith(f"{PREFIX}/problems/")
    assert problem["title"] in (await front.get(problem["type"])).text


@pytest.mark.anyio
async def test_conditions_that_fail_on_hot_answers_are_problems_with_it(front: Front) -> None:
    await front.get(f"{PREFIX}{BUNDLE}")
    for field in ({"if-match": '"x"'}, {"range": "bytes=999999-"}):
        failed = await front.client.get(BUNDLE, headers=field)
        assert (await front.get(failed.json()["type"])).status_code == 200


def test_problems_that_the_connection_writes_carry_it(start_service: StartService) -> None:
    running = start_service(public_url=f"{OUTSIDE}{PREFIX}")
    for request in (b"NONSENSE\r\n\r\n", get(b"/", b"X: " + b"a" * 200_000)):
        (reply,) = exchange(running.port, request)
        assert f'"{PREFIX}/problems/'.encode() in reply.body


@pytest.mark.anyio
async def test_every_link_of_the_pages_leads_somewhere(front: Front) -> None:
    for page in ("/docs", "/", "/problems"):
        text = (await front.get(f"{PREFIX}{page}")).text
        links = [
            *IN_TEXT.findall(text),
            *re.findall(r'href="([^"]+)"', text),
            *re.findall(r"^/\S+", text, re.MULTILINE),
        ]
        assert links
        for link in links:
            wanted = 404 if "Asia/" in link or "country:" in link else 200  # the invented release lacks them
            assert (await front.get(link)).status_code == wanted, link


@pytest.mark.anyio
async def test_every_link_of_a_feed_and_of_a_zone_leads_somewhere(front: Front) -> None:
    feed = (await front.get(f"{PREFIX}/v1/feeds/Test/Zone.atom")).text
    zone = (await front.get(f"{PREFIX}/v1/releases/latest/zones/Test/Zone")).text
    links = [link for link in IN_TEXT.findall(feed + zone) if "w3.org" not in link]
    assert len(links) == 4
    for link in links:
        assert (await front.get(link.replace("&amp;", "&"))).status_code == 200, link


@pytest.mark.anyio
async def test_the_document_says_it(front: Front) -> None:
    assert (await front.get(f"{PREFIX}/openapi.json")).json()["servers"] == [{"url": PREFIX}]


@pytest.mark.anyio
async def test_the_registry_is_always_at_the_root_of_its_host(front: Front) -> None:
    posted = (await front.client.post("/v1/sets", json={"zones": ["Test/Zone"]})).json()
    assert posted["reference"] == f"dev.example/{posted['repository']}:2099a"
    tags = await front.client.get("/v2/test/zone/tags/list?n=1")
    assert tags.headers["link"].startswith("</v2/test/zone/tags/list?")


@pytest.mark.anyio
async def test_no_header_field_of_a_request_changes_a_link(front: Front) -> None:
    fields = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "gopher",
        "x-forwarded-prefix": "/evil",
        "forwarded": "host=evil.example",
        "x-original-url": "/evil",
    }
    plain, dressed = [(await front.client.get(BUNDLE, headers=each)).headers for each in ({}, fields)]
    assert (plain["link"], plain["content-location"]) == (dressed["link"], dressed["content-location"])
    assert "evil" not in (await front.client.get("/", headers=fields)).text
    assert "evil" not in (await front.client.get("/nothing", headers=fields)).text


@pytest.mark.parametrize(("host", "warns"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_a_service_for_all_that_was_told_no_address_says_so_once(
    start_service: StartService, host: str, warns: bool
) -> None:
    running = start_service(host=host)
    with running.client() as client:
        text = client.get("/").text
    assert ("http://localhost:" in text, "0.0.0.0:" in text) == (warns, False)
    assert running.log.count("TZDATA_FILTER_PUBLIC_URL") == int(warns)
