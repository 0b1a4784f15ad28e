"""A server that is not a tzdata-filter service, or one that lies: it answers what a test tells it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.loopback import LoopbackHandler, serving


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Shape: ``cut`` bytes are promised and not sent."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass
class Pretender:
    """What it answers. Shape: ``replies`` ``GET /path`` without its query → reply; the rest is a plain 404."""

    url: str
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def pretender() -> Iterator[Pretender]:
    """Run one until the block ends."""
    held = Pretender("")

    class Handler(_Handler):
        pretender = held

    with serving(Handler) as held.url:
        yield held


class _Handler(LoopbackHandler):
    pretender: Pretender

    def do_GET(self) -> None:  # noqa: N802 - so http.server calls it
        self._answer()

    def do_POST(self) -> None:  # noqa: N802 - so http.server calls it
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer()

    def _answer(self) -> None:
        request = f"{self.command} {self.path.partition('?')[0]}"
        self.pretender.asked.append(request)
        reply = self.pretender.replies.get(request, Reply(b"<html>nothing here</html>", 404))
        promised = {"Content-Length": str(len(reply.body) + reply.cut)}
        self.answer(reply.status, reply.body, {**promised, **reply.headers})
