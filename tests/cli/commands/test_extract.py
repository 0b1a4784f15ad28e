"""``extract``: the same bytes and trees however they are asked for, and outputs that are whole."""

import io
import os
import pty
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.artifact.tarball import MTIME
from app.digest import sha256_hex, tree_digest
from tests.cli.program import (
    COMMAND,
    environment,
    installed_release,
    invoke,
    run,
    shared_parts,
    snapshot,
)

NO_ZONES = (
    *("", " ", ",", "UTC,", "UTC,,UTC", "..", "../UTC", "Asia/../UTC", "/etc/passwd", "Asia//Tokyo", "./UTC", "-UTC"),
    *("Asia/Tokyo/", "Аsia/Tokyo", "UTC\x1b[31m", "UTC\r/x", "%2e%2e", "country:de", "country:", "a" * 100_000),
)
FEW = ("Asia/Shanghai", "Etc/UTC", "Europe/Berlin", "UTC", "Asia/Chongqing")


def names_in_zip(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


class TestSameBytes:
    @settings(max_examples=25)
    @given(
        zones=st.lists(st.sampled_from(FEW), min_size=1, max_size=8),
        separators=st.lists(st.sampled_from([",", " ", ", ", "\n", "  "]), min_size=8, max_size=8),
        form=st.sampled_from(["tar", "tar.gz", "zip"]),
        data=st.data(),
    )
    def test_order_repetition_and_separators_do_not_matter(
        self, zones: list[str], separators: list[str], form: str, data: st.DataObject
    ) -> None:
        shuffled = data.draw(st.permutations(zones))
        joined = shuffled[0] + "".join(map("".join, zip(separators, shuffled[1:], strict=False)))
        in_file = "\n".join(["# zones", *shuffled, ""]).encode()
        wanted = invoke("extract", *sorted({*zones}), "-o", "-", "--format", form, parts=shared_parts())
        for arguments, stdin in (((joined,), b""), ((*shuffled, *zones), b""), (("--zones-file", "-"), in_file)):
            result = invoke("extract", *arguments, "-o", "-", "--format", form, stdin=stdin, parts=shared_parts())
            assert result.exit_code == 0, result.stderr
            assert result.stdout_bytes == wanted.stdout_bytes

    def test_the_surroundings_of_the_process_do_not_matter(self) -> None:
        surroundings = (
            ({"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}, 0o022),
            ({"PYTHONHASHSEED": "2", "TZ": "Pacific/Apia", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"}, 0o077),
        )
        outputs = {
            run("extract", "Europe/*", "--aliases", "all", "-o", "-", env=env, umask=umask).stdout
            for env, umask in surroundings
        }
        assert len(outputs) == 1
        assert b"" not in outputs

    @pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
    def test_a_file_holds_what_standard_output_gets(self, form: str, tmp_path: Path) -> None:
        streamed = invoke("extract", *FEW, "-o", "-", "--format", form)
        written = invoke("extract", *FEW, "-o", tmp_path / f"bundle.{form}")
        assert written.exit_code == 0
        content = (tmp_path / f"bundle.{form}").read_bytes()
        assert content == streamed.stdout_bytes
        assert f"sha256:{sha256_hex(content)}" in written.stderr

    @pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
    def test_a_directory_is_what_the_tar_unpacks_to(self, links: str, tmp_path: Path) -> None:
        what = ("Europe/*", "UTC", "--aliases", "all", "--tables", "zone.tab,tzdata.zi")
        options = (*what, "--links", links, "--prefix", "usr/share/zoneinfo")
        streamed = invoke("extract", *options, "-o", "-")
        (tmp_path / "unpacked").mkdir()
        with tarfile.open(fileobj=io.BytesIO(streamed.stdout_bytes)) as archive:
            archive.extractall(tmp_path / "unpacked", filter="tar")
        assert invoke("extract", *options, "-o", tmp_path / "written").exit_code == 0
        assert snapshot(tmp_path / "written") == snapshot(tmp_path / "unpacked")


class TestDirectory:
    def test_the_report_names_files_bytes_tree_digest_and_release(self, tmp_path: Path) -> None:
        result = invoke("extract", "Asia/Shanghai", "Etc/UTC", "-o", tmp_path / "out")
        files = installed_release().files
        digest = tree_digest((name, files[name].sha256) for name in ("Asia/Shanghai", "Etc/UTC"))
        size = sum(len(files[name].content) for name in ("Asia/Shanghai", "Etc/UTC"))
        (line,) = result.stderr.splitlines()
        assert f"2 files, {size} bytes, tree {digest}, release {installed_release().version}" in line
        assert result.stdout == ""

    @pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
    def test_permissions_and_times_are_fixed(self, umask: int, tmp_path: Path) -> None:
        assert run("extract", "Asia/Shanghai", "UTC", "-o", tmp_path / "a/b/out", umask=umask).returncode == 0
        out = tmp_path / "a/b/out"
        modes = {path.relative_to(out).as_posix(): path.stat().st_mode & 0o7777 for path in (out, *out.rglob("*"))}
        assert modes == {".": 0o755, "Asia": 0o755, "Asia/Shanghai": 0o644, "UTC": 0o644}
        assert {path.stat().st_mtime for path in (out, *out.rglob("*"))} == {MTIME}

    def test_links_are_real_links_and_never_dangle(self, tmp_path: Path) -> None:
        zones = ("Asia/Calcutta", "Asia/Kolkata", "US/Pacific")
        for links in ("hard", "symbolic", "copy"):
            assert invoke("extract", *zones, "--links", links, "-o", tmp_path / links).exit_code == 0
        assert (tmp_path / "hard/Asia/Calcutta").samefile(tmp_path / "hard/Asia/Kolkata")
        assert (tmp_path / "symbolic/Asia/Calcutta").readlink() == Path("Kolkata")
        assert not (tmp_path / "symbolic/US/Pacific").is_symlink()
        assert not (tmp_path / "copy/Asia/Calcutta").samefile(tmp_path / "copy/Asia/Kolkata")

    def test_the_same_tree_again_is_left_alone(self, tmp_path: Path) -> None:
        invoke("extract", *FEW, "-o", tmp_path / "out")
        before = (tmp_path / "out").stat().st_ino
        again = invoke("extract", *reversed(FEW), "-o", tmp_path / "out")
        assert (again.exit_code, (tmp_path / "out").stat().st_ino) == (0, before)
        assert "nothing to do" in again.stderr

    def test_an_empty_directory_is_filled(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        assert invoke("extract", "UTC", "-o", tmp_path / "out").exit_code == 0
        assert (tmp_path / "out/UTC").is_file()

    def test_another_tree_stays_until_replace_is_given(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        invoke("extract", "UTC", "-o", out)
        refused = invoke("extract", "Asia/Tokyo", "-o", out)
        assert (refused.exit_code, list(snapshot(out))) == (2, ["UTC"])
        assert "--replace" in refused.stderr
        assert invoke("extract", "Asia/Tokyo", "-o", out, "--replace").exit_code == 0
        assert list(snapshot(out)) == ["Asia", "Asia/Tokyo"]
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_nothing_is_left_behind_when_it_fails(self, tmp_path: Path) -> None:
        assert invoke("extract", "UTC", "Nowhere", "-o", tmp_path / "out").exit_code == 3
        assert list(tmp_path.iterdir()) == []

    def test_quiet_prints_nothing(self, tmp_path: Path) -> None:
        result = invoke("extract", "UTC", "-q", "-o", tmp_path / "out")
        assert (result.exit_code, result.output) == (0, "")

    def test_python_reads_the_tree(self, tmp_path: Path) -> None:
        invoke("extract", "Asia/Shanghai", "Etc/UTC", "-o", tmp_path / "out")
        code = (
            "import sys, zoneinfo, datetime as d\n"
            "sys.modules['tzdata'] = None\n"
            "zoneinfo.reset_tzpath([sys.argv[1]])\n"
            "print(d.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Asia/Shanghai')).utcoffset())\n"
            "print(sorted(zoneinfo.available_timezones()))\n"
            "try: zoneinfo.ZoneInfo('Europe/Berlin')\n"
            "except zoneinfo.ZoneInfoNotFoundError: print('not there')\n"
        )
        out = str(tmp_path / "out")
        result = subprocess.run([sys.executable, "-c", code, out], capture_output=True, text=True, check=True)
        assert result.stdout.splitlines() == ["8:00:00", "['Asia/Shanghai', 'Etc/UTC']", "not there"]


class TestFile:
    def test_it_is_replaced_whole_and_readable_by_all(self, tmp_path: Path) -> None:
        path = tmp_path / "new/bundle.zip"
        for zone in ("UTC", "Asia/Tokyo"):
            assert run("extract", zone, "-o", path, umask=0o077).returncode == 0
        assert path.stat().st_mode & 0o7777 == 0o644
        assert names_in_zip(path) == ["Asia/Tokyo"]
        assert list(path.parent.iterdir()) == [path]

    def test_a_symbolic_link_stays_and_what_it_leads_to_is_written(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link.tar").symlink_to("real/bundle.tar")
        assert invoke("extract", "UTC", "-o", tmp_path / "link.tar").exit_code == 0
        assert (tmp_path / "link.tar").is_symlink()
        assert invoke("verify", tmp_path / "real/bundle.tar").exit_code == 0

    def test_any_name_is_accepted_if_the_format_is_given(self, tmp_path: Path) -> None:
        assert invoke("extract", "UTC", "--format", "zip", "-o", tmp_path / "zones.bin").exit_code == 0
        assert names_in_zip(tmp_path / "zones.bin") == ["UTC"]

    def test_a_format_that_contradicts_the_name_is_refused(self, tmp_path: Path) -> None:
        assert invoke("extract", "UTC", "--format", "zip", "-o", tmp_path / "zones.tar").exit_code == 2
        assert list(tmp_path.iterdir()) == []

    def test_a_directory_in_its_place_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "zones.tar").mkdir()
        assert invoke("extract", "UTC", "-o", tmp_path / "zones.tar").exit_code == 2

    def test_a_device_is_refused(self) -> None:
        assert invoke("extract", "UTC", "--format", "tar", "-o", os.devnull).exit_code == 2
        assert not Path(os.devnull).is_file()


class TestStandardOutput:
    def test_no_archive_is_written_to_a_terminal(self) -> None:
        ours, theirs = pty.openpty()
        try:
            result = subprocess.run(
                [*COMMAND, "extract", "UTC", "-o", "-"],
                stdout=theirs,
                stderr=subprocess.PIPE,
                env=environment(),
                check=False,
            )
        finally:
            os.close(theirs)
            os.close(ours)
        assert result.returncode == 2
        assert b"terminal" in result.stderr


class TestHostileInput:
    @pytest.mark.parametrize("zone", NO_ZONES, ids=ascii)
    def test_what_is_not_a_zone_is_refused_before_anything_is_written(self, zone: str, tmp_path: Path) -> None:
        result = invoke("extract", "-o", tmp_path / "out", "--", zone)
        assert result.exit_code == 2
        assert list(tmp_path.iterdir()) == []
        assert result.stderr.isascii()
        assert all(line.isprintable() and len(line) < 400 for line in result.stderr.splitlines())

    def test_no_zones_at_all(self, tmp_path: Path) -> None:
        assert invoke("extract", "-o", tmp_path / "out").exit_code == 2

    def test_unknown_zones_are_all_named_with_suggestions(self, tmp_path: Path) -> None:
        result = invoke("extract", "Europe/Berln", "Asia/shanghai", "UTC", "-o", tmp_path / "out")
        first, *more = result.stderr.splitlines()
        assert result.exit_code == 3
        assert first.startswith("tzdata-filter: 2 of the zones are not in release")
        assert any("Europe/Berlin" in line for line in more)
        assert any("Asia/Shanghai" in line for line in more)

    @pytest.mark.parametrize("release", ["../x", "http://x", "2026", "2026F", "", "latest "])
    def test_what_is_not_a_release(self, release: str, tmp_path: Path) -> None:
        assert invoke("extract", "UTC", "--release", release, "-o", tmp_path / "out").exit_code == 2

    def test_a_zones_file_that_is_not_text_or_too_long(self, tmp_path: Path) -> None:
        for content in (b"\xff\xfe", b"UTC\n" * 300_000):
            result = invoke("extract", "-o", tmp_path / "out", "--zones-file", "-", stdin=content)
            assert result.exit_code == 2

    @pytest.mark.parametrize("prefix", ["/etc", "..", "a/../b", "a//b"])
    def test_a_prefix_that_leaves_the_directory(self, prefix: str, tmp_path: Path) -> None:
        assert invoke("extract", "UTC", "--prefix", prefix, "-o", tmp_path / "out").exit_code == 2
        assert list(tmp_path.iterdir()) == []


def test_a_bundle_with_a_wrong_zone_is_written_with_a_warning(wheels_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (wheel,) = wheels_dir.glob("tzdata-2022.7-*")
    (tmp_path / "wheels" / wheel.name).symlink_to(wheel)
    options = ("--wheels-dir", tmp_path / "wheels", "--release", "2022g")
    warned = invoke("extract", "America/Ojinaga", *options, "-o", tmp_path / "wrong")
    assert warned.exit_code == 0
    assert "warning: America/Ojinaga is wrong as published" in warned.stderr
    assert "warning" not in invoke("extract", "UTC", *options, "-o", tmp_path / "right").stderr
