"""The tree stays readable: sizes, docstrings, no path of one machine, no test that looks away."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, Module, is_within, make_module, read_modules

MODULE_LINES = 300
FUNCTION_LINES = 50

# path → reason. An entry that is no longer needed fails the test, too.
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}

DOCUMENTED = ("app.tzdb", "app.artifact")  # the pure folders: all of their contract is in their docstrings
NOT_OURS = frozenset({".git", ".venv", ".cache", ".data", "dist", "node_modules", ".hypothesis", ".schemathesis"})
MACHINE_PATH = re.compile(r"(?<![\w.$}*-])/(?:root|work|Users|home|tmp)/\w[\w.-]*")

CODE = read_modules("app", "tests", "bench", "dev.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_long_modules(modules: Iterable[Module]) -> set[str]:
    return {module.path for module in modules if len(module.text.splitlines()) > MODULE_LINES}


def find_long_functions(modules: Iterable[Module]) -> set[str]:
    return {
        f"{module.path}:{node.name}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, Function) and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    }


def find_undocumented_modules(modules: Iterable[Module]) -> list[str]:
    return [module.path for module in modules if module.tree.body and ast.get_docstring(module.tree) is None]


def find_undocumented_contracts(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.path}:{node.lineno} {node.name}"
        for module in modules
        for node in find_contracts(module)
        if ast.get_docstring(node) is None
    ]


def find_contracts(module: Module) -> Iterator[Function | ast.ClassDef]:
    """Yield the public functions and classes of a pure folder, and every protocol with its methods."""
    pure = any(is_within(module.name, folder) for folder in DOCUMENTED)
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and is_protocol(node):
            yield node
            yield from (method for method in node.body if isinstance(method, Function) and is_public(method.name))
        elif pure and isinstance(node, Function | ast.ClassDef) and is_public(node.name):
            yield node


def is_protocol(node: ast.ClassDef) -> bool:
    return any("Protocol" in ast.unparse(base) for base in node.bases)


def is_public(name: str) -> bool:
    return not name.startswith("_")


def find_machine_paths(text: str) -> list[str]:
    return MACHINE_PATH.findall(text)


def read_texts() -> Iterator[tuple[str, str]]:
    """Yield path and content of every text file of the project."""
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        if NOT_OURS & set(relative.parts) or any(part.endswith("cache__") for part in relative.parts):
            continue
        if path.is_file() and not any(part.endswith("_cache") for part in relative.parts):
            content = path.read_bytes()
            if b"\0" not in content:
                yield relative.as_posix(), content.decode(errors="replace")


def find_evasions(modules: Iterable[Module]) -> list[str]:
    """Return where a test patches code or expects to fail."""
    return [
        f"{module.path}:{node.lineno} uses {name}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.ImportFrom | ast.Import)
        for name in ("xfail", "mock", "monkeypatch.setattr", "mocker")
        if re.search(rf"\b{re.escape(name)}\b", ast.unparse(node))
    ]


def test_modules_are_short() -> None:
    assert find_long_modules(CODE) == set(LONG_MODULES)


def test_functions_are_short() -> None:
    assert find_long_functions(CODE) == set(LONG_FUNCTIONS)


def test_every_module_says_what_lives_in_it() -> None:
    assert find_undocumented_modules(CODE) == []


def test_pure_folders_and_protocols_document_their_contracts() -> None:
    assert find_undocumented_contracts(CODE) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = {path: paths for path, text in read_texts() if (paths := find_machine_paths(text))}
    assert found == {}


def test_tests_patch_nothing_and_expect_no_failure() -> None:
    assert find_evasions(module for module in CODE if is_within(module.name, "tests")) == []


@pytest.mark.parametrize("path", ["README.md", "pyproject.toml", "Dockerfile", "app", "tests", "deploy"])
def test_the_places_users_know_exist(path: str) -> None:
    assert (ROOT / path).exists()


class TestTheChecksThemselves:
    """Each check flags a bad example and leaves a good one alone."""

    def test_length_is_flagged_one_line_past_the_limit(self) -> None:
        for extra, flagged in ((0, False), (1, True)):
            function = make_module("app.x", "def f():\n" + "    f()\n" * (FUNCTION_LINES - 1 + extra))
            module = make_module("app.x", "f()\n" * (MODULE_LINES + extra))
            assert bool(find_long_functions([function])) is flagged
            assert bool(find_long_modules([module])) is flagged

    def test_missing_docstrings_are_flagged(self) -> None:
        silent = make_module("app.tzdb.x", "def parse(): ...\ndef _own(): ...\nclass Zone: ...\n")
        protocol = make_module("app.web.x", "class Part(Protocol):\n    def work(self): ...\nclass Other: ...\n")
        assert find_undocumented_modules([silent, make_module("app.y", "")]) == ["app/tzdb/x.py"]
        assert find_undocumented_contracts([silent]) == ["app/tzdb/x.py:1 parse", "app/tzdb/x.py:3 Zone"]
        assert find_undocumented_contracts([protocol]) == ["app/web/x.py:1 Part", "app/web/x.py:2 work"]

    def test_machine_paths_are_flagged(self) -> None:
        bad = Path("/", "home", "somebody", "project").as_posix()
        assert find_machine_paths(f"see {bad}") != []
        assert find_machine_paths("see /usr/share/zoneinfo, $HOME/project and ./tmp/file") == []

    def test_evasions_are_flagged(self) -> None:
        bad = make_module("tests.x", "from unittest import mock\n@pytest.mark.xfail\ndef test(): ...\n")
        assert len(find_evasions([bad])) == len(["mock", "xfail"])
