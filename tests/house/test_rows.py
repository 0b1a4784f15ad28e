"""A format is one row and an option is one field: an invented one of each is known in every place.

Somebody who adds one edits a copy of the program here as a developer would, in one place each, and every place is asked
about it. A place with a list of its own fails.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from app.artifact.formats import FORMATS
from app.artifact.lock import digest_request
from app.artifact.options import OPTIONS
from app.artifact.spec import parse_spec
from tests.house.source import ROOT, Module, make_module, read_modules

Said: TypeAlias = Mapping[str, Mapping[str, object]]

ROOM = "app.artifact"
NEW_FORMAT = """    FormatRow(
        ending="alt.tar.gz",
        called="alt.tar.gz",
        about="an invented tree",
        media_type="application/x-invented",
        holds="tree",
        links=("symbolic", "hard", "copy"),
        prefix=True,
        recipe=Recipe("invented.1", encode_tar),
    ),
"""
NEW_OPTION = """    shade: Annotated[Literal["none", "dark"], Option(help="New help.", about="New words.")] = "none"
"""

# path → why it names one format in particular
PARTICULAR: Mapping[str, str] = {
    "app/artifact/go/module.py": "a module of the Go tool is a go.zip",
    "app/cli/commands/go/sum.py": "the sums of a go.zip",
    "app/cli/first_bundle.py": "it shows the two that most people need first",
    "app/web/goproxy.py": "the Go tool asks for VERSION.zip, whatever is in it",
}
FEW = 2
"""So many names of options may stand in a module by chance: ``links`` and ``aliases`` are words."""


def insert(path: Path, before: str, text: str) -> None:
    """Put a text before the line that starts with another, as one edits a file."""
    code = path.read_text(encoding="utf-8")
    head, mark, tail = code.partition(f"\n{before}")
    assert mark, f"{path.name} has no line {before!r}"
    path.write_text(f"{head}\n{text}{before}{tail}", encoding="utf-8")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the program that has the two rows."""
    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    insert(folder / "app" / "artifact" / "formats.py", ")\n\nFORMATS: ", NEW_FORMAT)
    insert(folder / "app" / "artifact" / "options.py", "\n\ndef _make_rows", NEW_OPTION)
    return folder


