"""How large bundles are, beside what one would put into an image otherwise."""

import asyncio
import importlib.metadata
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.artifact.formats import FORMATS
from app.artifact.spec import parse_spec
from app.builder.builder import Builder
from app.releases.library import Library
from app.settings import read_settings
from app.store.memory import MemoryStore
from app.wiring import make_local
from bench._arguments import read_arguments
from bench._table import print_table

SELECTIONS = ("Asia/Shanghai,Etc/UTC", "country:CN,country:DE,country:US,Etc/UTC", "*")
SYSTEM_TREE = Path("/usr/share/zoneinfo")
GO_ZIP_BYTES = 406_409
"""``lib/time/zoneinfo.zip`` of the Go 1.24.11 distribution, which has the 597 names of tzdata 2025a."""

Row = tuple[str, str, str, str]


async def main() -> None:
    """Print one table."""
    library = make_local(read_settings({"offline": True}), None, online=False).library
    release = await library.release("latest")
    selections = SELECTIONS[:1] if read_arguments("sizes").smallest else SELECTIONS
    rows: list[Sequence[str]] = []
    for zones in selections:
        rows += await measure(library, zones)
    print_table(
        f"Bytes, release {release.version}; a tree is counted by its distinct files",
        ("what", "form", "files", "bytes"),
        [*rows, *measure_others()],
    )


async def measure(library: Library, zones: str) -> list[Row]:
    """Return the lines of one selection: its tree, then each format."""
    builder = Builder(library, MemoryStore())
    rows: list[Row] = []
    for form in FORMATS:
        artifact = await builder.build(parse_spec("latest", zones.split(","), format=form, options={}))
        entries = artifact.plan.entries
        if not rows:
            size = sum(entry.size for entry in entries if entry.kind == "file")
            rows.append((f"`{zones}`", "tree", str(len(entries)), f"{size:,}"))
        rows.append((f"`{zones}`", form, str(len(entries)), f"{len(artifact.content):,}"))
    return rows


def measure_others() -> Iterator[Row]:
    """Yield the lines of what is on this machine, or known from a distribution."""
    yield ("Go 1.24.11's own `zoneinfo.zip`", "zip", "597", f"{GO_ZIP_BYTES:,}")
    package = importlib.metadata.distribution("tzdata")
    files = [Path(str(package.locate_file(file))) for file in package.files or () if "__pycache__" not in str(file)]
    yield ("the package `tzdata` as installed", "tree", *_weigh(files))
    if SYSTEM_TREE.is_dir():
        yield ("this machine's `/usr/share/zoneinfo`", "tree", *_weigh([*SYSTEM_TREE.rglob("*")]))


def _weigh(paths: Sequence[Path]) -> tuple[str, str]:
    """Return the number of files, and the bytes of those that are not links of another."""
    files = [path for path in paths if path.is_file()]
    distinct = {(path.stat().st_dev, path.stat().st_ino): path.stat().st_size for path in files}
    return str(len(files)), f"{sum(distinct.values()):,}"


if __name__ == "__main__":
    asyncio.run(main())
