"""Imports go down only, and the pure folders stay pure."""

import ast
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

import pytest

from tests.house.source import Module, is_within, make_module, read_imports, read_modules

Layers: TypeAlias = tuple[tuple[str, ...], ...]

# From the ground up. What shares a line are strangers: neither imports the other, except on the ground and at the top.
LAYERS: Layers = (
    (
        "app.errors",
        "app.text",
        "app.digest",
        "app.json_types",
        "app.json_text",
        "app.instants",
        "app.files",
        "app.settings",
        "app.logs",
        "app.work",
    ),
    ("app.tzdb",),
    ("app.artifact",),
    ("app.outbound",),
    ("app.sources", "app.store"),
    ("app.releases",),
    ("app.builder",),
    ("app.airgap",),
    ("app.web", "app.cli"),
    ("app.wiring", "app.__main__"),
)
GROUND, TOP = 0, len(LAYERS) - 1

# The same inside those rooms that are too large to be one layer.
ROOMS: Mapping[str, Layers] = {
    "app.tzdb": (
        ("names",),
        ("tables", "links", "known_faults", "tzif"),
        ("release",),
        ("release_row", "cuts", "suggestions"),
        ("selection", "search"),
        ("zone_row", "changes"),
    ),
    "app.artifact": (
        ("entry", "zone_paths"),
        ("tarball", "gozip"),
        ("formats",),
        ("options", "recipe"),
        ("spec",),
        ("go",),
        ("plan",),
        ("record", "oci"),
        ("lock",),
    ),
    "app.outbound": (
        ("failures", "reach"),
        ("urls",),
        ("proxies",),
        ("certificates", "pip_settings"),
        ("surroundings", "transport"),
        ("exchange",),
    ),
    "app.web": (
        ("http",),
        ("edge", "openapi"),
        ("v1", "registry", "goproxy", "portal"),
        ("app",),
    ),
    "app.cli": (
        ("errors", "parts"),
        ("terminal",),
        ("notices", "client", "diff_text", "checking", "output", "first_bundle", "group"),
        ("opening",),
        ("options",),
        ("commands",),
        ("root",),
    ),
}

PURE = (
    "app.errors",
    "app.text",
    "app.digest",
    "app.json_types",
    "app.json_text",
    "app.instants",
    "app.tzdb",
    "app.artifact",
)
# Modules that can be used without I/O, a clock, a loop or a log. Add one when it is needed and is like that.
PURE_STANDARD_LIBRARY = frozenset(
    "__future__ abc base64 binascii bisect calendar collections contextlib dataclasses datetime difflib enum fnmatch "
    "functools hashlib heapq itertools json math operator re string struct textwrap tomllib types typing unicodedata "
    "urllib.parse zlib".split()
)
IMPURE_CALLS = frozenset({"open", "print", "input", "exec", "eval", "breakpoint", "__import__"})
CLOCK_METHODS = frozenset({"now", "utcnow", "today"})

APP = read_modules("app")


def layers_within(room: str) -> Layers:
    """Return the layers of a room, by dotted names."""
    return tuple(tuple(f"{room}.{part}" for part in parts) for parts in ROOMS[room])


def layer_of(name: str, layers: Layers = LAYERS) -> tuple[int, str] | None:
    """Return the layer of a dotted name and its part of that layer; the bare package has none."""
    places = ((level, part) for level, parts in enumerate(layers) for part in parts if is_within(name, part))
    return next(places, None)


def find_upward_imports(
    modules: Iterable[Module], layers: Layers = LAYERS, *, friends: Collection[int] = (GROUND, TOP)
) -> list[str]:
    """Return the imports that go up, or sideways between the parts of a layer that is not one of friends."""
    offences = []
    for module in modules:
        here = layer_of(module.name, layers)
        for line, name in read_imports(module):
            there = layer_of(name, layers)
            if here is None or there is None or here[1] == there[1]:
                continue
            if there[0] > here[0] or (there[0] == here[0] and here[0] not in friends):
                offences.append(f"{module.path}:{line} imports {name}")
    return offences


def find_homeless(modules: Iterable[Module], layers: Layers = LAYERS, *, room: str = "app") -> list[str]:
    return [
        module.path
        for module in modules
        if is_within(module.name, room) and module.name != room and layer_of(module.name, layers) is None
    ]


def find_impure_imports(modules: Iterable[Module]) -> list[str]:
    allowed = (*PURE, *PURE_STANDARD_LIBRARY)
    return [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in read_imports(module)
        if is_pure(module) and not any(is_within(name, each) for each in allowed)
    ]


