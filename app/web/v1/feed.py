"""The feed of a selection: for each release an Atom entry that says whether it touches the selection, and from when.

Everything in a feed follows from the releases and the selection; it depends on no clock and no counter.

Source: RFC 4287.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi import APIRouter

from app.artifact.formats import DEFAULT_FORMAT, FORMATS
from app.artifact.spec import LATEST, Spec
from app.builder.builder import Builder
from app.builder.costs import weigh_diffs
from app.errors import UnknownRelease
from app.instants import format_instant
from app.releases.library import Library
from app.tzdb.changes.doubts import DiffWarning
from app.tzdb.changes.history import Step, make_steps, stand_in_date
from app.tzdb.release import Release
from app.tzdb.selection import Selector
from app.web.http.hot import HotRepresentations
from app.web.http.representation import REVALIDATE, Representation, make_representation
from app.web.http.routes import Asked, route_class
from app.web.openapi.described import ZonesPath, conditional_responses, query
from app.web.v1.diffs import read_diff_selection

MEDIA_TYPE = "application/atom+xml"
MAX_ENTRIES = 12
_MAX_LINES = 20
"""How many names one entry lists; the diff behind its link has all of them."""
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://www.rfc-editor.org/rfc/rfc4287#tzdata-filter")


@dataclass(frozen=True, slots=True)
class FeedRoutes:
    """The handler of ``/v1/feeds/{zones}.atom``.

    Attributes:
        base_url: What absolute links start with.
    """

    library: Library
    builder: Builder
    base_url: str

    async def feed(self, request: Asked, zones: ZonesPath) -> Representation:
        """Answer with the feed of a selection."""
        spec = await read_diff_selection(self.builder, LATEST, {"zones": zones, **request.options})
        releases = await self.library.newest(MAX_ENTRIES + 1)
        if not releases:
            raise UnknownRelease("there is no release at all: no source offers one that verifies", release=LATEST)

        def work() -> Representation:
            return make_representation(
                encode_feed(_make_steps(releases, spec), spec, base_url=self.base_url),
                media_type=MEDIA_TYPE,
                cache_control=REVALIDATE,
                fields={"tzdata-release": releases[0].version},
                keep=True,
            )

        async with self.builder.turn(weigh_diffs(releases[0], spec.selectors, count=len(releases))):
            return await self.builder.pools.build.run(work)


def feed_router(library: Library, builder: Builder, hot: HotRepresentations, base_url: str) -> APIRouter:
    """Return the route of feeds."""
    routes = FeedRoutes(library, builder, base_url)
    router = APIRouter(prefix="/v1/feeds", tags=["diffs"], route_class=route_class(hot))
    router.add_api_route(
        "/{zones:path}.atom",
        routes.feed,
        operation_id="getFeed",
        summary="An Atom feed: which releases touch a selection, and from which instant",
        responses=conditional_responses(MEDIA_TYPE, 404, 502, 503),
        openapi_extra=query("aliases"),
    )
    return router


def _make_steps(releases: Sequence[Release], spec: Spec) -> list[Step]:
    return list(islice(make_steps(releases, selectors=spec.selectors, aliases=spec.aliases), MAX_ENTRIES))


def encode_feed(steps: Sequence[Step], spec: Spec, *, base_url: str) -> bytes:
    """Return the feed as XML."""
    selection = ",".join(map(str, spec.selectors))
    address = f"{base_url}/v1/feeds/{_format_path(spec.selectors)}.atom{_format_options(spec, '?')}"
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "en"})
    _text(feed, "id", _identify(spec, ""))
    _text(feed, "title", f"tzdata releases for {_shorten(selection)}")
    _text(feed, "subtitle", "Which releases of the time zone database touch this selection, and from which instant")
    _text(feed, "updated", max(stand_in_date(step.release) for step in steps))
    _text(SubElement(feed, "author"), "name", "tzdata-filter")
    _text(feed, "generator", "tzdata-filter")
    SubElement(feed, "link", {"rel": "self", "type": MEDIA_TYPE, "href": address})
    for step in steps:
        _add_entry(feed, step, spec, base_url=base_url)
    text: str = tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _add_entry(feed: Element, step: Step, spec: Spec, *, base_url: str) -> None:
    entry = SubElement(feed, "entry")
    _text(entry, "id", _identify(spec, step.release))
    _text(entry, "title", _title(step))
    _text(entry, "updated", stand_in_date(step.release))
    SubElement(entry, "category", {"term": _term(step)})
    for code in sorted({warning.code for warning in _warnings(step)}):
        SubElement(entry, "category", {"term": code})
    page = base_url + _page(step, spec)
    SubElement(entry, "link", {"rel": "alternate", "type": "application/json", "href": page})
    if step.whole:
        path = f"/v1/bundles/{step.release}/{_format_path(spec.selectors)}.{DEFAULT_FORMAT}"
        bundle = base_url + path + _format_options(spec, "?")
        media_type = FORMATS[DEFAULT_FORMAT].media_type
        SubElement(entry, "link", {"rel": "related", "type": media_type, "href": bundle, "title": "The bundle"})
    _text(entry, "content", "\n".join(_lines(step))).set("type", "text")


def _page(step: Step, spec: Spec) -> str:
    """Return the path of the page that says more: the diff, or the release if there is no diff."""
    if step.diff is None:
        return f"/v1/releases/{step.release}"
    # A plus sign in a query would arrive as a space.
    zones = _format_path(step.compared).replace("+", "%2B")
    return f"/v1/releases/{step.before}/diff/{step.release}?zones={zones}{_format_options(spec, '&')}"


def _format_path(selectors: Iterable[Selector]) -> str:
    return quote(",".join(map(str, selectors)), safe="/,*:+")


def _format_options(spec: Spec, mark: str) -> str:
    return "" if spec.aliases == "exact" else f"{mark}aliases={spec.aliases}"


def _title(step: Step) -> str:
    diff = step.diff
    if step.before is None:
        return f"{step.release}: the first release known here"
    if diff is None:
        return f"{step.release}: not affected, none of these zones is in it"
    if not diff.affected:
        return f"{step.release}: not affected"
    doubt = "; see the warning" if diff.warnings else ""
    if diff.period_affected is None:
        return f"{step.release}: affected, names come or go{doubt}"
    return f"{step.release}: affected ({diff.period}), from {format_instant(diff.period_affected)}{doubt}"


def _warnings(step: Step) -> Sequence[DiffWarning]:
    return step.diff.warnings if step.diff is not None else ()


def _term(step: Step) -> str:
    return "unknown" if step.before is None else "affected" if step.diff and step.diff.affected else "not-affected"


def _lines(step: Step) -> Iterator[str]:
    if step.diff is None:
        yield "There is nothing to compare."
        return
    changed = [zone for zone in step.diff.most_urgent_first() if zone.change != "binary-only"]
    yield f"From {step.before} to {step.release}: {len(changed)} of {step.diff.compared} names are affected."
    yield from (f"Warning: {warning.detail}" for warning in step.diff.warnings[:_MAX_LINES])
    for zone in changed[:_MAX_LINES]:
        since = f", from {format_instant(zone.period_affected)}" if zone.period_affected is not None else ""
        yield f"{zone.zone}: {zone.change}{since}"
    if len(changed) > _MAX_LINES:
        yield f"and {len(changed) - _MAX_LINES} more"


def _identify(spec: Spec, release: str) -> str:
    """Return an id that never changes: it depends on the selection and the release alone, not on this service."""
    words = [spec.aliases, *map(str, spec.selectors), release]
    return uuid.uuid5(_NAMESPACE, " ".join(words)).urn


def _shorten(text: str) -> str:
    return text if len(text) <= 100 else text[:97] + "..."


def _text(parent: Element, tag: str, text: str) -> Element:
    child = SubElement(parent, tag)
    child.text = text
    return child
