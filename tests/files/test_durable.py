"""Durable writes: the old file or the new one, and nothing left aside, whatever fails."""

from pathlib import Path

import pytest

from app.files.durable import make_directory, remove, write_file, write_new


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_file_is_written_and_nothing_is_left_aside(tmp_path: Path) -> None:
    write_file(tmp_path / "final", b"new", aside=tmp_path / "aside")
    assert (tmp_path / "final").read_bytes() == b"new"
    assert names(tmp_path) == ["final"]


def test_a_file_that_is_there_is_replaced_with_the_permissions_that_were_asked_for(tmp_path: Path) -> None:
    (tmp_path / "final").write_bytes(b"old")
    (tmp_path / "final").chmod(0o600)
    write_file(tmp_path / "final", b"new", aside=tmp_path / "aside", mode=0o640)
    assert (tmp_path / "final").read_bytes() == b"new"
    assert (tmp_path / "final").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_put_in_its_place_is_not_left_aside(tmp_path: Path) -> None:
    (tmp_path / "final" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="final"):
        write_file(tmp_path / "final", b"new", aside=tmp_path / "aside")
    assert names(tmp_path) == ["final"]


def test_a_new_file_does_not_take_the_place_of_another(tmp_path: Path) -> None:
    write_new(tmp_path / "file", b"old")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_directories_are_made_with_those_above_them_and_again_without_harm(tmp_path: Path) -> None:
    for _ in range(2):
        make_directory(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove(tmp_path / "nothing")
    assert names(tmp_path) == []
