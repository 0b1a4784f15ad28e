"""What was served a moment ago, found again by its raw path before anything else is done.

A representation here is complete and equal to what its route would make; forgetting one costs time and nothing else.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeAlias

from app.releases.library import Library
from app.web.http.asgi import Scope
from app.web.http.representation import Reply, Representation

_OVERHEAD_BYTES = 2_048
"""The weight of one representation besides its body: headers, key, objects."""

Key: TypeAlias = tuple[bytes, bytes]
"""The raw path and the query."""


@dataclass(frozen=True, slots=True)
class HotRepresentation:
    """A representation that is ready to send.

    Attributes:
        reply: Its 200.
        route: What metrics and the request log call the route that made it.
        generation: The library's generation in which it holds; ``None`` if it holds for ever.
    """

    representation: Representation
    reply: Reply
    route: str
    generation: int | None


class HotRepresentations:
    """The latest representations; the oldest go first once ``max_bytes`` are held. Used by one event loop only."""

    def __init__(self, library: Library, *, max_bytes: int) -> None:
        self._library = library
        self._max_bytes = max_bytes
        self._held = 0
        self._kept: OrderedDict[Key, HotRepresentation] = OrderedDict()
        self._located: dict[str, dict[Key, None]] = {}

    @property
    def held_bytes(self) -> int:
        """The weight of everything held."""
        return self._held

    @property
    def generation(self) -> int:
        """The library's generation; ``put`` needs the one from before a release was chosen."""
        return self._library.generation

    def find(self, scope: Scope) -> HotRepresentation | None:
        """Return what answers a GET or HEAD of this path and query, if it still holds."""
        found = self._kept.get((scope["raw_path"], scope["query_string"]))
        if found is None or (found.generation is not None and found.generation != self._library.generation):
            return None
        return found if scope["method"] in ("GET", "HEAD") else None

    def located(self, path: str) -> bytes | None:
        """Return the body of a representation that names ``path`` as its Content-Location.

        What is sent with such a path can be had there for as long as it is sent, whatever became of the store.
        """
        for key in self._located.get(path, {}):
            return self._kept[key].representation.body
        return None

    def put(self, scope: Scope, representation: Representation, *, route: str, generation: int) -> None:
        """Keep what a GET was answered with.

        Args:
            generation: The one in which it was made; ignored for what is pinned.
        """
        key = (scope["raw_path"], scope["query_string"])
        self._drop(key)
        weight = _weight(key, representation)
        if weight > self._max_bytes // 4:
            return
        holds_for = None if representation.is_pinned else generation
        self._kept[key] = HotRepresentation(representation, representation.whole, route, holds_for)
        self._held += weight
        if representation.location is not None:
            self._located.setdefault(representation.location, {})[key] = None
        while self._held > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._held -= _weight(key, dropped.representation)
            self._forget_location(dropped.representation.location, key)

    def _forget_location(self, location: str | None, key: Key) -> None:
        if location is not None:
            self._located[location].pop(key)
            if not self._located[location]:
                del self._located[location]


def _weight(key: Key, representation: Representation) -> int:
    return len(key[0]) + len(key[1]) + len(representation.body) + _OVERHEAD_BYTES
