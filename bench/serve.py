"""Hot answers over HTTP, beside a bare ASGI function that returns the same bytes and header fields on the same uvicorn.

Peers take turns in short rounds, so that a busy machine slows all of them. Two ratios come out: of replies per second
(the median over the rounds), and of the server's processor time per reply, which other programs disturb less.
"""

import gc
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench._arguments import read_arguments
from bench._load import Count, Load, apply_load
from bench._service import TICK_SECONDS, Server, fetch, request_row, run_server, run_service
from bench._table import print_table

BUNDLE = "/v1/bundles/2026f/Asia/Shanghai,Etc/UTC.tar.gz"
WARM_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request."""

    name: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Peer:
    """A server under load, and what it has come to so far. Units: ``cpu_seconds`` of the server's process."""

    server: Server
    load: Load
    counts: list[Count] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def run(self, seconds: float) -> None:
        """Run one round."""
        before = self.server.cpu_seconds()
        self.counts.append(apply_load(self.load, seconds=seconds))
        self.cpu_seconds += self.server.cpu_seconds() - before

    @property
    def rate(self) -> float:
        """Replies per second, the median of the rounds."""
        return median(count.rate for count in self.counts)

    @property
    def cpu_per_reply(self) -> float:
        """Seconds of processor time, which the kernel counts in ticks: a short run may have come to none."""
        return max(self.cpu_seconds, TICK_SECONDS) / sum(count.replies for count in self.counts)

    def rate_ratio(self, other: "Peer") -> float:
        """Return this peer's rate by the other's: the median of the rounds, each by the other's next to it."""
        pairs = zip(self.counts, other.counts, strict=True)
        return median(own.rate / others.rate for own, others in pairs)

    def cpu_ratio(self, other: "Peer") -> float:
        """Return how many replies this peer gives for the processor time that the other needs for one."""
        return other.cpu_per_reply / self.cpu_per_reply


def main() -> None:
    """Measure every case and print one table."""
    arguments = read_arguments("serve", rounds=30, seconds=0.25)
    gc.disable()
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        folder = Path(directory)
        quiet = stack.enter_context(run_service(log=folder / "quiet.log", REQUEST_LOG="false"))
        logging = stack.enter_context(run_service(log=folder / "logging.log", REQUEST_LOG="true"))
        rows: list[Sequence[str]] = []
        for case in read_cases(quiet):
            peers = measure(case, (quiet, logging), folder, rounds=arguments.rounds, seconds=arguments.seconds)
            rows += write_rows(case, peers)
    title = f"Replies on one core, {arguments.rounds} rounds of {arguments.seconds} s in turn; ratios to `bare`"
    print_table(title, ("request", "peer", "replies/s", "ratio", "CPU µs", "CPU ratio"), rows)


def read_cases(server: Server) -> list[Case]:
    """Return the cases; the artifact's URL and the ETag are what the service says they are."""
    reply = fetch(server, BUNDLE)
    location, etag = (_field(reply, name) for name in ("content-location", "etag"))
    return [
        Case("bundle", BUNDLE),
        Case("artifact", location),
        Case("bundle, 304", BUNDLE, headers={"if-none-match": etag}),
        Case("bundle, HEAD", BUNDLE, method="HEAD"),
    ]


def measure(
    case: Case, ours: tuple[Server, Server], folder: Path, *, rounds: int, seconds: float
) -> Mapping[str, Peer]:
    """Return the peers after all rounds; the first one is ``bare``."""
    replies = [fetch(server, case.path, method=case.method, headers=case.headers) for server in ours]
    reply_file = folder / "reply"
    reply_file.write_bytes(replies[0])
    kinds = ("bare", "fastapi") if case.name == "bundle" else ("bare",)
    with ExitStack() as stack:
        command = ("-m", "bench._bare")
        others = {
            kind: stack.enter_context(run_server(*command, kind, "{port}", str(reply_file), log=folder / "peers.log"))
            for kind in kinds
        }
        servers = {"bare": others["bare"], "log off": ours[0], "log on": ours[1], **others}
        peers = {name: _make_peer(server, case) for name, server in servers.items()}
        for peer in peers.values():
            apply_load(peer.load, seconds=min(WARM_SECONDS, seconds))
        for _ in range(rounds):
            for peer in peers.values():
                peer.run(seconds)
    return peers


def write_rows(case: Case, peers: Mapping[str, Peer]) -> list[tuple[str, ...]]:
    """Return the lines of a case's table."""
    bare = peers["bare"]
    return [
        (
            case.name,
            name,
            f"{peer.rate:,.0f}",
            f"{peer.rate_ratio(bare):.2f}",
            f"{peer.cpu_per_reply * 1e6:.1f}",
            f"{peer.cpu_ratio(bare):.2f}",
        )
        for name, peer in peers.items()
    ]


def _make_peer(server: Server, case: Case) -> Peer:
    reply = fetch(server, case.path, method=case.method, headers=case.headers)
    head, _, body = reply.partition(b"\r\n\r\n")
    request = request_row(case.path, method=case.method, headers=case.headers)
    return Peer(server, Load(server.port, request, head.partition(b"\r\n")[0], len(body)))


def _field(reply: bytes, name: str) -> str:
    match = re.search(rf"^{name}: (.*)\r$".encode(), reply, re.MULTILINE)
    assert match is not None, f"the reply has no {name}"
    return match[1].decode("ascii")


if __name__ == "__main__":
    main()
