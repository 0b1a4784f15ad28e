"""A package index on loopback, with moods: what an index, or something in its way, can do wrong."""

import hashlib
import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from tests.loopback import LoopbackHandler, serving

Mood = Literal[
    "well",
    "refuses",
    "hangs",
    "fails",
    "truncates",
    "wrong hash",
    "no hash",
    "wrong content type",
    "not json",
    "endless",
    "drips",
    "redirects away",
    "redirects to http",
    "redirects in a circle",
    "names a stranger",
    "flips a bit",
]


@dataclass
class LoopbackIndex:
    """What the index holds and how it feels; tests change both while it runs.

    Attributes:
        wheels: File name → bytes.
        mood: For pages.
        file_mood: For wheels.
        base: Where the links of the HTML page start.
        pause_seconds: Before the first byte of each answer.
        shouting: Hashes are in capitals.
        yanked: File name → why; ``True`` for no reason.
        asked: Every path that was asked for, in order.
    """

    wheels: dict[str, bytes]
    url: str = ""
    html: bool = False
    mood: Mood = "well"
    file_mood: Mood = "well"
    credentials: str | None = None
    base: str | None = None
    shouting: bool = False
    pause_seconds: float = 0.0
    yanked: dict[str, bool | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    stopping: threading.Event = field(default_factory=threading.Event)

    def flip(self, content: bytes) -> bytes:
        """Return ``content`` with one bit flipped, another each time."""
        flipped = bytearray(content)
        flipped[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
        return bytes(flipped)

    def count(self, part: str) -> int:
        """Return how many requests had ``part`` in their path."""
        return sum(part in path for path in self.asked)


@contextmanager
def loopback_index(wheels: Mapping[str, bytes]) -> Iterator[LoopbackIndex]:
    """Run an index that holds ``wheels`` until the block ends."""
    index = LoopbackIndex(dict(wheels))

    class Handler(_Handler):
        held = index

    with serving(Handler) as url:
        index.url = f"{url}/simple"
        try:
            yield index
        finally:
            index.stopping.set()


class _File(TypedDict):
    filename: str
    url: str
    hashes: dict[str, str]
    yanked: bool | str


class _Handler(LoopbackHandler):
    held: LoopbackIndex
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802 - so http.server calls it
        index = self.held
        index.asked.append(self.path)
        index.stopping.wait(index.pause_seconds)
        if index.credentials is not None and self.headers.get("Authorization") != index.credentials:
            self.answer(401, b"", {"WWW-Authenticate": "Basic"})
        elif self.path == "/simple/tzdata/":
            self._in_mood(index.mood, *self._page())
        elif (name := self.path.rpartition("/")[2]) in index.wheels:
            self._in_mood(index.file_mood, index.wheels[name], "application/octet-stream")
        else:
            self.answer(404, b"")

    def _page(self) -> tuple[bytes, str]:
        index = self.held
        host = "http://stranger.invalid" if index.mood == "names a stranger" else ""
        files: list[_File] = []
        for name, wheel in index.wheels.items():
            sum_ = hashlib.sha256(b"other" if index.mood == "wrong hash" else wheel).hexdigest()
            hashes = {} if index.mood == "no hash" else {"sha256": sum_.upper() if index.shouting else sum_}
            start = f"{host}/files/" if index.base is None else ""
            files.append(
                {
                    "filename": name,
                    "url": f"{start}{name}",
                    "hashes": hashes,
                    "yanked": index.yanked.get(name, False),
                }
            )
        if not index.html:
            page = {"meta": {"api-version": "1.1"}, "name": "tzdata", "files": files}
            return json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json"
        anchors = "".join(
            f'<a href="{item["url"]}#sha256={item["hashes"].get("sha256", "")}"{_yanked(item)}>{item["filename"]}</a>\n'
            for item in files
        )
        base = f'<base href="{index.base}">' if index.base is not None else ""
        return f"<!doctype html><html>{base}<body>{anchors}</body></html>".encode(), "text/html; charset=utf-8"

    def _in_mood(self, mood: Mood, content: bytes, content_type: str) -> None:
        match mood:
            case "hangs":
                self.held.stopping.wait(20)
                self.close_connection = True
            case "refuses":
                self.close_connection = True
            case "fails":
                self.answer(500, b"oops")
            case "truncates":
                self.answer(200, content[: len(content) // 2], {"Content-Length": str(len(content))})
                self.close_connection = True
            case "wrong content type":
                self.answer(200, content, {"Content-Type": "text/plain"})
            case "not json":
                self.answer(200, b"{", {"Content-Type": content_type})
            case "endless" | "drips":
                self._stream(b"x" * 65_536 if mood == "endless" else b"x", pause=0.0 if mood == "endless" else 0.2)
            case "redirects away":
                self.answer(302, b"", {"Location": "https://stranger.invalid/"})
            case "redirects to http":
                self.answer(302, b"", {"Location": "http://stranger.invalid/"})
            case "redirects in a circle":
                self.answer(302, b"", {"Location": self.path})
            case "flips a bit":
                self.answer(200, self.held.flip(content), {"Content-Type": content_type})
            case "well" | "wrong hash" | "no hash" | "names a stranger":
                self.answer(200, content, {"Content-Type": content_type})

    def _stream(self, piece: bytes, *, pause: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.end_headers()
        self.close_connection = True
        try:
            while not self.held.stopping.is_set():
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            return  # the client had enough, as it should


def _yanked(item: _File) -> str:
    """Return the attribute of a yanked file in HTML. Source: PEP 592: it may be without a value."""
    if not item["yanked"]:
        return ""
    return f' data-yanked="{item["yanked"]}"' if isinstance(item["yanked"], str) else " data-yanked"
