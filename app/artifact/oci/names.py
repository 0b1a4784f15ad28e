"""Zones as repository names, and back: ``asia/shanghai/etc/gmt.8`` is Asia/Shanghai and Etc/GMT+8.

The grammar of repository names lives here; ``zone_paths`` has that of the zones in them. ``image`` says what an image
of them holds.

Source: OCI distribution specification 1.1, *Pulling manifests*.
"""

import re
from collections.abc import Iterable
from typing import TypedDict

from app.artifact.formats import Format, format_in_image
from app.artifact.spec import Spec, parse_spec
from app.artifact.zone_paths import format_zone_path, parse_zone_path
from app.digest import is_sha256_hex
from app.errors import InvalidName, UnknownZones
from app.json_types import Digest, ReleaseName
from app.text import quote
from app.tzdb.release import Release

MAX_LENGTH = 255
"""Characters. What most clients accept for host and name together."""
TREE_PREFIX = "usr/share/zoneinfo"
"""Where an image of a tree has it."""

_GO, _SET = "go", "set"
_GO_FORMAT, _TREE_FORMAT = format_in_image("go-zip"), format_in_image("layer")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")


class SetRow(TypedDict):
    """A set in JSON.

    Attributes:
        repository: Its name.
        release: The newest one that has it.
        reference: What to pull.
        digest: Of the image that it is now.
    """

    repository: str
    release: ReleaseName
    reference: str
    digest: Digest


def check_repository(name: str) -> None:
    """Check that ``name`` could be a repository at all. Raises: InvalidName, which says what one looks like."""
    if len(name) > MAX_LENGTH:
        raise InvalidName(
            f"the repository name has more than {MAX_LENGTH} characters; POST /v1/sets gives long lists a short name"
        )
    if not _REPOSITORY.fullmatch(name):
        raise InvalidName(
            f"{quote(name)} is not a repository name: zones in lower case with '.' for '+', one after the other,"
            " as in asia/shanghai/etc/gmt.8"
        )


def format_repository(zones: Iterable[str], *, format: Format = _TREE_FORMAT) -> str:
    """Return the repository that has exactly these zones. Raises: InvalidName if only a set can hold them."""
    name = "/".join(map(format_zone_path, sorted(zones)))
    name = f"{_GO}/{name}" if format == _GO_FORMAT else name
    check_repository(name)
    return name


def format_set(sha256: str) -> str:
    """Return the repository of a set."""
    return f"{_SET}/{sha256}"


def parse_set(name: str) -> str | None:
    """Return the sha256 of ``set/SHA256``, or ``None`` if not a set. Raises: InvalidName for another ``set/…``."""
    head, _, sha256 = name.partition("/")
    if head != _SET:
        return None
    if not is_sha256_hex(sha256):
        raise InvalidName(f"{quote(name)} is not a set: write set/ and the 64 digits that POST /v1/sets returned")
    return sha256


def parse_repository(name: str, release: Release) -> Spec:
    """Parse a repository that names its zones, in any order, by the names of a release.

    ``go/`` before them means Go's zip; the rest is a zone path.

    Raises:
        InvalidName: It could not be a repository at all.
        UnknownZones: Some part of it is not a zone; with that part and up to three suggestions.
    """
    check_repository(name)
    head, _, rest = name.partition("/")
    form = _GO_FORMAT if head == _GO else _TREE_FORMAT
    if name == _GO:
        raise UnknownZones("'go' alone names no zone; go/asia/shanghai does", zones=[name], suggestions={name: []})
    zones = parse_zone_path(rest if head == _GO else name, release)
    options = {"prefix": TREE_PREFIX} if form == _TREE_FORMAT else {}
    return parse_spec(release.version, zones, format=form, options=options)
