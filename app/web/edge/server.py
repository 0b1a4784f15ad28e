"""Running the application on uvicorn. What the application is made of is not known here."""

import asyncio
import contextlib
import logging
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread
from types import FrameType

import uvicorn

from app.settings import Settings
from app.web.edge.capacity import Capacity, Limits
from app.web.edge.connection import BoundedProtocol
from app.web.edge.front import Tally
from app.web.http.asgi import ASGIApp
from app.web.http.forms import ErrorForms

_log = logging.getLogger(__name__)

_RESERVED_DESCRIPTORS = 128
"""For files, connections to the index and the log; an eighth of them for connections past the limit."""
_SEND_BUFFER_BYTES = 128 << 10
_RECEIVE_BUFFER_BYTES = 64 << 10
"""What the kernel may keep for one connection (it takes twice as much): left alone, 4 MiB and 32 MiB."""


def run(
    app: ASGIApp,
    settings: Settings,
    *,
    forms: ErrorForms,
    tally: Tally,
    visitor: Callable[[int, Callable[[], None]], None] | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; running requests then have ``shutdown_seconds`` to finish.

    The signal then ends the process as it would have without a service: a shell sees 128 and its number. A second one
    ends it at once.

    Args:
        forms: How errors are written that a connection finds before there is a request.
        tally: Where connections are counted.
        visitor: Called in a thread of its own once the port is open, with its number and a function that stops serving.

    Raises:
        OSError: The service cannot listen where the settings say.
    """
    config = uvicorn.Config(
        app,
        http=_make_protocol(settings, forms, tally),
        ws="none",
        loop="auto",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Slow clients are cut off before that; what is still at work then is an error for the log.
        timeout_graceful_shutdown=round(settings.shutdown_seconds) + 2,
    )
    with contextlib.closing(_bind(settings)) as listener:
        _log.info("listening on %s port %d; links start with %s", *listener.getsockname()[:2], settings.base_url)
        server = _Server(config, shutdown_seconds=settings.shutdown_seconds)
        if visitor is not None:
            stop = partial(setattr, server, "should_exit", True)
            Thread(target=visitor, args=(listener.getsockname()[1], stop), daemon=True).start()
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn's server with two things more: SIGHUP, and an end for clients that hold up the end."""

    def __init__(self, config: uvicorn.Config, *, shutdown_seconds: float) -> None:
        super().__init__(config)
        self._shutdown_seconds = shutdown_seconds

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGHUP as SIGTERM, unless whoever started the process has it ignored, as nohup(1) does."""
        with super().capture_signals():
            before = signal.getsignal(signal.SIGHUP)
            if threading.current_thread() is not threading.main_thread() or before == signal.SIG_IGN:
                yield
                return
            signal.signal(signal.SIGHUP, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(signal.SIGHUP, before)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, and at a second signal stop at once."""
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; clients that have not taken their answers in time lose them."""
        cutting = asyncio.create_task(self._cut_off_the_late())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    async def _cut_off_the_late(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._shutdown_seconds
        while loop.time() < end and not self.force_exit:  # noqa: ASYNC110 - as uvicorn waits: a handler sets a flag
            await asyncio.sleep(0.05)
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _make_protocol(settings: Settings, forms: ErrorForms, tally: Tally) -> type[BoundedProtocol]:
    class Protocol(BoundedProtocol):
        limits = Limits(
            request_seconds=settings.request_timeout_seconds,
            keep_alive_seconds=settings.keep_alive_seconds,
            write_seconds=settings.write_timeout_seconds,
            answer_seconds=settings.answer_timeout_seconds,
            head_bytes=settings.max_header_bytes,
            head_fields=settings.max_header_fields,
            url_bytes=settings.max_url_bytes,
            body_bytes=settings.max_body_bytes,
            pipelined=settings.max_pipelined_requests,
        )

    connections, spare = _bound_connections(settings.max_connections)
    Protocol.capacity = Capacity(
        tally,
        max_connections=connections,
        spare_connections=spare,
        max_received_bytes=settings.max_received_bytes,
        max_unsent_bytes=settings.max_unsent_bytes,
    )
    Protocol.forms = forms
    return Protocol


def _bound_connections(wanted: int) -> tuple[int, int]:
    """Return how many connections there may be, and how many more past that, and get the descriptors for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _RESERVED_DESCRIPTORS
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted, _RESERVED_DESCRIPTORS // 8
    soft = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    reserved = min(_RESERVED_DESCRIPTORS, soft * 3 // 4)
    possible = min(wanted, soft - reserved)
    if possible < wanted:
        _log.warning("at most %d connections at a time, not %d: this process may open %d files", possible, wanted, soft)
    return possible, reserved // 8


def _bind(settings: Settings) -> socket.socket:
    """Open the port before anything else starts, so that a port in use is an error and not a log line."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.create_server((settings.host, settings.port), family=family, backlog=2_048)
    listener.set_inheritable(True)
    # What is accepted inherits both.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    return listener
