"""Go programs that embed zones: compiled with one toolchain, run in an empty root, asked for spans of local time."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.consumers.go.toolchains import Toolchain
from tests.consumers.readers.local_times import END, START, Span, parse_go_spans
from tests.consumers.tools import finish, in_root, run

SPANS = Path(__file__).with_name("spans.go")
MODULE = "example.com/program"


@dataclass(frozen=True, slots=True)
class Project:
    """A Go module in the making.

    Attributes:
        proxy: Where it may get other modules from.
    """

    folder: Path
    toolchain: Toolchain
    proxy: str = "off"

    @property
    def environ(self) -> Mapping[str, str]:
        """What every command runs with."""
        return self.toolchain.environ(self.folder.parent / "home", proxy=self.proxy)

    def go(self, *arguments: str | Path) -> str:
        """Return what ``go`` prints on both outputs; it must succeed."""
        code, said = self.try_go(*arguments)
        assert code == 0, said
        return said

    def try_go(self, *arguments: str | Path) -> tuple[int, str]:
        """Return the exit code of ``go`` and what it prints on both outputs."""
        finished = finish(self.toolchain.go, *arguments, cwd=self.folder, environ=self.environ)
        return finished.returncode, (finished.stdout + finished.stderr).decode()

    def build(self, root: Path) -> Path:
        """Compile the program, static, into an empty directory, and return that."""
        root.mkdir()
        self.go("build", "-o", root / "program", ".")
        assert [path.name for path in root.iterdir()] == ["program"]
        return root

    def sum_lines(self) -> list[str]:
        """Return the lines of ``go.sum``."""
        return (self.folder / "go.sum").read_text().splitlines()


def make_project(folder: Path, toolchain: Toolchain, *, imports: str, proxy: str = "off") -> Project:
    """Return a module with the program ``spans.go``, which also imports a package for its side effect."""
    folder.mkdir()
    shutil.copy(SPANS, folder)
    (folder / "go.mod").write_text(f"module {MODULE}\n\ngo 1.19\n")
    (folder / "zones.go").write_text(f'package main\n\nimport _ "{imports}"\n')
    return Project(folder, toolchain, proxy)


def read_spans(root: Path, names: Iterable[str]) -> dict[str, list[Span] | None]:
    """Return the spans that the program in a root prints for each name; ``None`` if Go cannot load it there."""
    command = (*in_root(root), "/program", str(START), str(END))
    return parse_go_spans(run(*command, stdin="\n".join(names).encode()))


def loaded(root: Path, names: Iterable[str]) -> list[str]:
    """Return the names that the program in a root can load."""
    return [name for name, spans in read_spans(root, names).items() if spans is not None]
