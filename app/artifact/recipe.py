"""Recipes by name: the one in use for each format, and those that were in use before.

``formats`` says what a recipe is and which one a format uses. A recipe that was in use stays here, so that what was
built stays buildable.
"""

from collections.abc import Mapping

from app.artifact.formats import FORMATS, Format, Recipe
from app.errors import UnknownArtifact

CURRENT: Mapping[Format, Recipe] = {ending: row.recipe for ending, row in FORMATS.items()}
"""The recipe in use for each format."""
FORMER: tuple[Recipe, ...] = ()
"""Recipes that no format uses any more."""

_BY_NAME: Mapping[str, Recipe] = {recipe.name: recipe for recipe in (*FORMER, *CURRENT.values())}


def recipe_named(name: str) -> Recipe:
    """Return the recipe called ``name``.

    Raises:
        UnknownArtifact: This program cannot follow it (it names a compressor other than this machine's).
    """
    if name not in _BY_NAME:
        raise UnknownArtifact(
            f"the artifact was written by the recipe {name}, which cannot be followed here", recipe=name
        )
    return _BY_NAME[name]
