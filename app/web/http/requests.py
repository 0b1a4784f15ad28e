"""Reading what a request says besides its path: options from the query, a request for a bundle from a JSON body."""

import json
from collections.abc import Mapping

from starlette.requests import Request

from app.artifact.spec import LATEST, Spec, check_option_names, parse_spec
from app.errors import InvalidBody, InvalidOption
from app.tzdb.names import quote

_TEXT_MEMBERS = ("release", "format", "aliases", "links", "encoding", "prefix", "module")
_LIST_MEMBERS = ("zones", "tables")

DEFAULT_FORMAT = "tar.gz"


def parse_options(request: Request, *, known: tuple[str, ...]) -> Mapping[str, str]:
    """Return the query as options. Errors: InvalidOption for one that is unknown or given twice."""
    options: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in options:
            raise InvalidOption(f"the option {quote(name)} is given twice", options=[name[:64]])
        options[name] = value
    check_option_names(options, known=known)
    return options


async def read_bundle_request(request: Request, *, default_format: str = DEFAULT_FORMAT) -> Spec:
    """Return the spec in a JSON body. Shape: as ``Request`` in ``artifact/record``; only ``zones`` must be there.

    Errors: InvalidBody for what is not such an object; those of ``parse_spec``.
    """
    members = _parse_object(await request.body())
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
        lists["zones"],
        format=texts.pop("format", default_format),
        options={**texts, "tables": ",".join(lists.get("tables", ()))},
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
