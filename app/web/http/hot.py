"""Hot answers: what was served a moment ago, found again by its raw path before anything else happens.

An answer here is complete and equal to what the routes would make; forgetting one costs time and nothing else.
"""

from collections import OrderedDict
from dataclasses import dataclass

from app.releases.library import Library
from app.web.http.asgi import Scope
from app.web.http.representation import Answer, Reply

_OVERHEAD_BYTES = 2_048
"""What one answer weighs besides its body: headers, key, objects."""

Key = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class HotAnswer:
    """An answer, its 200, its route, and the library's generation it holds for (``None``: for ever)."""

    answer: Answer
    reply: Reply
    route: str
    generation: int | None


class HotAnswers:
    """The latest answers, the oldest dropped first once ``max_bytes`` are held. Used by one event loop only."""

    def __init__(self, library: Library, *, max_bytes: int) -> None:
        self._library = library
        self._max_bytes = max_bytes
        self._held = 0
        self._answers: OrderedDict[Key, HotAnswer] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        """The weight of everything held."""
        return self._held

    @property
    def generation(self) -> int:
        """The library's; an answer that is not pinned needs the one from before its release was chosen."""
        return self._library.generation

    def find(self, scope: Scope) -> HotAnswer | None:
        """Return the answer for a GET or HEAD of this path and query, if it still holds."""
        found = self._answers.get((scope["raw_path"], scope["query_string"]))
        if found is None or (found.generation is not None and found.generation != self._library.generation):
            return None
        return found if scope["method"] in ("GET", "HEAD") else None

    def put(self, scope: Scope, answer: Answer, *, route: str, generation: int | None) -> None:
        """Keep the answer to a GET. Shape: ``generation`` it was made in; ``None`` if no new release can change it."""
        key = (scope["raw_path"], scope["query_string"])
        self._drop(key)
        weight = _weight(key, answer)
        if weight > self._max_bytes // 4:
            return
        self._answers[key] = HotAnswer(answer, answer.whole, route, generation)
        self._held += weight
        while self._held > self._max_bytes:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: Key) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._held -= _weight(key, dropped.answer)


def _weight(key: Key, answer: Answer) -> int:
    return len(key[0]) + len(key[1]) + len(answer.body) + _OVERHEAD_BYTES
