"""Reading a request for a bundle from a JSON body. What the members mean is ``parse_spec``'s to say."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request

from app.artifact.formats import DEFAULT_FORMAT, Format
from app.artifact.options import OPTIONS
from app.artifact.spec import LATEST, Spec, parse_spec
from app.errors import InvalidBody
from app.text import quote

Reader: TypeAlias = Callable[[int, Callable[[], Spec]], Awaitable[Spec]]

_TEXT_MEMBERS = ("release", "format", *(name for name, row in OPTIONS.items() if not row.is_list))
_LIST_MEMBERS = ("zones", *(name for name, row in OPTIONS.items() if row.is_list))


async def read_bundle_request(request: Request, read: Reader, *, default_format: Format = DEFAULT_FORMAT) -> Spec:
    """Return the spec in a JSON body: the members are those of ``artifact/record.Request``; only ``zones`` is required.

    Args:
        read: Gets the length of the body and what parses it, which may take long, and returns what that does.

    Raises:
        InvalidBody: The body is not an object with these members.
        InvalidRequest: As in ``parse_spec``.
    """
    body = await request.body()

    return await read(len(body), lambda: _parse_request(body, default_format))


def _parse_request(body: bytes, default_format: Format) -> Spec:
    members = _parse_object(body)
    unknown = sorted(members.keys() - {*_TEXT_MEMBERS, *_LIST_MEMBERS})
    if unknown:
        offer = ", ".join((*_LIST_MEMBERS, *_TEXT_MEMBERS))
        raise InvalidBody(f"unknown member {quote(unknown[0])}; the members are {offer}")
    if "zones" not in members:
        raise InvalidBody("the member 'zones' is missing: a list of names, globs or countries")
    texts = {name: _text(name, members[name]) for name in _TEXT_MEMBERS if name in members}
    lists = {name: _list(name, members[name]) for name in _LIST_MEMBERS if name in members}
    return parse_spec(
        texts.pop("release", LATEST),
        lists.pop("zones"),
        format=texts.pop("format", default_format),
        options={**texts, **{name: ",".join(items) for name, items in lists.items()}},
    )


def _parse_object(body: bytes) -> dict[str, object]:
    try:
        value: object = json.loads(body, object_pairs_hook=_unique_members)
    except (ValueError, RecursionError) as error:
        raise InvalidBody(f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidBody('the body is not a JSON object such as {"zones": ["Europe/Berlin"]}')
    return value


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise InvalidBody("a member of the body is given twice")
    return members


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidBody(f"the member {name!r} is not a string")
    return value


def _list(name: str, value: object) -> list[str]:
    if not isinstance(value, list):
        raise InvalidBody(f"the member {name!r} is not a list of strings")
    return [_text(f"{name}[{at}]", item) for at, item in enumerate(value)]
