"""JSON schemas of what goes over the wire, for OpenAPI: a list of the types of rows. Tests hold answers to them."""

from collections.abc import Mapping

from app.artifact.formats import DEFAULT_FORMAT, FORMATS, STABLE_FORMAT, Format
from app.artifact.oci.names import SetRow
from app.artifact.options import OPTIONS, OptionRow
from app.artifact.record import EntryRow, LocatedRecordRow, PlanRow, Request
from app.artifact.spec import LATEST, MAX_SELECTORS
from app.releases.listing import RefusalRow, ReleaseList
from app.tzdb.changes.diff_row import ChangeRow, DiffRow, DiffWarningRow, RoleChangeRow, RoleRow, ZoneDiffRow
from app.tzdb.release_row import ReleaseRow, WarningRow
from app.tzdb.search import FactRow, ZonesRow
from app.tzdb.tzif.outlook import LocalTimeRow, TransitionRow
from app.tzdb.zone_row import LocatedZoneRow
from app.web.http.problems import ProblemRow
from app.web.openapi.described import RELEASE, SELECTOR
from app.web.openapi.row_schema import (
    JsonObject,
    choice_schema,
    list_schema,
    object_schema,
    schema_of,
)

_TEXT: JsonObject = {"type": "string"}
_ROWS: Mapping[str, type] = {
    "Entry": EntryRow,
    "Plan": PlanRow,
    "Record": LocatedRecordRow,
    "Warning": WarningRow,
    "Release": ReleaseRow,
    "Refusal": RefusalRow,
    "Releases": ReleaseList,
    "ZoneFact": FactRow,
    "Zones": ZonesRow,
    "LocalTime": LocalTimeRow,
    "Transition": TransitionRow,
    "Zone": LocatedZoneRow,
    "Diff": DiffRow,
    "DiffWarning": DiffWarningRow,
    "ZoneDiff": ZoneDiffRow,
    "ClockChange": ChangeRow,
    "Role": RoleRow,
    "RoleChange": RoleChangeRow,
    "Set": SetRow,
}


def schemas() -> JsonObject:
    """Return ``components.schemas``."""
    names: Mapping[object, str] = {Request: "BundleRequest", **{row: name for name, row in _ROWS.items()}}
    images = [ending for ending, row in FORMATS.items() if row.image is not None]
    return {
        "Problem": {**schema_of(ProblemRow, names), "additionalProperties": True},
        "BundleRequest": _request_schema(list(FORMATS), default=DEFAULT_FORMAT),
        **{name: schema_of(row, names) for name, row in _ROWS.items()},
        "SetRequest": _request_schema(images, default=STABLE_FORMAT),
    }


def _request_schema(formats: list[Format], *, default: Format) -> JsonObject:
    members: dict[str, JsonObject] = {
        "release": {**RELEASE, "default": LATEST},
        "zones": {**list_schema(SELECTOR), "minItems": 1, "maxItems": MAX_SELECTORS},
        "format": {**choice_schema(formats), "default": default},
        **{name: _option_schema(row) for name, row in OPTIONS.items()},
    }
    return object_schema(members, required=["zones"])


def _option_schema(row: OptionRow) -> JsonObject:
    if row.is_list:
        return list_schema(choice_schema(row.choices) if row.choices else _TEXT)
    if row.choices:
        return choice_schema(row.choices)
    bounds = {"maxLength": row.words.max_length, "pattern": row.words.pattern or None}
    return {**_TEXT, **{name: bound for name, bound in bounds.items() if bound is not None}}
