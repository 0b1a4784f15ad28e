"""Records: what is remembered about an artifact, and how plans and records look as JSON.

The members that clients rely on are named here and nowhere else.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypedDict

from app.artifact.entry import Entry, EntryKind
from app.artifact.formats import FORMATS, Format
from app.artifact.options import OPTIONS, Member, option_members
from app.artifact.plan import Plan
from app.artifact.spec import Spec, parse_spec
from app.digest import format_digest, sha256_hex
from app.json_types import Count, Digest, Keywords, ReleaseName, Sha256


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
    """Return a record's JSON as bytes, for a store."""
    return json.dumps(record.row, separators=(",", ":")).encode()


def decode_record(content: bytes) -> Record:
    """Decode what ``encode_record`` wrote; the store has verified that it is unchanged."""
    row: RecordRow = json.loads(content)
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
