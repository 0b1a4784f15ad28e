"""A release as JSON: the members that clients rely on."""

import json
from pathlib import Path

from app.sources.directory import WheelDirectory
from app.sources.installed import InstalledSource
from app.tzdb.release_row import release_row


def test_the_installed_release_has_every_member() -> None:
    source = InstalledSource()
    (version,) = source.offers().releases
    release = source.load(version, {}).release
    row = release_row(release)
    assert row["version"] == version
    assert row["source"] == "installed"
    assert row["sha256"] is None
    assert (row["zones"], row["links"]) == (release.zone_count, len(release.links))
    assert row["tree_digest"] == release.tree_digest
    assert json.loads(json.dumps(row)) == row


def test_a_release_that_is_wrong_as_published_says_so(wheels_dir: Path) -> None:
    row = release_row(WheelDirectory(wheels_dir).load("2022g", {}).release)
    assert (row["package_version"], row["source"]) == ("2022.7", "wheels")
    assert row["sha256"] is not None
    assert [(warning["code"], warning["zones"]) for warning in row["warnings"]] == [("wrong-zone", ["America/Ojinaga"])]
