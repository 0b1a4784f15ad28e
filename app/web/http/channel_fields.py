"""What an answer for a channel says besides its content: the URL that stays, and how old the list of releases is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from app.releases.library import Library

AGE_FIELD = "tzdata-release-age"
UNKNOWN_AGE = "unknown"
"""The age while a source has never been read: nobody can say what it has."""


@dataclass(frozen=True, slots=True)
class Channels:
    """Header fields for answers about ``latest`` and other channels.

    Attributes:
        base_url: What absolute links start with.
    """

    library: Library
    base_url: str

    @property
    def path_prefix(self) -> str:
        """What links without a host start with: the path of ``base_url``."""
        return urlsplit(self.base_url).path

    def fields(self, request: Request, choice: str, version: str) -> dict[str, str]:
        """Return the fields for an answer to the channel ``choice``, which stood for release ``version``.

        ``Link`` leads to the same URL pinned to that release (``rel="bookmark"``: RFC 8288, HTML); while a
        source of releases cannot be read, or a newer release not be loaded, there is also ``Tzdata-Release-Age``.

        Units: the age is in whole seconds since all was well.
        """
        path: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        pinned = path.decode("ascii").replace(f"/{choice}/", f"/{version}/", 1)
        url = f"{self.base_url}{pinned}" + (f"?{query.decode('ascii')}" if query else "")
        fields = {"link": f'<{url}>; rel="bookmark"'}
        stale_seconds = self.library.stale_seconds()
        if stale_seconds is None:
            return fields
        age = UNKNOWN_AGE if math.isinf(stale_seconds) else str(round(stale_seconds))
        return {**fields, AGE_FIELD: age}


def stays_the_same(fields: Mapping[str, str]) -> bool:
    """Tell whether an answer with these fields may be given again: an age grows every second."""
    return fields.get(AGE_FIELD, UNKNOWN_AGE) == UNKNOWN_AGE
