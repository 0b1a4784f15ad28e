"""From selectors to the names of a release, each with the reason it is there.

Everything about *which zones the caller asked for* lives here; ``artifact`` turns the names into files.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.errors import InvalidName, InvalidOption, UnknownZones
from app.text import quote
from app.tzdb.names import (
    COUNTRY_PATTERN,
    MAX_NAME_LENGTH,
    ZONE_NAME,
    by_component,
    is_country_code,
    zone_name_error,
)
from app.tzdb.release import Release
from app.tzdb.suggestions import suggest_countries, suggest_names

SelectorKind: TypeAlias = Literal["name", "country", "glob"]
Aliases: TypeAlias = Literal["exact", "target", "all"]

MAX_GLOB_LENGTH = 64
_GLOB = re.compile(rf"[A-Za-z0-9+_/*-]{{1,{MAX_GLOB_LENGTH}}}")
SELECTOR_PATTERN = rf"(country:{COUNTRY_PATTERN}|[A-Za-z0-9+_*-][A-Za-z0-9+_/*-]{{0,{MAX_GLOB_LENGTH - 1}}})"
"""What every selector matches, for documents; not everything that matches is one."""
_KIND_ORDER: Mapping[SelectorKind, int] = {"name": 0, "country": 1, "glob": 2}


@dataclass(frozen=True, slots=True)
class Selector:
    """One item of a zone list.

    Attributes:
        text: A name, a country code, or a glob whose ``*`` stands for any characters.
    """

    kind: SelectorKind
    text: str

    def __str__(self) -> str:
        return f"country:{self.text}" if self.kind == "country" else self.text

    @property
    def reason(self) -> str:
        """Why a name that this selector picked is in the bundle."""
        return {"name": "requested", "country": f"in country:{self.text}", "glob": f"matches {self.text}"}[self.kind]


def parse_selector(text: str) -> Selector:
    """Parse one selector: ``Europe/Berlin``, ``Europe/*``, ``country:DE``. Case is never corrected.

    Raises:
        InvalidName: It is malformed; the error quotes it.
    """
    selector = _parse(text)
    if selector is None:
        raise _malformed(text)
    return selector


def parse_selectors(texts: Iterable[str]) -> tuple[Selector, ...]:
    """Parse many selectors; equal sets of texts give equal results.

    Raises:
        InvalidName: Some are malformed, with all of them in ``zones``, or the list is empty.

    Cost: about 2 µs for each, malformed or not.
    """
    parsed = {text: _parse(text) for text in dict.fromkeys(texts)}
    selectors = {selector for selector in parsed.values() if selector is not None}
    malformed = [text for text, selector in parsed.items() if selector is None]
    if malformed:
        error = _malformed(malformed[0])
        if len(malformed) == 1:
            raise error
        detail = f"{len(malformed)} zones are not well-formed; the first: {error.detail}"
        raise InvalidName(detail, zones=[*map(_cut, malformed)])
    if not selectors:
        raise InvalidName("the list of zones is empty; ask for at least one, as in Europe/Berlin", zones=[])
    return tuple(sorted(selectors, key=lambda selector: (_KIND_ORDER[selector.kind], selector.text)))


def select(release: Release, selectors: Iterable[Selector], *, aliases: Aliases) -> Mapping[str, str]:
    """Return the names that a selection picks, each with the reason it is there.

    Args:
        aliases: ``"exact"`` is what was asked for; ``"target"`` adds the Zone behind each Link; ``"all"`` adds that and
            every Link of each Zone.

    Returns:
        Name → reason, in ``by_component`` order. A name picked by several selectors has the reason of the most specific
        one, so that the reasons do not depend on the order of the list.

    Raises:
        UnknownZones: The release lacks something; the error has all of it, with up to three suggestions for each.
    """
    reasons: dict[str, str] = {}
    unknown: list[Selector] = []
    for selector in sorted(selectors, key=_particularity):
        picked = tuple(_pick(release, selector))
        if not picked:
            unknown.append(selector)
        for name in picked:
            reasons.setdefault(name, selector.reason)
    if unknown:
        raise _unknown_zones(release, unknown)
    if aliases != "exact":
        _add_targets(release, reasons)
    if aliases == "all":
        _add_links(release, reasons)
    return {name: reasons[name] for name in sorted(reasons, key=by_component)}


def count_picked(release: Release, selector: Selector) -> int:
    """Return how many names a selector picks in a release."""
    return sum(1 for _ in _pick(release, selector))


def has_any(release: Release, selector: Selector) -> bool:
    """Tell whether a selector picks anything in a release."""
    return next(_pick(release, selector), None) is not None


def check_known(releases: Sequence[Release], selectors: Iterable[Selector]) -> None:
    """Check that each selector picks something in at least one of the releases.

    Raises:
        UnknownZones: As from ``select`` in the first of them, with everything that none of them has.
    """
    unknown = [each for each in selectors if not any(has_any(release, each) for release in releases)]
    if unknown:
        raise _unknown_zones(releases[0], sorted(unknown, key=_particularity))


def check_one_name(release: Release, text: str) -> None:
    """Check that ``text`` is one name of the release.

    Raises:
        InvalidName: If it is not well-formed.
        UnknownZones: If the release lacks it, with suggestions.
        InvalidOption: If it is a glob or a country that the release has something for.
    """
    if text not in release.files:
        check_known([release], parse_selectors([text]))
        raise InvalidOption("ask for one zone here; globs and countries are for bundles", options=["zone"])


def _parse(text: str) -> Selector | None:
    """Return the selector, or ``None`` for a text that is none: raising an error for each would take ten times long."""
    if text.startswith("country:"):
        code = text.removeprefix("country:")
        return Selector("country", code) if is_country_code(code) else None
    if "*" in text:
        return Selector("glob", text) if _GLOB.fullmatch(text) and not text.startswith("/") else None
    return Selector("name", text) if ZONE_NAME.fullmatch(text) else None


def _malformed(text: str) -> InvalidName:
    if text.startswith("country:"):
        return InvalidName(f"{quote(text)}: a country is two capital letters, as in country:DE", zones=[_cut(text)])
    if "*" in text:
        return InvalidName(f"{quote(text)} is not a glob of zone names, as in Europe/*", zones=[_cut(text)])
    return zone_name_error(text)


def _cut(text: str) -> str:
    """Return a text that is not a selector, cut to the length that one of its kind may have."""
    is_name = not text.startswith("country:") and "*" not in text
    return text[: MAX_NAME_LENGTH if is_name else MAX_GLOB_LENGTH]


def _particularity(selector: Selector) -> tuple[int, int, str]:
    """Sort key: names, then countries, then globs, of which the one that spells out most comes first."""
    spelled = len(selector.text) - selector.text.count("*") if selector.kind == "glob" else 0
    return (_KIND_ORDER[selector.kind], -spelled, selector.text)


def _pick(release: Release, selector: Selector) -> Iterator[str]:
    match selector.kind:
        case "name":
            if selector.text in release.files:
                yield selector.text
        case "country":
            yield from release.zones_of_country(selector.text)
        case "glob":
            # Split and walked by hand: a regular expression of many stars backtracks without bound.
            first, *middle, last = selector.text.split("*")
            parts = [first, *filter(None, middle), last]
            yield from (name for name in release.files if _matches(name, parts))


def _matches(name: str, parts: list[str]) -> bool:
    """Tell whether ``name`` is ``parts`` in this order with anything between them."""
    first, *middle, last = parts
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _add_targets(release: Release, reasons: dict[str, str]) -> None:
    for name in list(reasons):
        if name in release.links:
            reasons.setdefault(release.links[name], f"Zone behind the Link {name}")


def _add_links(release: Release, reasons: dict[str, str]) -> None:
    for link, zone in release.links.items():
        if zone in reasons:
            reasons.setdefault(link, f"Link to {zone}")


def _unknown_zones(release: Release, unknown: list[Selector]) -> UnknownZones:
    suggestions = {
        **suggest_names(release, [selector.text for selector in unknown if selector.kind != "country"]),
        **{
            str(selector): suggest_countries(release, selector.text)
            for selector in unknown
            if selector.kind == "country"
        },
    }
    names = [str(selector) for selector in unknown]
    first = names[0]
    hint = f"; did you mean {' or '.join(suggestions[first])}?" if suggestions.get(first) else ""
    if len(names) == 1:
        detail = f"{quote(first)} is not in release {release.version}{hint}"
    else:
        detail = f"{len(names)} of the zones are not in release {release.version}: {', '.join(names[:10])}"
        detail += f" and {len(names) - 10} more" if len(names) > 10 else ""
    return UnknownZones(detail, zones=names, suggestions=suggestions, release=release.version)
