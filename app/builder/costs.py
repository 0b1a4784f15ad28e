"""What a request will cost, guessed from its spec before anything is done for it. Nothing here runs anything."""

from collections.abc import Sequence

from app.artifact.formats import FORMATS
from app.artifact.spec import Spec
from app.tzdb.release import Release
from app.tzdb.selection import Selector, count_picked

CHEAP_SECONDS = 0.001
"""What takes longer waits for its turn. A hundred cheap requests at once still pass in a tenth of a second."""

_NAME = 10e-6
"""Finding a name, its entry in the plan, its part of the content key and of the record."""
_FILE = 10e-6
"""Writing a file into an archive and hashing it."""
_COMPRESSED = 150e-6
"""Compressing a file."""
_FAT = 1.5e-3
"""Writing a file fat for the first time."""
SEARCH_SECONDS = 3e-3
"""Going through the names of a release for words."""
LIST_SECONDS = 15e-3
"""Writing down all that is known about all names of a release."""
_CHARACTER = 0.1e-6
"""Reading a list of zones."""
_TYPO, _EACH_TYPO = 2.5e-3, 1e-3
"""Finding what unknown names may have been meant to be."""
_DIFF = 25e-6
"""Comparing a name in two releases and saying what came of it."""
_MOST_GLOBS = 4
"""How many globs are tried out in order to know; more are dear without a look."""
_MOST_NAMES = 300


def is_dear(seconds: float) -> bool:
    """Tell whether work that takes so long waits for its turn."""
    return seconds > CHEAP_SECONDS


def weigh_selection(release: Release, selectors: Sequence[Selector]) -> tuple[int, float]:
    """Return about how many names a selection picks, and the seconds that finding them takes.

    Cost: less than a millisecond.
    """
    wide = [selector for selector in selectors if selector.kind != "name"]
    names = len(selectors) - len(wide)
    if len(wide) > _MOST_GLOBS or names > _MOST_NAMES:
        return len(release.files), weigh_typos(len(selectors))
    picked = [count_picked(release, selector) for selector in selectors]
    unknown = picked.count(0)
    return min(len(release.files), sum(picked)), weigh_typos(unknown)


def weigh_typos(count: int) -> float:
    """Return about how many seconds it takes to find what so many unknown names may have been meant to be."""
    return _TYPO + count * _EACH_TYPO if count else 0.0


def weigh_plan(release: Release, spec: Spec) -> float:
    """Return about how many seconds it takes to plan a spec. Cost: as for ``weigh_selection``."""
    return _weigh(release, spec, each=_NAME)


def weigh_build(release: Release, spec: Spec) -> float:
    """Return about how many seconds it takes to plan and build a spec. Cost: as for ``weigh_selection``."""
    compressed = FORMATS[spec.format].recipe.encode_inside is not None
    return _weigh(release, spec, each=_NAME + _FILE + (_COMPRESSED if compressed else 0.0))


def weigh_diffs(release: Release, selectors: Sequence[Selector], *, count: int) -> float:
    """Return about how many seconds ``count`` diffs of a selection take. Cost: as for ``weigh_selection``."""
    names, seconds = weigh_selection(release, selectors)
    return seconds + count * (names * _DIFF + len(selectors) * _NAME)


def weigh_list(characters: int) -> float:
    """Return about how many seconds it takes to read a list of zones of that length."""
    return characters * _CHARACTER


def _weigh(release: Release, spec: Spec, *, each: float) -> float:
    count, seconds = weigh_selection(release, spec.selectors)
    if spec.aliases == "all":
        count = min(len(release.files), 2 * count)
    return seconds + count * (each + (_FAT if spec.encoding == "fat" else 0.0))
