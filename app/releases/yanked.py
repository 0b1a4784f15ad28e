"""Releases that whoever publishes them advises against (PEP 592): served by name with the reason, and never as latest.

How a source knows is its own business.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from app.tzdb.release import YANKED, Release, yanked_warning


def standing(versions: Sequence[str], yanked: Collection[str]) -> Sequence[str]:
    """Return those that channels may mean, in their order; all if none stands: no index may end the service by this."""
    return [version for version in versions if version not in yanked] or versions


def noted(release: Release, yanked: Mapping[str, str]) -> Release:
    """Return a release with the warning that it is yanked, or without it, as the sources say now."""
    warnings = [warning for warning in release.warnings if warning.code != YANKED]
    if release.version in yanked:
        warnings.append(yanked_warning(yanked[release.version]))
    return replace(release, warnings=tuple(warnings))
