"""Errors as ``application/problem+json``: the form of the API, and of every path without a form of its own.

Source: RFC 9457.
"""

import json
from collections.abc import Callable, Iterator
from typing import TypedDict

from app import errors
from app.json_types import Count
from app.web.http import errors as http_errors
from app.web.http.errors import fields_of, members_of, status_of
from app.web.http.representation import Reply, make_reply

MEDIA_TYPE = "application/problem+json"

_HOMES = (errors.__name__, http_errors.__name__)


def problem_kinds() -> Iterator[type[errors.TzdataFilterError]]:
    """Yield every class of error that can become a problem, parents before children; the root is never raised."""
    waiting = errors.TzdataFilterError.__subclasses__()
    while waiting:
        kind = waiting.pop(0)
        # The tree has branches that only the command line reaches.
        if kind.__module__ in _HOMES:
            yield kind
        waiting.extend(kind.__subclasses__())


class ProblemRow(TypedDict):
    """The members of every problem; the facts of the error are added. Source: RFC 9457 §3.1."""

    type: str
    title: str
    status: Count
    detail: str


def encode_problem(error: errors.TzdataFilterError, *, path_prefix: str) -> bytes:
    """Return a problem's JSON. Its ``type`` is ``/problems/CODE``, stable, and a page that explains it.

    Args:
        path_prefix: What the type starts with, so that it leads to the page from outside as well.
    """
    members: ProblemRow = {
        "type": f"{path_prefix}/problems/{error.code}",
        "title": error.title,
        "status": status_of(type(error)),
        "detail": error.detail,
    }
    # ASCII only: whatever a request smuggled in (lone surrogates too) stays harmless, and the JSON stays valid.
    return json.dumps({**members, **members_of(error)}, ensure_ascii=True).encode("ascii") + b"\n"


def problem_form(path_prefix: str) -> Callable[[errors.TzdataFilterError], Reply]:
    """Return the form of problems whose types start with a prefix."""

    def form(error: errors.TzdataFilterError) -> Reply:
        body = encode_problem(error, path_prefix=path_prefix)
        return make_reply(status_of(type(error)), fields_of(error), body, media_type=MEDIA_TYPE)

    return form


problem = problem_form("")
"""The form where the service is at the root of its host."""
