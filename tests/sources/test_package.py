"""What is wrong with a package although every file is the promised one."""

import pytest

from app.errors import UntrustedRelease
from app.sources.package import parse_iana_name, parse_package_version
from app.sources.wheel import load_wheel
from tests.sources.wheels import DEFLATED, INIT, STORED, TREE, ZI, ZONES, small_package, write_wheel


def refusal(files: dict[str, bytes], *, method: int = DEFLATED) -> str:
    with pytest.raises(UntrustedRelease) as caught:
        load_wheel(write_wheel(files, method=method), source="test", pool={})
    return caught.value.detail


@pytest.mark.parametrize(
    "init",
    [
        b"",
        b'__version__ = "2026.6"\n',
        b'IANA_VERSION = ""\n',
        b'IANA_VERSION = "../x"\n',
        b'IANA_VERSION = "2026f/../x"\n',
        b'IANA_VERSION = "2026b-dirty"\n',
        b'IANA_VERSION = "latest"\n',
        b'IANA_VERSION = "2026F"\n',
        b'IANA_VERSION = "2026f\n"\n',
        'IANA_VERSION = "２０２６f"\n'.encode(),
        b'  IANA_VERSION = "2026f"\n',
        b'# IANA_VERSION = "2026f"\n',
        b"\xff\xfe",
    ],
)
def test_a_package_that_names_no_release_is_refused(init: bytes) -> None:
    with pytest.raises(UntrustedRelease, match=r"names no IANA release"):
        parse_iana_name(init)
    assert "names no IANA release" in refusal({**small_package(), INIT: init})


def test_a_package_without_its_own_version_is_refused() -> None:
    init = b'IANA_VERSION = "2026f"\n'
    with pytest.raises(UntrustedRelease, match=r"names no package version"):
        parse_package_version(init)
    assert "names no package version" in refusal({**small_package(), INIT: init})


@pytest.mark.parametrize("path", [INIT, ZONES])
def test_a_package_without_its_own_parts_is_refused(path: str) -> None:
    files = small_package()
    del files[path]
    assert refusal(files) == f"{path} is missing"


@pytest.mark.parametrize("table", ["iso3166.tab", "leapseconds", "tzdata.zi", "zone.tab", "zone1970.tab"])
def test_a_package_without_one_of_its_tables_is_refused(table: str) -> None:
    files = small_package()
    del files[TREE + table]
    assert refusal(files) == f"the table {table} is missing"


class TestListOfZones:
    def test_a_listed_zone_without_a_file_is_refused(self) -> None:
        files = small_package()
        assert refusal({**files, ZONES: files[ZONES] + b"Europe/Atlantis\n"}) == (
            "the zone 'Europe/Atlantis' is listed but has no file"
        )

    def test_a_file_that_is_not_listed_is_refused(self) -> None:
        files = small_package()
        assert refusal({**files, ZONES: files[ZONES].replace(b"Japan\n", b"")}) == (
            "the file 'Japan' is not in the list of zones"
        )

    @pytest.mark.parametrize("name", ["Foo.Bar", "-Foo", "Foo~Bar", "A" * 45])
    def test_a_name_against_the_rules_is_refused(self, name: str) -> None:
        files = small_package()
        files[TREE + name] = files[f"{TREE}UTC"]
        detail = refusal({**files, ZONES: files[ZONES] + name.encode() + b"\n"})
        assert detail.startswith("release 2026f is refused: ")

    def test_a_name_that_is_a_directory_of_another_is_refused(self) -> None:
        files = small_package()
        files[f"{TREE}UTC/Zulu"] = files[f"{TREE}UTC"]
        detail = refusal({**files, ZONES: files[ZONES] + b"UTC/Zulu\n"})
        assert detail == "release 2026f is refused: 'UTC' is a zone and a directory of 'UTC/Zulu'"


class TestTables:
    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            (b"L Etc/UTC UTC\n", b"L Zulu UTC\nL UTC Zulu\n", "the Link 'UTC' is part of a loop"),
            (b"L Etc/UTC UTC\n", b"L UTC UTC\n", "the Link 'UTC' is part of a loop"),
            (b"L Etc/UTC UTC\n", b"L Etc/GMT UTC\n", "'UTC' leads to 'Etc/GMT', which is neither a Zone nor a Link"),
            (b"L Etc/UTC UTC\n", b"L Asia/Tokyo UTC\n", "the Link 'UTC' differs in bytes from its Zone 'Asia/Tokyo'"),
            (b"L Etc/UTC UTC\n", b"L ../../etc/passwd UTC\n", "line 5: 'L ../../etc/passwd UTC' is not a"),
            (b"L Etc/UTC UTC\n", b"", "1 files are not in tzdata.zi; the first is 'UTC'"),
            (b"L Etc/UTC UTC\n", b"L Etc/UTC UTC\nL Etc/UTC Zulu\n", "1 names of tzdata.zi have no file"),
            (b"L Etc/UTC UTC\n", b"Z UTC 0 - UTC\nL Etc/UTC UTC\n", "calls 'UTC' both a Zone and a Link"),
            (b"# version", b"\xff", "tzdata.zi is not UTF-8"),
        ],
    )
    def test_links_that_do_not_hold_are_refused(self, old: bytes, new: bytes, reason: str) -> None:
        files = small_package()
        assert reason in refusal({**files, ZI: files[ZI].replace(old, new)})

    @pytest.mark.parametrize("table", ["zone.tab", "zone1970.tab"])
    def test_a_row_for_no_zone_is_refused(self, table: str) -> None:
        files = small_package()
        row = b"FR\t+4852+00220\tEurope/Paris\n"
        assert refusal({**files, TREE + table: row}) == (
            f"release 2026f is refused: {table} has a row for 'Europe/Paris', which the release lacks"
        )


@pytest.mark.parametrize("content", [b"", b"TZif", b"not a zone", b"TZif" * 20_000, b"TZif2" + bytes(39)])
def test_a_zone_that_is_no_tzif_file_is_refused_by_name(content: bytes) -> None:
    files = {**small_package(), f"{TREE}Asia/Tokyo": content}
    assert refusal(files, method=STORED).startswith("release 2026f is refused: Asia/Tokyo: ")
