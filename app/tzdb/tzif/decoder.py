"""Decoding a TZif file, with every check that RFC 9636 and common sense ask for.

The bytes of one file go in, a checked value comes out. ``transitions`` says what the value means at an instant;
``posix_tz`` has the grammar of the footer. Nothing here writes TZif.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import lt

from app.errors import InvalidTzif
from app.tzdb.tzif.posix_tz import LocalTimeType, PosixTz, parse_posix_tz, rule_at

MAX_TZIF_BYTES = 65_536
"""A limit of ours: the largest slim file of a release has about 3 KB, the largest fat one about 4 KB."""

MAX_DESIGNATION_LENGTH = 63
MAX_FOOTER_LENGTH = 255
"""Limits of ours, against hostile files. No release so far has a designation over 5 characters or a footer over 44."""

MIN_UTOFF = -89_999
MAX_UTOFF = 93_599

_HEADER = struct.Struct(">4sc15s6I")
_LOCAL_TIME_TYPE = struct.Struct(">iBB")
_VERSIONS = {b"\0": 1, b"2": 2, b"3": 3, b"4": 4}
_FOOTER = re.compile(rb"\n([^\n]*)\n")
_DESIGNATION = re.compile(rb"[ -~]*")
# 28 days less one second: leap seconds fall at the end of a month, and the shortest month has 28 days.
_MIN_LEAP_SECOND_GAP = 2_419_199


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """The six counts of a header, named and ordered as in the file. Source: RFC 9636 §3.1."""

    isutcnt: int
    isstdcnt: int
    leapcnt: int
    timecnt: int
    typecnt: int
    charcnt: int

    def block_size(self, time_size: int) -> int:
        """Return the length of the data after the header. Units: bytes; ``time_size`` is 4 or 8."""
        per_time = self.timecnt * (time_size + 1) + self.leapcnt * (time_size + 4)
        return per_time + self.typecnt * _LOCAL_TIME_TYPE.size + self.charcnt + self.isstdcnt + self.isutcnt


@dataclass(frozen=True, slots=True)
class LeapSecond:
    """A leap second. Units: seconds; ``occurrence`` counts leap seconds, ``correction`` is the total so far."""

    occurrence: int
    correction: int


@dataclass(frozen=True, slots=True)
class TZif:
    """A checked TZif file: its 64-bit data, or the 32-bit data of a version 1 file.

    Attributes:
        transitions: Ascending.
        type_indices: A byte for each transition, an index into ``types``.
        designations: The table as written, each name ended by NUL.
        standard_indicators: Empty, or one for each type.
        ut_indicators: Empty, or one for each type.
        footer: The TZ string, empty if there is none.
        posix: The same, parsed.

    Units: ``transitions`` in Unix seconds.
    """

    version: int
    transitions: tuple[int, ...]
    type_indices: bytes
    types: tuple[LocalTimeType, ...]
    designations: bytes
    leap_seconds: tuple[LeapSecond, ...]
    standard_indicators: tuple[bool, ...]
    ut_indicators: tuple[bool, ...]
    footer: str = ""
    posix: PosixTz | None = None


def decode_tzif(content: bytes) -> TZif:
    """Decode and check a TZif file.

    Raises:
        InvalidTzif: The content is not a whole, well-formed file, or it is larger than ``MAX_TZIF_BYTES``.

    Source: RFC 9636 §3.
    Cost: about 0.1 ms for a file of a release.
    """
    if len(content) > MAX_TZIF_BYTES:
        raise InvalidTzif(f"the file has {len(content)} bytes; the limit is {MAX_TZIF_BYTES}", limit=MAX_TZIF_BYTES)
    version, counts = _decode_header(content, 0)
    tzif, end = _decode_block(content, _HEADER.size, version=version, counts=counts, time_size=4)
    if version == 1:
        if end != len(content):
            raise InvalidTzif(f"{len(content) - end} bytes follow the block that ends a version 1 file at byte {end}")
        return tzif
    second_version, counts = _decode_header(content, end)
    if second_version != version:
        raise InvalidTzif(f"the header at byte {end} has version {second_version}, the first has {version}")
    tzif, end = _decode_block(content, end + _HEADER.size, version=version, counts=counts, time_size=8)
    footer = _decode_footer(content, end)
    return replace(tzif, footer=footer, posix=parse_posix_tz(footer, extended=version >= 3) if footer else None)


def find_footer_disagreement(tzif: TZif) -> str | None:
    """Say where explicit data and footer contradict each other, or return ``None`` if they do not.

    The type of the last transition must be what the footer gives at that instant; in a file without transitions, a
    footer without daylight saving time must give type 0. A file that breaks this is still well-formed, and some have
    been published, so this is a finding and not an error.

    Source: RFC 9636 §3.3.
    """
    if tzif.posix is None:
        return None
    if tzif.transitions:
        at = tzif.transitions[-1]
        explicit, by_footer = tzif.types[tzif.type_indices[-1]], rule_at(tzif.posix, at)
        where = f"the last transition, at {at},"
    else:
        explicit, by_footer = tzif.types[0], tzif.posix.standard
        if tzif.posix.daylight is not None:
            return None
        where = "the only local time"
    if explicit == by_footer:
        return None
    return f"{where} is {_describe(explicit)}, but the footer {tzif.footer!a} says {_describe(by_footer)}"


def _describe(local_time: LocalTimeType) -> str:
    kind = "daylight saving" if local_time.is_dst else "standard"
    return f"{local_time.designation} ({kind} time, UT offset {local_time.utoff} s)"


def _decode_header(content: bytes, at: int) -> tuple[int, BlockCounts]:
    if len(content) < at + _HEADER.size:
        raise InvalidTzif(f"the file ends at byte {len(content)}, inside the header at byte {at}")
    magic, version, reserved, *six = _HEADER.unpack_from(content, at)
    if magic != b"TZif":
        raise InvalidTzif(f"the header at byte {at} begins with {magic!r} instead of the magic b'TZif'")
    if version not in _VERSIONS:
        raise InvalidTzif(f"the header at byte {at} has the unknown version {version!r}")
    if any(reserved):
        raise InvalidTzif(f"the header at byte {at} has reserved bytes that are not zero")
    counts = BlockCounts(*six)
    for name, count in (("typecnt", counts.typecnt), ("charcnt", counts.charcnt)):
        if count == 0:
            raise InvalidTzif(f"the header at byte {at} has a {name} of zero")
    for name, count in (("isutcnt", counts.isutcnt), ("isstdcnt", counts.isstdcnt)):
        if count not in (0, counts.typecnt):
            raise InvalidTzif(f"the header at byte {at} has {name} {count}, neither 0 nor typecnt ({counts.typecnt})")
    return _VERSIONS[version], counts


def _decode_block(content: bytes, at: int, *, version: int, counts: BlockCounts, time_size: int) -> tuple[TZif, int]:
    """Decode the data block at byte ``at``; return it, as a file without a footer, and the byte where it ends."""
    end = at + counts.block_size(time_size)
    if end > len(content):
        raise InvalidTzif(f"the counts of the header put the end of the block at byte {end}, of {len(content)}")
    where = f"the {time_size * 8}-bit block at byte {at}"
    code = "i" if time_size == 4 else "q"
    transitions: tuple[int, ...] = struct.unpack_from(f">{counts.timecnt}{code}", content, at)
    _check_ascending(transitions, where=where)
    at += counts.timecnt * time_size
    type_indices = content[at : at + counts.timecnt]
    if max(type_indices, default=0) >= counts.typecnt:
        raise InvalidTzif(f"{where} has type index {max(type_indices)} for {counts.typecnt} local time types")
    at += counts.timecnt
    records = content[at : at + counts.typecnt * _LOCAL_TIME_TYPE.size]
    at += len(records)
    designations = content[at : at + counts.charcnt]
    types = _decode_types(records, designations, where=where)
    at += counts.charcnt
    leap_record = struct.Struct(f">{code}i")
    leaps = content[at : at + counts.leapcnt * leap_record.size]
    leap_seconds = tuple(LeapSecond(*pair) for pair in leap_record.iter_unpack(leaps))
    _check_leap_seconds(leap_seconds, version=version, where=where)
    at += len(leaps)
    standard = _decode_indicators(content[at : at + counts.isstdcnt], name="standard/wall", where=where)
    ut = _decode_indicators(content[at + counts.isstdcnt : end], name="UT/local", where=where)
    for index, is_ut in enumerate(ut):
        if is_ut and not (standard and standard[index]):
            raise InvalidTzif(f"{where} has type {index} with a UT/local indicator but no standard/wall indicator")
    return TZif(version, transitions, type_indices, types, designations, leap_seconds, standard, ut), end


def _check_ascending(transitions: Sequence[int], *, where: str) -> None:
    if all(map(lt, transitions, transitions[1:])):
        return
    index = next(i for i in range(1, len(transitions)) if transitions[i] <= transitions[i - 1])
    earlier, later = transitions[index - 1], transitions[index]
    raise InvalidTzif(f"{where} has transition {index}, at {later}, not after transition {index - 1}, at {earlier}")


def _decode_types(records: bytes, designations: bytes, *, where: str) -> tuple[LocalTimeType, ...]:
    types: list[LocalTimeType] = []
    for index, (utoff, is_dst, start) in enumerate(_LOCAL_TIME_TYPE.iter_unpack(records)):
        if not MIN_UTOFF <= utoff <= MAX_UTOFF:
            raise InvalidTzif(f"{where} has type {index} with utoff {utoff}, outside {MIN_UTOFF} to {MAX_UTOFF}")
        if is_dst > 1:
            raise InvalidTzif(f"{where} has type {index} with isdst {is_dst}, neither 0 nor 1")
        if start >= len(designations):
            raise InvalidTzif(f"{where} has type {index} with designation index {start} of {len(designations)}")
        end = designations.find(b"\0", start, start + MAX_DESIGNATION_LENGTH + 1)
        if end < 0:
            most = MAX_DESIGNATION_LENGTH
            raise InvalidTzif(f"{where} has type {index} with a designation that no NUL ends within {most} characters")
        designation = designations[start:end]
        if not _DESIGNATION.fullmatch(designation):
            raise InvalidTzif(f"{where} has type {index} with designation {designation!r}, not printable ASCII")
        types.append(LocalTimeType(utoff, is_dst == 1, designation.decode("ascii")))
    return tuple(types)


def _check_leap_seconds(leap_seconds: Sequence[LeapSecond], *, version: int, where: str) -> None:
    """Check order and steps. Version 4 may cut the table at its start and may end it with an expiry, a step of 0."""
    if not leap_seconds:
        return
    first = leap_seconds[0]
    if first.occurrence < 0:
        raise InvalidTzif(f"{where} has its first leap second at {first.occurrence}, before 1970")
    if version < 4 and abs(first.correction) != 1:
        raise InvalidTzif(f"{where} has a first leap second correction of {first.correction}, neither 1 nor -1")
    for index in range(1, len(leap_seconds)):
        before, this = leap_seconds[index - 1], leap_seconds[index]
        if this.occurrence - before.occurrence < _MIN_LEAP_SECOND_GAP:
            raise InvalidTzif(f"{where} has leap second {index} less than 28 days after the one before")
        step = abs(this.correction - before.correction)
        is_expiry = version >= 4 and step == 0 and index == len(leap_seconds) - 1
        if step != 1 and not is_expiry:
            raise InvalidTzif(f"{where} has leap second {index} with a correction {step} off the one before, not 1")


def _decode_indicators(values: bytes, *, name: str, where: str) -> tuple[bool, ...]:
    if values and max(values) > 1:
        raise InvalidTzif(f"{where} has a {name} indicator of {max(values)}, neither 0 nor 1")
    return tuple(value == 1 for value in values)


def _decode_footer(content: bytes, at: int) -> str:
    match = _FOOTER.fullmatch(content, at)
    if match is None:
        raise InvalidTzif(f"the footer at byte {at} is not one TZ string between two newlines that end the file")
    if len(match[1]) > MAX_FOOTER_LENGTH:
        raise InvalidTzif(f"the footer at byte {at} has {len(match[1])} characters; the limit is {MAX_FOOTER_LENGTH}")
    try:
        return match[1].decode("ascii")
    except UnicodeDecodeError as error:
        raise InvalidTzif(f"the footer at byte {at} is not ASCII") from error
