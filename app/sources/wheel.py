"""Reading a tzdata wheel: archive limits, then RECORD, then the package inside.

Nothing is trusted before it agrees with RECORD. Where wheels come from is not known here.
Source: the binary distribution format (PEP 427).
"""

import base64
import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping

from app.digest import sha256_hex
from app.errors import InvalidContent, UntrustedRelease
from app.files.archives import decode_zip
from app.files.limits import Limits
from app.sources.package import release_from_package
from app.text import quote
from app.tzdb.release import Release, TzifPool

LIMITS = Limits(
    subject="the wheel",
    archive_bytes=4 << 20,
    unpacked_bytes=8 << 20,
    file_bytes=8 << 20,
    entries=2_000,
    ratio=20,  # the steepest file of all wheels since 2020a packs 4.3 to 1
    case_twins=False,
)
_SIZE = re.compile(r"[0-9]{1,9}")


def load_wheel(content: bytes, *, source: str, pool: TzifPool) -> Release:
    """Verify a wheel's bytes and return its release.

    Raises:
        UntrustedRelease: It does not verify; the message names the first thing that is wrong.
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
    """Return path → bytes of every file in a wheel, each verified against its line in RECORD.

    Raises:
        UntrustedRelease: ``decode_zip`` refuses the wheel, two paths differ in case alone, a file is not in RECORD, a
            line of RECORD has no file, or a sum differs.
    """
    try:
        files = decode_zip(content, LIMITS)
    except InvalidContent as error:
        raise UntrustedRelease(error.detail, **error.facts) from error
    record = _find_record(files)
    verify_record(files, parse_record(files[record]), besides=frozenset({record}))
    return files


def _packaged(content: bytes) -> str:
    """Return the day of the newest file in a wheel that has already been verified, as in ``2026-10-28``."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        year, month, day = max(entry.date_time for entry in archive.infolist())[:3]
    return f"{year:04}-{month:02}-{day:02}"


def parse_record(content: bytes) -> dict[str, tuple[str, int]]:
    """Parse a RECORD file. Source: PEP 376, PEP 427.

    Returns:
        Path → sha256 and size; lines without a hash are left out.

    Raises:
        UntrustedRelease: A line cannot be read, a path is repeated, or a hash is not a sha256.
    """
    promised: dict[str, tuple[str, int]] = {}
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8", "replace"))))
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

    Raises:
        UntrustedRelease: A file is missing, extra or different; the message names the first one.
    """
    if missing := promised.keys() - files.keys():
        raise UntrustedRelease(f"RECORD lists {quote(min(missing))}, which is missing")
    if extra := files.keys() - promised.keys() - besides:
        raise UntrustedRelease(f"{quote(min(extra))} is not in RECORD")
    for path, (sum_, size) in promised.items():
        if len(files[path]) != size or hashlib.sha256(files[path]).hexdigest() != sum_:
            raise UntrustedRelease(f"{quote(path)} differs from its sha256 in RECORD")


def _find_record(files: Mapping[str, bytes]) -> str:
    records = [path for path in files if path.endswith(".dist-info/RECORD") and path.count("/") == 1]
    if len(records) != 1 or not records[0].startswith("tzdata-"):
        raise UntrustedRelease("the wheel has no RECORD of a tzdata distribution")
    return records[0]
