"""JSON schemas from the types of rows, so that each is written once: as the ``TypedDict`` beside what makes it.

pydantic, which comes with FastAPI, refuses ``typing.TypedDict`` before Python 3.12.
"""

import types
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import (
    Annotated,
    Literal,
    NotRequired,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from app.json_types import Keywords

JsonObject: TypeAlias = dict[str, object]

_SCALARS: Mapping[object, str] = {str: "string", int: "integer", bool: "boolean"}


def schema_of(row: type, names: Mapping[object, str]) -> JsonObject:
    """Return the schema of a ``TypedDict``.

    Args:
        row: The type.
        names: Types that have schemas of their own, which are referred to by these names.

    Raises:
        TypeError: The type of a member has no schema here.
    """
    members = get_type_hints(row, include_extras=True)
    optional = {name for name, hint in members.items() if get_origin(hint) is NotRequired}
    return object_schema(
        {name: _schema(hint, names) for name, hint in members.items()},
        required=[name for name in members if name not in optional],
    )


def object_schema(members: Mapping[str, JsonObject], *, required: Iterable[str], more: bool = False) -> JsonObject:
    """Return the schema of an object that has these members, and others only if ``more``."""
    return {
        "type": "object",
        "properties": {**members},
        "required": list(required),
        "additionalProperties": more,
    }


def choice_schema(values: Iterable[str]) -> JsonObject:
    """Return the schema of one of several texts."""
    return {"type": "string", "enum": list(values)}


def list_schema(items: JsonObject) -> JsonObject:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def reference(name: str) -> JsonObject:
    """Return a reference to the schema called ``name``."""
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(hint: object, names: Mapping[object, str]) -> JsonObject:
    if hint in names:
        return reference(names[hint])
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return {**_schema(arguments[0], names), **_keywords(arguments[1:])}
    if origin is NotRequired:
        return _schema(arguments[0], names)
    if origin is Literal:
        return choice_schema(arguments)
    if origin is list:
        return list_schema(_schema(arguments[0], names))
    if origin is dict and get_origin(arguments[0]) is Literal:
        keys = get_args(arguments[0])
        return object_schema(dict.fromkeys(keys, _schema(arguments[1], names)), required=keys)
    if origin in (Union, types.UnionType) and types.NoneType in arguments:
        there = [_schema(each, names) for each in arguments if each is not types.NoneType]
        return {"anyOf": [*there, {"type": "null"}]}
    if isinstance(hint, type) and is_typeddict(hint):
        return schema_of(hint, names)
    raise TypeError(f"{hint} has no schema")


def _keywords(annotations: Iterable[object]) -> JsonObject:
    found = (asdict(each).items() for each in annotations if isinstance(each, Keywords))
    return {
        name: list(value) if isinstance(value, tuple) else value
        for items in found
        for name, value in items
        if value not in (None, ())
    }
