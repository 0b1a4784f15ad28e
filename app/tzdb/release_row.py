"""How a release looks as JSON: the members that clients rely on, the same from the service and the command line."""

from typing import TypedDict

from app.tzdb.release import Release, ReleaseWarning


class WarningRow(TypedDict):
    """A warning in JSON; as in ``ReleaseWarning``."""

    code: str
    detail: str
    zones: list[str]


class ReleaseRow(TypedDict):
    """A release in JSON.

    Shape: ``package_version`` and ``sha256`` (a hex, of the wheel) are null where the source has none; ``zones`` and
    ``links`` are counts; ``verified`` says in a few words what the source checked.
    """

    version: str
    package_version: str | None
    source: str
    sha256: str | None
    tree_digest: str
    verified: str
    zones: int
    links: int
    warnings: list[WarningRow]


def release_row(release: Release) -> ReleaseRow:
    """Return a release's JSON."""
    return {
        "version": release.version,
        "package_version": release.origin.package_version,
        "source": release.origin.source,
        "sha256": release.origin.sha256,
        "tree_digest": release.tree_digest,
        "verified": release.origin.verified,
        "zones": release.zone_count,
        "links": len(release.links),
        "warnings": [_warning_row(warning) for warning in release.warnings],
    }


def _warning_row(warning: ReleaseWarning) -> WarningRow:
    return {"code": warning.code, "detail": warning.detail, "zones": [*warning.zones]}
