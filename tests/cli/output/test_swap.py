"""Swapping two directories, in one step and in two."""

import errno
from pathlib import Path

import pytest

from app.cli.output.swap import exchange, exchange_at_once, exchange_in_two_steps
from tests.cli.output.refusals import run_refused
from tests.cli.program import invoke, snapshot


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
    assert list(place.iterdir()) == [place / "new"]
    assert [path.name for kept in (fresh, aside) if kept.exists() for path in kept.iterdir()] == ["old"]


def test_the_same_happens_in_two_steps(fresh: Path, place: Path) -> None:
    aside = place.parent / "aside"
    exchange_in_two_steps(fresh, place, aside=aside)
    assert list(place.iterdir()) == [place / "new"]
    assert list(aside.iterdir()) == [aside / "old"]
    assert not fresh.exists()


def test_a_second_step_that_fails_takes_the_first_one_back(place: Path) -> None:
    with pytest.raises(FileNotFoundError):
        exchange_in_two_steps(place.parent / "none", place, aside=place.parent / "aside")
    assert list(place.parent.iterdir()) == [place]
    assert list(place.iterdir()) == [place / "old"]


def test_a_first_step_that_fails_changes_nothing(fresh: Path, place: Path) -> None:
    with pytest.raises(FileNotFoundError):
        exchange_in_two_steps(fresh, place.parent / "none", aside=place.parent / "aside")
    assert {*place.parent.iterdir()} == {fresh, place}


def test_the_exchange_in_one_step_either_swaps_both_or_says_that_it_cannot(fresh: Path, place: Path) -> None:
    swapped = exchange_at_once(fresh, place)
    assert [path.name for path in place.iterdir()] == (["new"] if swapped else ["old"])
    assert [path.name for path in fresh.iterdir()] == (["old"] if swapped else ["new"])


def test_an_exchange_in_one_step_that_fails_is_an_error_and_both_stay(place: Path) -> None:
    for one, other in ((place, place.parent / "none"), (place.parent / "none", place)):
        with pytest.raises(FileNotFoundError):
            exchange_at_once(one, other)
    assert list(place.parent.rglob("*")) == [place, place / "old"]


def test_what_no_system_can_exchange_leaves_the_place_as_it_was(place: Path) -> None:
    # A directory cannot become a part of itself: not at once, and in two steps only the first one works.
    inside = place / "inside"
    inside.mkdir()
    assert exchange_at_once(inside, place) is False
    with pytest.raises(FileNotFoundError):
        exchange(inside, place, aside=place.parent / "aside")
    assert {*place.parent.rglob("*")} == {place, place / "old", inside}


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EINVAL, errno.ENOTSUP], ids=errno.errorcode.get)
def test_where_the_system_offers_no_exchange_a_directory_is_replaced_in_two_steps(code: int, tmp_path: Path) -> None:
    out, wanted = tmp_path / "place/out", tmp_path / "wanted"
    invoke("extract", "UTC", "-o", out)
    invoke("extract", "Asia/*", "-o", wanted)
    done = run_refused("renameat2", "extract", "Asia/*", "-q", "--replace", "-o", out, code=code)
    assert (done.returncode, done.stderr) == (0, b"")
    assert snapshot(out) == snapshot(wanted)
    assert list(out.parent.iterdir()) == [out]


def test_where_an_exchange_is_not_allowed_the_directory_stays(tmp_path: Path) -> None:
    out = tmp_path / "place/out"
    invoke("extract", "UTC", "-o", out)
    before = snapshot(out)
    done = run_refused("renameat2", "extract", "Asia/*", "--replace", "-o", out, code=errno.EACCES)
    assert done.returncode == 5
    assert done.stderr.endswith(b"out cannot be written: Permission denied\n")
    assert snapshot(out) == before
    assert list(out.parent.iterdir()) == [out]
