"""Every test in the tree is run, and every line of code is measured."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.house.source import ROOT, Module, make_module, read_modules

TESTS = read_modules("tests")
# What coverage leaves out must say why, on the line.
PRAGMA = re.compile(r"#\s*pragma: no (?:cover|branch)(?P<reason>.*)")


def find_uncollected(modules: Iterable[Module], collected: set[str]) -> list[str]:
    """Return the test files that have tests of which none is collected."""
    return [
        module.path
        for module in modules
        if Path(module.path).name.startswith("test_") and has_tests(module) and module.path not in collected
    ]


def has_tests(module: Module) -> bool:
    functions = (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(function.name.startswith("test_") for function in functions)


def find_misnamed(modules: Iterable[Module]) -> list[str]:
    """Return the files with tests that pytest does not look into because of their names."""
    return [
        module.path
        for module in modules
        if not Path(module.path).name.startswith("test_")
        and any(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in module.tree.body)
    ]


def read_collected(output: str) -> set[str]:
    """Return the files in what ``pytest --collect-only -q`` prints, one id a line."""
    return {line.partition("::")[0] for line in output.splitlines() if "::" in line}


def find_unreasoned_pragmas(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.path}:{number}"
        for module in modules
        for number, line in enumerate(module.text.splitlines(), 1)
        if (found := PRAGMA.search(line)) and not re.match(r" *[-#] *\w+ \w+", found["reason"])
    ]


def collect(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Nothing of the program is run, so its coverage is not measured, which would take longer than the rest.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_every_test_file_is_collected_without_naming_it() -> None:
    done = collect(ROOT)
    assert done.returncode == 0, done.stdout
    assert find_uncollected(TESTS, read_collected(done.stdout)) == []


def test_tests_live_in_files_that_are_looked_into() -> None:
    assert find_misnamed(TESTS) == []


def test_what_coverage_leaves_out_says_why() -> None:
    assert find_unreasoned_pragmas(read_modules("app")) == []


class TestTheChecksThemselves:
    """Each check flags a bad example and leaves a good one alone."""

    def test_a_file_that_is_not_collected_is_flagged(self) -> None:
        module = make_module("tests.build.test_x", "class TestX:\n    def test_it(self): ...\n")
        assert find_uncollected([module], {"tests/x/test_x.py"}) == ["tests/build/test_x.py"]
        assert find_uncollected([module], read_collected("tests/build/test_x.py::TestX::test_it\n\n1 test")) == []
        assert find_uncollected([make_module("tests.build.parts", "def f(): ...\n")], set()) == []

    def test_a_folder_that_pytest_passes_over_is_not_collected(self, tmp_path: Path) -> None:
        (tmp_path / "build").mkdir()
        (tmp_path / "build" / "test_x.py").write_text("def test_it(): ...\n")
        (tmp_path / "test_y.py").write_text("def test_it(): ...\n")
        done = collect(tmp_path, "--rootdir", ".")
        assert read_collected(done.stdout) == {"test_y.py"}

    def test_tests_in_a_file_with_another_name_are_flagged(self) -> None:
        assert find_misnamed([make_module("tests.parts", "def test_it(): ...\n")]) == ["tests/parts.py"]

    def test_a_line_left_out_without_a_reason_is_flagged(self) -> None:
        text = (
            "a = 1  # pragma: no cover\nb = 2  # pragma: no cover - only on other systems\nc = 3  # pragma: no branch\n"
        )
        assert find_unreasoned_pragmas([make_module("app.x", text)]) == ["app/x.py:1", "app/x.py:3"]
