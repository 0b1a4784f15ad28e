"""The project's own Python files, read and parsed for the house rules; nothing is imported or run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Module:
    """One source file.

    Attributes:
        name: Dotted, as in ``app.tzdb.links``; an ``__init__`` has its package's name.
        path: Relative to the project.
    """

    name: str
    path: str
    text: str
    tree: ast.Module


def make_module(name: str, text: str) -> Module:
    """Return a module that is not in any file, to show that a check can fail."""
    return Module(name=name, path=f"{name.replace('.', '/')}.py", text=text, tree=ast.parse(text))


def read_modules(*places: str) -> list[Module]:
    """Return every module under the given files and folders of the project; a place that does not exist holds none."""
    return [_read_module(path) for place in places for path in sorted(_python_files(ROOT / place))]


def _python_files(place: Path) -> Iterator[Path]:
    if place.suffix == ".py":
        yield place
    else:
        yield from place.rglob("*.py")


def _read_module(path: Path) -> Module:
    relative = path.relative_to(ROOT)
    parts = relative.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Module(name=name, path=relative.as_posix(), text=text, tree=ast.parse(text))


def read_imports(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of all that a module imports, at any depth; ``from app import x`` gives ``app.x``."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_within(name: str, package: str) -> bool:
    """Return whether a dotted name is the package or is in it."""
    return name == package or name.startswith(f"{package}.")
