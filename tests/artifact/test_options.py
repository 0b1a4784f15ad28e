"""Options: the rows that are made of the fields, and their values as members of JSON."""

from dataclasses import fields

import pytest

from app.artifact.formats import FORMATS
from app.artifact.options import OPTIONS, Options, option_members, parse_options

TREE = FORMATS["tar"]


def test_every_field_is_a_row_in_the_same_order() -> None:
    assert [*OPTIONS] == [field.name for field in fields(Options)]


def test_rows_know_choices_lists_and_defaults() -> None:
    assert OPTIONS["aliases"].choices == ("exact", "target", "all")
    assert (OPTIONS["tables"].is_list, OPTIONS["tables"].choices[0]) == (True, "iso3166.tab")
    assert (OPTIONS["prefix"].is_list, OPTIONS["prefix"].choices) == (False, ())
    assert {name: row.default for name, row in OPTIONS.items() if row.default} == {
        "aliases": "exact",
        "links": "hard",
        "encoding": "slim",
    }


@pytest.mark.parametrize("name", OPTIONS)
def test_the_default_of_a_row_is_read_as_the_default_of_its_field(name: str) -> None:
    row = OPTIONS[name]
    assert parse_options({name: row.default}, TREE)[name] == getattr(Options(), name)


def test_every_option_has_words_for_both_gates() -> None:
    for row in OPTIONS.values():
        assert row.words.help.endswith(".")
        assert row.words.about.endswith(".")


def test_members_are_lists_and_texts_and_only_the_first_options_are_always_there() -> None:
    always = {"aliases": "exact", "links": "hard", "encoding": "slim", "tables": [], "prefix": ""}
    assert option_members(Options()) == always
    assert option_members(Options(tables=("zone.tab",), module="a.b/c")) == {
        **always,
        "tables": ["zone.tab"],
        "module": "a.b/c",
    }


def test_nobody_adds_to_what_is_always_there() -> None:
    # A member more in every request gives equal requests of before another digest, and no lock of before is read.
    assert [name for name, row in OPTIONS.items() if row.words.always] == [
        *("aliases", "links", "encoding", "tables", "prefix")
    ]
