"""An HTTP server on a free port of the loopback interface, for tests that need a stranger to talk to."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("data") / "loopback.pem"
"""A certificate for the addresses of loopback and its key, trusted by nobody; until 2126."""


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers in whole, and prints nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""

    def answer(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send an answer. ``headers`` may say another length than there is."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Keep the test's output clean of clients that do not trust the certificate."""


@contextmanager
def serving(handler: type[LoopbackHandler], *, host: str = "127.0.0.1", tls: bool = False) -> Iterator[str]:
    """Serve until the block ends; gives the URL of the root, without a slash at its end."""
    server = _Quiet((host, 0), handler)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
