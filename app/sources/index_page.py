"""Parsing the page on which a package index lists a project's files.

Bytes in, values out: nothing here uses the network. Source: PEP 503 (HTML), PEP 691 (JSON), PEP 592 (yanked files).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from app.digest import is_sha256_hex
from app.errors import UntrustedIndex
from app.tzdb.names import name_of_nth

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPES = ("application/vnd.pypi.simple.v1+html", "text/html")
ACCEPT = f"{JSON_TYPE}, {HTML_TYPES[0]};q=0.2, {HTML_TYPES[1]};q=0.1"

_WHEEL = re.compile(r"tzdata-((\d{4})\.(\d{1,2})(?:\.post(\d{1,2}))?)-(?:py2\.)?py3-none-any\.whl")


@dataclass(frozen=True, slots=True)
class IndexedWheel:
    """One tzdata wheel on an index page.

    Attributes:
        url: Absolute, without a fragment.
        sha256: 64 hexadecimal digits; ``None`` if the page promises none.
        order: Sorts the package versions.
        presumed: The IANA release that the version suggests; the wheel itself has the last word.
    """

    file_name: str
    url: str
    sha256: str | None
    package_version: str
    order: tuple[int, int, int]
    presumed: str


def parse_index_page(content: bytes, *, content_type: str, url: str) -> tuple[IndexedWheel, ...]:
    """Return the tzdata wheels on a page, the latest package version first; yanked files and all others are left out.

    Args:
        url: Where the page was found; relative links start there.

    Raises:
        UntrustedIndex: The page has another content type, or cannot be read.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == JSON_TYPE:
        links = _parse_json(content)
    elif media_type in HTML_TYPES:
        links = _parse_html(content)
    else:
        raise UntrustedIndex(f"the index answered with {media_type or 'no content type'}, not with a list of files")
    wheels = {wheel.package_version: wheel for link in links if (wheel := _wheel(link, url)) is not None}
    return tuple(sorted(wheels.values(), key=lambda wheel: wheel.order, reverse=True))


@dataclass(frozen=True, slots=True)
class _Link:
    file_name: str
    url: str
    sha256: str | None


def _parse_json(content: bytes) -> list[_Link]:
    try:
        page = json.loads(content)
        return [
            _Link(str(file["filename"]), str(file["url"]), file.get("hashes", {}).get("sha256"))
            for file in page["files"]
            if not file.get("yanked")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UntrustedIndex(f"the index's JSON page cannot be read: {type(error).__name__}") from error


def _parse_html(content: bytes) -> list[_Link]:
    parser = _Anchors()
    parser.feed(content.decode("utf-8", "replace"))
    return list(parser.links())


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        href = attributes.get("href")
        if tag == "a" and href and "data-yanked" not in attributes:
            self._hrefs.append(href)

    def links(self) -> Iterator[_Link]:
        for href in self._hrefs:
            address, _, fragment = href.partition("#")
            name, _, value = fragment.partition("=")
            file_name = unquote(urlsplit(address).path.rpartition("/")[2])
            yield _Link(file_name, address, value if name == "sha256" else None)


def _wheel(link: _Link, page_url: str) -> IndexedWheel | None:
    match = _WHEEL.fullmatch(link.file_name)
    if match is None:
        return None
    version, year, number, post = match.groups()
    sha256 = link.sha256 if isinstance(link.sha256, str) and is_sha256_hex(link.sha256) else None
    return IndexedWheel(
        file_name=link.file_name,
        url=urljoin(page_url, link.url).partition("#")[0],
        sha256=sha256,
        package_version=version,
        order=(int(year), int(number), int(post or -1)),
        presumed=name_of_nth(int(year), max(int(number), 1)),
    )
