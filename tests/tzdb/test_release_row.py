"""A release as JSON: the members that clients rely on."""

import json
from dataclasses import replace
from pathlib import Path

from app.sources.directory import WheelDirectory
from app.sources.installed import InstalledSource
from app.tzdb.release import ReleaseWarning
from app.tzdb.release_row import promised_row, release_row
from tests.data.invented_release import make_invented_release


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


def test_a_release_that_is_here_tells_all_of_it() -> None:
    release = make_invented_release()
    release = replace(
        release,
        origin=replace(release.origin, sha256="5" * 64, packaged="2099-01-02"),
        warnings=(ReleaseWarning("wrong-zone", "Test/Zone is wrong", ("Test/Zone", "Test/Merged")),),
    )
    assert release_row(release) == {
        "version": "2099a",
        "package_version": "2099.1",
        "date": "2099-01-02",
        "source": "invented",
        "sha256": "5" * 64,
        "tree_digest": release.tree_digest,
        "verified": "nothing",
        "zones": 4,
        "links": 3,
        "cached": True,
        "warnings": [{"code": "wrong-zone", "detail": "Test/Zone is wrong", "zones": ["Test/Zone", "Test/Merged"]}],
    }


def test_a_release_that_is_only_promised_has_the_same_members_and_null_for_what_nobody_knows_yet() -> None:
    row = promised_row("2099a", source="index", package_version="2099.1", sha256="5" * 64)
    assert row == {
        "version": "2099a",
        "package_version": "2099.1",
        "date": None,
        "source": "index",
        "sha256": "5" * 64,
        "tree_digest": None,
        "verified": "not fetched yet",
        "zones": None,
        "links": None,
        "cached": False,
        "warnings": [],
    }
    assert row.keys() == release_row(make_invented_release()).keys()
