"""Writing a checked TZif file in the fat form, for readers that know only what is written out.

Such readers ignore the footer, or read the 32-bit block alone. A fat file gives them the transitions that the footer
stands for, to the end of 2037, and both blocks full. The layout is that of ``zic -b fat``, down to its habits, so that
files which hold the same facts have the same bytes. Nothing here reads bytes.
"""

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.errors import InvalidTzif
from app.tzdb.tzif.decoder import TZif
from app.tzdb.tzif.posix_tz import LocalTimeType, PosixTz, days_before_year, rule_at, transitions_in_years, year_at

LAST_YEAR = 2037
"""The last year that 32-bit times cover to its end; later changes are left to the footer."""
FIRST_YEAR = 1900
"""Where a file without transitions begins to be written out, if its footer says more than its type 0."""

_MIN_32, _MAX_32 = -(2**31), 2**31 - 1
_MOST = 256  # an index is one byte
_HEADER = struct.Struct(">4sc15x6I")
_LOCAL_TIME_TYPE = struct.Struct(">iBB")
_VERSIONS = {1: b"\0", 2: b"2", 3: b"3", 4: b"4"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A local time type with its indicators."""

    type: LocalTimeType
    is_standard: bool
    is_ut: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """What one block is made from.

    Attributes:
        indices: One for each of ``times``, into ``kinds``.
        kinds: In the order of the designation table; those that nothing uses are not written.
        default: The index of the one that becomes type 0.
    """

    times: Sequence[int]
    indices: Sequence[int]
    kinds: Sequence[_Kind]
    default: int


def encode_fat(tzif: TZif) -> bytes:
    """Return the file with every transition to the end of 2037 written out, in both blocks.

    Returns:
        The file with the same version, footer and indicators, without transitions that change nothing and without types
        that nothing uses. Where the 32-bit block cannot hold the earliest transitions, it begins with one at -2**31. A
        file that zic wrote fat comes back as it was.

    Raises:
        InvalidTzif: The file counts leap seconds, or it runs out of indices; no release has either.

    Source: RFC 9636 §3 and §4; zic(8), ``-b fat``.
    Cost: about 0.3 ms for a file of a release.
    """
    if tzif.leap_seconds:
        raise InvalidTzif("a file that counts leap seconds has no fat form")
    block = _block_of(tzif)
    version = _VERSIONS[tzif.version]
    legacy = _encode_block(_cut_to_32_bits(block), version=version, time_code="i")
    if tzif.version == 1:
        return legacy
    return b"".join(
        (legacy, _encode_block(block, version=version, time_code="q"), b"\n", tzif.footer.encode("ascii"), b"\n")
    )


def _block_of(tzif: TZif) -> _Block:
    no_indicators = (False,) * len(tzif.types)
    standard, ut = tzif.standard_indicators or no_indicators, tzif.ut_indicators or no_indicators
    kinds = [_Kind(*each) for each in zip(tzif.types, standard, ut, strict=True)]
    default = _swapped_with_type_0(tzif)
    kinds[0], kinds[default] = kinds[default], kinds[0]
    swap = {0: default, default: 0}
    steps = [(at, swap.get(index, index)) for at, index in zip(tzif.transitions, tzif.type_indices, strict=True)]
    if tzif.posix is not None:
        _write_out_footer(tzif.posix, steps, kinds, default=tzif.types[0])
    # The footer would begin earlier if the last transition went, which matters where it has daylight saving time.
    needed = steps[-1:] if tzif.posix is not None and tzif.posix.daylight is not None else []
    kept = steps[:1]
    for step in steps[1:]:
        if kinds[step[1]].type != kinds[kept[-1][1]].type or [step] == needed:
            kept.append(step)
    return _Block([at for at, _ in kept], [index for _, index in kept], kinds, default)


def _swapped_with_type_0(tzif: TZif) -> int:
    """Return the index that type 0 had before zic swapped it with the first type that it met.

    zic lays out the designations before it swaps, so another type's designation comes first exactly when it swapped.
    """
    for index, each in enumerate(tzif.types):
        if tzif.designations.startswith(each.designation.encode("ascii") + b"\0"):
            return index
    return 0


def _write_out_footer(
    posix: PosixTz, steps: list[tuple[int, int]], kinds: list[_Kind], *, default: LocalTimeType
) -> None:
    """Extend ``steps`` by the changes of the footer, and ``kinds`` by what they need."""
    if steps:
        # From the last transition on the footer decides, and in some published files the two differ.
        last, index = steps[-1]
        if (ruled := rule_at(posix, last)) != kinds[index].type:
            steps[-1] = (last, _index_of(ruled, kinds))
    else:
        last = days_before_year(FIRST_YEAR) * 86_400
        if (ruled := rule_at(posix, last)) != default:
            steps.append((last, _index_of(ruled, kinds)))
    for at, each in transitions_in_years(posix, year_at(last), LAST_YEAR):
        if not steps or at > steps[-1][0]:
            steps.append((at, _index_of(each, kinds)))


def _index_of(type_: LocalTimeType, kinds: list[_Kind]) -> int:
    for index, kind in enumerate(kinds):
        if kind.type == type_:
            return index
    kinds.append(_Kind(type_, is_standard=False, is_ut=False))
    return len(kinds) - 1


def _cut_to_32_bits(block: _Block) -> _Block:
    start, end = bisect_left(block.times, _MIN_32), bisect_right(block.times, _MAX_32)
    times, indices = block.times[start:end], block.indices[start:end]
    if start and times[:1] != [_MIN_32]:
        times, indices = [_MIN_32, *times], [block.indices[start - 1], *indices]
    return _Block(times, indices, block.kinds, block.default)


def _encode_block(block: _Block, *, version: bytes, time_code: str) -> bytes:
    kinds, used = _with_latest_copies(block)
    first = used[0]
    # The default becomes type 0 by changing places with the first type in use.
    swap = {first: block.default, block.default: first}
    written = [swap.get(index, index) for index in used]
    number = {index: at for at, index in enumerate(written)}
    designations = _join_designations(kinds[index].type.designation for index in used)
    isstd = bytes(kinds[index].is_standard for index in written)
    isut = bytes(kinds[index].is_ut for index in written)
    isstd, isut = isstd if any(isstd) else b"", isut if any(isut) else b""
    if len(written) > _MOST or len(designations) > _MOST:
        raise InvalidTzif(f"written out, the file needs more than {_MOST} local time types or bytes of designations")
    count = len(block.times)
    counts = (len(isut), len(isstd), 0, count, len(written), len(designations))
    types = (
        _LOCAL_TIME_TYPE.pack(each.utoff, each.is_dst, designations.index(each.designation.encode("ascii") + b"\0"))
        for each in (kinds[index].type for index in written)
    )
    return b"".join(
        (
            _HEADER.pack(b"TZif", version, *counts),
            struct.pack(f">{count}{time_code}", *block.times),
            bytes(number[index] for index in block.indices),
            *types,
            designations,
            isstd,
            isut,
        )
    )


def _with_latest_copies(block: _Block) -> tuple[list[_Kind], list[int]]:
    """Return the kinds of a block and the indices of those to write, ascending.

    Some old systems take the last standard and the last daylight type of a file for today's. Where they would be wrong
    about the offset, zic appends a copy of the right one that no transition uses.
    """
    kinds = list(block.kinds)
    used = sorted({block.default, *block.indices})
    swap = {used[0]: block.default, block.default: used[0]}
    copies = []
    for is_dst in (True, False):
        latest = next((index for index in reversed(block.indices) if kinds[index].type.is_dst == is_dst), None)
        # zic looks at the places as if type 0 had not moved for the offset, and as if it had for the rest.
        last = next((index for index in reversed(used) if kinds[swap.get(index, index)].type.is_dst == is_dst), None)
        if latest is not None and last is not None and kinds[last].type.utoff != kinds[latest].type.utoff:
            copies.append(kinds[latest])
    return [*kinds, *copies], [*used, *range(len(kinds), len(kinds) + len(copies))]


def _join_designations(designations: Iterable[str]) -> bytes:
    """Return the table: each designation once, and none that is the end of an earlier one."""
    table = b""
    for designation in designations:
        if (name := designation.encode("ascii") + b"\0") not in table:
            table += name
    return table
