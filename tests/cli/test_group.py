"""The command line of former versions: ``--input`` and ``--output``, and no command."""

from pathlib import Path

import pytest

from tests.cli.program import invoke, run, snapshot, unpack_wheel
from tests.data.invented_release import contents_and_tables


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a directory of compiled zone files with tables, as ``make install`` leaves it."""
    root = tmp_path / "tzdata2099a"
    contents, tables = contents_and_tables()
    for path, content in (*contents.items(), *tables.items()):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def test_the_line_of_the_former_manual_works(wheels_dir: Path, tmp_path: Path) -> None:
    (wheel,) = wheels_dir.glob("tzdata-2024.1-*")
    unpack_wheel(wheel, tmp_path / "tzdata2024a")
    result = run("--input", "tzdata2024a/", "--output", "./tzdata-min/", "Asia/Shanghai", "UTC", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert list(snapshot(tmp_path / "tzdata-min")) == ["Asia", "Asia/Shanghai", "UTC"]
    assert b"release 2024a" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--input", "TREE", "--output", "OUT", "Test/Zone", "Legacy"),
        ("--output=OUT", "--input=TREE", "Test/Zone,Legacy"),
        ("Test/Zone", "Legacy", "--output", "OUT", "--input", "TREE"),
        ("-o", "OUT", "Legacy Test/Zone", "--input", "TREE"),
        ("--aliases", "exact", "Legacy", "Test/Zone", "--input", "TREE", "-o", "OUT"),
        ("extract", "--input", "TREE", "--output", "OUT", "Test/Zone", "Legacy"),
    ],
    ids=" ".join,
)
def test_any_order_of_its_options_means_extract(arguments: tuple[str, ...], tree: Path, tmp_path: Path) -> None:
    places = {"TREE": str(tree), "OUT": str(tmp_path / "out")}
    given = [text.replace("TREE", places["TREE"]).replace("OUT", places["OUT"]) for text in arguments]
    result = invoke(*given)
    assert result.exit_code == 0, result.stderr
    assert list(snapshot(tmp_path / "out")) == ["Legacy", "Test", "Test/Zone"]


def test_a_command_with_an_input_stays_that_command(tree: Path) -> None:
    result = invoke("zones", "--input", tree)
    assert (result.exit_code, "Test/Zone" in result.stdout) == (0, True)


def test_zones_alone_are_not_a_command() -> None:
    result = invoke("Asia/Shanghai", "UTC")
    assert result.exit_code == 2
    assert "No such command 'Asia/Shanghai'" in result.stderr


def test_a_tree_says_that_nothing_vouches_for_it(tree: Path, tmp_path: Path) -> None:
    result = invoke("--input", tree, "--output", tmp_path / "out", "Legacy")
    assert "warning: the tree has no hashes" in result.stderr


class TestWrongInput:
    def test_a_directory_that_is_not_there(self, tmp_path: Path) -> None:
        assert invoke("--input", tmp_path / "none", "--output", tmp_path / "out", "UTC").exit_code == 2

    def test_a_directory_that_does_not_say_its_release(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        result = invoke("--input", tmp_path / "in", "--output", tmp_path / "out", "UTC")
        assert result.exit_code == 4
        assert "does not say which release it is" in result.stderr

    def test_a_broken_zone_file_refuses_the_whole_tree(self, tree: Path, tmp_path: Path) -> None:
        path = tree / "Test/Zone"
        path.write_bytes(path.read_bytes()[:-3])
        result = invoke("--input", tree, "--output", tmp_path / "out", "Legacy")
        assert result.exit_code == 4
        assert "Test/Zone" in result.stderr
        assert not (tmp_path / "out").exists()

    def test_another_release_than_the_tree_holds(self, tree: Path, tmp_path: Path) -> None:
        result = invoke("--input", tree, "--output", tmp_path / "out", "Legacy", "--release", "2024a")
        assert result.exit_code == 3
        assert "2099a" in result.stderr

    def test_wheels_beside_a_tree(self, tree: Path, tmp_path: Path) -> None:
        result = invoke("--input", tree, "--wheels-dir", tmp_path, "--output", tmp_path / "out", "Legacy")
        assert result.exit_code == 2
