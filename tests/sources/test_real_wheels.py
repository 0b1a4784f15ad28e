"""Every wheel that was ever published: names, files, sums, and which of them are wrong."""

import zipfile
from pathlib import Path

import pytest

from app.errors import UntrustedRelease
from app.sources.wheel import decode_wheel, load_wheel, parse_record
from app.tzdb.release import Release, TzifPool

IANA_NAMES = {
    "2020.1": "2020a", "2020.2": "2020b", "2020.3": "2020c", "2020.4": "2020d", "2020.5": "2020e",
    "2021.1": "2021a", "2021.2": "2021b", "2021.2.post0": "2021b", "2021.3": "2021c", "2021.4": "2021d",
    "2021.5": "2021e", "2022.1": "2022a", "2022.2": "2022b", "2022.3": "2022c", "2022.4": "2022d", "2022.5": "2022e",
    "2022.6": "2022f", "2022.7": "2022g", "2023.1": "2023a", "2023.2": "2023b", "2023.3": "2023c", "2023.4": "2023d",
    "2024.1": "2024a", "2024.2": "2024b", "2025.1": "2025a", "2025.2": "2025b", "2025.3": "2025c", "2026.1": "2026a",
    "2026.2": "2026b", "2026.3": "2026c", "2026.4": "2026d", "2026.5": "2026e", "2026.6": "2026f",
}  # fmt: skip
"""Package version → IANA release, of all that were published up to 2026.6."""

WRONG = {
    "2022.7": {"America/Ojinaga"},
    "2023.1": {"America/Ojinaga", "Asia/Gaza", "Asia/Hebron"},
    "2023.2": {"America/Ojinaga", "Asia/Gaza", "Asia/Hebron"},
    "2023.3": {"America/Ojinaga", "Asia/Gaza", "Asia/Hebron"},
}
"""Package version → zones whose files are wrong as published."""


@pytest.fixture(scope="module")
def releases(wheels_dir: Path) -> dict[str, Release]:
    pool: TzifPool = {}
    wheels = sorted(wheels_dir.glob("tzdata-*.whl"))
    loaded = [load_wheel(wheel.read_bytes(), source="test", pool=pool) for wheel in wheels]
    return {release.origin.package_version or "": release for release in loaded}


def test_every_published_wheel_is_here_and_loads_under_its_iana_name(releases: dict[str, Release]) -> None:
    assert IANA_NAMES.items() <= {package: release.version for package, release in releases.items()}.items()


def test_only_the_known_wheels_have_warnings(releases: dict[str, Release]) -> None:
    warned = {
        package: {zone for warning in release.warnings for zone in warning.zones}
        for package, release in releases.items()
        if release.warnings
    }
    assert warned == WRONG


def test_each_wrong_zone_has_a_warning_of_its_own(releases: dict[str, Release]) -> None:
    warnings = releases["2023.3"].warnings
    assert {warning.code for warning in warnings} == {"wrong-zone"}
    assert all(warning.zones[0] in warning.detail for warning in warnings)


@pytest.mark.parametrize(("one", "other"), [("2022.2", "2022.3"), ("2023.1", "2023.3")])
def test_some_releases_are_equal_as_trees(releases: dict[str, Release], one: str, other: str) -> None:
    assert releases[one].tree_digest == releases[other].tree_digest
    assert releases[one].version != releases[other].version


def test_the_corrected_package_of_a_release_is_another_tree(releases: dict[str, Release]) -> None:
    assert releases["2021.2"].version == releases["2021.2.post0"].version
    assert releases["2021.2"].tree_digest != releases["2021.2.post0"].tree_digest


def test_the_release_is_named_by_the_package_and_not_by_its_tzdata_zi(releases: dict[str, Release]) -> None:
    release = releases["2026.2"]
    assert release.zi is not None
    assert (release.version, release.zi.header[0]) == ("2026b", "# version 2026b-dirty")


def test_counts_of_the_newest_release(releases: dict[str, Release]) -> None:
    release = releases["2026.6"]
    assert (release.zone_count, len(release.links), len(release.files)) == (345, 253, 598)
    assert len(release.zone1970_rows) == 312


def test_every_file_is_the_one_that_record_promises(wheels_dir: Path) -> None:
    checked = 0
    for wheel in sorted(wheels_dir.glob("tzdata-*.whl")):
        files = decode_wheel(wheel.read_bytes())
        with zipfile.ZipFile(wheel) as archive:
            record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
            assert files == {name: archive.read(name) for name in archive.namelist()}
        promised = parse_record(files[record])
        assert promised.keys() == files.keys() - {record}
        checked += len(promised)
    assert checked > 19_000


def test_releases_share_their_equal_files(releases: dict[str, Release]) -> None:
    one, other = releases["2023.1"], releases["2023.3"]
    assert all(one.files[name] is other.files[name] for name in one.files)


def test_a_real_wheel_that_was_cut_short_is_refused(newest_wheel: Path) -> None:
    content = newest_wheel.read_bytes()
    for length in (len(content) - 1, len(content) // 2, 30):
        with pytest.raises(UntrustedRelease):
            load_wheel(content[:length], source="test", pool={})
