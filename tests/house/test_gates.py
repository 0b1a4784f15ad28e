"""Gates: what the command line prints passes the one place where it is made harmless."""

import ast
from collections.abc import Iterable, Iterator

from tests.house.source import Module, make_module, read_modules

GATE = "app.cli.terminal.printing"
PRINTING = frozenset({"print", "click.echo", "click.secho", "click.prompt", "click.confirm", "click.pause"})
STREAMS = frozenset({"sys.stdout.write", "sys.stderr.write", "sys.stdout.buffer.write", "sys.stderr.buffer.write"})


def find_prints(modules: Iterable[Module]) -> list[str]:
    """Return the places besides the gate that print."""
    return [
        f"{module.path}:{node.lineno} {ast.unparse(node.func)}"
        for module in modules
        if module.name != GATE
        for node in _calls(module.tree)
        if ast.unparse(node.func) in PRINTING | STREAMS
    ]


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_only_the_gate_prints() -> None:
    assert find_prints(read_modules("app")) == []


class TestTheCheckItself:
    """It flags a bad example and leaves a good one alone."""

    def test_what_prints_is_flagged(self) -> None:
        for line in ("print(x)", "click.echo(x)", "click.secho(x, fg='red')", "sys.stdout.write(x)"):
            assert len(find_prints([make_module("app.cli.commands.x", line)])) == 1

    def test_the_gate_and_what_does_not_print_are_not(self) -> None:
        assert find_prints([make_module(GATE, "click.echo(x)")]) == []
        assert find_prints([make_module("app.cli.commands.x", "print_lines(x); file.write(x)")]) == []
