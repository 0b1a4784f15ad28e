"""How a release looks as JSON: the members that clients rely on, the same from the service and the command line."""

from typing import TypedDict

from app.json_types import Count, Digest, ReleaseName, Sha256
from app.tzdb.release import Release, ReleaseWarning, yanked_warning


class WarningRow(TypedDict):
    """A warning in JSON; as in ``ReleaseWarning``."""

    code: str
    detail: str
    zones: list[str]


class ReleaseRow(TypedDict):
    """A release in JSON.

    Attributes:
        package_version: Null where the source has none.
        date: The day it was packaged, if that is known.
        sha256: Of the wheel, in hex; null where the source has none.
        verified: What the source checked, in a few words.
        zones: How many there are.
        links: How many there are.
        cached: False for a release that nobody has fetched yet; what is not known about it is null.
    """

    version: ReleaseName
    package_version: str | None
    date: str | None
    source: str
    sha256: Sha256 | None
    tree_digest: Digest | None
    verified: str
    zones: Count | None
    links: Count | None
    cached: bool
    warnings: list[WarningRow]


def release_row(release: Release) -> ReleaseRow:
    """Return a release's JSON."""
    return {
        "version": release.version,
        "package_version": release.origin.package_version,
        "date": release.origin.packaged,
        "source": release.origin.source,
        "sha256": release.origin.sha256,
        "tree_digest": release.tree_digest,
        "verified": release.origin.verified,
        "zones": release.zone_count,
        "links": len(release.links),
        "cached": True,
        "warnings": [_warning_row(warning) for warning in release.warnings],
    }


def promised_row(
    version: str, *, source: str, package_version: str | None, sha256: str | None, yanked: str | None = None
) -> ReleaseRow:
    """Return the JSON of a release that a source promises and that nobody has fetched yet.

    Args:
        yanked: Why the source advises against it; ``None`` if it does not.
    """
    return {
        "version": version,
        "package_version": package_version,
        "date": None,
        "source": source,
        "sha256": sha256,
        "tree_digest": None,
        "verified": "not fetched yet",
        "zones": None,
        "links": None,
        "cached": False,
        "warnings": [] if yanked is None else [_warning_row(yanked_warning(yanked))],
    }


def _warning_row(warning: ReleaseWarning) -> WarningRow:
    return {"code": warning.code, "detail": warning.detail, "zones": list(warning.zones)}
