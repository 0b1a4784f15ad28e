"""TZif files for the tests: the real ones of releases, and a writer that makes any file, also a wrong one.

The writer checks nothing on purpose.
"""

import struct
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

MAGIC = b"TZif"


@dataclass(frozen=True, slots=True)
class Block:
    """The data of one block, by default the smallest; ``types`` are (utoff, isdst, designation index)."""

    transitions: tuple[int, ...] = ()
    type_indices: tuple[int, ...] = ()
    types: tuple[tuple[int, int, int], ...] = ((0, 0, 0),)
    designations: bytes = b"\0"
    leap_seconds: tuple[tuple[int, int], ...] = ()
    isstd: bytes = b""
    isut: bytes = b""


BERLIN = Block(
    transitions=(-100, 300, 1_000_000),
    type_indices=(1, 0, 1),
    types=((3600, 0, 0), (7200, 1, 4)),
    designations=b"CET\0CEST\0",
    leap_seconds=((78_796_800, 1), (94_694_401, 2)),
    isstd=b"\1\1",
    isut=b"\0\1",
)
"""A block with something in every field."""


def encode_header(block: Block, *, version: bytes) -> bytes:
    counts = (
        len(block.isut),
        len(block.isstd),
        len(block.leap_seconds),
        len(block.transitions),
        len(block.types),
        len(block.designations),
    )
    return struct.pack(">4sc15x6I", MAGIC, version, *counts)


def encode_block(block: Block, *, version: bytes, time_code: str) -> bytes:
    """Return header and data; ``time_code`` is ``i`` for 32-bit times and ``q`` for 64-bit ones."""
    return b"".join(
        (
            encode_header(block, version=version),
            struct.pack(f">{len(block.transitions)}{time_code}", *block.transitions),
            bytes(block.type_indices),
            *(struct.pack(">iBB", *each) for each in block.types),
            block.designations,
            *(struct.pack(f">{time_code}i", *each) for each in block.leap_seconds),
            block.isstd,
            block.isut,
        )
    )


def encode_tzif(block: Block, *, version: bytes = b"2", footer: bytes = b"", legacy: Block | None = None) -> bytes:
    """Return a file of version 2 or later, with ``legacy`` or the smallest block as its 32-bit data."""
    first = encode_block(legacy or Block(), version=version, time_code="i")
    return first + encode_block(block, version=version, time_code="q") + b"\n" + footer + b"\n"


@cache
def real_names() -> tuple[str, ...]:
    """Return every zone name of the installed release."""
    return tuple(files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def real_tzif(name: str) -> bytes:
    """Return the file of a zone of the installed release."""
    return files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


@cache
def distinct_real_tzif() -> tuple[bytes, ...]:
    """Return each file of the installed release once; Links hold the bytes of their Zones."""
    return tuple(dict.fromkeys(map(real_tzif, real_names())))


def read_wheel_files(wheel: Path) -> dict[str, bytes]:
    """Return the files of a release's wheel by zone name."""
    with zipfile.ZipFile(wheel) as archive:
        prefix = "tzdata/zoneinfo/"
        members = {name.removeprefix(prefix): archive.read(name) for name in archive.namelist() if prefix in name}
    return {name: content for name, content in members.items() if content.startswith(MAGIC)}
