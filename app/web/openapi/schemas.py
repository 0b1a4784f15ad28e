"""JSON schemas of what goes over the wire, for OpenAPI. The tests hold them against real answers."""

from typing import get_args

from app.artifact.plan import EntryKind
from app.artifact.spec import FORMATS
from app.web.openapi.described import JsonObject

_TEXT: JsonObject = {"type": "string"}
_COUNT: JsonObject = {"type": "integer", "minimum": 0}
_HEX: JsonObject = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_DIGEST: JsonObject = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_RELEASE: JsonObject = {"type": "string", "pattern": "^[0-9]{4}z?[a-z]$", "examples": ["2026f"]}


def schemas() -> JsonObject:
    """Return ``components.schemas``."""
    plan = {
        "release": _RELEASE,
        "format": _choice(*FORMATS),
        "recipe": _TEXT,
        "content_key": _HEX,
        "tree_digest": _DIGEST,
        "request": _ref("BundleRequest"),
        "entries": _list(_ref("Entry")),
    }
    zone = _zone_members()
    return {
        "Problem": _object({"type": _TEXT, "title": _TEXT, "status": _COUNT, "detail": _TEXT}, more=True),
        "BundleRequest": _object(_request_members(), required=("zones",)),
        "Entry": _object(_entry_members()),
        "Plan": _object(plan),
        "Record": _object({**plan, "digest": _DIGEST, "size": _COUNT, "url": _TEXT}),
        "Warning": _object({"code": _TEXT, "detail": _TEXT, "zones": _list(_TEXT)}),
        "Release": _object(_release_members()),
        "Refusal": _object({"release": _TEXT, "source": _TEXT, "reason": _TEXT}),
        "Releases": _object(
            {
                "releases": _list(_ref("Release")),
                "latest": _or_null(_RELEASE),
                "refused": _list(_ref("Refusal")),
            }
        ),
        "ZoneFact": _object(zone),
        "Zones": _object({"release": _RELEASE, "zones": _list(_ref("ZoneFact"))}),
        "LocalTime": _object(_local_time_members()),
        "Transition": _object(
            {"at": _TEXT, "unix": {"type": "integer"}, "before": _ref("LocalTime"), "after": _ref("LocalTime")}
        ),
        "Zone": _object(
            {
                "release": _RELEASE,
                **zone,
                "footer": _TEXT,
                "now": _object({"at": _TEXT, **_local_time_members()}),
                "transitions_ahead": _list(_ref("Transition")),
                "tzif": _TEXT,
            }
        ),
        **_diff_schemas(),
        "SetRequest": _object(
            {**_request_members(), "format": {**_choice("tar", "zip"), "default": "tar"}}, required=("zones",)
        ),
        "Set": _object({"repository": _TEXT, "release": _RELEASE, "reference": _TEXT, "digest": _DIGEST}),
    }


def _diff_schemas() -> dict[str, JsonObject]:
    instant: JsonObject = {"type": "string", "format": "date-time", "examples": ["2026-11-01T05:00:00Z"]}
    periods = ("future", "2020..", "1970..2019", "pre-1970")
    kinds = (*periods, "removed", "added", "binary-only")
    zone = {
        "zone": _TEXT,
        "change": _choice(*kinds),
        "first_affected": _or_null(instant),
        "period_affected": _or_null(instant),
        "before": _list(_ref("ClockChange")),
        "after": _list(_ref("ClockChange")),
        "role_before": _or_null(_ref("Role")),
        "role_after": _or_null(_ref("Role")),
    }
    clock_change: dict[str, JsonObject] = {
        "at": _or_null(instant),
        "unix": _or_null({"type": "integer"}),
        "local_time": _or_null(_TEXT),
        "utc_offset": {"type": "string", "pattern": "^[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?$"},
        **_local_time_members(),
    }
    diff: dict[str, JsonObject] = {
        "from": _RELEASE,
        "to": _RELEASE,
        "affected": {"type": "boolean"},
        "first_affected": _or_null(instant),
        "period": _or_null(_choice(*periods)),
        "period_affected": _or_null(instant),
        "future_from": instant,
        "compared": _COUNT,
        "counts": _object(dict.fromkeys(kinds, _COUNT)),
        "zones": _list(_ref("ZoneDiff")),
        "roles": _list(_ref("RoleChange")),
    }
    return {
        "Diff": _object(diff),
        "ZoneDiff": _object(zone),
        "ClockChange": _object(clock_change),
        "Role": _object({"kind": _choice("zone", "link"), "target": _or_null(_TEXT)}),
        "RoleChange": _object({"zone": _TEXT, "before": _ref("Role"), "after": _ref("Role")}),
    }


def _request_members() -> dict[str, JsonObject]:
    return {
        "release": {**_TEXT, "default": "latest"},
        "zones": {**_list(_TEXT), "minItems": 1},
        "format": {**_choice(*FORMATS), "default": "tar.gz"},
        "aliases": _choice("exact", "target", "all"),
        "links": _choice("hard", "symbolic", "copy"),
        "encoding": _choice("slim", "fat"),
        "tables": _list(_TEXT),
        "prefix": _TEXT,
        "module": _TEXT,
    }


def _entry_members() -> dict[str, JsonObject]:
    return {
        "path": _TEXT,
        "kind": _choice(*get_args(EntryKind)),
        "zone": _or_null(_TEXT),
        "target": _or_null(_TEXT),
        "sha256": _HEX,
        "size": _COUNT,
        "reason": _TEXT,
    }


def _release_members() -> dict[str, JsonObject]:
    return {
        "version": _RELEASE,
        "package_version": _or_null(_TEXT),
        "date": _or_null(_TEXT),
        "source": _TEXT,
        "sha256": _or_null(_HEX),
        "tree_digest": _or_null(_DIGEST),
        "verified": _TEXT,
        "zones": _or_null(_COUNT),
        "links": _or_null(_COUNT),
        "cached": {"type": "boolean"},
        "warnings": _list(_ref("Warning")),
    }


def _zone_members() -> dict[str, JsonObject]:
    return {
        "name": _TEXT,
        "kind": _choice("zone", "link"),
        "class": _choice("zone-geographic", "zone-other", "alias-merged", "alias-legacy"),
        "canonical": _TEXT,
        "countries": _list(_TEXT),
        "coordinates": _TEXT,
        "comments": _TEXT,
        "links": _list(_TEXT),
        "size": _COUNT,
        "sha256": _HEX,
        "reason": _TEXT,
    }


def _local_time_members() -> dict[str, JsonObject]:
    return {"utoff": {"type": "integer"}, "abbreviation": _TEXT, "is_dst": {"type": "boolean"}}


def _object(
    members: dict[str, JsonObject], *, required: tuple[str, ...] | None = None, more: bool = False
) -> JsonObject:
    return {
        "type": "object",
        "properties": members,
        "required": [*(members if required is None else required)],
        "additionalProperties": more,
    }


def _list(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items}


def _choice(*values: str) -> JsonObject:
    return {"type": "string", "enum": [*values]}


def _or_null(schema: JsonObject) -> JsonObject:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}
