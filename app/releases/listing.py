"""The list of releases as JSON, the same from the service and the command line. Nothing here looks for releases."""

from collections.abc import Sequence
from typing import TypedDict

from app.json_types import ReleaseName
from app.releases.library import Listed
from app.releases.loader import Refusal
from app.releases.yanked import standing
from app.tzdb.release import YANKED
from app.tzdb.release_row import ReleaseRow, promised_row, release_row


class RefusalRow(TypedDict):
    """A ``Refusal`` in JSON."""

    release: str
    source: str
    reason: str


class ReleaseList(TypedDict):
    """All releases in JSON.

    Attributes:
        releases: Newest first.
        latest: What the channel of that name stands for, as far as is known; null if there is none.
    """

    releases: list[ReleaseRow]
    latest: ReleaseName | None
    refused: list[RefusalRow]


def release_list(listed: Sequence[Listed], refusals: Sequence[Refusal]) -> ReleaseList:
    """Return the JSON of all releases."""
    rows = [listed_row(item) for item in listed]
    yanked = {row["version"] for row in rows if any(warning["code"] == YANKED for warning in row["warnings"])}
    return {
        "releases": rows,
        "latest": next(iter(standing([item.version for item in listed if not item.passed_over], yanked)), None),
        "refused": [
            {"release": refusal.release, "source": refusal.source, "reason": refusal.reason} for refusal in refusals
        ],
    }


def listed_row(item: Listed) -> ReleaseRow:
    """Return the JSON of one release, fetched or only promised."""
    if item.release is not None:
        return release_row(item.release)
    if item.promise is None:
        return promised_row(item.version, source=item.source, package_version=None, sha256=None)
    promise = item.promise
    return promised_row(
        item.version,
        source=item.source,
        package_version=promise.package_version,
        sha256=promise.sha256,
        yanked=promise.yanked,
    )
