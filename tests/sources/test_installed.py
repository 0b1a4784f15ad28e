"""The installed distribution: the real one, and broken ones that come first on the import path."""

import importlib.metadata
from pathlib import Path

import pytest

from app.errors import UnknownRelease, UntrustedRelease
from app.sources.installed import InstalledSource
from app.sources.wheel import load_wheel
from tests.sources.wheels import (
    DIST_INFO,
    INIT,
    RECORD,
    TREE,
    encode_record,
    small_package,
    unpack_package,
    write_wheel,
)


def install(files: dict[str, bytes], directory: Path, path: pytest.MonkeyPatch, *, record: bytes | None = None) -> None:
    promised = encode_record(files) if record is None else record
    unpack_package({**files, RECORD: promised}, directory)
    path.syspath_prepend(directory)


def refusal() -> str:
    with pytest.raises(UntrustedRelease) as caught:
        InstalledSource().load("2026f", {})
    return caught.value.detail


def test_the_installed_release_loads() -> None:
    source = InstalledSource()
    (version,) = source.offers().releases
    release = source.load(version, {}).release
    assert release.version == version
    assert release.origin.source == "installed"
    assert release.origin.package_version == importlib.metadata.version("tzdata")
    assert len(release.files) > 500


def test_it_equals_the_wheel_it_was_installed_from(wheels_dir: Path) -> None:
    source = InstalledSource()
    (version,) = source.offers().releases
    wheel = wheels_dir / f"tzdata-{importlib.metadata.version('tzdata')}-py2.py3-none-any.whl"
    assert (
        source.load(version, {}).release.tree_digest
        == load_wheel(wheel.read_bytes(), source="test", pool={}).tree_digest
    )


def test_another_release_than_the_installed_one_is_unknown() -> None:
    with pytest.raises(UnknownRelease):
        InstalledSource().load("1999z", {})


def test_an_install_of_the_small_package_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(small_package(), tmp_path, monkeypatch)
    assert [*InstalledSource().load("2026f", {}).release.files] == ["Asia/Tokyo", "Etc/UTC", "Japan", "UTC"]


def test_what_an_installer_adds_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = small_package()
    record = encode_record(files) + f"tzdata/__pycache__/__init__.cpython-311.pyc,,\n{DIST_INFO}/INSTALLER,,\n".encode()
    install(files, tmp_path, monkeypatch, record=record)
    assert InstalledSource().load("2026f", {}).release.version == "2026f"


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = small_package()
    install({**files, f"{TREE}Japan": files[f"{TREE}UTC"]}, tmp_path, monkeypatch, record=encode_record(files))
    assert refusal() == "'tzdata/zoneinfo/Japan' differs from its sha256 in RECORD"


def test_a_missing_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(small_package(), tmp_path, monkeypatch)
    (tmp_path / TREE / "Japan").unlink()
    assert refusal() == "the installed tzdata lacks tzdata/zoneinfo/Japan, which its RECORD lists"


def test_an_install_without_record_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(small_package(), tmp_path, monkeypatch)
    (tmp_path / RECORD).unlink()
    assert refusal() == "the installed tzdata has no RECORD to verify it against"


def test_a_record_that_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(small_package(), tmp_path, monkeypatch, record=b"\xff")
    assert refusal() == "the installed tzdata's RECORD is not UTF-8 at byte 0"


def test_a_zone_without_a_sum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = small_package()
    others = {path: content for path, content in files.items() if path != f"{TREE}Japan"}
    install(files, tmp_path, monkeypatch, record=encode_record(others) + f"{TREE}Japan,,\n".encode())
    assert refusal() == "the zone 'Japan' is listed but has no file"


def test_a_record_that_reaches_outside_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = small_package()
    (tmp_path / "outside").write_bytes(b"")
    record = encode_record(files) + b"tzdata/../outside,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
    install(files, tmp_path, monkeypatch, record=record)
    assert refusal() == "RECORD lists 'tzdata/../outside', which is outside the package"


def test_an_install_that_names_no_release_offers_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install({**small_package(), INIT: b""}, tmp_path, monkeypatch)
    offers = InstalledSource().offers()
    assert (offers.releases, offers.refused) == (frozenset(), {"tzdata": "tzdata/__init__.py names no IANA release"})


def test_an_install_that_changed_under_the_program_is_another_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(small_package(iana="2026e"), tmp_path, monkeypatch)
    with pytest.raises(UnknownRelease):
        InstalledSource().load("2026f", {})


def test_an_install_equals_the_wheel_of_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = small_package()
    install(files, tmp_path, monkeypatch)
    wheel = load_wheel(write_wheel(files), source="test", pool={})
    assert InstalledSource().load("2026f", {}).release.tree_digest == wheel.tree_digest
