"""A server that is not a tzdata-filter service, or one that lies: it answers whatever a test says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.loopback import LoopbackHandler, serving


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        cut: How many more bytes are promised than sent.
    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass
class Pretender:
    """A running one, and what it answers.

    Attributes:
        url: What its URLs start with.
        replies: ``GET /path`` without its query → reply; everything else is a plain 404.
        asked: The requests so far, in the same form.
    """

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
