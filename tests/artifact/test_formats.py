"""Formats: their endings, and what the rows promise each other."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.formats import (
    DEFAULT_FORMAT,
    FAMILIES,
    FORMATS,
    ROWS,
    STABLE_FORMAT,
    LinkStyle,
    artifact_path,
    format_in_image,
    split_ending,
    split_path,
)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("x.tar", ("x", "tar")),
        ("x.tar.gz", ("x", "tar.gz")),
        ("x.go.tar.gz", ("x", "go.tar.gz")),
        ("x.go.zip", ("x", "go.zip")),
        ("a.b/x.zip", ("a.b/x", "zip")),
        ("go.zip", ("go", "zip")),
        (".tar", ("", "tar")),
        ("x.tar.zip", ("x.tar", "zip")),
        ("tar", ("tar", None)),
        ("x.tar.xz", ("x.tar.xz", None)),
        ("x.tar.gz.sha256", ("x.tar.gz.sha256", None)),
        ("", ("", None)),
    ],
)
def test_the_longest_ending_wins(name: str, parts: tuple[str, str | None]) -> None:
    assert split_ending(name) == parts


@given(st.text(max_size=8), st.sampled_from([*FORMATS]))
def test_a_name_and_its_ending_come_back(name: str, ending: str) -> None:
    rest, known = split_ending(f"{name}.{ending}")
    assert f"{rest}.{known}" == f"{name}.{ending}"
    assert known is not None
    assert known.endswith(ending)


@pytest.mark.parametrize(
    ("name", "ending", "parts"),
    [
        ("UTC", "tar", ("UTC", "tar")),
        ("UTC.tar", "gz", ("UTC", "tar.gz")),
        ("UTC.go.tar", "gz", ("UTC", "go.tar.gz")),
        ("UTC.go", "zip", ("UTC", "go.zip")),
        ("go", "zip", ("go", "zip")),
        ("a.b/UTC", "tar", ("a.b/UTC", "tar")),
        ("UTC.x", "tar", ("UTC.x", "tar")),
        ("UTC", "rar", ("UTC.rar", None)),
        ("UTC.tar", "xz", ("UTC.tar.xz", None)),
    ],
)
def test_the_ending_is_put_together_again(name: str, ending: str, parts: tuple[str, str | None]) -> None:
    assert split_path(name, ending) == parts


def test_an_ending_for_go_that_there_is_not_is_unknown_as_a_whole() -> None:
    assert split_path("Etc/UTC.go", "tar") == ("Etc/UTC.go.tar", None)


def test_the_url_of_an_artifact_is_its_sha256_and_its_format() -> None:
    assert artifact_path("0" * 64, "go.zip") == f"/v1/artifacts/{'0' * 64}.go.zip"


def test_endings_and_recipes_are_each_of_one_row() -> None:
    assert len(FORMATS) == len(ROWS) == len({row.recipe.name for row in ROWS})


def test_the_defaults_are_formats_and_the_stable_one_names_no_compressor() -> None:
    assert {DEFAULT_FORMAT, STABLE_FORMAT} <= FORMATS.keys()
    assert FORMATS[STABLE_FORMAT].recipe.encode_inside is None


def test_what_a_row_takes_as_links_are_the_styles_that_there_are() -> None:
    assert {style for row in ROWS for style in row.links} == {*get_args(LinkStyle)}
    assert all(row.called and row.about for row in ROWS)


def test_go_begins_endings_without_being_one() -> None:
    assert {"go"} == FAMILIES


def test_images_use_one_format_as_a_layer_and_one_for_go() -> None:
    assert (format_in_image("layer"), format_in_image("go-zip")) == ("tar", "zip")


class TestAnotherCompressor:
    """Which recipes another machine follows to the same archive in another gzip."""

    @pytest.mark.parametrize("name", ["tar.1+gzip.1+zlib-1.1.4", "tar.1+gzip.1+other-2"])
    def test_the_same_archive(self, name: str) -> None:
        assert FORMATS["tar.gz"].recipe.is_but_for_compressor(name)

    @pytest.mark.parametrize("name", ["tar.2+gzip.1+zlib-1.1.4", "gopackage.1+tar.1+gzip.1+zlib-1.1.4", "tar.1", ""])
    def test_another_archive(self, name: str) -> None:
        assert not FORMATS["tar.gz"].recipe.is_but_for_compressor(name)
