"""What the caller may have meant by a name that a release lacks.

Suggestions only: nothing here ever stands in for what was asked for.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from app.tzdb.release import Release

MAX_SUGGESTIONS = 3
_MIN_LIKENESS = 0.6
_CANDIDATES = 12
"""How many names are compared in full: those that share the most letter pairs."""
_MAX_SPELLED = 24
"""How many names of one list are compared by spelling; keeps a list of a thousand typos cheap."""


def suggest_names(release: Release, names: Iterable[str]) -> dict[str, list[str]]:
    """Return each of ``names`` → up to ``MAX_SUGGESTIONS`` names of the release, best first.

    Returns:
        First the same letters in another case, then the same place in another area, as if it had moved
        (``Europe/Istanbul`` for ``Asia/istanbul``), then what ``zone1970.tab`` says in words (``Beijing``), then the
        closest spelling; the last only for the first ``_MAX_SPELLED`` of ``names``.

    Cost: one pass over the release's names, then about 1 ms for a name that is compared by spelling.
    """
    index = _Index(release)
    return {name: index.suggest(name, spelled=at < _MAX_SPELLED) for at, name in enumerate(names)}


def suggest_countries(release: Release, code: str) -> list[str]:
    """Return up to three selectors of countries that have Zones and whose code or name is close to ``code``.

    Returns:
        First a country whose name has ``code`` as a word (``UK`` is in *Britain (UK)*), then the letters swapped, then
        codes that share a letter in its place.
    """
    known = sorted({country for row in release.zone1970_rows.values() for country in row.countries})
    named = {each for each in known if code in re.findall(r"\w+", release.countries.get(each, ""))}
    close = [each for each in known if each in named or each == code[::-1] or each[0] == code[0] or each[1] == code[1]]
    close.sort(key=lambda each: (each not in named, each != code[::-1], each[0] != code[0], each))
    return [f"country:{each}" for each in close[:MAX_SUGGESTIONS]]


class _Index:
    """The names of one release, by folded spelling, by last component, by letter pair and by words of their rows."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._folded: dict[str, str] = {}
        self._places: defaultdict[str, list[str]] = defaultdict(list)
        self._pairs: defaultdict[str, list[str]] = defaultdict(list)
        self._words: defaultdict[str, list[str]] = defaultdict(list)
        for name in release.files:
            folded = name.casefold()
            self._folded[folded] = name
            self._places[folded.rpartition("/")[2]].append(name)
            for pair in _letter_pairs(folded):
                self._pairs[pair].append(name)
        for zone, row in release.zone1970_rows.items():
            countries = " ".join(release.countries.get(code, "") for code in row.countries)
            for word in f"{row.comments} {countries}".casefold().replace(",", " ").split():
                self._words[word].append(zone)

    def suggest(self, name: str, *, spelled: bool) -> list[str]:
        found: dict[str, None] = {}
        for candidate in self._ranked(name.casefold(), spelled=spelled):
            found[candidate] = None
            if len(found) == MAX_SUGGESTIONS:
                break
        return list(found)

    def _ranked(self, folded: str, *, spelled: bool) -> Iterator[str]:
        if folded in self._folded:
            yield self._folded[folded]
        place = folded.replace(" ", "_").rpartition("/")[2]
        yield from self._places.get(place, ())
        yield from self._words.get(place, ())[:MAX_SUGGESTIONS]
        if spelled:
            yield from self._alike(folded)

    def _alike(self, folded: str) -> list[str]:
        shared: Counter[str] = Counter()
        for pair in _letter_pairs(folded):
            shared.update(self._pairs.get(pair, ()))
        place = folded.rpartition("/")[2]
        scored = []
        for name, _ in shared.most_common(_CANDIDATES):
            other = name.casefold()
            whole = SequenceMatcher(None, folded, other).ratio()
            # "Berln" alone should find Europe/Berlin: the place counts nearly as much as the whole.
            score = max(whole, 0.95 * SequenceMatcher(None, place, other.rpartition("/")[2]).ratio())
            if score >= _MIN_LIKENESS:
                # A Zone before its Links at equal likeness.
                scored.append((-score, name in self._release.links, name))
        return [name for _, _, name in sorted(scored)]


def _letter_pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}
