"""Reading a tzdata wheel: archive limits, then RECORD, then the package inside.

Nothing is unpacked before the archive's directory has been checked, and nothing is believed before RECORD agrees.
Source: the binary distribution format (PEP 427); PKWARE APPNOTE for the zip directory.
"""

import base64
import csv
import hashlib
import io
import re
import stat
import struct
import zipfile
from collections.abc import Mapping

from app.digest import sha256_hex
from app.errors import UntrustedRelease
from app.sources.package import release_from_package
from app.tzdb.names import quote
from app.tzdb.release import Release, TzifPool

MAX_WHEEL_BYTES = 4 << 20
MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 8 << 20
MAX_RATIO = 20
"""Unpacked to packed size of one file. The steepest file of all wheels since 2020a packs 4.3 to 1."""

_LOCAL_HEADER = struct.Struct("<26x2H")
"""Shape: the lengths of the name and of the extra field that follow."""
_SIZE = re.compile(r"[0-9]{1,9}")


def load_wheel(content: bytes, *, source: str, pool: TzifPool) -> Release:
    """Verify a wheel's bytes and return its release.

    Errors: UntrustedRelease with the first thing that does not hold.
    """
    files = decode_wheel(content)
    return release_from_package(
        files,
        source=source,
        verified="archive limits, RECORD, TZif checks",
        pool=pool,
        sha256=sha256_hex(content),
        packaged=_packaged(content),
    )


def decode_wheel(content: bytes) -> dict[str, bytes]:
    """Return path → bytes of every file in a wheel, each equal to its line in RECORD.

    Errors: UntrustedRelease: too large, too many, too steep, overlapping, repeated, case twins, links, encrypted, paths
    that climb, files that RECORD lacks, lines that have no file, sums that differ.
    """
    if len(content) > MAX_WHEEL_BYTES:
        raise UntrustedRelease(f"the wheel is larger than {MAX_WHEEL_BYTES} bytes", limit=MAX_WHEEL_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_directory(entries, content, end=archive.start_dir)
            files = {entry.filename: _read_entry(archive, entry) for entry in entries if not entry.is_dir()}
    except UntrustedRelease:
        raise
    except Exception as error:  # for a hostile archive zipfile raises nearly anything
        raise UntrustedRelease(f"the wheel is not a sound zip archive: {error}") from error
    record = _find_record(files)
    verify_record(files, parse_record(files[record]), besides=frozenset({record}))
    return files


def _packaged(content: bytes) -> str:
    """Return the day of the newest file in a wheel that was read already. Shape: ``2026-10-28``."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        year, month, day = max(entry.date_time for entry in archive.infolist())[:3]
    return f"{year:04}-{month:02}-{day:02}"


def parse_record(content: bytes) -> dict[str, tuple[str, int]]:
    """Read a RECORD file. Shape: path → (sha256 hex, size), lines without a hash left out. Source: PEP 376, PEP 427.

    Errors: UntrustedRelease for a line that cannot be read, a repeated path or a hash that is not sha256.
    """
    promised: dict[str, tuple[str, int]] = {}
    try:
        rows = [*csv.reader(io.StringIO(content.decode("utf-8", "replace")))]
    except csv.Error as error:
        raise UntrustedRelease(f"RECORD cannot be read: {error}") from error
    for row in rows:
        if len(row) != 3:
            raise UntrustedRelease(f"RECORD has a line of {len(row)} fields")
        path, sum_, size = row
        if not sum_:
            continue
        algorithm, _, encoded = sum_.partition("=")
        if algorithm != "sha256" or not _SIZE.fullmatch(size) or path in promised:
            raise UntrustedRelease(f"RECORD's line for {quote(path)} is not one sha256 and one size")
        try:
            raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError as error:
            raise UntrustedRelease(f"RECORD's sha256 of {quote(path)} is not base64") from error
        promised[path] = (raw.hex(), int(size))
    return promised


def verify_record(
    files: Mapping[str, bytes], promised: Mapping[str, tuple[str, int]], *, besides: frozenset[str] = frozenset()
) -> None:
    """Verify that ``files`` without ``besides`` are exactly the promised ones.

    Errors: UntrustedRelease that names the first file that is missing, extra, or differs.
    """
    if missing := promised.keys() - files.keys():
        raise UntrustedRelease(f"RECORD lists {quote(min(missing))}, which is missing")
    if extra := files.keys() - promised.keys() - besides:
        raise UntrustedRelease(f"{quote(min(extra))} is not in RECORD")
    for path, (sum_, size) in promised.items():
        if len(files[path]) != size or hashlib.sha256(files[path]).hexdigest() != sum_:
            raise UntrustedRelease(f"{quote(path)} differs from its sha256 in RECORD")


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # ZipFile.read would unfold all of a stream that is longer than its entry claims, however long, before the cut.
    with archive.open(entry) as member:
        return member.read(entry.file_size + 1)


def _check_directory(entries: list[zipfile.ZipInfo], content: bytes, *, end: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise UntrustedRelease(f"the wheel has {len(entries)} entries, more than {MAX_ENTRIES}", limit=MAX_ENTRIES)
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise UntrustedRelease(f"the wheel unpacks to more than {MAX_UNPACKED_BYTES} bytes", limit=MAX_UNPACKED_BYTES)
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry)
        folded = entry.filename.casefold()
        if folded in seen:
            raise UntrustedRelease(f"the wheel holds {quote(entry.filename)} twice (case aside)")
        seen.add(folded)
    _check_no_overlap(entries, content, end=end)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    # ZipInfo cuts names at a NUL and turns the platform's separators; orig_filename is what the archive says.
    if name != entry.orig_filename or "\\" in name or ".." in name.split("/") or name.startswith("/") or not name:
        raise UntrustedRelease(f"the wheel holds the path {quote(entry.orig_filename)}")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UntrustedRelease(f"{quote(name)} in the wheel is a link or a device, not a file")
    if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UntrustedRelease(f"{quote(name)} in the wheel is encrypted or packed by an unusual method")
    if entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise UntrustedRelease(f"{quote(name)} in the wheel unpacks to more than {MAX_RATIO} times its size")


def _check_no_overlap(entries: list[zipfile.ZipInfo], content: bytes, *, end: int) -> None:
    """Check that no two entries share bytes, as those of an overlap bomb do."""
    reached = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < reached:
            raise UntrustedRelease(f"{quote(entry.filename)} in the wheel overlaps the entry before it")
        # What the local header says counts: zipfile finds the data by it.
        lengths: tuple[int, int] = _LOCAL_HEADER.unpack_from(content, entry.header_offset)
        reached = entry.header_offset + _LOCAL_HEADER.size + sum(lengths) + entry.compress_size
    if reached > end:
        raise UntrustedRelease("the last entry of the wheel runs into its directory")


def _find_record(files: Mapping[str, bytes]) -> str:
    records = [path for path in files if path.endswith(".dist-info/RECORD") and path.count("/") == 1]
    if len(records) != 1 or not records[0].startswith("tzdata-"):
        raise UntrustedRelease("the wheel has no RECORD of a tzdata distribution")
    return records[0]
