"""Running the application on uvicorn. What the application is made of is not known here."""

import contextlib
import logging
import socket
from collections.abc import Callable
from functools import partial
from threading import Thread

import uvicorn

from app.settings import Settings
from app.web.edge.connection import BoundedProtocol
from app.web.http.asgi import ASGIApp
from app.web.http.forms import ErrorForms

_log = logging.getLogger(__name__)


def run(
    app: ASGIApp,
    settings: Settings,
    *,
    forms: ErrorForms,
    visitor: Callable[[int, Callable[[], None]], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; running requests then have ``shutdown_seconds`` to finish.

    Args:
        forms: How errors are written that a connection finds before there is a request.
        visitor: Called in a thread of its own once the port is open, with its number and a function that stops serving.

    Raises:
        OSError: The service cannot listen where the settings say.
    """

    class Protocol(BoundedProtocol):
        request_timeout_seconds = settings.request_timeout_seconds

    Protocol.forms = forms

    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        loop="auto",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=max(1, round(settings.keep_alive_seconds)),
        timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
    )
    with contextlib.closing(_bind(settings)) as listener:
        _log.info("listening on %s port %d; links start with %s", *listener.getsockname()[:2], settings.base_url)
        server = uvicorn.Server(config)
        if visitor is not None:
            stop = partial(setattr, server, "should_exit", True)
            Thread(target=visitor, args=(listener.getsockname()[1], stop), daemon=True).start()
        server.run(sockets=[listener])


def _bind(settings: Settings) -> socket.socket:
    """Open the port before anything else starts, so that a port in use is an error and not a log line."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.create_server((settings.host, settings.port), family=family, backlog=2_048)
    listener.set_inheritable(True)
    return listener
