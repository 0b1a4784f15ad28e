"""The invented release is one that every part of the program takes."""

import io
import shutil
import subprocess
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

from app.sources.wheel import load_wheel
from app.tzdb.tzif.decoder import decode_tzif
from tests.data import invented_release

ZIC = shutil.which("zic", path="/usr/sbin:/usr/bin:/sbin:/bin") or "zic"


def test_it_loads_as_a_wheel() -> None:
    wheel = invented_release.write_wheel(invented_release.package_files())
    release = load_wheel(wheel, source="wheels", pool={})
    assert (release.version, release.origin.package_version) == ("2099a", "2099.1")
    assert {*release.files} == {*invented_release.ZONES, *invented_release.LINKS}
    assert release.targets == invented_release.LINKS
    assert release.warnings == ()


def test_equal_files_make_equal_wheels() -> None:
    files = invented_release.package_files()
    assert invented_release.write_wheel(files) == invented_release.write_wheel(dict(files))


def test_its_files_mean_what_its_tzdata_zi_says(tmp_path: Path) -> None:
    contents, tables = invented_release.contents_and_tables()
    (tmp_path / "tzdata.zi").write_bytes(tables["tzdata.zi"])
    subprocess.run([ZIC, "-d", tmp_path / "out", tmp_path / "tzdata.zi"], check=True, capture_output=True)
    for name, content in contents.items():
        ours = zoneinfo.ZoneInfo.from_file(io.BytesIO(content))
        theirs = zoneinfo.ZoneInfo.from_file(io.BytesIO((tmp_path / "out" / name).read_bytes()))
        for year in range(1900, 2100):
            for month in (1, 7):
                instant = datetime(year, month, 1, tzinfo=UTC)
                mine, other = instant.astimezone(ours), instant.astimezone(theirs)
                assert (mine.utcoffset(), mine.tzname()) == (other.utcoffset(), other.tzname()), (name, instant)
        assert decode_tzif(content).footer == decode_tzif((tmp_path / "out" / name).read_bytes()).footer
