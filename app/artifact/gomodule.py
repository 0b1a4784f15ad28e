"""Go modules: paths and versions for zones of a release, and the sums that ``go.sum`` holds.

What a package's files say is ``gopackage``'s; how a client asks for a module over HTTP is ``web/goproxy``'s.
Source: the Go Modules Reference, *Module paths*, *Versions*, *GOPROXY protocol*, *go.sum files*.
"""

import base64
import re
from collections.abc import Iterable

from app.artifact.gosource import GO_VERSION
from app.artifact.spec import MAX_MODULE_LENGTH, Spec, parse_spec
from app.artifact.zone_paths import read_zone_path, write_zone_path
from app.digest import sha256_hex, tree_digest
from app.errors import InvalidOption, NotFound
from app.tzdb.names import by_component, is_release_name, quote
from app.tzdb.release import Release

RECIPE_NUMBER = 1
"""Of the recipe that writes packages. It is part of every version: the same version is the same bytes for ever."""
MAX_RECIPES = 100

_VERSION = re.compile(r"v0\.([0-9]{4})\.([1-9][0-9]{2,4})")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write_version(release: str) -> str:
    """Return the module version of a release: 2026f and recipe 1 is ``v0.2026.601``.

    Shape: minor is the year; patch is 100 for each letter (``z`` 2600, ``aa`` 2700) plus the recipe's number. So
    versions sort as releases appeared. Major 0, since any release may take a name away.
    """
    letters = 0
    for letter in release[4:]:
        letters = letters * len(_LETTERS) + _LETTERS.index(letter) + 1
    return f"v0.{release[:4]}.{letters * MAX_RECIPES + RECIPE_NUMBER}"


def parse_version(text: str) -> str:
    """Return the release of a module version.

    Errors: NotFound for any version that ``write_version`` does not write, one of another recipe too.
    """
    match = _VERSION.fullmatch(text)
    if match:
        letters, number = "", int(match[2]) // MAX_RECIPES
        while number:
            number, letter = divmod(number - 1, len(_LETTERS))
            letters = _LETTERS[letter] + letters
        release = match[1] + letters
        if is_release_name(release) and write_version(release) == text:
            return release
    raise NotFound(
        f"there is no version {quote(text)}; 2026f is {write_version('2026f')}: the year, then 100 for each letter"
        f" plus {RECIPE_NUMBER} for the way the package is written"
    )


def write_module_path(host: str, zones: Iterable[str]) -> str:
    """Return the module path of zones: ``tz.internal/asia/shanghai/etc/gmt.8`` is Asia/Shanghai and Etc/GMT+8.

    Shape: sorted by path component, lower case, ``.`` for ``+``, which no module path may hold.
    """
    return "/".join([host, *map(write_zone_path, sorted(zones, key=by_component))])


def parse_module_path(path: str, host: str, release: Release) -> Spec:
    """Read a module path by the names of a release; the zones may stand in any order, and ``country/cn`` for some.

    Errors: NotFound for another host, a parent of module paths, an upper-case letter; UnknownZones with suggestions.
    """
    first, _, rest = path.partition("/")
    if first != host:
        raise NotFound(f"modules here are below {host}, as in {host}/asia/shanghai/etc/utc")
    if len(path) > MAX_MODULE_LENGTH:
        raise NotFound(f"the module path is longer than {MAX_MODULE_LENGTH} characters")
    if rest != rest.lower():
        raise NotFound(f"module paths are in lower case: {quote(f'{host}/{write_zone_path(rest)}')}")
    if not rest:
        raise NotFound(f"{host} alone is no module; name zones, as in {host}/asia/shanghai/etc/utc")
    zones = read_zone_path(rest, release)
    try:
        return parse_spec(release.version, zones, format="go.zip", options={"module": path})
    except InvalidOption as error:
        raise NotFound(error.detail) from error


def write_go_mod(path: str) -> bytes:
    """Return the ``go.mod`` of a module."""
    return f"module {path}\n\ngo {GO_VERSION}\n".encode()


def write_sums(path: str, version: str, *, go_mod: bytes, files: Iterable[tuple[str, str]]) -> str:
    """Return the two lines of ``go.sum``. Shape: ``files`` as in the module's zip: name → sha256, a hex."""
    zip_sum = _h1(files)
    mod_sum = _h1([("go.mod", sha256_hex(go_mod))])
    return f"{path} {version} {zip_sum}\n{path} {version}/go.mod {mod_sum}\n"


def _h1(files: Iterable[tuple[str, str]]) -> str:
    """Return the ``h1`` hash, which is the tree digest in base64. Source: golang.org/x/mod/sumdb/dirhash, Hash1."""
    digest = bytes.fromhex(tree_digest(files).removeprefix("sha256:"))
    return f"h1:{base64.b64encode(digest).decode()}"
