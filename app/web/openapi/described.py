"""The wire contract in words: parameters, answers and examples for OpenAPI. No behaviour lives here."""

from typing import Annotated

from fastapi import Path

from app.artifact.formats import DEFAULT_FORMAT, FORMATS
from app.artifact.options import OPTIONS, OptionRow
from app.artifact.spec import MAX_SELECTORS
from app.tzdb.changes.diff import SINCE
from app.tzdb.names import CHANNEL_PATTERN, COUNTRY_PATTERN, MAX_NAME_LENGTH, NAME_PATTERN, RELEASE_PATTERN
from app.tzdb.search import MAX_QUERY_LENGTH
from app.tzdb.selection import MAX_GLOB_LENGTH, SELECTOR_PATTERN
from app.web.http.problems import MEDIA_TYPE as PROBLEM
from app.web.openapi.row_schema import JsonObject, reference


def _formats() -> str:
    """Return what each format is; formats that hold the same share a sentence."""
    endings: dict[str, list[str]] = {}
    for row in FORMATS.values():
        endings.setdefault(row.about, []).append(f"`{row.ending}`")
    return " ".join(f"{' and '.join(same)}: {about}." for about, same in endings.items())


def _option(row: OptionRow) -> JsonObject:
    schema: JsonObject = {"type": "string"}
    if row.choices and not row.is_list:
        schema["enum"] = list(row.choices)
    schema["default"] = row.default
    if row.words.max_length is not None:
        schema["maxLength"] = row.words.max_length
    if row.words.pattern:
        schema["pattern"] = row.words.pattern
    example = {"example": row.words.example} if row.words.example else {}
    return {"description": row.words.about, "schema": schema, **example}


RELEASE: JsonObject = {"type": "string", "pattern": f"^({RELEASE_PATTERN}|{CHANNEL_PATTERN})$"}
SELECTOR: JsonObject = {"type": "string", "pattern": f"^{SELECTOR_PATTERN}$"}
SELECTORS: JsonObject = {
    "type": "string",
    "pattern": f"^{SELECTOR_PATTERN}(,{SELECTOR_PATTERN})*$",
    "maxLength": MAX_SELECTORS * (MAX_GLOB_LENGTH + 1),
}
ZONE: JsonObject = {"type": "string", "pattern": f"^{NAME_PATTERN}$", "maxLength": MAX_NAME_LENGTH}

ReleasePath = Annotated[
    str,
    Path(
        description="An IANA release name such as `2026f`, or a channel such as `latest`.",
        json_schema_extra=RELEASE,
        examples=["latest"],
    ),
]
ZonesPath = Annotated[
    str,
    Path(
        description="Selectors, separated by commas, with their slashes as they are: names of Zones or Links, globs"
        " (`Europe/*`, `*`), countries (`country:CN`, by zone1970.tab).",
        json_schema_extra=SELECTORS,
        examples=["Asia/Shanghai,Europe/Berlin,Etc/UTC"],
    ),
]
ZonePath = Annotated[
    str, Path(description="The name of one Zone or Link.", json_schema_extra=ZONE, examples=["Europe/Berlin"])
]
EarlierPath = Annotated[
    str,
    Path(
        description="The release before the update: a name such as `2022e`, or a channel.",
        json_schema_extra=RELEASE,
        examples=["2026e"],
    ),
]
LaterPath = Annotated[
    str,
    Path(
        description="The release after the update: a name such as `2022f`, or a channel such as `latest`.",
        json_schema_extra=RELEASE,
        examples=["latest"],
    ),
]
FormatPath = Annotated[
    str,
    Path(
        description=_formats(),
        json_schema_extra={"enum": list(FORMATS)},
        examples=[DEFAULT_FORMAT],
    ),
]
CodePath = Annotated[
    str,
    Path(
        description="The last part of a problem's `type`.",
        json_schema_extra={"pattern": "^[a-z][a-z-]*$"},
        examples=["unknown-zones"],
    ),
]
HexPath = Annotated[
    str,
    Path(
        description="The sha256 of the artifact's bytes: 64 digits of 0-9a-f.",
        json_schema_extra={"pattern": "^[0-9a-f]{64}$"},
        examples=["49348504509f840cbe4b0f1f2ee9df5a6fbb4dcb7ad9a5b39a2c1f1b0a2a37ff"],
    ),
]

_QUERY: dict[str, JsonObject] = {
    **{name: _option(row) for name, row in OPTIONS.items()},
    "format": {
        "description": "The format to plan for.",
        "schema": {"type": "string", "enum": list(FORMATS), "default": DEFAULT_FORMAT},
    },
    "zones": {
        "description": "Selectors as in a bundle's path. A plus sign is `%2B` here: `Etc/GMT%2B5`.",
        "schema": {**SELECTORS, "default": "*"},
        "example": "America/Mexico_City,Etc/UTC",
    },
    "since": {
        "description": "How recent a difference must be to count: names that differ only before that are left out.",
        "schema": {"type": "string", "enum": list(SINCE), "default": "ever"},
    },
    "now": {
        "description": "Where the period `future` begins; by default with the year in the name of the later release.",
        "schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$"},
        "example": "2026-10-25T01:00:00Z",
    },
    "q": {
        "description": "Part of a name, a Link, a country's English name or a comment; case does not matter."
        " The empty text is part of every name.",
        "schema": {"type": "string", "maxLength": MAX_QUERY_LENGTH},
        "example": "berlin",
    },
    "country": {
        "description": "An ISO 3166-1 alpha-2 code in capitals.",
        "schema": {"type": "string", "pattern": f"^{COUNTRY_PATTERN}$"},
        "example": "CN",
    },
}

