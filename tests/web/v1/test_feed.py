"""``/v1/feeds/{zones}.atom``: Atom as RFC 4287 wants it, read by a real parser; what it says and links to holds."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.data.real_releases import real_release
from tests.web.apps import BASE_URL, Shelf, local_client, make_parts

pytestmark = pytest.mark.anyio

PACKAGES = ("2022.1", "2022.2", "2022.3", "2022.6", "2022.7")
VERSIONS = ["2022g", "2022f", "2022c", "2022b", "2022a"]
ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def shelf(wheels_dir: Path) -> Shelf:
    """Return a source with a few real releases."""
    return Shelf(*(real_release(wheels_dir, package_version) for package_version in PACKAGES))


@pytest.fixture
async def client(shelf: Shelf) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of an application over them."""
    async with local_client(make_parts(shelf)) as client:
        yield client


async def read_feed(client: httpx.AsyncClient, path: str) -> ET.Element:
    answer = await client.get(f"/v1/feeds/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml"
    return ET.fromstring(answer.content)


def only(parent: ET.Element, tag: str) -> str:
    """Return the text of a child that must be there once."""
    (child,) = parent.findall(ATOM + tag)
    assert child.text
    return child.text


def link(parent: ET.Element, rel: str) -> str:
    (found,) = (child.get("href", "") for child in parent.findall(f"{ATOM}link") if child.get("rel") == rel)
    return found


def titles(feed: ET.Element) -> list[str]:
    return [only(entry, "title") for entry in feed.findall(f"{ATOM}entry")]


@pytest.mark.parametrize("path", ["*.atom", "America/Mexico_City,Etc/GMT+5.atom", "country:UA.atom?aliases=all"])
async def test_it_has_every_element_that_rfc_4287_requires(client: httpx.AsyncClient, path: str) -> None:
    feed = await read_feed(client, path)
    assert feed.tag == f"{ATOM}feed"
    assert only(feed, "title")
    assert RFC3339.fullmatch(only(feed, "updated"))
    (author,) = feed.findall(f"{ATOM}author")
    assert only(author, "name")
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == len(VERSIONS)
    for entry in entries:
        assert RFC3339.fullmatch(only(entry, "updated"))
        assert only(entry, "title")
        assert only(entry, "content")
        assert urlsplit(link(entry, "alternate")).scheme == "http"
    ids = [only(each, "id") for each in (feed, *entries)]
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", each) for each in ids)
    assert len({*ids}) == len(ids)


async def test_it_knows_its_own_address(client: httpx.AsyncClient) -> None:
    feed = await read_feed(client, "Etc/UTC,country:UA,Etc/GMT+5.atom?aliases=target")
    assert link(feed, "self") == f"{BASE_URL}/v1/feeds/Etc/GMT+5,Etc/UTC,country:UA.atom?aliases=target"


async def test_the_newest_release_comes_first_and_says_whether_it_touches_the_selection(
    client: httpx.AsyncClient,
) -> None:
    feed = await read_feed(client, "America/Mexico_City,Etc/UTC.atom")
    assert titles(feed) == [
        "2022g: not affected",
        "2022f: affected (future), from 2023-04-02T08:00:00Z",
        "2022c: not affected",
        "2022b: not affected",
        "2022a: the first release known here",
    ]
    terms = [category.get("term") for category in feed.iter(f"{ATOM}category")]
    assert terms == ["not-affected", "affected", "not-affected", "not-affected", "unknown"]


async def test_a_name_that_comes_or_goes_affects_those_who_ask_for_it(client: httpx.AsyncClient) -> None:
    feed = await read_feed(client, "Europe/Kyiv.atom")
    assert titles(feed)[-2:] == ["2022b: affected, names come or go", "2022a: the first release known here"]


@pytest.mark.parametrize("path", ["Africa/Cairo,Etc/GMT+5.atom", "Europe/Kyiv,Etc/GMT+5.atom?aliases=all", "*.atom"])
async def test_every_link_leads_to_an_answer_about_the_selection(client: httpx.AsyncClient, path: str) -> None:
    feed = await read_feed(client, path)
    links = [child.get("href", "") for entry in feed.findall(f"{ATOM}entry") for child in entry.findall(f"{ATOM}link")]
    assert len(links) >= 2 * len(VERSIONS) - 1
    for address in links:
        assert address.startswith(f"{BASE_URL}/v1/")
        answer = await client.get(address.removeprefix(BASE_URL))
        assert answer.status_code == 200, (address, answer.text)


async def test_an_entry_says_of_a_release_what_its_diff_says(client: httpx.AsyncClient) -> None:
    feed = await read_feed(client, "*.atom")
    for entry in feed.findall(f"{ATOM}entry")[:-1]:
        diff = (await client.get(link(entry, "alternate").removeprefix(BASE_URL))).json()
        assert only(entry, "title").startswith(f"{diff['to']}: {'affected' if diff['affected'] else 'not affected'}")
        assert (diff["period_affected"] or "") in only(entry, "title")


async def test_a_long_list_of_names_is_cut(client: httpx.AsyncClient) -> None:
    feed = await read_feed(client, "*.atom")
    contents = [only(entry, "content").splitlines() for entry in feed.findall(f"{ATOM}entry")]
    assert max(map(len, contents)) == 22
    assert any(re.fullmatch(r"and \d+ more", lines[-1]) for lines in contents)


async def test_equal_selections_have_equal_feeds(client: httpx.AsyncClient, shelf: Shelf) -> None:
    one = await client.get("/v1/feeds/Etc/UTC,Africa/Cairo.atom")
    async with local_client(make_parts(shelf)) as other_client:
        other = await other_client.get("/v1/feeds/Africa/Cairo,Etc/UTC,Etc/UTC.atom")
    assert one.content == other.content
    assert one.headers["cache-control"] == "no-cache"
    unchanged = await client.get(
        "/v1/feeds/Etc/UTC,Africa/Cairo.atom", headers={"if-none-match": other.headers["etag"]}
    )
    assert unchanged.status_code == 304


async def test_a_release_that_comes_adds_an_entry_and_leaves_the_ids_of_the_others(
    wheels_dir: Path, shelf: Shelf
) -> None:
    parts = make_parts(shelf)
    async with local_client(parts) as client:
        before = await read_feed(client, "Africa/Cairo.atom")
        shelf.put(real_release(wheels_dir, "2023.3"))
        await parts.library.refresh()
        after = await read_feed(client, "Africa/Cairo.atom")
    assert titles(after)[0] == "2023c: affected (future), from 2023-04-27T22:00:00Z"
    assert only(after, "id") == only(before, "id")
    assert only(after, "updated") > only(before, "updated")
    ids = [[only(entry, "id") for entry in feed.findall(f"{ATOM}entry")] for feed in (before, after)]
    assert ids[1][1:] == ids[0]


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("Europe/Berln.atom", 404, "Europe/Berlin"),
        ("../etc.atom", 404, ""),
        ("Etc//UTC.atom", 400, "empty"),
        ("Etc/UTC.atom?zones=Etc/UTC", 400, "aliases"),
        ("Etc/UTC.rss", 404, ""),
    ],
)
async def test_what_cannot_be_a_feed_is_a_problem(client: httpx.AsyncClient, path: str, status: int, word: str) -> None:
    answer = await client.get(f"/v1/feeds/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert word in answer.json()["detail"]


async def test_an_entry_says_which_changes_are_known_to_be_the_fault_of_a_release(client: httpx.AsyncClient) -> None:
    entries = (await read_feed(client, "America/Ojinaga.atom")).findall(f"{ATOM}entry")
    latest, *earlier = entries
    assert only(latest, "title").endswith("; see the warning")
    assert "Warning: in 2022g, America/Ojinaga is wrong as published" in only(latest, "content")
    assert "wrong-zone" in [category.get("term") for category in latest.findall(f"{ATOM}category")]
    assert all("Warning" not in only(entry, "content") for entry in earlier)
