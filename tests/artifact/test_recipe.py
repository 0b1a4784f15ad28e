"""Recipes: one for each format, and names that say all that shapes the bytes."""

import gzip
import zlib

import pytest

from app.artifact.formats import FORMATS, Format
from app.artifact.recipe import CURRENT, recipe_named
from app.errors import UnknownArtifact
from tests.artifact.plans import bundle, plan


def test_every_format_has_a_recipe_of_its_own() -> None:
    assert [*CURRENT] == [*FORMATS]
    assert len({recipe.name for recipe in CURRENT.values()}) == len(FORMATS)


def test_names_and_media_types() -> None:
    # A changed name makes every content key new: it changes when bytes change, and only then.
    assert {each: (row.recipe.name, row.media_type) for each, row in FORMATS.items()} == {
        "tar": ("tar.1", "application/x-tar"),
        "tar.gz": (f"tar.1+gzip.1+zlib-{zlib.ZLIB_RUNTIME_VERSION}", "application/gzip"),
        "zip": ("gozip.1", "application/zip"),
        "go.tar.gz": (f"gopackage.1+tar.1+gzip.1+zlib-{zlib.ZLIB_RUNTIME_VERSION}", "application/gzip"),
        "go.zip": ("gopackage.1+gozip.1", "application/zip"),
    }


@pytest.mark.parametrize("format", FORMATS)
def test_a_recipe_is_found_by_its_name(format: Format) -> None:
    assert recipe_named(CURRENT[format].name) is CURRENT[format]


@pytest.mark.parametrize("name", ["", "tar", "tar.2", "tar.1+gzip.1+zlib-1.1.4"])
def test_a_recipe_that_cannot_be_followed_here_is_an_error(name: str) -> None:
    with pytest.raises(UnknownArtifact, match="cannot be followed here") as caught:
        recipe_named(name)
    assert caught.value.facts == {"recipe": name}


def test_a_tar_gz_is_the_tar_compressed() -> None:
    assert gzip.decompress(bundle(["*"], format="tar.gz")) == bundle(["*"])


def test_the_recipe_is_part_of_the_content_key() -> None:
    plans = [plan(["Test/Zone"], format=each, links="copy") for each in FORMATS]
    assert len({made.content_key for made in plans}) == len(FORMATS)
