"""Directories: what counts as the same, what may be replaced, and that a kill leaves the old or the new."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.errors import OutputExists, OutputUnavailable
from app.cli.output.directory import write_directory
from app.cli.output.tree import MAX_FOUND
from tests.artifact.plans import plan
from tests.cli.output.refusals import run_refused
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
    assert list(tmp_path.iterdir()) == [out]


def test_symbolic_links_that_lead_elsewhere_are_a_difference(tmp_path: Path) -> None:
    out, entries = tmp_path / "out", plan(["Test/Other", "Test/Legacy"], links="symbolic").entries
    write_directory(out, entries, replace=False)
    assert write_directory(out, entries, replace=False) == "same"
    (out / "Test/Legacy").unlink()
    (out / "Test/Legacy").symlink_to("Zone")
    with pytest.raises(OutputExists):
        write_directory(out, entries, replace=False)


def test_copies_that_became_one_file_are_a_difference(tmp_path: Path) -> None:
    out, entries = tmp_path / "out", plan(["Test/Other", "Test/Legacy"], links="copy").entries
    write_directory(out, entries, replace=False)
    (out / "Test/Legacy").unlink()
    (out / "Test/Legacy").hardlink_to(out / "Test/Other")
    assert write_directory(out, entries, replace=True) == "replaced"
    assert not (out / "Test/Legacy").samefile(out / "Test/Other")


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

    def test_a_directory_of_more_than_any_tree_has(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.mkdir()
        for number in range(MAX_FOUND + 2):
            (out / f"{number}").symlink_to("UTC")
        with pytest.raises(OutputExists, match=f"holds more than {MAX_FOUND} files"):
            write_directory(out, ENTRIES, replace=True)
        assert (out / "0").is_symlink()

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
    assert list(snapshot(tmp_path / "v1")) == ["Etc", "Etc/Test+1"]


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputUnavailable, match=r"cannot be written: .*file"):
        write_directory(tmp_path / "file/out", ENTRIES, replace=False)


def test_a_mount_point_is_not_renamed_to_and_the_message_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    mount = "mount -t tmpfs tzdata-filter-test out"
    lines = f'{mount}; {shlex.join(COMMAND)} extract UTC -o out; echo "$?"; ls -A out; ls -A'
    command = ["unshare", *as_root, "--mount", "sh", "-c", lines]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, check=True)
    assert done.stdout.decode().split() == ["5", "out"]
    assert done.stderr.endswith(b"out is a mount point, and nothing can be renamed to one: name a directory in it\n")


def test_where_there_are_no_hard_links_the_message_names_the_option_that_helps(tmp_path: Path) -> None:
    zones = ("Asia/Kolkata", "Asia/Calcutta", "-q", "-o", tmp_path / "out")
    refused = run_refused("link", "extract", *zones)
    assert refused.returncode == 5
    assert refused.stderr.decode().strip() == (
        "tzdata-filter: hard links cannot be made there (Operation not permitted); use --links copy or symbolic"
    )
    assert list(tmp_path.iterdir()) == []
    assert run_refused("link", "extract", *zones, "--links", "copy").returncode == 0


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
    while process.poll() is None and not list(tmp_path.glob(".out.*")):
        time.sleep(0.001)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert snapshot(out) in trees
