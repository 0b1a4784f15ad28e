"""A server that is no tzdata-filter service, or one that lies: it answers what a test tells it."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    pretender: Pretender

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""

    def _answer(self) -> None:
        request = f"{self.command} {self.path.partition('?')[0]}"
        self.pretender.asked.append(request)
        reply = self.pretender.replies.get(request, Reply(b"<html>nothing here</html>", 404))
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body) + reply.cut), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
