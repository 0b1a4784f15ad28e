"""Go modules: paths and versions for zones of a release, and the sums that ``go.sum`` holds.

``package`` writes the files of a package; ``web/goproxy`` serves modules over HTTP.
Source: the Go Modules Reference, *Module paths*, *Versions*, *GOPROXY protocol*, *go.sum files*.
"""

import base64
import re
from collections.abc import Iterable

from app.artifact.formats import GO_RECIPE_NUMBER
from app.artifact.go.source import GO_VERSION
from app.artifact.options import MAX_MODULE_LENGTH
from app.artifact.spec import Spec, parse_spec
from app.artifact.zone_paths import format_zone_path, parse_zone_path
from app.digest import sha256_hex, tree_digest
from app.errors import NotFound
from app.text import quote
from app.tzdb.names import by_component, is_release_name, name_of_nth, nth_of_year
from app.tzdb.release import Release

MAX_RECIPES = 100

_VERSION = re.compile(r"v0\.([0-9]{4})\.([1-9][0-9]{2,4})")
_ZONES = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?(?:/[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?)*")


def format_version(release: str) -> str:
    """Return the module version of a release: 2026f and recipe 1 is ``v0.2026.601``.

    The minor version is the year; the patch version is 100 for each release of that year so far (``a`` 100, ``z`` 2600,
    ``za`` 2700) plus the recipe's number. Versions therefore sort in the order in which releases appeared. The major
    version is 0, since any release may take a name away.
    """
    return f"v0.{release[:4]}.{nth_of_year(release) * MAX_RECIPES + GO_RECIPE_NUMBER}"


def parse_version(text: str) -> str:
    """Return the release of a module version.

    Raises:
        NotFound: It is not a version that ``format_version`` writes; those of other recipes are not found either.
    """
    match = _VERSION.fullmatch(text)
    if match:
        release = name_of_nth(int(match[1]), int(match[2]) // MAX_RECIPES)
        if is_release_name(release) and format_version(release) == text:
            return release
    raise NotFound(
        f"there is no version {quote(text)}; 2026f is {format_version('2026f')}: the year, then 100 for each letter"
        f" plus {GO_RECIPE_NUMBER} for the way the package is written"
    )


def format_module_path(host: str, zones: Iterable[str]) -> str:
    """Return the module path of zones: ``tz.internal/asia/shanghai/etc/gmt.8`` is Asia/Shanghai and Etc/GMT+8.

    Zones are sorted by path component and in lower case, with ``.`` for ``+``, which no module path may contain.
    """
    paths = [format_zone_path(zone) for zone in sorted(zones, key=by_component)]
    return "/".join([host, *paths])


def check_module_path(path: str, host: str) -> None:
    """Check that ``path`` could be a module below ``host``, in any release.

    Raises:
        NotFound: It could not; the Go tool then takes it for a module from somewhere else.
    """
    first, _, zones = path.partition("/")
    if first != host or not zones:
        raise NotFound(f"modules here are below {host}, as in {host}/asia/shanghai/etc/utc")
    if len(path) > MAX_MODULE_LENGTH:
        raise NotFound(f"the module path is longer than {MAX_MODULE_LENGTH} characters")
    if not _ZONES.fullmatch(zones):
        lower = format_zone_path(zones)
        hint = f", as in {host}/{lower}" if _ZONES.fullmatch(lower) else ""
        raise NotFound(f"{quote(path)} is not a module path: zones are in lower case with '.' for '+'{hint}")


def parse_module_path(path: str, release: Release) -> Spec:
    """Parse a module path that ``check_module_path`` accepts, by the names of a release.

    The zones may stand in any order; ``country/cn`` stands for ``country:CN``.

    Raises:
        UnknownZones: The release lacks a zone of the path; with suggestions, for the parent of a module as well.
    """
    zones = parse_zone_path(path.partition("/")[2], release)
    return parse_spec(release.version, zones, format="go.zip", options={"module": path})


def format_go_mod(path: str) -> bytes:
    """Return the ``go.mod`` of a module."""
    return f"module {path}\n\ngo {GO_VERSION}\n".encode()


def format_sums(path: str, version: str, *, go_mod: bytes, files: Iterable[tuple[str, str]]) -> str:
    """Return the two lines of ``go.sum``.

    Args:
        files: As in the module's zip, name → sha256 in hex.
    """
    zip_sum = _h1(files)
    mod_sum = _h1([("go.mod", sha256_hex(go_mod))])
    return f"{path} {version} {zip_sum}\n{path} {version}/go.mod {mod_sum}\n"


def _h1(files: Iterable[tuple[str, str]]) -> str:
    """Return the ``h1`` hash, which is the tree digest in base64. Source: golang.org/x/mod/sumdb/dirhash, Hash1."""
    digest = bytes.fromhex(tree_digest(files).removeprefix("sha256:"))
    return f"h1:{base64.b64encode(digest).decode()}"
