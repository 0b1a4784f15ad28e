"""The pages for people: they need nothing from elsewhere, and what they say to paste works."""

import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.web.apps import BASE_URL, local_client, make_parts


class References(HTMLParser):
    """Gathers what a page loads or leads to, and whether its tags are known to be harmless."""

    def __init__(self) -> None:
        super().__init__()
        self.leads_to: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.leads_to += [value or "" for name, value in attrs if name in ("href", "src", "action", "srcset", "data")]


def test_the_reference_refers_to_nothing_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs").text
    references = References()
    references.feed(page)
    assert references.leads_to == ["/openapi.json", "/problems"]
    assert all(client.get(path).status_code == 200 for path in references.leads_to)
    assert not {"script", "link", "img", "iframe", "form", "object", "base"} & references.tags
    assert not re.search(r"https?:|@import|url\(", page)


def test_the_reference_has_a_policy_that_allows_no_script(client: httpx.Client) -> None:
    policy = client.get("/docs").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "script" not in policy


def test_the_reference_shows_every_operation(client: httpx.Client) -> None:
    page, document = client.get("/docs").text, client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        assert f" {path}<" in page
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page
            assert all(parameter["name"] in page for parameter in operation.get("parameters", []))


def test_the_reference_shows_code_as_code(client: httpx.Client) -> None:
    page = client.get("/docs").text
    assert "`" not in page
    assert "or a channel such as <code>latest</code>." in page


def test_the_help_page_has_three_lines_that_lead_to_bundles_and_pages_that_are_there(client: httpx.Client) -> None:
    text = client.get("/").text
    urls = re.findall(rf"{re.escape(str(client.base_url).rstrip('/'))}(/[^\s']*)", text)
    assert len([line for line in text.splitlines() if "curl " in line]) == 3
    assert len(urls) == 7
    for url in urls:
        assert client.get(url).status_code == 200, url


@pytest.mark.anyio
async def test_the_pages_start_links_with_the_setting() -> None:
    async with local_client(make_parts()) as client:
        urls = re.findall(r"https?://\S+", (await client.get("/")).text)
    assert all(url.startswith(f"{BASE_URL}/") for url in urls)
