"""A package index on the loopback interface: a good one, one whose wheels come at 10 KB a second, one with a bomb.

``python -m bench._index MOOD PORT`` serves until it is asked to stop.
"""

import functools
import gzip
import hashlib
import json
import os
import struct
import sys
import time
import zlib
from http.server import ThreadingHTTPServer
from typing import Literal, TypeAlias

import dev
from tests.loopback import LoopbackHandler

Mood: TypeAlias = Literal["well", "slow", "bomb"]

TICK_SECONDS = 0.1
TICK_BYTES = 1_000
BOMB_BYTES = 1 << 30
JSON_TYPE = "application/vnd.pypi.simple.v1+json"


class IndexHandler(LoopbackHandler):
    """Answers one request to the index."""

    protocol_version = "HTTP/1.1"
    mood: Mood = "well"

    def do_GET(self) -> None:  # noqa: N802 - so http.server calls it
        """Answer with the page of tzdata, or with a wheel."""
        wheel = read_wheels().get(self.path.rpartition("/")[2])
        if self.path.endswith("/tzdata/"):
            self._answer_page()
        elif wheel is None:
            self.answer(404, b"")
        elif self.mood == "slow":
            self._drip(wheel)
        else:
            self.answer(200, wheel)

    def _answer_page(self) -> None:
        if self.mood == "bomb":
            self.answer(200, make_bomb(), {"Content-Type": JSON_TYPE, "Content-Encoding": "gzip, gzip"})
        else:
            self.answer(200, make_page(), {"Content-Type": JSON_TYPE})

    def _drip(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            for start in range(0, len(content), TICK_BYTES):
                self.wfile.write(content[start : start + TICK_BYTES])
                time.sleep(TICK_SECONDS)
        except OSError:
            self.close_connection = True  # the service had enough, as it should


@functools.cache
def read_wheels() -> dict[str, bytes]:
    """Return the wheels that are there, by their file names."""
    return {path.name: path.read_bytes() for path in dev.read_wheels() if path.is_file()}


@functools.cache
def make_page() -> bytes:
    """Return the page as an honest index writes it."""
    files = [
        {"filename": name, "url": f"/files/{name}", "hashes": {"sha256": hashlib.sha256(wheel).hexdigest()}}
        for name, wheel in read_wheels().items()
    ]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "tzdata", "files": files}).encode()


@functools.cache
def make_bomb() -> bytes:
    """Return a gibibyte of zeros, compressed twice: one stream, since a reader may stop after the first of several."""
    piece = bytes(1 << 20)
    count = BOMB_BYTES // len(piece)
    compressor = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    block = compressor.compress(piece) + compressor.flush(zlib.Z_FULL_FLUSH)
    sum_ = functools.reduce(lambda sum_, _: zlib.crc32(piece, sum_), range(count), 0)
    trailer = struct.pack("<II", sum_, BOMB_BYTES)
    return gzip.compress(b"\x1f\x8b\x08" + bytes(7) + block * count + compressor.flush() + trailer, mtime=0)


def main() -> None:
    """Serve."""
    mood, port = sys.argv[1:]
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # whatever priority the services have
    handler = type("Handler", (IndexHandler,), {"mood": mood})
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
