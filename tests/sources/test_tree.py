"""Directories that --input may name: unpacked wheels, what zic makes, the machine's own tree, and odd ones."""

import os
from pathlib import Path

import pytest

from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.sources.tree import TreeSource
from app.sources.wheel import load_wheel
from app.tzdb.release import Release
from tests.sources.wheels import TREE, read_package, small_package, unpack_package

MACHINE = Path("/usr/share/zoneinfo")


def zic_tree(directory: Path, *, without: tuple[str, ...] = ()) -> Path:
    """Write what zic and a copy of the tables leave: zones and tables, no Python file."""
    files = {path.removeprefix(TREE): content for path, content in small_package().items() if path.startswith(TREE)}
    kept = {path: content for path, content in files.items() if not path.endswith(".py") and path not in without}
    return unpack_package(kept, directory)


def load(directory: Path) -> Release:
    source = TreeSource(directory)
    (version,) = source.offers().releases
    return source.load(version, {}).release


def codes(release: Release) -> list[str]:
    return [warning.code for warning in release.warnings]


class TestWhereTheZonesLie:
    def test_an_unpacked_wheel(self, tmp_path: Path, newest_wheel: Path) -> None:
        release = load(unpack_package(read_package(newest_wheel), tmp_path))
        packed = load_wheel(newest_wheel.read_bytes(), source="test", pool={})
        assert release.version == packed.version
        assert release.tree_digest == packed.tree_digest
        assert release.links == packed.links
        assert codes(release) == ["unverified"]
        assert (release.origin.source, release.origin.sha256) == ("tree", None)

    def test_the_package_directory_of_an_unpacked_wheel(self, tmp_path: Path) -> None:
        assert load(unpack_package(small_package(), tmp_path) / "tzdata").version == "2026f"

    @pytest.mark.parametrize("below", ["", "zoneinfo", "usr/share/zoneinfo", "tzdata/zoneinfo"])
    def test_zones_and_tables_below_a_directory(self, tmp_path: Path, below: str) -> None:
        zic_tree(tmp_path / below)
        release = load(tmp_path)
        assert [*release.files] == ["Asia/Tokyo", "Etc/UTC", "Japan", "UTC"]
        assert release.links == {"Japan": "Asia/Tokyo", "UTC": "Etc/UTC"}


