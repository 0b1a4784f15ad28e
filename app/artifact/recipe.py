"""Recipes: the named ways to turn entries into bytes.

A recipe's name says everything that shapes its bytes and stands in every content key. Whoever changes a writer so that
one byte differs gives the recipe a new name and keeps the old one here, so that what was built stays buildable.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.artifact.entry import Entry
from app.artifact.go.module import RECIPE_NUMBER
from app.artifact.gozip import encode_gozip
from app.artifact.spec import Format
from app.artifact.tarball import encode_gzip, encode_tar
from app.errors import UnknownArtifact


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to write. Shape: ``name`` goes into content keys, ``media_type`` into Content-Type."""

    name: str
    media_type: str
    write: Callable[[Iterable[Entry]], bytes]


def _encode_tar_gz(entries: Iterable[Entry]) -> bytes:
    return encode_gzip(encode_tar(entries))


def _encode_go_tar_gz(entries: Iterable[Entry]) -> bytes:
    return _encode_tar_gz(_sources(entries))


def _encode_go_zip(entries: Iterable[Entry]) -> bytes:
    return encode_gozip(_sources(entries))


def _sources(entries: Iterable[Entry]) -> Iterable[Entry]:
    return (entry for entry in entries if entry.kind == "source")


_GZIP = f"gzip.1+zlib-{zlib.ZLIB_RUNTIME_VERSION}"
_GO_PACKAGE = f"gopackage.{RECIPE_NUMBER}"

CURRENT: Mapping[Format, Recipe] = {
    "tar": Recipe("tar.1", "application/x-tar", encode_tar),
    "tar.gz": Recipe(f"tar.1+{_GZIP}", "application/gzip", _encode_tar_gz),
    "zip": Recipe("gozip.1", "application/zip", encode_gozip),
    "go.tar.gz": Recipe(f"{_GO_PACKAGE}+tar.1+{_GZIP}", "application/gzip", _encode_go_tar_gz),
    "go.zip": Recipe(f"{_GO_PACKAGE}+gozip.1", "application/zip", _encode_go_zip),
}
"""The recipe in use for each format. The compressor is the machine's own, so its version is part of the name."""

_BY_NAME: Mapping[str, Recipe] = {recipe.name: recipe for recipe in CURRENT.values()}


def recipe_named(name: str) -> Recipe:
    """Return the recipe called ``name``.

    Errors: UnknownArtifact if this program cannot follow it (it names another compressor than this machine's).
    """
    if name not in _BY_NAME:
        raise UnknownArtifact(
            f"the artifact was written by the recipe {name}, which cannot be followed here", recipe=name
        )
    return _BY_NAME[name]