def find_impure_code(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.path}:{getattr(node, 'lineno', 0)} {offence}"
        for module in modules
        if is_pure(module)
        for node in ast.walk(module.tree)
        if (offence := describe_impurity(node)) is not None
    ]


def describe_impurity(node: ast.AST) -> str | None:
    if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
        return "is asynchronous"
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            return f"calls {node.func.id}"
        if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_METHODS:
            return f"reads the clock by {node.func.attr}"
    return None


def is_pure(module: Module) -> bool:
    return any(is_within(module.name, pure) for pure in PURE)


def find_environment_readers(modules: Iterable[Module]) -> list[str]:
    names = frozenset({"environ", "environb", "getenv", "getenvb"})
    return [
        f"{module.path}:{node.lineno} reads the environment"
        for module in modules
        if module.name != "app.settings"
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and any(a.name in names for a in node.names))
    ]


def find_foreign_ground_imports(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.path}:{line} imports {name}"
        for module in modules
        if module.name in LAYERS[GROUND]
        for line, name in read_imports(module)
        if name.partition(".")[0] not in sys.stdlib_module_names | {"app"}
    ]


def test_imports_go_down_only() -> None:
    assert find_upward_imports(APP) == []


def test_every_module_has_a_layer() -> None:
    assert find_homeless(APP) == []


@pytest.mark.parametrize("room", ROOMS)
def test_imports_within_a_room_go_down_only(room: str) -> None:
    inside = [module for module in APP if is_within(module.name, room)]
    assert find_upward_imports(inside, layers_within(room), friends=()) == []
    assert find_homeless(inside, layers_within(room), room=room) == []


def test_pure_folders_import_only_what_has_no_side_effects() -> None:
    assert find_impure_imports(APP) == []


def test_pure_folders_open_nothing_await_nothing_and_read_no_clock() -> None:
    assert find_impure_code(APP) == []


def test_the_ground_needs_no_third_party() -> None:
    assert find_foreign_ground_imports(APP) == []


def test_only_settings_read_the_environment() -> None:
    assert find_environment_readers(APP) == []


class TestTheChecksThemselves:
    """Each check flags a bad example and leaves a good one alone."""

    def test_upward_and_sideways_imports_are_flagged(self) -> None:
        bad = [
            make_module("app.tzdb.links", "from app.artifact import plan"),
            make_module("app.store.disk", "def f():\n    from app import sources"),
            make_module("app.web.app", "import app.cli.commands.serve"),
        ]
        assert len(find_upward_imports(bad)) == len(bad)

    def test_downward_ground_and_inner_imports_are_not(self) -> None:
        good = [
            make_module("app.builder.builder", "from app.store.base import Store\nfrom app import __version__"),
            make_module("app.settings", "from app.errors import InvalidOption"),
            make_module("app.web.app", "from app.web import problems"),
        ]
        assert find_upward_imports(good) == []

    def test_upward_and_sideways_imports_within_a_room_are_flagged(self) -> None:
        bad = [
            make_module("app.web.http.routes", "from app.web.v1.bundles import BundleRoutes"),
            make_module("app.web.v1.sets", "from app.web.registry import routes"),
        ]
        assert len(find_upward_imports(bad, layers_within("app.web"), friends=())) == len(bad)
        good = make_module("app.web.v1.sets", "from app.web.http import routes\nfrom app.web.v1 import bundles")
        assert find_upward_imports([good], layers_within("app.web"), friends=()) == []

    def test_a_module_without_a_layer_is_flagged(self) -> None:
        assert find_homeless([make_module("app.misc", "")]) == ["app/misc.py"]

    def test_impure_imports_are_flagged(self) -> None:
        bad = "import os\nimport pathlib\nfrom urllib import request\nimport httpx\nfrom app.settings import Settings\n"
        assert len(find_impure_imports([make_module("app.tzdb.links", bad)])) == len(bad.splitlines())
        assert find_impure_imports([make_module("app.web.app", bad)]) == []

    def test_impure_code_is_flagged(self) -> None:
        bad = "open('x')\nprint('x')\ndatetime.datetime.now()\nasync def f(): ...\n"
        assert len(find_impure_code([make_module("app.artifact.plan", bad)])) == len(bad.splitlines())

    def test_reading_the_environment_is_flagged(self) -> None:
        bad = make_module("app.web.app", "os.environ['X']\nos.getenv('X')\nfrom os import environ\n")
        assert len(find_environment_readers([bad])) == len(bad.text.splitlines())

    def test_third_parties_on_the_ground_are_flagged(self) -> None:
        assert len(find_foreign_ground_imports([make_module("app.logs", "import logging\nimport httpx\n")])) == 1
