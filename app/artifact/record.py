"""Records: what is remembered about an artifact, and how plans and records look as JSON.

The members that clients rely on are named here and nowhere else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypedDict, cast, get_args

from app.artifact.entry import Entry, EntryKind
from app.artifact.formats import FORMATS, Format
from app.artifact.options import OPTIONS, Member, option_members
from app.artifact.plan import Plan
from app.artifact.spec import Spec, parse_spec
from app.digest import format_digest, is_sha256_hex, sha256_hex
from app.errors import InvalidContent, InvalidRequest
from app.json_text import check_version, decode_json_object
from app.json_types import Count, Digest, Keywords, ReleaseName, Sha256
from app.tzdb.names import is_release_name

VERSION = 1
"""Of a stored record. It grows only if a member means something else than before; members may be added without."""

_KINDS = get_args(EntryKind)


class EntryRow(TypedDict):
    """One entry in JSON; the members mean what they mean in ``Entry``.

    Attributes:
        sha256: In hex.

    Units: ``size`` in bytes.
    """

    path: str
    kind: EntryKind
    zone: str | None
    target: str | None
    sha256: Sha256
    size: Count
    reason: str


Request: TypeAlias = Mapping[str, Member]
"""A spec in JSON, as ``POST /v1/bundles`` takes it: ``release``, ``zones``, ``format`` and the options."""


class PlanRow(TypedDict):
    """A plan in JSON: what would be written, and the request that it answers."""

    release: ReleaseName
    format: Annotated[Format, Keywords(enum=tuple(FORMATS))]
    recipe: str
    content_key: Sha256
    tree_digest: Digest
    request: Request
    entries: list[EntryRow]


class RecordRow(PlanRow):
    """A record in JSON: a plan that was written. Units: ``size`` in bytes."""

    digest: Digest
    size: Count


class LocatedRecordRow(RecordRow):
    """A record in JSON, with the URL of its bytes."""

    url: str


@dataclass(frozen=True, slots=True)
class Record:
    """What one artifact is: enough to describe it, and to build it again.

    Attributes:
        sha256: Of its bytes, in hex.
        row: Its JSON. The release and the reasons in it are those of the request that built it first; others may have
            led to the same bytes.
    """

    sha256: str
    row: RecordRow

    @property
    def format(self) -> Format:
        """The artifact's format."""
        return self.row["format"]

    @property
    def spec(self) -> Spec:
        """The request, to build the artifact again."""
        return parse_request(self.row["request"])


def plan_row(plan: Plan) -> PlanRow:
    """Return a plan's JSON."""
    return {
        "release": plan.release,
        "format": plan.spec.format,
        "recipe": plan.recipe,
        "content_key": plan.content_key,
        "tree_digest": plan.tree_digest,
        "request": request_row(plan.spec),
        "entries": [_entry_row(entry) for entry in plan.entries],
    }


def make_record(plan: Plan, content: bytes) -> Record:
    """Return the record of ``content``, which was written from ``plan``."""
    sha256 = sha256_hex(content)
    return Record(sha256, {**plan_row(plan), "digest": format_digest(sha256), "size": len(content)})


def encode_record(record: Record) -> bytes:
    """Return a record's JSON as bytes, for a carrier, whose form has a version of its own."""
    return json.dumps(record.row, separators=(",", ":")).encode()


def encode_record_note(record: Record) -> bytes:
    """Return a record's JSON as bytes, for a store."""
    return json.dumps({"v": VERSION, **record.row}, separators=(",", ":")).encode()


def decode_record(content: bytes) -> Record:
    """Decode what ``encode_record`` or ``encode_record_note`` wrote, in this version or another.

    Unknown members are left out. Only the form is checked: whether the record is true is for others to say.

    Raises:
        InvalidContent: It is not a record, or has a version that is unknown here.
    """
    members = decode_json_object(content, subject="the record")
    check_version(members, VERSION, subject="the record")
    row = cast(RecordRow, {name: members.get(name) for name in RecordRow.__annotations__})
    try:
        sound = (
            is_release_name(row["release"])
            and row["format"] in FORMATS
            and _is_text(row["recipe"])
            and is_sha256_hex(row["content_key"])
            and _is_digest(row["tree_digest"])
            and _is_digest(row["digest"])
            and _is_size(row["size"])
            and isinstance(members["entries"], list)
            and all(map(_is_entry, row["entries"]))
        )
        parse_request(row["request"])
    except (AttributeError, KeyError, TypeError, InvalidRequest) as error:
        raise InvalidContent("the record is not one of an artifact") from error
    if not sound:
        raise InvalidContent("the record is not one of an artifact")
    return Record(row["digest"].removeprefix("sha256:"), row)


def request_row(spec: Spec) -> Request:
    """Return a spec's JSON."""
    return {
        "release": spec.release,
        "zones": [str(selector) for selector in spec.selectors],
        "format": spec.format,
        **option_members(spec),
    }


def parse_request(request: Request) -> Spec:
    """Parse a spec from its JSON; members that do not belong to a request are ignored.

    Raises:
        InvalidRequest: As in ``parse_spec``.
    """
    texts = {name: value if isinstance(value, str) else ",".join(value) for name, value in request.items()}
    options = {name: texts[name] for name in OPTIONS if name in texts}
    return parse_spec(texts["release"], request["zones"], format=texts["format"], options=options)


def _entry_row(entry: Entry) -> EntryRow:
    return {
        "path": entry.path,
        "kind": entry.kind,
        "zone": entry.zone,
        "target": entry.target,
        "sha256": entry.sha256,
        "size": entry.size,
        "reason": entry.reason,
    }


def _is_entry(row: EntryRow) -> bool:
    texts = (row["path"], row["reason"], *(text for text in (row["zone"], row["target"]) if text is not None))
    return (
        all(map(_is_text, texts)) and row["kind"] in _KINDS and is_sha256_hex(row["sha256"]) and _is_size(row["size"])
    )


def _is_digest(text: str) -> bool:
    return text.startswith("sha256:") and is_sha256_hex(text.removeprefix("sha256:"))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_size(value: object) -> bool:
    return type(value) is int and value >= 0