def describe(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``extended`` over the program in a folder."""
    # Not measured: what runs is a copy that is gone when the report is made.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    paths = {"PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT))), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tests.house.extended"]
    return subprocess.run(command, cwd=folder, env=environ | paths, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def said(extended: Path) -> Said:
    done = describe(extended)
    assert done.returncode == 0, done.stderr
    found: Said = json.loads(done.stdout)
    return found


ROW = "alt.tar.gz"
REQUEST = {
    "release": "2099a",
    "zones": ["Test/Merged", "Test/Zone"],
    "format": ROW,
    "aliases": "exact",
    "links": "symbolic",
    "encoding": "slim",
    "tables": [],
    "prefix": "",
    "shade": "dark",
}


class TestANewFormat:
    """One row in ``artifact/formats``."""

    def test_it_is_read_and_the_longest_ending_wins(self, said: Said) -> None:
        assert said["artifact"]["formats"] == [*FORMATS, ROW]
        assert said["artifact"]["parsed"] == ROW
        assert said["artifact"]["split"] == ["x", ROW]

    def test_its_recipe_is_found(self, said: Said) -> None:
        assert said["artifact"]["recipe"] == "invented.1"

    def test_the_options_that_its_row_takes_go_with_it(self, said: Said) -> None:
        assert said["artifact"]["default links"] == "symbolic"
        assert said["artifact"]["with a prefix"] == "a"
        assert said["artifact"]["with tables"] == ["zone.tab"]

    def test_the_service_answers_it_with_its_media_type_and_keeps_its_links(self, said: Said) -> None:
        assert said["http"]["answer"] == [200, "application/x-invented"]
        assert said["http"]["members"] == {"Test/Merged": "Zone", "Test/Zone": ""}
        assert said["http"]["checksum"] == f"Merged.{ROW}"
        assert said["http"]["artifact"] == [200, "application/x-invented"]

    def test_it_is_on_offer_wherever_another_is_refused(self, said: Said) -> None:
        assert said["http"]["unknown"] == [*FORMATS, ROW]

    def test_the_document_has_it(self, said: Said) -> None:
        assert said["http"]["format in parameters"] == sorted(
            ["getBundle", "getBundleChecksum", "getPlan", "getArtifact", "getArtifactChecksum"]
        )
        assert said["http"]["format in schemas"] == ["BundleRequest", "Plan", "Record"]
        assert "application/x-invented" in list_of(said["http"]["media types"])

    def test_the_command_line_has_it(self, said: Said) -> None:
        assert all(f"|{ROW}]" in text for text in table_of(said["commands"]["help"]).values())
        assert f".{ROW}" in table_of(said["commands"]["help"])["extract"].partition("--output")[2]
        assert said["commands"]["extracted"] == ["", ["UTC"]]
        assert said["commands"]["synced"] == ["", ["UTC"]]


class TestANewOption:
    """One field in ``artifact/options``."""

    def test_it_is_read_and_has_its_default(self, said: Said) -> None:
        assert said["artifact"]["options"] == [*OPTIONS, "shade"]
        assert (said["artifact"]["default"], said["artifact"]["value"]) == ("none", "dark")

    def test_requests_have_it_and_come_back(self, said: Said) -> None:
        assert said["artifact"]["plan"] == said["http"]["plan"] == said["http"]["posted"] == REQUEST
        assert said["artifact"]["request comes back"] is True

    def test_requests_without_it_are_what_they_were(self, said: Said) -> None:
        spec = parse_spec("2099a", ["Test/Zone", "Test/Merged"], format="tar", options={})
        assert said["artifact"]["digest without it"] == digest_request(spec)

    def test_the_service_takes_it_and_refuses_what_it_is_not(self, said: Said) -> None:
        assert said["http"]["chosen"] == 200
        assert said["http"]["refused"] == "shade='pink' is not on offer; use one of none, dark"

    def test_the_document_has_it(self, said: Said) -> None:
        schema = {"type": "string", "enum": ["none", "dark"]}
        with_default = {**schema, "default": "none"}
        assert said["http"]["option in parameters"] == {
            "getBundle": with_default,
            "getBundleChecksum": with_default,
            "getPlan": with_default,
        }
        assert said["http"]["option in schemas"] == {"BundleRequest": schema, "SetRequest": schema}

    def test_the_command_line_has_it(self, said: Said) -> None:
        for text in table_of(said["commands"]["help"]).values():
            assert re.search(r"--shade \[none\|dark\] +New help\.", text)
        assert "'pink' is not one of 'none', 'dark'" in str(said["commands"]["refused"])
        assert table_of(said["commands"]["resolved"])["shade"] == "dark"
        assert "leave --shade out" in str(said["commands"]["updated"])

    def test_lock_files_have_it_and_come_back(self, said: Said) -> None:
        assert '\nshade = "dark"\n' in str(said["artifact"]["lock"])
        assert said["artifact"]["lock comes back"] is True
        assert '\nshade = "dark"\n' in list_of(said["commands"]["locked"])[1]


def list_of(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


def table_of(value: object) -> dict[str, str]:
    assert isinstance(value, dict)
    return value


def find_particular(modules: Iterable[Module]) -> dict[str, set[str]]:
    """Return the formats that modules name besides the one that has the rows."""
    found = {module.path: FORMATS.keys() & read_texts(module) for module in modules if module.name != f"{ROOM}.formats"}
    return {path: formats for path, formats in found.items() if formats}


def find_lists_of_options(modules: Iterable[Module]) -> dict[str, set[str]]:
    """Return the options that modules name besides the one that has the fields, if they are more than a few."""
    found = {module.path: OPTIONS.keys() & read_texts(module) for module in modules if module.name != f"{ROOM}.options"}
    return {path: names for path, names in found.items() if len(names) > FEW}


def read_texts(module: Module) -> set[str]:
    constants = (node.value for node in ast.walk(module.tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def test_no_other_module_names_formats() -> None:
    assert find_particular(read_modules("app")).keys() == PARTICULAR.keys()


def test_no_other_module_lists_options() -> None:
    assert find_lists_of_options(read_modules("app")) == {}


class TestTheChecksThemselves:
    """Each check flags a bad example and leaves a good one alone."""

    def test_without_the_rows_nothing_knows_them(self, tmp_path: Path) -> None:
        done = describe(tmp_path)
        assert done.returncode != 0
        assert "unknown option 'shade'" in done.stderr or "'alt.tar.gz' is not a format" in done.stderr

    def test_a_format_and_a_list_of_options_are_flagged(self) -> None:
        bad = make_module("app.web.x", 'if format == "tar.gz":\n    names = ("aliases", "links", "tables")\n')
        assert find_particular([bad]) == {"app/web/x.py": {"tar.gz"}}
        assert find_lists_of_options([bad]) == {"app/web/x.py": {"aliases", "links", "tables"}}
        good = make_module("app.web.x", 'names = ("aliases", "zones", "a.tar.gz")\n')
        assert find_particular([good]) == find_lists_of_options([good]) == {}
