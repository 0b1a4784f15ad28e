"""How much zones add to a Go program: the same HTTP service without data, with ours, and with ``time/tzdata``."""

import asyncio
import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.artifact.spec import parse_spec
from app.settings import read_settings
from app.wiring import make_local
from bench._arguments import read_arguments
from bench._table import print_table
from tests.consumers.go.toolchains import find_toolchains

PREFIX = "internal/tzdata"
SELECTIONS = ("Asia/Shanghai,Etc/UTC", "country:CN,country:DE,country:US,Etc/UTC", "*")
FLAGS = ("-ldflags=-s -w",)

_MAIN = """package main

import (
	"fmt"
	"net/http"
	"time"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		zone, err := time.LoadLocation(r.URL.Query().Get("zone"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		fmt.Fprintln(w, time.Now().In(zone))
	})
	panic(http.ListenAndServe(":8080", nil))
}
"""
_SMALLEST = """package main

import "time"

func main() { println(time.Now().Year()) }
"""
"""For a run that only sees whether everything works: a cold ``net/http`` takes the compiler half a minute."""


def main() -> None:
    """Print one table."""
    smallest = read_arguments("go_sizes").smallest
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "main.go").write_text(_SMALLEST if smallest else _MAIN)
        (bare, *others) = [*build_all(folder, SELECTIONS[:1] if smallest else SELECTIONS)]
        version = _run("version", cwd=folder)
    rows: list[Sequence[str]] = [(what, f"{size:,}", f"{size - bare[1]:+,}") for what, size in (bare, *others)]
    print_table(f"Bytes of a net/http service, {version}", ("zones in it", "size", "more"), rows)


def build_all(folder: Path, selections: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield what is in each program, and its size; ``folder`` holds its ``main.go``."""
    (folder / "go.mod").write_text("module example.com/service\n\ngo 1.19\n")
    yield "none", build(folder, imports="unsafe")
    for zones in selections:
        with tarfile.open(fileobj=io.BytesIO(asyncio.run(make_package(zones)))) as archive:
            archive.extractall(folder, filter="data")
        yield f"`{zones}`, our package", build(folder, imports=f"example.com/service/{PREFIX}")
    yield "`time/tzdata`", build(folder, imports="time/tzdata")


async def make_package(zones: str) -> bytes:
    """Return the package to be unpacked in the program's folder."""
    builder = make_local(read_settings({"offline": True}), None, online=False).builder
    spec = parse_spec("latest", zones.split(","), format="go.tar.gz", options={"prefix": PREFIX})
    return (await builder.build(spec)).content


def build(folder: Path, *, imports: str) -> int:
    """Compile the program with one more package in it, and return its size."""
    (folder / "zones.go").write_text(f'package main\n\nimport _ "{imports}"\n')
    _run("build", *FLAGS, "-o", "service", ".", cwd=folder)
    return (folder / "service").stat().st_size


def _run(*arguments: str, cwd: Path) -> str:
    newest = find_toolchains()[-1]
    environ = {**os.environ, **newest.environ(cwd)}
    done = subprocess.run([newest.go, *arguments], cwd=cwd, env=environ, capture_output=True, check=True)
    return done.stdout.decode().strip()


if __name__ == "__main__":
    main()
