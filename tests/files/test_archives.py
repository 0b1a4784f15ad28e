"""Archives from strangers: what a valid one gives, and that each limit and each trick ends in a reason.

The full gallery of hostile archives is with those who read them: ``verify``, wheels and carriers.
"""

import gzip
import io
import tarfile
import zipfile
from dataclasses import replace

import pytest

from app.errors import InvalidContent
from app.files.archives import decode_archive, decode_gzip, decode_tar, decode_zip, read_bounded
from app.files.limits import Limits, Link

LIMITS = Limits(subject="the box", archive_bytes=100_000, unpacked_bytes=20_000, file_bytes=6_000, entries=5)
FILES = {"a/one": b"1", "a/two": b"22"}


def write_tar(*members: tuple[str, bytes], links: tuple[tuple[str, str, bytes], ...] = ()) -> bytes:
    """Return a tar. ``links`` are path, where it leads, and its type."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in members:
            header = tarfile.TarInfo(path)
            header.type = tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
        for path, leads_to, kind in links:
            header = tarfile.TarInfo(path)
            header.type, header.linkname = kind, leads_to
            archive.addfile(header)
    return stream.getvalue()


def write_zip(*members: tuple[str, bytes], mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for path, content in members:
            header = zipfile.ZipInfo(path)
            header.external_attr = mode << 16
            archive.writestr(header, content, method)
    return stream.getvalue()


def refusal(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(InvalidContent) as caught:
        decode_archive(content, limits)
    return caught.value.detail


class TestSound:
    @pytest.mark.parametrize(
        "content",
        [
            write_tar(*FILES.items()),
            write_tar(("a/", b""), *((f"./{path}", content) for path, content in FILES.items())),
            gzip.compress(write_tar(*FILES.items())),
            write_zip(*FILES.items()),
            write_zip(("./", b""), ("a/", b""), *FILES.items()),
            write_zip(*((f"./{path}", content) for path, content in FILES.items()), mode=0o100644),
        ],
        ids=["tar", "tar with directories", "tar.gz", "zip", "zip with directories", "zip with modes"],
    )
    def test_each_form_gives_the_files_by_their_paths(self, content: bytes) -> None:
        assert decode_archive(content, LIMITS) == FILES

    def test_the_form_can_be_demanded(self) -> None:
        assert decode_tar(write_tar(*FILES.items()), LIMITS) == FILES
        assert decode_zip(write_zip(*FILES.items()), LIMITS) == FILES
        for decode, content in ((decode_tar, write_zip(*FILES.items())), (decode_zip, write_tar(*FILES.items()))):
            with pytest.raises(InvalidContent, match="the box is not a valid"):
                decode(content, LIMITS)

    def test_links_are_where_they_lead_inside_the_tree(self) -> None:
        links = (("b/up", "../a/one", tarfile.SYMTYPE), ("b/hard", "./a/one", tarfile.LNKTYPE))
        members = decode_tar(write_tar(*FILES.items(), links=links), LIMITS)
        assert (members["b/up"], members["b/hard"]) == (Link("a/one"), Link("a/one"))
        assert isinstance(members["b/up"], Link)
        assert isinstance(members["b/hard"], Link)

    def test_a_stream_is_read_one_byte_past_the_limit_at_most(self) -> None:
        stream = io.BytesIO(bytes(2 * LIMITS.archive_bytes))
        with pytest.raises(InvalidContent) as caught:
            read_bounded(stream.read, LIMITS)
        assert stream.tell() == LIMITS.archive_bytes + 1
        assert caught.value.facts == {"limit": LIMITS.archive_bytes}
        assert read_bounded(io.BytesIO(b"small").read, LIMITS) == b"small"


class TestLimits:
    @pytest.mark.parametrize("write", [write_tar, write_zip])
    @pytest.mark.parametrize(
        ("sizes", "reason"),
        [
            ([1] * 6, "the box holds more than 5 entries"),
            ([6_001], "'0' in the box is larger than 6000 bytes"),
            ([6_000, 6_000, 6_000, 2_001], "the box unpacks to more than 20000 bytes"),
        ],
    )
    def test_files_are_bounded(self, write: type, sizes: list[int], reason: str) -> None:
        content = write(*((str(number), bytes(size)) for number, size in enumerate(sizes)))
        assert refusal(content) == reason

    def test_an_archive_is_bounded_before_it_is_opened(self) -> None:
        for content in (bytes(100_001), b"PK\3\4" + bytes(100_000)):
            assert refusal(content) == "the box is larger than 100000 bytes"
        with pytest.raises(InvalidContent, match="larger than 100000 bytes"):
            decode_tar(bytes(100_001), LIMITS)

    def test_a_ratio_holds_where_there_is_one(self) -> None:
        content = write_zip(("steep", bytes(5_000)))
        assert decode_archive(content, LIMITS) == {"steep": bytes(5_000)}
        assert (
            refusal(content, replace(LIMITS, ratio=20)) == "'steep' in the box unpacks to more than 20 times its size"
        )

    @pytest.mark.parametrize("write", [write_tar, write_zip])
    def test_case_twins_are_refused_where_they_may_not_be(self, write: type) -> None:
        content = write(("utc", b"1"), ("UTC", b"2"))
        assert decode_archive(content, LIMITS) == {"utc": b"1", "UTC": b"2"}
        assert refusal(content, replace(LIMITS, case_twins=False)) == "the box holds 'UTC' twice (case aside)"


class TestTricks:
    @pytest.mark.parametrize("write", [write_tar, write_zip])
    @pytest.mark.parametrize("path", ["/a", "../a", "a/../b", "a//b", "a\\b", "a\x1bb"])
    def test_a_path_that_leads_elsewhere_is_refused(self, write: type, path: str) -> None:
        assert refusal(write((path, b"x"))) == f"the box holds the path {path!a}"

    @pytest.mark.parametrize("leads_to", ["/etc/passwd", "../../etc/passwd"])
    def test_a_link_out_is_refused(self, leads_to: str) -> None:
        content = write_tar(links=(("a/link", leads_to, tarfile.SYMTYPE),))
        assert "etc/passwd" in refusal(content)

    def test_a_device_is_refused(self) -> None:
        content = write_tar(links=(("null", "", tarfile.CHRTYPE),))
        assert refusal(content) == "'null' in the box is neither a file nor a link"

    @pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o040755])
    def test_an_entry_of_a_zip_is_a_file(self, mode: int) -> None:
        assert refusal(write_zip(("link", b"x"), mode=mode)) == "'link' in the box is a link or a device, not a file"

    def test_an_unusual_method_is_refused(self) -> None:
        content = write_zip(("odd", b"x"), method=zipfile.ZIP_BZIP2)
        assert refusal(content) == "'odd' in the box is encrypted or packed by an unusual method"

    def test_a_file_that_ends_too_early_is_refused(self) -> None:
        assert "the box" in refusal(write_tar(("long", bytes(2_000)))[:1_024])


class TestGzip:
    def test_one_member_is_unpacked(self) -> None:
        assert decode_gzip(gzip.compress(b"text"), max_bytes=4, subject="it") == b"text"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (gzip.compress(bytes(5)), "it unpacks to more than 4 bytes"),
            (gzip.compress(b"text")[:-4], "it is gzip that is cut short or has something after it"),
            (gzip.compress(b"text") + b"x", "it is gzip that is cut short or has something after it"),
            (b"text", "it is not valid gzip"),
        ],
        ids=["too long", "cut short", "something follows", "no gzip"],
    )
    def test_anything_else_is_refused(self, content: bytes, reason: str) -> None:
        with pytest.raises(InvalidContent, match=reason):
            decode_gzip(content, max_bytes=4, subject="it")
