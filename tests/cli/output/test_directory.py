"""Directories: what counts as the same, what may be replaced, and that a kill leaves the old or the new."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.errors import OutputExists, OutputUnavailable
from app.cli.output.directory import write_directory
from tests.artifact.plans import plan
from tests.cli.program import COMMAND, environment, snapshot

ENTRIES = plan(["Test/Other", "Test/Legacy", "Test/Zone"], tables="zone.tab").entries
"""A file, a hard link to it, another file, and a table."""
OTHERS = plan(["Etc/Test+1"]).entries


def change_content(out: Path) -> None:
    path = out / "Test/Zone"
    path.write_bytes(path.read_bytes().replace(b"LMT", b"LMS"))


def break_hard_link(out: Path) -> None:
    content = (out / "Test/Legacy").read_bytes()
    (out / "Test/Legacy").unlink()
    (out / "Test/Legacy").write_bytes(content)


def link_what_should_stand_alone(out: Path) -> None:
    (out / "zone.tab").unlink()
    (out / "zone.tab").hardlink_to(out / "Test/Zone")


def replace_by_symbolic_link(out: Path) -> None:
    (out / "Test/Zone").rename(out / "Test/Zone.1")
    (out / "Test/Zone").symlink_to("Zone.1")


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": change_content,
    "a hard link made a copy": break_hard_link,
    "a copy made a hard link": link_what_should_stand_alone,
    "a file missing": lambda out: (out / "Test/Zone").unlink(),
    "a file more": lambda out: (out / "Test/More").write_bytes(b"TZif"),
    "an empty directory more": lambda out: (out / "Test/More").mkdir(),
    "a symbolic link in the place of a copy": replace_by_symbolic_link,
    "permissions": lambda out: (out / "zone.tab").chmod(0o600),
    "permissions of a directory": lambda out: (out / "Test").chmod(0o700),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_difference_is_seen_and_replaced(change: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert write_directory(out, ENTRIES, replace=False) == "wrote"
    wanted = snapshot(out)
    assert write_directory(out, ENTRIES, replace=True) == "same"
    CHANGES[change](out)
    changed = snapshot(out)
    with pytest.raises(OutputExists, match="--replace"):
        write_directory(out, ENTRIES, replace=False)
    assert snapshot(out) == changed
    assert write_directory(out, ENTRIES, replace=True) == "replaced"
    assert snapshot(out) == wanted
    assert [*tmp_path.iterdir()] == [out]


def test_symbolic_links_that_lead_elsewhere_are_a_difference(tmp_path: Path) -> None:
    out, entries = tmp_path / "out", plan(["Test/Other", "Test/Legacy"], links="symbolic").entries
    write_directory(out, entries, replace=False)
    assert write_directory(out, entries, replace=False) == "same"
    (out / "Test/Legacy").unlink()
    (out / "Test/Legacy").symlink_to("Zone")
    with pytest.raises(OutputExists):
        write_directory(out, entries, replace=False)


class TestWhatIsNotReplaced:
    def test_a_directory_with_anything_but_zones_and_tables(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_directory(out, ENTRIES, replace=False)
        (out / "thesis.txt").write_text("years of work")
        with pytest.raises(OutputExists, match=r"thesis\.txt"):
            write_directory(out, OTHERS, replace=True)
        assert (out / "thesis.txt").read_text() == "years of work"

    @pytest.mark.parametrize("where", [".", "..", "/"])
    def test_the_working_directory_and_what_is_above_it(
        self, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_directory(tmp_path / "out", ENTRIES, replace=False)
        monkeypatch.chdir(tmp_path / "out")
        with pytest.raises(OutputExists):
            write_directory(Path(where), OTHERS, replace=True)
        assert (tmp_path / "out/Test/Zone").is_file()

    def test_a_file_in_the_place_of_the_directory(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("mine")
        with pytest.raises(OutputExists):
            write_directory(tmp_path / "out", ENTRIES, replace=True)
        assert (tmp_path / "out").read_text() == "mine"

    def test_a_pipe_among_the_files(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        os.mkfifo(tmp_path / "out/Test")
        with pytest.raises(OutputExists):
            write_directory(tmp_path / "out", ENTRIES, replace=True)


def test_a_symbolic_link_to_a_directory_stays(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("v1")
    write_directory(tmp_path / "current", ENTRIES, replace=False)
    write_directory(tmp_path / "current", OTHERS, replace=True)
    assert (tmp_path / "current").readlink() == Path("v1")
    assert [*snapshot(tmp_path / "v1")] == ["Etc", "Etc/Test+1"]


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputUnavailable, match=r"cannot be written: .*file"):
        write_directory(tmp_path / "file/out", ENTRIES, replace=False)


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.003, 0.01, 0.03, 0.1])
def test_a_kill_leaves_the_old_tree_or_the_new_one(delay: float, tmp_path: Path) -> None:
    out = tmp_path / "out"
    trees: list[dict[str, tuple[str, int, bytes]]] = []
    for zones in ("*", "Europe/*"):
        subprocess.run(
            [*COMMAND, "extract", zones, "-q", "-o", tmp_path / f"whole{len(trees)}"], env=environment(), check=True
        )
        trees.append(snapshot(tmp_path / f"whole{len(trees)}"))
    (tmp_path / "whole1").rename(out)
    process = subprocess.Popen([*COMMAND, "extract", "*", "-q", "--replace", "-o", out], env=environment())
    while process.poll() is None and not [*tmp_path.glob(".out.*")]:
        time.sleep(0.001)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert snapshot(out) in trees