CONDITIONS: dict[str, JsonObject] = {
    "If-None-Match": {
        "description": "ETags in quotes, or `*`: 304 if the content has one of them.",
        "example": '"bff155009c04880b85121131f61938981e2c83699f954c9a40f5f00b2c77eb4b"',
    },
    "If-Match": {"description": "ETags in quotes, or `*`: 412 if the content has none of them.", "example": "*"},
    "Range": {
        "description": "One range of bytes; what is not one is ignored.",
        "pattern": "^bytes=([0-9]+-[0-9]*|-[0-9]+)$",
        "example": "bytes=0-511",
    },
    "If-Range": {
        "description": "An ETag in quotes: Range counts only if the content has it.",
        "example": '"bff155009c04880b85121131f61938981e2c83699f954c9a40f5f00b2c77eb4b"',
    },
}
"""The header fields of conditional requests. Source: RFC 9110 §13, §14."""

_STATUS_TEXT = {
    304: "Not modified: If-None-Match names the ETag of the content.",
    206: "The part that Range asked for.",
    400: "The request is malformed (a name, an option, the body) or asks for too much at once.",
    401: "A token is set for images, and the request does not carry it; see WWW-Authenticate.",
    404: "What was asked for is not here; the problem has suggestions where there are any.",
    412: "If-Match does not name the ETag of the content.",
    413: "The body is too large.",
    414: "The URL is too long; POST /v1/bundles takes long lists.",
    416: "The range lies outside the content.",
    500: "Something unexpected went wrong: a fault of this program.",
    502: "The release does not verify and is refused, or the package index cannot be trusted.",
    503: "A source or the store is not available, or too many builds are waiting; see Retry-After.",
}
_ANYWHERE = (414, 500)
_BYTES_FIELDS = {
    "ETag": "The sha256 of the bytes, quoted.",
    "Repr-Digest": "The same by RFC 9530.",
    "Content-Location": "The permanent URL of these bytes.",
    "Tzdata-Release": "The release that was used.",
}

BUNDLE_REQUEST: JsonObject = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": reference("BundleRequest"),
                "example": {"release": "latest", "zones": ["Asia/Shanghai", "Etc/UTC"], "format": DEFAULT_FORMAT},
            }
        },
    }
}

SET_REQUEST: JsonObject = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": reference("SetRequest"),
                "example": {"zones": ["Europe/*", "Etc/UTC"], "aliases": "target"},
            }
        },
    }
}


def query(*names: str) -> JsonObject:
    """Return the OpenAPI parameters of a route's query."""
    return {"parameters": [{"name": name, "in": "query", "required": False, **_QUERY[name]} for name in names]}


def conditions() -> list[JsonObject]:
    """Return the OpenAPI parameters of a route that takes conditions and ranges."""
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": row["description"],
            "schema": {"type": "string", **({"pattern": row["pattern"]} if "pattern" in row else {})},
            "example": row["example"],
        }
        for name, row in CONDITIONS.items()
    ]


def responses(content: str, *statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the OpenAPI responses of a route without conditions.

    Args:
        content: ``bundle``, a media type, or the name of a schema.
        statuses: The errors that it can answer with, besides those of every route.
    """
    described: dict[int | str, dict[str, object]] = {200: _success(content)}
    for status in sorted({*statuses, *_ANYWHERE}):
        described[status] = _problem(_STATUS_TEXT[status])
    return described


def conditional_responses(content: str, *statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the responses of a route that answers with an ETag and takes conditions and ranges."""
    whole = _success(content)
    # A part has the media type of the whole, but not its schema: half an object is not JSON.
    media: JsonObject = {media_type: {} for media_type in _media_types(content)}
    part = {**whole, "description": _STATUS_TEXT[206], "content": media}
    unchanged: dict[str, object] = {"description": _STATUS_TEXT[304]}
    return {206: part, 304: unchanged, **responses(content, 400, 412, 416, *statuses)}


def _media_types(content: str) -> list[str]:
    if content == "bundle":
        return [row.media_type for row in FORMATS.values()]
    return [content if "/" in content else "application/json"]


def _success(content: str) -> dict[str, object]:
    binary: JsonObject = {"schema": {"type": "string", "format": "binary"}}
    if content == "bundle":
        fields = {name: {"description": text, "schema": {"type": "string"}} for name, text in _BYTES_FIELDS.items()}
        media = {row.media_type: binary for row in FORMATS.values()}
        return {"description": "The bytes.", "headers": fields, "content": media}
    if "/" in content:
        return {"description": "The content.", "content": {content: {"schema": {"type": "string"}}}}
    return {"description": f"{content}, as JSON.", "content": {"application/json": {"schema": reference(content)}}}


def _problem(description: str) -> dict[str, object]:
    return {"description": description, "content": {PROBLEM: {"schema": reference("Problem")}}}
