"""Tar archives: every field of a header, and what Python's tarfile and GNU tar make of the whole."""

import io
import itertools
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.artifact.entry import Entry
from app.artifact.options import MAX_PREFIX_LENGTH
from app.artifact.plan import Plan
from app.artifact.tarball import MTIME, encode_tar
from app.tzdb.names import MAX_NAME_LENGTH, MAX_NAME_PARTS
from app.tzdb.release import Release
from tests.artifact.plans import INVENTED_NAMES, bundle, entry, plan
from tests.data.real_releases import real_release

BLOCK = 512
NAME, MODE, UID, GID, SIZE, TIME, SUM = (0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (148, 8)
TYPE, LINK, MAGIC, VERSION, UNAME, GNAME = (156, 1), (157, 100), (257, 6), (263, 2), (265, 32), (297, 32)
MAJOR, MINOR, PREFIX, REST = (329, 8), (337, 8), (345, 155), (500, 12)

SELECTIONS = st.sets(st.sampled_from(INVENTED_NAMES), min_size=1)
OPTIONS = st.fixed_dictionaries(
    {
        "links": st.sampled_from(["hard", "symbolic", "copy"]),
        "aliases": st.sampled_from(["exact", "all"]),
        "prefix": st.sampled_from(["", "usr/share/zoneinfo", "Test"]),
        "tables": st.sampled_from(["", "zone.tab,leapseconds"]),
    }
)


def field(archive: bytes, at: tuple[int, int], *, member: int = 0) -> bytes:
    """Return one field of the header in the block ``member``."""
    start = member * BLOCK + at[0]
    return archive[start : start + at[1]]


def checksum(header: bytes) -> int:
    """Return the sum of a header's bytes with its checksum field counted as spaces."""
    return sum(header[: SUM[0]]) + 8 * ord(" ") + sum(header[SUM[0] + SUM[1] :])


def extract(archive: bytes, folder: Path, *options: str) -> None:
    """Unpack with GNU tar, which must not say a word."""
    command = ["tar", "--warning=all", *options, "-xf", "-", "-C", str(folder)]
    done = subprocess.run(command, input=archive, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def read_tree(folder: Path) -> dict[str, bytes]:
    """Return what one reads at each path that is not a directory."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


def expected_tree(made: Plan) -> Mapping[str, bytes]:
    return {each.path: each.content for each in made.entries}


class TestHeader:
    """Each field of the header, by its place in the block."""

    def test_of_a_file(self) -> None:
        archive = bundle(["Legacy"])
        content = plan(["Legacy"]).entries[0].content
        assert field(archive, NAME) == b"Legacy".ljust(100, b"\0")
        assert field(archive, MODE) == b"0000644\0"
        assert field(archive, UID) == field(archive, GID) == b"0000000\0"
        assert field(archive, SIZE) == f"{len(content):011o}".encode() + b"\0"
        assert field(archive, TIME) == b"02263523000\0"
        assert field(archive, SUM) == f"{checksum(archive[:BLOCK]):06o}".encode() + b"\0 "
        assert field(archive, TYPE) == b"0"
        assert field(archive, LINK) == bytes(100)
        assert field(archive, MAGIC) + field(archive, VERSION) == b"ustar\x0000"
        assert field(archive, UNAME) == field(archive, GNAME) == bytes(32)
        assert field(archive, MAJOR) == field(archive, MINOR) == b"0000000\0"
        assert field(archive, PREFIX) == bytes(155)
        assert field(archive, REST) == bytes(12)
        assert archive[BLOCK : 2 * BLOCK] == content.ljust(BLOCK, b"\0")

    def test_of_a_directory(self) -> None:
        archive = bundle(["Test/Zone"])
        assert field(archive, NAME).rstrip(b"\0") == b"Test/"
        assert (field(archive, MODE), field(archive, TYPE)) == (b"0000755\0", b"5")
        assert (field(archive, SIZE), field(archive, LINK)) == (b"00000000000\0", bytes(100))

    def test_of_a_hard_link(self) -> None:
        archive = bundle(["Test/Merged", "Test/Zone"])
        assert field(archive, NAME, member=3).rstrip(b"\0") == b"Test/Merged"
        assert field(archive, LINK, member=3).rstrip(b"\0") == b"Test/Zone"
        assert (field(archive, MODE, member=3), field(archive, TYPE, member=3)) == (b"0000644\0", b"1")
        assert field(archive, SIZE, member=3) == b"00000000000\0"

    def test_of_a_symbolic_link(self) -> None:
        archive = bundle(["Test/Merged", "Test/Zone"], links="symbolic")
        assert field(archive, NAME, member=1).rstrip(b"\0") == b"Test/Merged"
        assert field(archive, LINK, member=1).rstrip(b"\0") == b"Zone"
        assert (field(archive, MODE, member=1), field(archive, TYPE, member=1)) == (b"0000777\0", b"2")
        assert field(archive, SIZE, member=1) == b"00000000000\0"

    def test_times_are_in_1980_utc(self) -> None:
        assert datetime.fromtimestamp(MTIME, UTC).isoformat() == "1980-01-01T00:00:00+00:00"
        assert int(b"02263523000", 8) == MTIME

    @given(SELECTIONS, OPTIONS)
    def test_every_checksum_is_right(self, zones: set[str], options: dict[str, str]) -> None:
        archive = bundle(zones, **options)
        with tarfile.open(fileobj=io.BytesIO(archive)) as reader:
            offsets = [member.offset for member in reader.getmembers()]
        for at in offsets:
            header = archive[at : at + BLOCK]
            assert int(field(header, SUM)[:6], 8) == checksum(header)


class TestLayout:
    """What stands where in the archive."""

    def test_an_archive_ends_with_two_zero_blocks_and_no_more(self) -> None:
        archive = bundle(["Legacy"])
        assert len(archive) == 4 * BLOCK
        assert archive.endswith(bytes(2 * BLOCK))
        assert encode_tar([]) == bytes(2 * BLOCK)

    @pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 1_024])
    def test_contents_are_filled_to_whole_blocks(self, size: int) -> None:
        archive = encode_tar([entry("a", b"x" * size), entry("b", b"y")])
        assert len(archive) == BLOCK * (1 + -(-size // BLOCK) + 2 + 2)
        with tarfile.open(fileobj=io.BytesIO(archive)) as reader:
            assert [member.size for member in reader.getmembers()] == [size, 1]

    def test_each_directory_comes_once_before_what_it_holds(self) -> None:
        with tarfile.open(fileobj=io.BytesIO(bundle(["*"], prefix="usr/share"))) as reader:
            names = [f"{member.name}{'/' if member.isdir() else ''}" for member in reader.getmembers()]
        assert names == [
            "usr/",
            "usr/share/",
            "usr/share/Etc/",
            "usr/share/Etc/Test+1",
            "usr/share/Test/",
            "usr/share/Test/Area/",
            "usr/share/Test/Area/Deep",
            "usr/share/Test/Other",
            "usr/share/Test/Zone",
            "usr/share/Legacy",
            "usr/share/Test/Legacy",
            "usr/share/Test/Merged",
        ]

    @given(SELECTIONS, OPTIONS)
    def test_parents_and_hard_link_targets_come_first(self, zones: set[str], options: dict[str, str]) -> None:
        seen: set[str] = set()
        with tarfile.open(fileobj=io.BytesIO(bundle(zones, **options))) as reader:
            for member in reader.getmembers():
                parent = member.name.rpartition("/")[0]
                assert parent == "" or parent in seen
                assert not member.islnk() or member.linkname in seen
                assert member.name not in seen
                seen.add(member.name)

    def test_a_directory_with_nothing_but_hard_links_comes_before_them(self) -> None:
        with tarfile.open(fileobj=io.BytesIO(bundle(["Test/Legacy", "Test/Other"], prefix="a"))) as reader:
            assert reader.getnames() == ["a", "a/Test", "a/Test/Other", "a/Test/Legacy"]

    @pytest.mark.parametrize(
        ("path", "target", "link"),
        [
            ("A", "B", "B"),
            ("A", "D/B", "D/B"),
            ("D/A", "B", "../B"),
            ("D/A", "D/B", "B"),
            ("D/A", "E/B", "../E/B"),
            ("D/E/A", "D/B", "../B"),
            ("D/A", "D/E/B", "E/B"),
            ("D/E/A", "D/F/B", "../F/B"),
            ("D/E/A", "E/B", "../../E/B"),
            ("p/D/A", "p/B", "../B"),
            ("D/A", "DD/B", "../DD/B"),
        ],
    )
    def test_symbolic_links_are_as_short_as_they_can_be(self, path: str, target: str, link: str) -> None:
        archive = encode_tar([Entry(path, "symbolic", path, target, target, "", 0, "", b"")])
        with tarfile.open(fileobj=io.BytesIO(archive)) as reader:
            (member,) = (each for each in reader.getmembers() if each.issym())
        assert member.linkname == link
        assert os.path.normpath(Path("/", path).parent / link) == f"/{target}"

    def test_the_longest_paths_and_link_targets_fit(self) -> None:
        prefix = "p" * MAX_PREFIX_LENGTH
        longest = f"{prefix}/" + "a" * MAX_NAME_LENGTH
        deepest = f"{prefix}/" + "/".join("a" * MAX_NAME_PARTS)
        entries = [
            entry(longest, b"long"),
            Entry(f"{prefix}/{'b' * MAX_NAME_LENGTH}", "hard", "", "", longest, "", 0, "", b"long"),
            Entry(deepest, "symbolic", "", "", longest, "", 0, "", b"long"),
        ]
        with tarfile.open(fileobj=io.BytesIO(encode_tar(entries))) as reader:
            members = {member.name: member for member in reader.getmembers()}
        assert members[longest].isreg()
        assert members[f"{prefix}/{'b' * MAX_NAME_LENGTH}"].linkname == longest
        assert os.path.normpath(Path(deepest).parent / members[deepest].linkname) == longest


class TestReaders:
    """Other programs read back exactly what was planned."""

    @given(SELECTIONS, OPTIONS)
    def test_tarfile_reads_every_byte(self, zones: set[str], options: dict[str, str]) -> None:
        made = plan(zones, **options)
        with tarfile.open(fileobj=io.BytesIO(encode_tar(made.entries))) as reader:
            for member in reader.getmembers():
                assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
                assert (member.mtime, member.pax_headers, member.issparse()) == (MTIME, {}, False)
            opened = {each: reader.extractfile(each) for each in expected_tree(made)}
            assert {path: file and file.read() for path, file in opened.items()} == expected_tree(made)

    @given(SELECTIONS, OPTIONS)
    @settings(max_examples=20)
    def test_gnu_tar_unpacks_every_byte_without_a_word(self, zones: set[str], options: dict[str, str]) -> None:
        made = plan(zones, **options)
        with tempfile.TemporaryDirectory() as folder:
            extract(encode_tar(made.entries), Path(folder))
            assert read_tree(Path(folder)) == expected_tree(made)

    def test_times_modes_and_links_arrive(self, tmp_path: Path) -> None:
        extract(bundle(["Test/Merged", "Test/Zone"]), tmp_path, "-p")
        zone, link, folder = tmp_path / "Test/Zone", tmp_path / "Test/Merged", tmp_path / "Test"
        assert zone.samefile(link)
        assert zone.stat().st_nlink == 2
        assert (zone.stat().st_mtime, folder.stat().st_mtime) == (MTIME, MTIME)
        assert (zone.stat().st_mode & 0o7777, folder.stat().st_mode & 0o7777) == (0o644, 0o755)

    def test_symbolic_links_work_wherever_the_tree_lies(self, tmp_path: Path) -> None:
        made = plan(["*"], links="symbolic", prefix="usr/share")
        for place in ("one", "another/deep"):
            (tmp_path / place).mkdir(parents=True)
            extract(encode_tar(made.entries), tmp_path / place)
            assert read_tree(tmp_path / place) == expected_tree(made)
        assert (tmp_path / "one/usr/share/Legacy").readlink() == Path("Test/Other")

    @pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
    def test_a_whole_real_tree_arrives(self, wheels_dir: Path, tmp_path: Path, links: str) -> None:
        release: Release = real_release(wheels_dir, "2026.6")
        extract(bundle(["*"], release, links=links), tmp_path)
        assert read_tree(tmp_path) == {name: file.content for name, file in release.files.items()}

    def test_unpacking_twice_over_itself_is_silent_too(self, tmp_path: Path) -> None:
        for links in ("hard", "hard", "symbolic", "hard", "copy"):
            extract(bundle(["*"], links=links), tmp_path)
        assert read_tree(tmp_path) == expected_tree(plan(["*"]))


def test_equal_requests_give_equal_bytes_whatever_their_order() -> None:
    zones = ["Legacy", "Test/Zone", "Test/Merged", "country:XA"]
    assert len({bundle(order) for order in itertools.permutations(zones)}) == 1
