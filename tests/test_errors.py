"""The error tree: one root, and for each error a code, a title and a sentence."""

import re
from collections.abc import Iterator

import pytest

from app import errors
from app.errors import InvalidContent, InvalidRequest, NotFound, TzdataFilterError


def tree(root: type[TzdataFilterError] = TzdataFilterError) -> Iterator[type[TzdataFilterError]]:
    """Yield every class below the root, which is not raised itself."""
    for child in root.__subclasses__():
        yield child
        yield from tree(child)


OURS = [error for error in tree() if error.__module__ == errors.__name__]


def test_every_error_of_the_module_is_in_the_tree() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert {*classes} == {*OURS, TzdataFilterError}


def test_codes_are_stable_slugs_and_each_error_has_its_own() -> None:
    # Clients match on them: a code may be added, never changed.
    assert sorted(error.code for error in OURS) == [
        "damaged-ledger",
        "damaged-note",
        "invalid-body",
        "invalid-content",
        "invalid-name",
        "invalid-option",
        "invalid-request",
        "invalid-table",
        "invalid-tzif",
        "not-found",
        "overloaded",
        "source-unreachable",
        "store-unavailable",
        "too-many",
        "unknown-artifact",
        "unknown-format",
        "unknown-release",
        "unknown-zones",
        "untrusted-index",
        "untrusted-release",
    ]


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_each_error_has_a_title_and_says_what_it_means(error: type[TzdataFilterError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)
    assert re.fullmatch(r"[A-Z][^.\n]{8,60}", error.title)
    assert {"code", "title", "meaning"} <= vars(error).keys()
    assert error.__doc__


def test_an_error_carries_its_sentence_and_its_facts() -> None:
    error = errors.UnknownZones("'a' is not there", zones=["a"], release="2026f")
    assert (str(error), error.detail) == ("'a' is not there", "'a' is not there")
    assert error.facts == {"zones": ["a"], "release": "2026f"}


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (InvalidRequest, {"InvalidName", "InvalidOption", "InvalidBody", "UnknownFormat", "LimitExceeded"}),
        (NotFound, {"UnknownRelease", "UnknownZones", "UnknownArtifact"}),
        (InvalidContent, {"InvalidTzif", "InvalidTable"}),
    ],
)
def test_families_hold_their_errors(family: type[TzdataFilterError], names: set[str]) -> None:
    assert {error.__name__ for error in OURS if issubclass(error, family) and error is not family} == names
