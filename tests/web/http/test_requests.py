"""Requests: the endings of paths, which the router splits at the last dot."""

import pytest

from app.artifact.formats import split_path


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
