"""The formats of a bundle, one row each: all that the rest of the code has to know about a format.

``tarball`` and ``gozip`` know what an archive looks like inside; ``options`` says which options there are. To add a
format, add a row with a function that writes its bytes.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.artifact.entry import Entry
from app.artifact.gozip import encode_gozip
from app.artifact.tarball import encode_gzip, encode_tar
from app.errors import UnknownFormat
from app.text import quote

Format: TypeAlias = str
"""The ending of a format, as in file names and URLs; one that ``parse_format`` returned is a key of ``FORMATS``."""
LinkStyle: TypeAlias = Literal["hard", "symbolic", "copy"]
Encode: TypeAlias = Callable[[Iterable[Entry]], bytes]

_GZIP = "+gzip.1+"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named way to turn entries into bytes.

    Whoever changes a writer so that one byte differs gives the recipe a new name and keeps the old one in ``recipe``.

    Attributes:
        name: Says everything that shapes the bytes, and stands in every content key.
        encode: Writes the entries.
        encode_inside: Writes what is compressed, for a recipe that ends with a compressor.
    """

    name: str
    encode: Encode
    encode_inside: Encode | None = None

    def is_but_for_compressor(self, name: str) -> bool:
        """Tell whether ``name`` is this recipe, which compresses, with whatever compressor."""
        return name.startswith(self.name.partition(_GZIP)[0] + _GZIP)


@dataclass(frozen=True, slots=True)
class FormatRow:
    """What there is to know about one format.

    Attributes:
        ending: Its name, which its file names end in.
        called: The noun for it in messages.
        about: What it is, for people who choose one; may use Markdown.
        media_type: Of its bytes.
        holds: Zones as files (``tree``), as the source of a Go package, or as that with its names as in a Go module.
        links: How a Link beside its Zone can be written, the default first.
        prefix: Whether everything can be put below a directory.
        recipe: The one in use.
        image: How an image holds it: it is a layer as it stands, or it lies in a layer, where Go looks for its zip;
            ``None`` if no image holds it.
    """

    ending: Format
    called: str
    about: str
    media_type: str
    holds: Literal["tree", "go-package", "go-module"]
    links: tuple[LinkStyle, ...]
    prefix: bool
    recipe: Recipe
    image: Literal["layer", "go-zip"] | None = None


def _sources(entries: Iterable[Entry]) -> Iterable[Entry]:
    return (entry for entry in entries if entry.kind == "source")


def _encode_go_tar(entries: Iterable[Entry]) -> bytes:
    return encode_tar(_sources(entries))


def _encode_go_zip(entries: Iterable[Entry]) -> bytes:
    return encode_gozip(_sources(entries))


def _gzipped(name: str, encode: Encode) -> Recipe:
    # The compressor is the machine's own, so its version is part of the name.
    return Recipe(
        f"{name}{_GZIP}zlib-{zlib.ZLIB_RUNTIME_VERSION}",
        lambda entries: encode_gzip(encode(entries)),
        encode_inside=encode,
    )


GO_RECIPE_NUMBER = 1
"""Of the recipe that writes Go packages. It is part of every version of a module, which is the same bytes for ever."""
_GO_PACKAGE = f"gopackage.{GO_RECIPE_NUMBER}"

ROWS: tuple[FormatRow, ...] = (
    FormatRow(
        ending="tar",
        called="tar",
        about="a zoneinfo tree",
        media_type="application/x-tar",
        holds="tree",
        links=("hard", "symbolic", "copy"),
        prefix=True,
        recipe=Recipe("tar.1", encode_tar),
        image="layer",
    ),
    FormatRow(
        ending="tar.gz",
        called="tar.gz",
        about="a zoneinfo tree",
        media_type="application/gzip",
        holds="tree",
        links=("hard", "symbolic", "copy"),
        prefix=True,
        recipe=_gzipped("tar.1", encode_tar),
    ),
    FormatRow(
        ending="zip",
        called="zip for Go",
        about="stored, laid out as Go's own `zoneinfo.zip`",
        media_type="application/zip",
        holds="tree",
        links=("copy",),
        prefix=False,
        recipe=Recipe("gozip.1", encode_gozip),
        image="go-zip",
    ),
    FormatRow(
        ending="go.tar.gz",
        called="go.tar.gz for Go",
        about="the source of a Go package",
        media_type="application/gzip",
        holds="go-package",
        links=("copy",),
        prefix=True,
        recipe=_gzipped(f"{_GO_PACKAGE}+tar.1", _encode_go_tar),
    ),
    FormatRow(
        ending="go.zip",
        called="go.zip for Go",
        about="the source of a Go package as a module's zip",
        media_type="application/zip",
        holds="go-module",
        links=("copy",),
        prefix=False,
        recipe=Recipe(f"{_GO_PACKAGE}+gozip.1", _encode_go_zip),
    ),
)

FORMATS: Mapping[Format, FormatRow] = {row.ending: row for row in ROWS}
DEFAULT_FORMAT: Format = "tar.gz"
"""Over HTTP: small, and every image has the program that unpacks it."""
STABLE_FORMAT: Format = "tar"
"""For locks, images and directories: no compressor shapes it, so its bytes are the same on every machine."""

FAMILIES = frozenset(ending.partition(".")[0] for ending in FORMATS) - FORMATS.keys()
"""Words that begin endings but are not endings themselves: ``go``."""

_LONGEST_FIRST = sorted(FORMATS, key=len, reverse=True)


def parse_format(text: str) -> Format:
    """Parse a format.

    Raises:
        UnknownFormat: It is not one; the error lists the formats on offer.
    """
    if text not in FORMATS:
        raise UnknownFormat(f"{quote(text)} is not a format; use one of {', '.join(FORMATS)}", formats=list(FORMATS))
    return text


def split_ending(name: str) -> tuple[str, Format | None]:
    """Return a file name without its format's ending, and the format; if it has none, the whole name and ``None``.

    The longest ending wins: ``x.go.zip`` is ``x`` as a ``go.zip``, not ``x.go`` as a ``zip``.
    """
    for ending in _LONGEST_FIRST:
        if name.endswith(f".{ending}"):
            return name.removesuffix(f".{ending}"), ending
    return name, None


def split_path(name: str, ending: str) -> tuple[str, Format | None]:
    """Split the last part of a URL's path again: a router has split it at its last dot, which some endings contain.

    Returns:
        The name without its ending, and the format, or ``None`` where that is unknown. ``x.go.tar`` is unknown too: it
        asks for a Go format that does not exist.
    """
    whole = f"{name}.{ending}"
    rest, known = split_ending(whole)
    head, _, family = rest.rpartition(".")
    return (whole, None) if head and family in FAMILIES else (rest, known)


def artifact_path(sha256: str, format: Format) -> str:
    """Return the path of an artifact's permanent URL, on any server."""
    return f"/v1/artifacts/{sha256}.{format}"


def format_in_image(use: Literal["layer", "go-zip"]) -> Format:
    """Return the format that images use in this way."""
    return next(row.ending for row in ROWS if row.image == use)
