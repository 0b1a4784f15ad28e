"""Swapping two directories, in one step and in two."""

from pathlib import Path

import pytest

from app.cli.output.swap import exchange, exchange_at_once, exchange_in_two_steps


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh/new").touch()
    return tmp_path / "fresh"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    (tmp_path / "place/old").touch()
    return tmp_path / "place"


def test_the_fresh_directory_takes_the_place_and_the_former_one_is_kept(fresh: Path, place: Path) -> None:
    aside = place.parent / "aside"
    exchange(fresh, place, aside=aside)
    assert [*place.iterdir()] == [place / "new"]
    assert [path.name for kept in (fresh, aside) if kept.exists() for path in kept.iterdir()] == ["old"]


def test_so_it_does_in_two_steps(fresh: Path, place: Path) -> None:
    aside = place.parent / "aside"
    exchange_in_two_steps(fresh, place, aside=aside)
    assert [*place.iterdir()] == [place / "new"]
    assert [*aside.iterdir()] == [aside / "old"]
    assert not fresh.exists()


def test_a_second_step_that_fails_takes_the_first_one_back(place: Path) -> None:
    with pytest.raises(FileNotFoundError):
        exchange_in_two_steps(place.parent / "none", place, aside=place.parent / "aside")
    assert [*place.parent.iterdir()] == [place]
    assert [*place.iterdir()] == [place / "old"]


def test_a_first_step_that_fails_changes_nothing(fresh: Path, place: Path) -> None:
    with pytest.raises(FileNotFoundError):
        exchange_in_two_steps(fresh, place.parent / "none", aside=place.parent / "aside")
    assert {*place.parent.iterdir()} == {fresh, place}


def test_at_once_it_either_swaps_both_or_says_that_it_cannot(fresh: Path, place: Path) -> None:
    swapped = exchange_at_once(fresh, place)
    assert [path.name for path in place.iterdir()] == (["new"] if swapped else ["old"])
    assert [path.name for path in fresh.iterdir()] == (["old"] if swapped else ["new"])
