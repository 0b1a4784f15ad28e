"""Parsing the page on which a package index lists a project's files.

Bytes in, values out: nothing here uses the network. What is wrong with one file costs that file alone. Source: PEP 503
(HTML), PEP 691 (JSON), PEP 592 (yanked files).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from app.digest import is_sha256_hex
from app.errors import UntrustedIndex
from app.outbound.failures import Untrusted, plain_line
from app.outbound.urls import join_url, parse_url
from app.sources.anchors import read_anchors
from app.tzdb.names import name_of_nth

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPES = ("application/vnd.pypi.simple.v1+html", "text/html")
ACCEPT = f"{JSON_TYPE}, {HTML_TYPES[0]};q=0.2, {HTML_TYPES[1]};q=0.1"
MAX_WHEELS = 1_000
"""More releases than tzdata will have in a hundred years."""
MAX_MEMBERS = 50_000
"""Twenty for each of them and of what comes with it."""

_WHEEL = re.compile(r"tzdata-(([0-9]{4})\.([0-9]{1,2})(?:\.post([0-9]{1,2}))?)-(?:py2\.)?py3-none-any\.whl")
_FILE = re.compile(r"tzdata-[0-9][^/]*\.(?:whl|tar\.gz|zip)")
_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class IndexedWheel:
    """One tzdata wheel on an index page.

    Attributes:
        url: Absolute, without a fragment.
        sha256: 64 hexadecimal digits; ``None`` if the page promises none.
        order: Sorts the package versions.
        presumed: The IANA release that the version suggests; the wheel itself has the last word.
        yanked: Why the index advises against it, one printable line; ``None`` if it does not.
    """

    file_name: str
    url: str
    sha256: str | None
    package_version: str
    order: tuple[int, int, int]
    presumed: str
    yanked: str | None = None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """What a page lists.

    Attributes:
        wheels: Those that are not yanked first; of each kind, the latest package version first.
        refused: The names of wheels whose entry cannot be used → why.
    """

    wheels: tuple[IndexedWheel, ...]
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Link:
    file_name: str
    url: str
    sha256: str
    yanked: str | None


def parse_index_page(content: bytes, *, content_type: str, url: str) -> IndexPage:
    """Return the tzdata wheels on a page; other files are left out.

    Args:
        url: Where the page was found; relative links start there.

    Raises:
        UntrustedIndex: The page has another content type, cannot be read, lists too many wheels, or is a page for
            people that lists no file of tzdata at all, as a page to log in.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == JSON_TYPE:
        links = _parse_json(content)
    elif media_type in HTML_TYPES:
        links, url = _parse_html(content, url)
        if not any(_FILE.fullmatch(link.file_name) for link in links):
            raise UntrustedIndex(
                "the index answered with a page that lists no file of tzdata, such as a page to log in"
            )
    else:
        raise UntrustedIndex(
            f"the index answered with {plain_line(media_type) or 'no content type'}, not with a list of files"
        )
    return _collect(links, url)


def _collect(links: Iterable[_Link], page_url: str) -> IndexPage:
    wheels: dict[str, IndexedWheel] = {}
    refused: dict[str, str] = {}
    for link in links:
        match = _WHEEL.fullmatch(link.file_name)
        if match is None:
            continue
        try:
            wheel = _wheel(link, match, page_url)
            wheels[wheel.package_version] = wheel
        except Untrusted as error:
            refused[link.file_name] = error.reason
        if len(wheels) + len(refused) > MAX_WHEELS:
            raise UntrustedIndex(f"the index lists more than {MAX_WHEELS} wheels of tzdata", limit=MAX_WHEELS)
    latest_first = sorted(wheels.values(), key=lambda wheel: wheel.order, reverse=True)
    return IndexPage(tuple(sorted(latest_first, key=lambda wheel: wheel.yanked is not None)), refused)


def _wheel(link: _Link, match: re.Match[str], page_url: str) -> IndexedWheel:
    version, year, number, post = match.groups()
    url = join_url(page_url, link.url)
    parse_url(url)
    sha256 = link.sha256.lower()
    return IndexedWheel(
        file_name=link.file_name,
        url=url,
        sha256=sha256 if is_sha256_hex(sha256) else None,
        package_version=version,
        order=(int(year), int(number), int(post or -1)),
        presumed=name_of_nth(int(year), max(int(number), 1)),
        yanked=link.yanked,
    )


def _parse_json(content: bytes) -> list[_Link]:
    # The parser stops everything else while it runs, and makes a hundred bytes of every two: so it gets no such page.
    if sum(map(content.count, (b"{", b"[", b","))) > MAX_MEMBERS:
        raise UntrustedIndex(f"the index's JSON page has more than {MAX_MEMBERS} members", limit=MAX_MEMBERS)
    try:
        page = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UntrustedIndex(f"the index's JSON page cannot be read: {type(error).__name__}") from error
    files = page.get("files") if isinstance(page, dict) else None
    if not isinstance(files, list):
        raise UntrustedIndex("the index's JSON page cannot be read: it has no list of files")
    return [link for file in files if (link := _json_link(file)) is not None]


def _json_link(file: object) -> _Link | None:
    """Return one entry of the list; ``None`` if it does not even say which file it is about."""
    entry = file if isinstance(file, dict) else {}
    hashes = entry.get("hashes")
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    match entry.get("filename"), entry.get("url"):
        case str(name), str(url):
            return _Link(name, url, sha256 if isinstance(sha256, str) else "", _yanked(entry.get("yanked")))
        case _:
            return None


def _parse_html(content: bytes, url: str) -> tuple[list[_Link], str]:
    """Return the links of a page, and where relative ones start."""
    base, anchors = read_anchors(content.decode("utf-8", "replace"))
    links = []
    for attributes in anchors:
        address, _, fragment = attributes["href"].partition("#")
        sums = [part[7:] for part in fragment.split("&") if part.startswith("sha256=")]
        file_name = unquote(address.partition("?")[0].rpartition("/")[2])
        yanked = _yanked(attributes["data-yanked"] or True) if "data-yanked" in attributes else None
        links.append(_Link(file_name, address, sums[0] if sums else "", yanked))
    if base is None:
        return links, url
    try:
        return links, join_url(url, base)
    except Untrusted as error:
        raise UntrustedIndex(f"the index's page has a base that is no address: {error.reason}") from error


def _yanked(said: object) -> str | None:
    """Return the reason for which a file was yanked. Source: PEP 592, PEP 691: true, or a text, which may be empty."""
    if said is False or said is None:
        return None
    return plain_line(said, max_chars=_MAX_REASON) if isinstance(said, str) and said.strip() else "no reason is given"
