"""Connections of httpx with one deadline over everything, a bound on every byte, and a say in where they lead.

httpx bounds the wait for each piece; an answer in tiny pieces, or with headers without end, goes on for ever. So the
network layer of its engine, httpcore, is given from here.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import httpcore
import httpx

from app.outbound.failures import Unreachable, Untrusted
from app.outbound.proxies import Proxy
from app.outbound.reach import IpAddress, parse_address

MAX_RESOLVING = 8
"""How many names may be being resolved at once: the resolver has no deadline of its own, and cannot be stopped."""

SocketOption: TypeAlias = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
LookUp: TypeAlias = Callable[[str, int], list[str]]
"""Returns the addresses of a host. Raises: OSError, ValueError."""
Judge: TypeAlias = Callable[[IpAddress], None]
"""Is told the address that is about to be connected to. Raises: Untrusted if it may not be."""

_resolving = threading.BoundedSemaphore(MAX_RESOLVING)


@dataclass(slots=True)
class Bounds:
    """What one attempt may take, all its connections and redirects together.

    Attributes:
        end: In seconds of the monotonic clock.
        silence_seconds: The longest wait for the next piece.
        bytes_left: What may still come: bodies, headers, interim answers, chunk lines and trailers alike.
    """

    end: float
    silence_seconds: float
    bytes_left: int

    def wait(self) -> float:
        """Return how long the next step may take. Raises: ReadTimeout, as httpcore does, if the time is over."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("no whole answer in time")
        return min(left, self.silence_seconds)

    def count(self, size: int) -> None:
        """Count bytes that came. Raises: Untrusted if they are too many."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise Untrusted("the answer has far more bytes around its content than in it")


class Transport(httpx.BaseTransport):
    """Connections for one request of httpx's client; closed with the client."""

    def __init__(self, context: ssl.SSLContext | None, proxy: Proxy | None, *, bounds: Bounds, judge: Judge) -> None:
        """Open nothing yet.

        Args:
            context: For https; ``None`` if the address is not of that kind.
            judge: Not asked if there is a proxy, which resolves and connects by itself.
        """
        if proxy is None:
            network = _Network(bounds, judge)
            self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=network)
            return
        self._pool = httpcore.HTTPProxy(
            proxy.url,
            proxy_auth=proxy.login,
            ssl_context=context,
            proxy_ssl_context=context if proxy.url.startswith("https:") else None,
            network_backend=_Network(bounds, _trust),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.read(),
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """See httpx."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Network(httpcore.NetworkBackend):
    def __init__(self, bounds: Bounds, judge: Judge) -> None:
        self._bounds = bounds
        self._judge = judge

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the bounds say it
        local_address: str | None = None,  # noqa: ARG002 - any
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        refused: Exception = httpcore.ConnectError("the name has no address")
        addresses = resolve(host, port, self._bounds.wait())
        for position, address in enumerate(addresses):
            try:
                # By address, so that nobody resolves the name again and finds another one.
                self._judge(address)
                share = self._bounds.wait() / (len(addresses) - position)
                stream = httpcore.SyncBackend().connect_tcp(str(address), port, share, None, socket_options)
                return _Stream(stream, self._bounds)
            except (httpcore.NetworkError, httpcore.TimeoutException, Untrusted) as error:
                refused = error
        raise refused


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, bounds: Bounds) -> None:
        self._stream = stream
        self._bounds = bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the bounds say it
        content = self._stream.read(max_bytes, self._bounds.wait())
        self._bounds.count(len(content))
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the bounds say it
        self._stream.write(buffer, self._bounds.wait())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the bounds say it
    ) -> httpcore.NetworkStream:
        # Python's handshake takes its time limit for the whole of it.
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._bounds.wait()), self._bounds)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def resolve(host: str, port: int, seconds: float, *, look_up: LookUp | None = None) -> list[IpAddress]:
    """Return the addresses of a host, each once, in the order in which to try them.

    Args:
        seconds: The longest wait.
        look_up: In place of the system's resolver.

    Raises:
        Unreachable: It has none, or the resolver does not say in time.
    """
    if (literal := parse_address(host)) is not None:
        return [literal]
    if not _resolving.acquire(timeout=seconds):
        raise Unreachable("the resolver of names does not answer")
    found: queue.SimpleQueue[list[IpAddress] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            addresses = map(parse_address, (look_up or _look_up)(host, port))
            found.put(list(dict.fromkeys(address for address in addresses if address is not None)))
        except (OSError, ValueError) as error:
            found.put(error)
        finally:
            _resolving.release()

    threading.Thread(target=run, daemon=True, name="resolve").start()
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty as error:
        raise Unreachable(f"the name {host} was not resolved in time") from error
    if isinstance(answer, Exception):
        raise Unreachable(f"the name {host} cannot be resolved: {answer}") from answer
    return answer


def _look_up(host: str, port: int) -> list[str]:
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _trust(address: IpAddress) -> None:
    """Let a proxy be anywhere: whoever runs this program named it."""
