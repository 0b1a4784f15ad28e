"""``verify``: honest bundles pass in every form, and anything that was changed is named."""

import contextlib
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.checking.archives import (
    LIMITS,
    decode_archive,
    read_bounded,
    read_directory,
)
from app.cli.commands.verify import make_verdict
from app.cli.errors import DoesNotVerify
from app.digest import format_digest, sha256_hex
from tests.artifact.plans import bundle, plan
from tests.cli.bundles import tar_header, write_any_tar, write_any_zip
from tests.cli.program import installed_release, invoke
from tests.data.invented_release import make_invented_release

ZONES = ("Asia/Shanghai", "Asia/Chongqing", "Etc/UTC")
TZIF = plan(["Test/Zone"]).entries[0].content
RELEASE = make_invented_release()


@pytest.fixture(params=["out.tar", "out.tar.gz", "out.zip", "out"])
def honest(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a bundle of three zones and two tables in every form."""
    path = tmp_path / str(request.param)
    assert invoke("extract", *ZONES, "--tables", "zone1970.tab,tzdata.zi", "-o", path).exit_code == 0
    return path


class TestHonestBundles:
    def test_each_form_verifies_and_equals_its_release(self, honest: Path) -> None:
        result = invoke("verify", honest, "--release", installed_release().version)
        assert result.exit_code == 0, result.stderr
        assert "verdict      verified" in result.stdout
        assert result.stderr == ""

    def test_the_tree_digest_is_the_same_in_each_form(self, honest: Path) -> None:
        resolved = json.loads(invoke("resolve", *ZONES, "--tables", "zone1970.tab,tzdata.zi", "--json").stdout)
        assert invoke("verify", honest, "--tree-digest", resolved["tree_digest"]).exit_code == 0

    def test_the_digest_is_that_of_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "out.tar.gz"
        invoke("extract", *ZONES, "-o", path)
        sha256 = sha256_hex(path.read_bytes())
        for digest in (sha256, f"sha256:{sha256}"):
            assert invoke("verify", path, "--digest", digest).exit_code == 0
        verdict = json.loads(invoke("verify", path, "--json").stdout)
        assert (verdict["digest"], verdict["size"]) == (f"sha256:{sha256}", path.stat().st_size)
        assert (verdict["files"], verdict["problems"]) == (3, [])

    def test_standard_input_is_read_as_well(self) -> None:
        content = invoke("extract", *ZONES, "-o", "-").stdout_bytes
        assert invoke("verify", "-", stdin=content).exit_code == 0

    @pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
    @pytest.mark.parametrize("prefix", ["", "usr/share/zoneinfo"])
    def test_links_and_prefixes_do_not_change_what_is_compared(self, links: str, prefix: str, tmp_path: Path) -> None:
        path = tmp_path / "out"
        invoke("extract", "Europe/*", "--aliases", "all", "--links", links, "--prefix", prefix, "-o", path)
        assert invoke("verify", path, "--release", "latest").exit_code == 0

    @pytest.mark.parametrize("form", ["out.tar", "out.zip"])
    def test_fat_files_are_those_of_their_release_too(self, form: str, tmp_path: Path) -> None:
        path = tmp_path / form
        assert invoke("extract", *ZONES, "--encoding", "fat", "-o", path).exit_code == 0
        assert invoke("verify", path, "--release", "latest").exit_code == 0

    def test_archives_that_other_tools_wrote_verify_as_well(self) -> None:
        files = [("./Test/Zone", TZIF), ("./Test/Link", TZIF)]
        assert decode_archive(write_any_tar([tar_header(".", tarfile.DIRTYPE), *files])).keys() == {
            "Test/Zone",
            "Test/Link",
        }
        deflated = write_any_zip([("Test/", b""), ("Test/Zone", TZIF)], method=zipfile.ZIP_DEFLATED)
        assert decode_archive(deflated) == {"Test/Zone": TZIF}


class TestTamperedBundles:
    def test_a_changed_file_of_a_directory_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        invoke("extract", *ZONES, "--links", "copy", "-o", path)
        files = installed_release().files
        (path / "Etc/UTC").write_bytes(files["Asia/Tokyo"].content)
        result = invoke("verify", path, "--release", "latest")
        assert result.exit_code == 4
        assert f"Etc/UTC differs from release {installed_release().version}" in result.stderr

    def test_every_problem_is_listed(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        invoke("extract", *ZONES, "--links", "copy", "--tables", "zone1970.tab", "-o", path)
        (path / "Etc/UTC").write_bytes(b"TZif")
        (path / "Asia/Atlantis").write_bytes(installed_release().files["Etc/UTC"].content)
        (path / "zone1970.tab").write_text("DE\t+5230+01322\tEurope/Berlin\n")
        result = invoke("verify", path, "--release", "latest", "--tree-digest", "0" * 64)
        first, *problems = result.stderr.splitlines()
        assert result.exit_code == 4
        assert "5 problems" in first
        assert [problem.split()[0] for problem in problems] == [
            "the",
            "Etc/UTC:",
            "Asia/Atlantis",
            "Etc/UTC",
            "zone1970.tab",
        ]

    @pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
    def test_any_changed_byte_changes_the_digest(self, form: str, tmp_path: Path) -> None:
        content = bytearray(bundle(["Test/Zone"], format=form))
        digest = format_digest(sha256_hex(bytes(content)))
        content[len(content) // 2] ^= 1
        path = tmp_path / "bundle"
        path.write_bytes(content)
        result = invoke("verify", path, "--digest", digest)
        assert result.exit_code == 4
        assert "the digest is sha256:" in result.stderr

    @given(data=st.data(), form=st.sampled_from(["tar", "tar.gz", "zip"]))
    def test_whatever_byte_is_changed_reading_gives_members_or_a_reason(self, data: st.DataObject, form: str) -> None:
        content = bytearray(bundle(["Test/Zone", "Test/Legacy", "Test/Other"], format=form))
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        with contextlib.suppress(DoesNotVerify):
            assert all(path.isprintable() for path in decode_archive(bytes(content)))

    @given(content=st.binary(max_size=2_000), head=st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08"]))
    def test_arbitrary_bytes_hold_nothing(self, content: bytes, head: bytes) -> None:
        with contextlib.suppress(DoesNotVerify):
            assert decode_archive(head + content) == {}

    def test_another_release_is_recognized(self, tmp_path: Path) -> None:
        invoke("extract", "Asia/Shanghai", "-o", tmp_path / "out.tar")
        verdict = make_verdict(tmp_path / "out.tar", release=RELEASE, digest=None, tree=None)
        assert verdict.problems == ("Asia/Shanghai is not in release 2099a",)

    def test_a_bundle_without_zones_does_not_verify(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty.tar").write_bytes(bytes(1_024))
        for name in ("empty", "empty.tar"):
            result = invoke("verify", tmp_path / name)
            assert (result.exit_code, "no zone files" in result.stderr) == (4, True)


SYMBOLIC, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE
HOSTILE_TARS: dict[str, bytes] = {
    "climbs": write_any_tar([("../UTC", TZIF)]),
    "climbs inside": write_any_tar([("Test/../../UTC", TZIF)]),
    "absolute": write_any_tar([("/etc/UTC", TZIF)]),
    "twice": write_any_tar([("UTC", TZIF), ("UTC", TZIF)]),
    "twice in two spellings": write_any_tar([("UTC", TZIF), ("./UTC", TZIF)]),
    "backslash": write_any_tar([("..\\UTC", TZIF)]),
    "terminal codes": write_any_tar([("UTC\x1b[2J", TZIF)]),
    "link out": write_any_tar([("UTC", TZIF), tar_header("Zulu", SYMBOLIC, leads_to="../../etc/passwd")]),
    "absolute link": write_any_tar([("UTC", TZIF), tar_header("Zulu", SYMBOLIC, leads_to="/etc/passwd")]),
    "dangling link": write_any_tar([("UTC", TZIF), tar_header("Zulu", SYMBOLIC, leads_to="GMT")]),
    "dangling hard link": write_any_tar([("UTC", TZIF), tar_header("Zulu", HARD, leads_to="GMT")]),
    "link loop": write_any_tar(
        [tar_header("a", SYMBOLIC, leads_to="b"), tar_header("b", SYMBOLIC, leads_to="a"), ("UTC", TZIF)]
    ),
    "device": write_any_tar([("UTC", TZIF), tar_header("null", tarfile.CHRTYPE)]),
    "pipe": write_any_tar([("UTC", TZIF), tar_header("pipe", tarfile.FIFOTYPE)]),
    "too many": write_any_tar((f"Test/{number}", b"") for number in range(LIMITS.entries + 1)),
    "too many directories": write_any_tar(
        tar_header(f"d{number}", tarfile.DIRTYPE) for number in range(2 * LIMITS.entries + 2)
    ),
    "large file": write_any_tar([("UTC", bytes(LIMITS.file_bytes + 1))]),
    "cut short": write_any_tar([("UTC", TZIF)])[:600],
}
HOSTILE: dict[str, bytes] = {
    **HOSTILE_TARS,
    "gzip bomb": gzip.compress(bytes(LIMITS.unpacked_bytes + 1)),
    "gzip cut short": gzip.compress(write_any_tar([("UTC", TZIF)]))[:-4],
    "gzip and more": gzip.compress(write_any_tar([("UTC", TZIF)])) + b"x",
    "gzip in gzip": gzip.compress(gzip.compress(write_any_tar([("UTC", TZIF)]))),
    "zip climbs": write_any_zip([("../UTC", TZIF)]),
    "zip absolute": write_any_zip([("/UTC", TZIF)]),
    "zip bomb": write_any_zip([("UTC", bytes(LIMITS.file_bytes + 1))], method=zipfile.ZIP_DEFLATED),
    "zip of many": write_any_zip(
        [(f"Test/{number}", bytes(LIMITS.file_bytes)) for number in range(40)], method=zipfile.ZIP_DEFLATED
    ),
    "zip by an unusual method": write_any_zip([("UTC", TZIF)], method=zipfile.ZIP_BZIP2),
    "text": b"this is not an archive, whatever its name says\n" * 40,
    "a zone file": TZIF,
    "empty": b"",
}


class TestHostileArchives:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_each_is_refused_with_a_printable_reason(self, name: str) -> None:
        with pytest.raises(DoesNotVerify) as caught:
            decode_archive(HOSTILE[name])
        assert caught.value.detail.isprintable()

    def test_a_symbolic_link_in_a_zip_is_refused(self) -> None:
        link = zipfile.ZipInfo("UTC")
        link.external_attr = 0o120777 << 16
        with pytest.raises(DoesNotVerify, match="is a link or a device"):
            decode_archive(write_any_zip([(link, b"/etc/passwd")]))

    def test_a_zip_that_lies_about_a_size_is_refused(self) -> None:
        content = write_any_zip([("UTC", bytes(100_000))], method=zipfile.ZIP_DEFLATED)
        true, false = (100_000).to_bytes(4, "little"), (50).to_bytes(4, "little")
        with pytest.raises(DoesNotVerify):
            decode_archive(content.replace(true, false))

    def test_a_file_that_is_too_large_is_not_read_to_its_end(self) -> None:
        result = invoke("verify", "-", stdin=bytes(LIMITS.archive_bytes + 1))
        assert result.exit_code == 4
        assert "larger than" in result.stderr

    def test_nothing_is_written_to_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for content in HOSTILE.values():
            invoke("verify", "-", stdin=content)
        assert list(tmp_path.iterdir()) == []

    def test_a_link_out_of_a_directory_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(TZIF)
        (tmp_path / "out").mkdir()
        (tmp_path / "out/UTC").symlink_to("../secret")
        with pytest.raises(DoesNotVerify, match="path"):
            read_directory(tmp_path / "out")


class TestWrongUsage:
    @pytest.mark.parametrize(
        "options",
        [
            ("--digest", "md5:1"),
            ("--digest", "0" * 63),
            ("--tree-digest", "SHA256:" + "0" * 64),
            ("--release", "X"),
            ("--wheels-dir", "."),
        ],
        ids=" ".join,
    )
    def test_it_is_refused(self, options: tuple[str, str], tmp_path: Path) -> None:
        (tmp_path / "bundle.tar").write_bytes(bundle(["Test/Zone"]))
        assert invoke("verify", tmp_path / "bundle.tar", *options).exit_code == 2

    def test_a_directory_has_no_digest(self, tmp_path: Path) -> None:
        assert invoke("verify", tmp_path, "--digest", "0" * 64).exit_code == 2

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert invoke("verify", tmp_path / "none.tar").exit_code == 2

    def test_a_release_that_is_not_there(self, tmp_path: Path) -> None:
        (tmp_path / "bundle.tar").write_bytes(bundle(["Test/Zone"]))
        assert invoke("verify", tmp_path / "bundle.tar", "--release", "1999a").exit_code == 3


def test_a_stream_is_not_read_beyond_the_limit() -> None:
    stream = io.BytesIO(bytes(2 * LIMITS.archive_bytes))
    with pytest.raises(DoesNotVerify):
        read_bounded(stream.read)
    assert stream.tell() == LIMITS.archive_bytes + 1
