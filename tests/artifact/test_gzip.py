"""The gzip around a tar: its header to the byte, and what other programs make of it."""

import gzip
import io
import subprocess
import tarfile
import zlib

from hypothesis import given
from hypothesis import strategies as st

from app.artifact.tarball import encode_gzip
from tests.artifact.plans import bundle


def test_the_header_says_nothing_of_where_and_when() -> None:
    magic, method, flags, mtime, extra_flags, system = b"\x1f\x8b", b"\x08", b"\x00", bytes(4), b"\x02", b"\xff"
    for content in (b"", b"TZif", bytes(100_000)):
        assert encode_gzip(content).startswith(magic + method + flags + mtime + extra_flags + system)


def test_the_trailer_holds_checksum_and_length() -> None:
    content = b"TZif" * 1_000
    compressed = encode_gzip(content)
    assert compressed[-8:] == zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")


@given(st.binary(max_size=4_000))
def test_python_reads_it_back(content: bytes) -> None:
    assert gzip.decompress(encode_gzip(content)) == content


def test_gunzip_reads_it_back_without_a_word() -> None:
    tar = bundle(["*"])
    compressed = bundle(["*"], format="tar.gz")
    for command in (["gunzip", "-c"], ["gzip", "-dc"]):
        done = subprocess.run(command, input=compressed, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, tar, b"")
    tested = subprocess.run(["gzip", "-tv"], input=compressed, capture_output=True, check=False)
    assert (tested.returncode, tested.stderr.strip().endswith(b"OK")) == (0, True)


def test_it_is_one_member_and_nothing_follows_it() -> None:
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    decompressor.decompress(bundle(["*"], format="tar.gz"))
    assert decompressor.eof
    assert decompressor.unused_data == b""


def test_tarfile_reads_a_tar_gz_at_once() -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle(["Test/Zone"], format="tar.gz")), mode="r:gz") as reader:
        assert reader.getnames() == ["Test", "Test/Zone"]
