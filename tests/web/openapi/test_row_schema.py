"""Schemas from the types of rows: each kind of member, and what has none."""

from typing import Literal, NotRequired, TypedDict

import pytest

from app.json_types import Count, Digest, ReleaseName
from app.web.openapi.row_schema import schema_of


class Inner(TypedDict):
    """A row in another."""

    size: Count


class Other(TypedDict):
    """A row with a schema of its own."""

    name: str


class Row(TypedDict):
    """A member of each kind."""

    text: str
    number: int
    flag: bool
    words: list[str]
    choice: Literal["a", "b"]
    maybe: Digest | None
    perhaps: NotRequired[str]
    counts: dict[Literal["x", "y"], Count]
    inner: Inner
    others: list[Other]
    other: Other | None
    release: ReleaseName


COUNT = {"type": "integer", "minimum": 0}
OTHER = {"$ref": "#/components/schemas/Another"}


def test_every_kind_of_member() -> None:
    schema = schema_of(Row, {Other: "Another"})
    assert schema["properties"] == {
        "text": {"type": "string"},
        "number": {"type": "integer"},
        "flag": {"type": "boolean"},
        "words": {"type": "array", "items": {"type": "string"}},
        "choice": {"type": "string", "enum": ["a", "b"]},
        "maybe": {"anyOf": [{"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}, {"type": "null"}]},
        "perhaps": {"type": "string"},
        "counts": {
            "type": "object",
            "properties": {"x": COUNT, "y": COUNT},
            "required": ["x", "y"],
            "additionalProperties": False,
        },
        "inner": {"type": "object", "properties": {"size": COUNT}, "required": ["size"], "additionalProperties": False},
        "others": {"type": "array", "items": OTHER},
        "other": {"anyOf": [OTHER, {"type": "null"}]},
        "release": {"type": "string", "pattern": "^[0-9]{4}[a-z]{1,2}$", "examples": ["2026f"]},
    }


def test_all_members_are_required_but_those_that_say_otherwise() -> None:
    schema = schema_of(Row, {Other: "Another"})
    assert schema["required"] == [name for name in Row.__annotations__ if name != "perhaps"]
    assert schema["additionalProperties"] is False


class Unknown(TypedDict):
    """A row with a member that has no schema."""

    member: bytes


def test_a_type_without_a_schema_is_an_error() -> None:
    with pytest.raises(TypeError, match="bytes"):
        schema_of(Unknown, {})
