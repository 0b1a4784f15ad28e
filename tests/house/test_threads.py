"""Blocking work runs in the pools of ``app/work``, and nowhere else."""

import ast
from collections.abc import Iterable

from tests.house.source import Module, is_within, make_module, read_modules

HOME = "app.work"
FOREIGN = frozenset({"to_thread", "run_in_executor", "ThreadPoolExecutor", "ProcessPoolExecutor"})
"""What would use the event loop's own executor, or another queue that nobody bounds."""


def find_foreign_threads(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.path}:{node.lineno} uses {name}"
        for module in modules
        if not is_within(module.name, HOME)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name | ast.alias)
        for name in FOREIGN & {getattr(node, "attr", None), getattr(node, "id", None), getattr(node, "name", None)}
    ]


def test_nothing_uses_the_event_loops_own_executor() -> None:
    assert find_foreign_threads(read_modules("app")) == []


def test_the_check_itself_flags_a_bad_example_and_leaves_a_good_one_alone() -> None:
    bad = "from concurrent.futures import ThreadPoolExecutor\nasyncio.to_thread(f)\nloop.run_in_executor(None, f)\n"
    assert len(find_foreign_threads([make_module("app.x", bad)])) == len(bad.splitlines())
    assert find_foreign_threads([make_module("app.x", "await pools.store.run(f)\n")]) == []
