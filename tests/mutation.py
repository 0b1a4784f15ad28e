"""Mutation testing of the pure folders, by hand: which changes of their code do their own tests not notice?

    .venv/bin/python -m tests.mutation --count 500 app/tzdb app/artifact

The changes are mutmut's, one at a time, drawn with a seed. mutmut's own runner is not used: it leaves out the constants
of modules (patterns, limits, magic numbers) and sends each call through a trampoline, which makes these tests several
times slower and breaks the one that starts a bare interpreter. Here a fork that has pytest loaded, and nothing of the
project, imports the changed source in place of the file. Nothing in the tree is written to. No test lives here.
"""

import argparse
import difflib
import importlib
import importlib.abc
import importlib.metadata
import importlib.util
import itertools
import multiprocessing
import os
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from multiprocessing.pool import Pool
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest
from libcst import Module, parse_module
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

from tests.house.source import ROOT, read_imports, read_modules

PURE = ("app/tzdb", "app/artifact")
SEED = 20261125
PURE_TEST = re.compile(r"tests/(tzdb|artifact)/(.*/)?test_")
PRELOADED = ("hypothesis.strategies", "httpx", "pytz", "zoneinfo", "tarfile", "zipfile")
"""What the tests import, besides pytest's plugins: each fork finds it loaded."""
PATIENCE = 3
"""A changed module may take this many times the CPU seconds of the right one, and a few more: then it hangs."""
SPARE_SECONDS = 5
ALREADY_IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis: it is imported before the fork
MEMORY_BYTES = 4 << 30

