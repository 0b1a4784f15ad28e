"""Writing zones as the source of a Go package that embeds them.

Here zones become the files of a package, as text; ``source`` has the words. Recipes pack the files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.artifact.go import source as gosource
from app.artifact.go.module import format_go_mod
from app.artifact.options import Encoding
from app.digest import sha256_hex

_ESCAPED = tuple(
    chr(byte) if 0x20 <= byte < 0x7F and chr(byte) not in '"\\' else f"\\x{byte:02x}" for byte in range(256)
)
"""Byte → how it stands in a Go string. Source: the Go language specification, *String literals*."""


@dataclass(frozen=True, slots=True)
class EmbeddedZone:
    """One name in a package and the content of its file.

    Attributes:
        sha256: Of the content, in hex.
    """

    name: str
    sha256: str
    content: bytes


def make_package(
    zones: Iterable[EmbeddedZone], *, version: str, encoding: Encoding, module: str, import_path: str
) -> Mapping[str, bytes]:
    """Return the files of the package: file name → content, sorted.

    Args:
        version: The release.
        module: What goes into ``go.mod``, which is left out if this is empty.
        import_path: What the texts give as an example.
    """
    zones = sorted(zones, key=lambda zone: zone.name)
    words = {"version": version, "import_path": import_path}
    count = f"{len(zones)} time zones" if len(zones) != 1 else "1 time zone"
    texts = {
        "LICENSE": gosource.LICENSE,
        "README.md": gosource.README.substitute(
            words,
            count=count,
            encoding=" except that they are written fat" if encoding == "fat" else "",
            in_tree=gosource.IN_TREE if module else "",
            names="\n".join(f"- {zone.name}" for zone in zones),
        ),
        "tzdata.go": gosource.PACKAGE.substitute(words),
        "tzdata_test.go": gosource.TEST,
        "zones.go": _format_zones(zones),
    }
    files = {name: text.encode("ascii") for name, text in texts.items()}
    if module:
        files["go.mod"] = format_go_mod(module)
    return dict(sorted(files.items()))


def _format_zones(zones: Iterable[EmbeddedZone]) -> str:
    """Return ``zones.go``: an index of names as text, and one constant with all content, equal files once."""
    index: list[str] = []
    starts: dict[str, int] = {}
    distinct: list[EmbeddedZone] = []
    sharing: dict[str, list[str]] = {}
    size = 0
    for zone in zones:
        if zone.sha256 not in starts:
            starts[zone.sha256] = size
            size += len(zone.content)
            distinct.append(zone)
        sharing.setdefault(zone.sha256, []).append(zone.name)
        index.append(f"{zone.name} {starts[zone.sha256]} {len(zone.content)}\n")
    return gosource.ZONES.substitute(
        index="".join(index),
        data_sum=sha256_hex(b"".join(zone.content for zone in distinct)),
        data=" +\n".join(
            f"\t// {', '.join(sharing[zone.sha256])}\n{_format_string(zone.content)}" for zone in distinct
        ),
    )


def _format_string(content: bytes) -> str:
    return f'\t"{"".join([_ESCAPED[byte] for byte in content])}"'
