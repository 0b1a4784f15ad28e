"""What all connections together may use: how many there are, and the bytes that they hold. No byte is parsed here."""

import logging
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

from app.errors import TzdataFilterError
from app.logs import Sparingly
from app.web.edge.front import Tally

_log = logging.getLogger(__name__)

SPARE_SECONDS = 2.0
"""How long one of those may take in all."""
_SCAN_SECONDS = 0.1
_LOG_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one connection may use. Units: seconds, bytes.

    Attributes:
        request_seconds: From the first byte of a request to its last.
        keep_alive_seconds: Between an answer and the next request.
        write_seconds: How long a client may take no byte of an answer.
        answer_seconds: How long a client may take for an answer that does not fit into the socket's buffers.
        head_bytes: Request line, header fields, and whatever else is not body: chunk lines, trailers, blank lines.
        head_fields: How many header fields.
        url_bytes: Past ``head_bytes``, a URL longer than this gets the blame.
        body_bytes: What is kept of a body; the application refuses the request.
        pipelined: How many requests may wait for the answers before theirs.
    """

    request_seconds: float = 10.0
    keep_alive_seconds: float = 75.0
    write_seconds: float = 20.0
    answer_seconds: float = 120.0
    head_bytes: int = 64 << 10
    head_fields: int = 256
    url_bytes: int = 32 << 10
    body_bytes: int = 256 << 10
    pipelined: int = 16

    @property
    def look_seconds(self) -> float:
        """How often a connection looks at its deadlines: none may begin and end between two looks."""
        return min(self.request_seconds, self.keep_alive_seconds, self.write_seconds, self.answer_seconds)


class Guest(Protocol):
    """A connection, as the whole sees it."""

    @property
    def received_bytes(self) -> int:
        """What it holds of requests that are not answered yet."""
        ...

    def waits_for(self, now: float) -> float | None:
        """Return for how many seconds the client has owed us something, or None while we owe the client."""
        ...

    def cut_off(self) -> None:
        """Close it at once; what was not sent is lost."""
        ...


class Capacity:
    """The open connections, and the bounds on them. Used by one event loop only.

    Past ``max_connections`` there may be ``spare_connections`` for whoever asks for health; the newest ones stay.
    """

    def __init__(
        self,
        tally: Tally,
        *,
        max_connections: int,
        spare_connections: int,
        max_received_bytes: int,
        max_unsent_bytes: int,
    ) -> None:
        self._tally = tally
        self._max_connections = max_connections
        self._spare_connections = spare_connections
        self._max_received_bytes = max_received_bytes
        self._max_unsent_bytes = max_unsent_bytes
        self._open: set[Guest] = set()
        self._spare: dict[Guest, None] = {}
        self._patient: list[Guest] = []
        self._scanned_at = -_SCAN_SECONDS
        self._received_bytes = 0
        self._slow: dict[Guest, tuple[Hashable, int]] = {}
        self._slow_answers: dict[Hashable, int] = {}
        self._unsent_bytes = 0
        # Anyone can cause any number of these lines.
        self._log = Sparingly(_log, every_seconds=_LOG_SECONDS)

    @property
    def is_full(self) -> bool:
        """Whether a new connection would be one too many."""
        return len(self._open) >= self._max_connections

    def admit(self, guest: Guest, now: float) -> bool:
        """Take a new connection. Return False if it is past the limit, and may only ask for health.

        Who has kept us waiting longest makes room for it.
        """
        if self.is_full:
            patient = self._find_patient(now)
            if patient is None:
                self._admit_spare(guest)
                return False
            self.cut_off(patient, "others need its place")
        self._open.add(guest)
        self._count()
        return True

    def promote(self, guest: Guest) -> bool:
        """Return whether there is room after all for a connection that was past the limit."""
        if self.is_full:
            return False
        self._spare.pop(guest, None)
        self._open.add(guest)
        return True

    def forget(self, guest: Guest) -> None:
        """Take note that a connection is gone."""
        self._open.discard(guest)
        self._spare.pop(guest, None)
        self._count()

    def cut_off(self, guest: Guest, why: str) -> None:
        """Close a connection at once."""
        self.forget(guest)
        guest.cut_off()
        self._tally.refused += 1
        self._log.info("a connection was cut off: %s", why)

    def note_refusal(self, error: TzdataFilterError) -> None:
        """Count a request that was refused before the application saw it."""
        self._tally.refused += 1
        self._log.info("a request was refused: %s", error.detail)

    def note_received(self, change: int) -> None:
        """Count what connections hold of requests that are not answered; at the bound, who holds most has to go."""
        self._received_bytes += change
        if change > 0 and self._received_bytes > self._max_received_bytes:
            most = max(self._open, key=lambda guest: guest.received_bytes, default=None)
            if most is not None:
                self.cut_off(most, "too much was received of requests that are not complete")

    def note_slow(self, guest: Guest, answer: Hashable, size: int) -> None:
        """Count an answer that a client does not take as fast as it is sent; at the bound, the slowest has to go.

        Args:
            answer: Whatever is equal for all connections that send the same bytes in memory.
        """
        self._slow[guest] = (answer, size)
        if answer not in self._slow_answers:
            self._unsent_bytes += size
        self._slow_answers[answer] = self._slow_answers.get(answer, 0) + 1
        while self._unsent_bytes > self._max_unsent_bytes:
            slowest = next(iter(self._slow))
            self.note_taken(slowest)
            self.cut_off(slowest, "too much is waiting for clients that do not take it")

    def note_taken(self, guest: Guest) -> None:
        """Take note that a connection holds no such answer any more."""
        answer, size = self._slow.pop(guest, (None, 0))
        if answer is None:
            return
        self._slow_answers[answer] -= 1
        if not self._slow_answers[answer]:
            del self._slow_answers[answer]
            self._unsent_bytes -= size

    def _admit_spare(self, guest: Guest) -> None:
        self._spare[guest] = None
        if len(self._spare) > self._spare_connections:
            self.cut_off(next(iter(self._spare)), "there are too many connections")
        self._count()

    def _count(self) -> None:
        self._tally.connections = len(self._open) + len(self._spare)

    def _find_patient(self, now: float) -> Guest | None:
        """Return the connection that has waited longest for its client.

        Cost: A look at all connections, at most ten times a second.
        """
        while self._patient:
            guest = self._patient.pop()
            waited = guest.waits_for(now) if guest in self._open else None
            if waited is not None and waited >= now - self._scanned_at:  # else it has been heard of since
                return guest
        if now < self._scanned_at + _SCAN_SECONDS:
            return None
        self._scanned_at = now
        waiting = [(seconds, guest) for guest in self._open if (seconds := guest.waits_for(now)) is not None]
        waiting.sort(key=lambda pair: pair[0])
        self._patient = [guest for _, guest in waiting]
        return self._patient.pop() if self._patient else None
