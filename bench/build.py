"""Cold builds: from a request to stored bytes with the release in memory, beside naive code that writes the same tree.

Cold means a new builder with an empty store in memory for every build: plan, content key, writer, record, both digests.
The naive code knows its files already and does nothing but write them with ``tarfile`` and ``zipfile``. It writes no Go
packages.
"""

import asyncio
import gc
import io
import tarfile
import time
import zipfile
from collections.abc import Callable, Sequence
from statistics import median

from app.artifact.entry import Entry
from app.artifact.formats import FORMATS, Format
from app.artifact.recipe import CURRENT
from app.artifact.spec import Spec, parse_spec
from app.artifact.tarball import MTIME
from app.builder.builder import Builder
from app.releases.library import Library
from app.settings import read_settings
from app.store.memory import MemoryStore
from app.wiring import make_local
from bench._arguments import read_arguments
from bench._table import print_table

SELECTIONS: tuple[tuple[str, ...], ...] = (("Asia/Shanghai", "Etc/UTC"), ("*",))
ROUNDS = 40
NO_PEER = "-"


async def main() -> None:
    """Measure every selection in every format and print one table."""
    rounds = read_arguments("build", rounds=ROUNDS).rounds
    library = make_local(read_settings({"offline": True}), None, online=False).library
    await library.release("latest")
    specs = [parse_spec("latest", zones, format=form, options={}) for zones in SELECTIONS for form in FORMATS]
    rows = [await measure(library, spec, rounds=rounds) for spec in specs]
    title = f"One cold build, median of {rounds}"
    print_table(title, ("zones", "format", "bytes", "build ms", "writer ms", "naive ms", "naive / build"), rows)


async def measure(library: Library, spec: Spec, *, rounds: int) -> tuple[str, ...]:
    """Return a line of the table: the builder, its writer alone and the naive code where there is some, in turn."""
    plan = await Builder(library, MemoryStore()).plan(spec)
    writers = [CURRENT[spec.format].encode, *([NAIVE[spec.format]] if spec.format in NAIVE else [])]
    seconds: list[list[float]] = [[] for _ in ("built", *writers)]
    size = 0
    for _ in range(rounds):
        gc.collect()
        builder = Builder(library, MemoryStore())
        started = time.perf_counter()
        size = len((await builder.build(spec)).content)
        seconds[0].append(time.perf_counter() - started)
        for write, taken in zip(writers, seconds[1:], strict=True):
            started = time.perf_counter()
            write(plan.entries)
            taken.append(time.perf_counter() - started)
    built, written, *naive = map(median, seconds)
    names = " ".join(map(str, spec.selectors)) if len(plan.entries) < 10 else f"all {len(plan.entries)}"
    times = [f"{each * 1e3:.2f}" for each in (built, written, *naive)]
    return (names, spec.format, f"{size:,}", *times, *([f"{naive[0] / built:.1f}"] if naive else [NO_PEER] * 2))


def write_naive_tar(entries: Sequence[Entry], mode: str = "") -> bytes:
    """Write a tree as one does with ``tarfile``."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f"w:{mode}", format=tarfile.USTAR_FORMAT) as archive:  # type: ignore[call-overload]
        for entry in sorted(entries, key=lambda entry: entry.kind == "hard"):
            member = tarfile.TarInfo(entry.path)
            member.mtime = MTIME
            if entry.kind == "hard":
                member.type, member.linkname = tarfile.LNKTYPE, entry.target_path or ""
                archive.addfile(member)
            else:
                member.size = entry.size
                archive.addfile(member, io.BytesIO(entry.content))
    return stream.getvalue()


def write_naive_zip(entries: Sequence[Entry]) -> bytes:
    """Write a tree as one does with ``zipfile``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for entry in entries:
            archive.writestr(zipfile.ZipInfo(entry.path), entry.content)
    return stream.getvalue()


NAIVE: dict[Format, Callable[[Sequence[Entry]], bytes]] = {
    "tar": write_naive_tar,
    "tar.gz": lambda entries: write_naive_tar(entries, "gz"),
    "zip": write_naive_zip,
}
"""What holds a tree and nothing else."""

if __name__ == "__main__":
    asyncio.run(main())