class TestWhatTheReleaseIsCalled:
    def test_an_unpacked_wheel_is_named_by_its_package(self, tmp_path: Path, wheels_dir: Path) -> None:
        wheel = wheels_dir / "tzdata-2026.2-py2.py3-none-any.whl"  # its tzdata.zi says 2026b-dirty
        assert load(unpack_package(read_package(wheel), tmp_path)).version == "2026b"

    def test_tzdata_zi_comes_before_the_other_names(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path / "tzdata2024a")
        (tree / "+VERSION").write_text("2025a\n")
        assert TreeSource(tree).offers().releases == {"2026f"}

    def test_a_version_file_comes_before_the_directory(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path / "tzdata2024a", without=("tzdata.zi",))
        (tree / "+VERSION").write_text("2025a\n")
        assert TreeSource(tree).offers().releases == {"2025a"}

    @pytest.mark.parametrize("name", ["tzdata2024a", "tzdata-2024a", "2024a", "zoneinfo.2024a.min"])
    def test_the_directory_names_it_last(self, tmp_path: Path, name: str) -> None:
        tree = zic_tree(tmp_path / name, without=("tzdata.zi",))
        assert TreeSource(tree).offers().releases == {"2024a"}

    def test_a_relative_path_is_named_by_where_it_leads(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(zic_tree(tmp_path / "tzdata2024a", without=("tzdata.zi",)))
        assert TreeSource(Path()).offers().releases == {"2024a"}

    @pytest.mark.parametrize("name", ["zones", "build2024release", "12024a", "2024A"])
    def test_a_tree_that_does_not_say_is_refused_with_what_would_help(self, tmp_path: Path, name: str) -> None:
        tree = zic_tree(tmp_path / name, without=("tzdata.zi",))
        offers = TreeSource(tree).offers()
        assert offers.releases == frozenset()
        assert "does not say which release it is" in offers.refused[str(tree)]

    def test_an_empty_directory_is_no_release(self, tmp_path: Path) -> None:
        assert TreeSource(tmp_path).offers().releases == frozenset()

    def test_an_empty_directory_with_a_releases_name_holds_no_zones(self, tmp_path: Path) -> None:
        (tmp_path / "tzdata2024a").mkdir()
        with pytest.raises(UntrustedRelease, match=r"holds no compiled zone files"):
            load(tmp_path / "tzdata2024a")

    def test_another_release_than_the_trees_is_unknown(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownRelease):
            TreeSource(zic_tree(tmp_path)).load("2024a", {})


class TestWhatIsMissing:
    def test_without_tzdata_zi_every_name_is_a_zone(self, tmp_path: Path) -> None:
        release = load(zic_tree(tmp_path / "tzdata2024a", without=("tzdata.zi",)))
        assert release.version == "2024a"
        assert release.links == {}
        assert codes(release) == ["unverified", "no-links"]

    def test_without_any_table_the_zones_load(self, tmp_path: Path) -> None:
        tables = ("tzdata.zi", "zone.tab", "zone1970.tab", "iso3166.tab", "leapseconds")
        release = load(zic_tree(tmp_path / "tzdata2024a", without=tables))
        assert [*release.files] == ["Asia/Tokyo", "Etc/UTC", "Japan", "UTC"]
        assert release.tables == {}

    def test_missing_names_are_left_out_with_a_warning(self, tmp_path: Path) -> None:
        release = load(zic_tree(tmp_path, without=("Japan", "Asia/Tokyo")))
        assert [*release.files] == ["Etc/UTC", "UTC"]
        assert codes(release) == ["unverified", "incomplete"]
        assert release.warnings[1].zones == ("Asia/Tokyo", "Japan")

    def test_a_link_whose_zone_is_missing_is_refused_by_name(self, tmp_path: Path) -> None:
        with pytest.raises(
            UntrustedRelease, match=r"the Link 'Japan' leads to 'Asia/Tokyo', which is neither a Zone nor a Link"
        ):
            load(zic_tree(tmp_path, without=("Asia/Tokyo",)))

    def test_a_directory_that_is_not_there_is_unreachable(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path / "tree")
        source = TreeSource(tree)
        tree.rename(tmp_path / "away")
        with pytest.raises(SourceUnreachable):
            source.offers()
        with pytest.raises(SourceUnreachable):
            source.load("2026f", {})


class TestWhatElseLiesThere:
    def test_files_that_are_no_zones_are_passed_over(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path)
        for name in ("README", "Makefile", "leap-seconds.list", "SECURITY"):
            (tree / name).write_text("text")
        (tree / "northamerica").write_text("# Rule NAME FROM TO\n" * 20_000)
        os.mkfifo(tree / "pipe")
        assert len(load(tree).files) == 4

    def test_zones_that_tzdata_zi_does_not_know_are_passed_over(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path)
        (tree / "localtime").write_bytes((tree / "UTC").read_bytes())
        assert "localtime" not in load(tree).files

    @pytest.mark.parametrize("name", ["localtime", "posixrules"])
    def test_the_machines_own_choices_are_no_zones(self, tmp_path: Path, name: str) -> None:
        tree = zic_tree(tmp_path / "tzdata2024a", without=("tzdata.zi",))
        (tree / name).symlink_to("UTC")
        assert name not in load(tree).files

    @pytest.mark.parametrize("copy", ["posix", "right"])
    def test_copies_of_the_whole_tree_are_passed_over(self, tmp_path: Path, copy: str) -> None:
        tree = zic_tree(tmp_path / "tzdata2024a", without=("tzdata.zi",))
        zic_tree(tree / copy)
        assert len(load(tree).files) == 4

    def test_links_between_files_are_followed(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path, without=("Japan",))
        (tree / "Japan").symlink_to("Asia/Tokyo")
        assert load(tree).links["Japan"] == "Asia/Tokyo"

    def test_a_directory_that_links_to_itself_ends(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path)
        (tree / "Loop").symlink_to(".")
        assert len(load(tree).files) == 4


class TestWhatIsWrong:
    def test_a_damaged_zone_is_refused_by_name(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path)
        (tree / "Japan").write_bytes((tree / "Japan").read_bytes()[:-5])
        with pytest.raises(UntrustedRelease, match=r"is refused: Japan: "):
            load(tree)

    def test_a_zone_far_too_large_is_refused(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path)
        (tree / "Japan").write_bytes(b"TZif" * 100_000)
        with pytest.raises(UntrustedRelease, match=r"Japan is larger than"):
            load(tree)

    def test_a_link_unlike_its_zone_is_refused(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path)
        (tree / "Japan").write_bytes((tree / "UTC").read_bytes())
        with pytest.raises(UntrustedRelease, match=r"the Link 'Japan' differs in bytes from its Zone"):
            load(tree)

    def test_a_table_that_cannot_be_parsed_is_refused(self, tmp_path: Path) -> None:
        tree = zic_tree(tmp_path)
        (tree / "zone1970.tab").write_text("JP Asia/Tokyo\n")
        with pytest.raises(UntrustedRelease, match=r"zone1970.tab, row 1"):
            load(tree)

    @pytest.mark.parametrize("name", ["Japan", "zone.tab"])
    def test_a_file_on_a_broken_disk_makes_the_tree_unreachable(self, tmp_path: Path, name: str) -> None:
        tree = zic_tree(tmp_path)
        (tree / name).unlink()
        (tree / name).symlink_to("/proc/self/mem")
        with pytest.raises(SourceUnreachable, match=r"Input/output error"):
            load(tree)

    @pytest.mark.parametrize("name", ["tzdata.zi", "+VERSION"])
    def test_a_name_on_a_broken_disk_makes_the_tree_unreachable(self, tmp_path: Path, name: str) -> None:
        tree = zic_tree(tmp_path, without=("tzdata.zi",))
        (tree / name).symlink_to("/proc/self/mem")
        with pytest.raises(SourceUnreachable, match=r"Input/output error"):
            TreeSource(tree).offers()


def test_the_machines_own_tree_loads() -> None:
    if not MACHINE.is_dir():
        pytest.skip("this machine has no zone files of its own")
    release = load(MACHINE)
    assert {"Europe/Berlin", "Asia/Shanghai", "UTC"} <= release.files.keys()
    assert not {"localtime", "posixrules"} & release.files.keys()
    assert "unverified" in codes(release)