Outcome = Literal["killed", "hangs", "survived"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One module with one change.

    Attributes:
        path: Of the module, relative to the project.
        line: Where the change is, from 1.
        original: The source without the change.
        changed: The source with it.
    """

    path: str
    line: int
    original: str
    changed: str

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return self.path.removesuffix(".py").replace("/", ".")

    def show(self) -> str:
        """Return the lines that differ."""
        lines = difflib.unified_diff(self.original.splitlines(), self.changed.splitlines(), n=0, lineterm="")
        return "\n".join([f"{self.path}:{self.line}", *(f"    {line}" for line in [*lines][3:])])


class Override(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module in a mutant and not in its file."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the import system passes it
        target: ModuleType | None = None,  # noqa: ARG002 - and this
    ) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._mutant.module else None

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - the one it was made for
        return self._mutant.changed


def draw_mutants(paths: Sequence[str], *, count: int, seed: int) -> list[Mutant]:
    """Return ``count`` mutants of the modules under ``paths``: the same ones for the same code and seed."""
    modules = [Mutable(file) for file in sorted({file for path in paths for file in python_files(ROOT / path)})]
    places = [(module, index) for module in modules for index in range(len(module.mutations))]
    random.Random(seed).shuffle(places)
    mutants = (module.make_mutant(index) for module, index in places)
    drawn = [*itertools.islice((mutant for mutant in mutants if mutant.changed != mutant.original), count)]
    print(f"{len(places)} mutants of {len(modules)} modules, of which {len(drawn)} are tried", flush=True)
    return drawn


def python_files(path: Path) -> Iterator[Path]:
    """Yield a file, or every module of a folder that holds code."""
    found = path.rglob("*.py") if path.is_dir() else iter([path])
    return (file for file in found if file.name != "__init__.py")


class Mutable:
    """A module and all the changes there are for it; annotations and decorated functions have none."""

    def __init__(self, file: Path) -> None:
        wrapper = MetadataWrapper(parse_module(file.read_text()))
        visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
        wrapper.visit(visitor)
        self._path = file.relative_to(ROOT).as_posix()
        self._tree = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self.mutations = visitor.mutations

    def make_mutant(self, index: int) -> Mutant:
        """Return the mutant of one of the changes."""
        mutation = self.mutations[index]
        changed = self._tree.deep_replace(mutation.original_node, mutation.mutated_node)
        assert isinstance(changed, Module)
        line = self._positions[mutation.original_node].start.line
        return Mutant(self._path, line, self._tree.code, changed.code)


class Suite:
    """The tests of the pure folders, and which of them a module can make fail."""

    def __init__(self) -> None:
        modules = read_modules("app", "tests")
        names = {module.name for module in modules}
        self._imports = {
            module.name: {name for _, full in read_imports(module) for name in (full, full.rpartition(".")[0])} & names
            for module in modules
        }
        self._tests = [module for module in modules if PURE_TEST.match(module.path)]

    def find(self, path: str) -> tuple[list[str], list[str]]:
        """Return the files that mirror a module, and the others that import it, be it by others; the nearest first."""
        folder, _, name = path.removeprefix("app/").removesuffix(".py").rpartition("/")
        able = [
            test.path for test in self._tests if f"app.{folder}.{name}".replace("/", ".") in self._reached(test.name)
        ]
        own = [test for test in able if test.startswith(f"tests/{folder}/test_{name}")]
        others = sorted({*able} - {*own}, key=lambda test: (not test.startswith(f"tests/{folder}/"), test))
        return own, others

    def _reached(self, name: str) -> set[str]:
        reached, fresh = {name}, [name]
        while fresh:
            new = self._imports[fresh.pop()] - reached
            reached |= new
            fresh.extend(new)
        return reached


def run_tests(tests: Sequence[str], mutant: Mutant | None, *, seconds: int) -> tuple[Outcome, float]:
    """Run tests in a fork until one fails.

    Returns:
        What became of the mutant, and the CPU seconds it took.
    """
    child = os.fork()
    if not child:
        code = int(pytest.ExitCode.INTERNAL_ERROR)
        try:
            code = _run_in_fork(tests, mutant, seconds)
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code in {pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise RuntimeError(f"pytest cannot run {tests}")
    outcome: Outcome = "survived" if code == 0 else "hangs" if code < 0 else "killed"
    return outcome, usage.ru_utime + usage.ru_stime


def _run_in_fork(tests: Sequence[str], mutant: Mutant | None, seconds: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if mutant is not None:
        sys.meta_path.insert(0, Override(mutant))
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", ALREADY_IMPORTED, *tests]))


def judge(task: Sequence[tuple[Sequence[str], Mutant, int]]) -> Outcome:
    """Try suites on a mutant, each with its limit, until one does not let it pass."""
    for tests, mutant, seconds in task:
        outcome, _ = run_tests(tests, mutant, seconds=seconds)
        if outcome != "survived":
            return outcome
    return "survived"


def measure(test: str) -> float:
    """Return how many CPU seconds a file of tests takes without any change."""
    outcome, seconds = run_tests([test], None, seconds=600)
    if outcome != "survived":
        raise RuntimeError(f"{test} fails without any change")
    return seconds


def plan_runs(mutants: Sequence[Mutant], pool: Pool) -> list[list[tuple[Sequence[str], Mutant, int]]]:
    """Return for each mutant the suites to try, the mirroring files first, and the CPU seconds that each may take."""
    suite = Suite()
    suites = {path: [tests for tests in suite.find(path) if tests] for path in {mutant.path for mutant in mutants}}
    files = sorted({test for found in suites.values() for tests in found for test in tests})
    usual = dict(zip(files, pool.imap(measure, files), strict=True))

    def limit(tests: Sequence[str]) -> int:
        return int(PATIENCE * sum(usual[test] for test in tests)) + SPARE_SECONDS

    return [[(tests, mutant, limit(tests)) for tests in suites[mutant.path]] for mutant in mutants]


def main() -> int:
    """Draw, run, print the score and who survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutation testing.")
    parser.add_argument("paths", nargs="*", default=[*PURE], help="modules or folders (default: app/tzdb app/artifact)")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    os.environ["CI"] = "true"  # hypothesis then draws the same examples each time
    os.chdir(ROOT)
    for plugin in importlib.metadata.entry_points(group="pytest11"):
        plugin.load()
    for name in PRELOADED:
        importlib.import_module(name)
    started = time.monotonic()
    mutants = draw_mutants(asked.paths, count=asked.count, seed=asked.seed)
    counts: Counter[Outcome] = Counter()
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        outcomes = pool.imap(judge, plan_runs(mutants, pool))
        for number, (mutant, outcome) in enumerate(zip(mutants, outcomes, strict=True), 1):
            counts[outcome] += 1
            if outcome == "survived":
                print(f"{number}/{len(mutants)} {mutant.show()}", flush=True)
    killed = counts["killed"] + counts["hangs"]
    print(f"{killed} of {len(mutants)} killed ({killed / len(mutants):.1%}); {counts['hangs']} of them hang")
    print(f"{(time.monotonic() - started) / 60:.0f} minutes, seed {asked.seed}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
