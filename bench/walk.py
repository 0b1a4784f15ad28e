"""One request through the code: which files of ``app/`` it enters, and how often it goes from one file to another.

Counted are the interpreter's call events in functions of ``app/``, a coroutine that goes on among them. The application
runs in this process with default settings, without a socket, after the releases were loaded; the loop is what runs in
the event loop's thread, the rest is work that it hands to others.
"""

import argparse
import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from types import FrameType

import httpx

import app
from app.settings import read_settings
from app.web.app import make_app
from app.wiring import make_web_parts
from bench._table import print_table

ROOT = f"{Path(app.__file__).parent}/"
ZONES = "Asia/Shanghai,Etc/UTC"
REPOSITORY = "/v2/asia/shanghai/etc/utc"


class Walk:
    """Notes the files that calls lead to while it is open."""

    def __init__(self) -> None:
        self.is_open = False
        self._loop = threading.get_ident()
        self._entered: list[tuple[str, bool]] = []

    def note(self, frame: FrameType, event: str, _: object) -> None:
        """Take one event of the interpreter. Source: ``sys.setprofile``."""
        path = frame.f_code.co_filename
        if self.is_open and event == "call" and path.startswith(ROOT):
            self._entered.append((path.removeprefix(ROOT), threading.get_ident() == self._loop))

    async def record(self, client: httpx.AsyncClient, path: str) -> tuple[list[str], list[str]]:
        """Ask once; return the files entered by the loop, and those entered by all threads, in order."""
        self._entered, self.is_open = [], True
        await client.get(path)
        self.is_open = False
        return [file for file, in_loop in self._entered if in_loop], [file for file, _ in self._entered]


async def main() -> None:
    """Walk each example once and print a table, or the whole way of one of them."""
    parser = argparse.ArgumentParser(prog="bench.walk", description=__doc__)
    parser.add_argument("--show", metavar="REQUEST", help="print the way of this one, file after file")
    parser.add_argument("--smallest", action="store_true", help="changes nothing: one walk is all there is")
    arguments = parser.parse_args()
    walk = Walk()
    threading.setprofile(walk.note)  # first of all: it counts for threads that are made from here on
    sys.setprofile(walk.note)
    parts = make_web_parts(read_settings({"offline": True}))
    await parts.library.listed()
    rows = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(make_app(parts)), base_url="http://service") as client:
        release = (await client.get("/v1/releases")).json()["latest"]
        async for name, path in examples(client, release):
            loop, every = await walk.record(client, path)
            rows.append((name, *_counts(loop), *_counts(every)))
            if arguments.show == name:
                print("\n".join(f"{len([*calls]):>4}  {file}" for file, calls in groupby(loop)))
    sys.setprofile(None)
    header = ("request", "files, loop", "changes of file", "files, all threads", "changes of file")
    print_table("One request, by calls into app/", header, rows)


async def examples(client: httpx.AsyncClient, release: str) -> AsyncIterator[tuple[str, str]]:
    """Yield names and paths; nobody has asked for any of them before, but for the second."""
    bundle = f"/v1/bundles/{release}/{ZONES}.tar.gz"
    yield "cold bundle", bundle
    yield "hot bundle", bundle
    yield "cold bundle of a channel", f"/v1/bundles/latest/{ZONES}.zip"
    index = (await client.get(f"{REPOSITORY}/manifests/{release}")).json()
    manifest = (await client.get(f"{REPOSITORY}/manifests/{index['manifests'][0]['digest']}")).json()
    yield "registry blob, not hot", f"{REPOSITORY}/blobs/{manifest['layers'][0]['digest']}"
    yield "registry tag, not hot", f"{REPOSITORY}/manifests/latest"
    yield "diff", f"/v1/releases/{release}/diff/{release}?zones=Etc/UTC"
    yield "unknown zone", bundle.replace("Shanghai", "Shanghi")


def _counts(files: Sequence[str]) -> tuple[str, str]:
    changes = sum(1 for one, following in pairwise(files) if one != following)
    return str(len({*files})), str(changes)


if __name__ == "__main__":
    asyncio.run(main())
