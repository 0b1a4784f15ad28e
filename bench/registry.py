"""Images: cold ones in the builder, and hot manifests and layers over HTTP beside a bare ASGI function.

Cold means a new builder with an empty store in memory for every image: repository name, plan, layer, eleven configs and
manifests, index, and the notes that find them again. Hot is measured as in ``bench.serve``.
"""

import asyncio
import gc
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from app.artifact.oci.image import encode_layer, make_image
from app.artifact.oci.names import parse_repository
from app.artifact.zone_paths import format_zone_path
from app.builder.builder import Builder
from app.builder.images import Images
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.settings import read_settings
from app.store.memory import MemoryStore
from app.wiring import make_sources
from bench._arguments import read_arguments
from bench._service import Server, fetch, run_service
from bench._table import print_table
from bench.serve import Case, measure, write_rows

NAME = "asia/shanghai/etc/utc"
TAG = "2026f"
COLD_ROUNDS = 40
WHOLE = "country/us/country/ru/country/ca"
"""About as many zones as a name can hold."""


def main() -> None:
    """Print a table of cold images and one of hot answers."""
    arguments = read_arguments("registry", rounds=12, seconds=0.5)
    gc.disable()
    rows = asyncio.run(measure_cold(1 if arguments.smallest else COLD_ROUNDS))
    print_table("One cold image", ("repository", "images", "median ms", "worst of 20 ms", "bytes ms"), rows)
    print_hot(rounds=arguments.rounds, seconds=arguments.seconds)


async def measure_cold(rounds: int) -> list[tuple[str, ...]]:
    """Return the lines of the first table."""
    ledger = Ledger(MemoryStore())
    library = Library(make_sources(read_settings(), ledger, online=False), ledger=ledger)
    every = [format_zone_path(name) for name in (await library.release("latest")).files]
    return [
        await measure_images(library, "each name alone", every if rounds > 1 else every[:1]),
        await measure_images(library, NAME, [NAME] * rounds),
        await measure_images(library, f"go/{NAME}", [f"go/{NAME}"] * rounds),
        await measure_images(library, WHOLE, [WHOLE] * rounds),
    ]


async def measure_images(library: Library, title: str, repositories: Sequence[str]) -> tuple[str, ...]:
    """Return a line: the whole way, and what of it goes into the image's own bytes once there is a bundle."""
    release = await library.release("latest")
    whole: list[float] = []
    written: list[float] = []
    for repository in repositories:
        gc.collect() if len(whole) % 50 == 0 else None
        store = MemoryStore()
        builder = Builder(library, store)
        images = Images(library, builder, store)
        started = time.perf_counter()
        await images.image(repository, "latest")
        whole.append(time.perf_counter() - started)
        artifact = await builder.build(parse_repository(repository, release))
        started = time.perf_counter()
        make_image(artifact.plan, encode_layer(artifact.plan, artifact.content))
        written.append(time.perf_counter() - started)
    worst = sorted(whole)[-max(1, len(whole) // 20)]
    times = (f"{each * 1e3:.2f}" for each in (median(whole), worst, median(written)))
    return (title, str(len(repositories)), *times)


def print_hot(*, rounds: int, seconds: float) -> None:
    """Measure hot answers and print the second table."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        folder = Path(directory)
        quiet = stack.enter_context(run_service(log=folder / "quiet.log", REQUEST_LOG="false", OFFLINE="true"))
        logging = stack.enter_context(run_service(log=folder / "logging.log", REQUEST_LOG="true", OFFLINE="true"))
        rows: list[Sequence[str]] = []
        for case in read_cases(quiet):
            rows += write_rows(case, measure(case, (quiet, logging), folder, rounds=rounds, seconds=seconds))
    title = f"Replies on one core, {rounds} rounds of {seconds} s in turn; ratios to `bare`"
    print_table(title, ("request", "peer", "replies/s", "ratio", "CPU µs", "CPU ratio"), rows)


def read_cases(server: Server) -> list[Case]:
    """Return the cases; the digests are what the service says they are."""
    tag = f"/v2/{NAME}/manifests/{TAG}"
    index = json.loads(_body(server, tag))
    manifest = f"/v2/{NAME}/manifests/{index['manifests'][0]['digest']}"
    layer = f"/v2/{NAME}/blobs/{json.loads(_body(server, manifest))['layers'][0]['digest']}"
    return [
        Case("index by tag", tag),
        Case("index by tag, HEAD", tag, method="HEAD"),
        Case("manifest by digest", manifest),
        Case("layer", layer),
    ]


def _body(server: Server, path: str) -> bytes:
    return fetch(server, path).partition(b"\r\n\r\n")[2]


if __name__ == "__main__":
    main()
