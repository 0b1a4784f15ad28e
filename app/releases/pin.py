"""Pins: what a release was when it was first seen, and how that looks as bytes. Nothing here keeps them."""

import json
import re
from dataclasses import asdict, dataclass

from app.digest import is_sha256_hex
from app.errors import InvalidContent, UntrustedRelease
from app.json_text import check_version, decode_json_object
from app.sources.base import Promise
from app.tzdb.names import is_release_name
from app.tzdb.release import Release

VERSION = 1
"""Of a line. It grows only if a line means something else than before; members may be added without."""

_PACKAGE_VERSION = re.compile(r"[0-9]{4}\.[0-9a-z.]{1,16}")
_SOURCE = re.compile(r"[a-z]{1,16}")


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the ledger.

    Attributes:
        sha256: Of the wheel, 64 hexadecimal digits; ``None`` for a release that did not come in a wheel.
        source: Where the release was first seen.
    """

    release: str
    package_version: str | None
    sha256: str | None
    tree_digest: str
    source: str

    def agrees_with(self, promise: Promise) -> bool:
        """Return whether a source that promises this for the release can mean the same bytes."""
        if None in (self.sha256, promise.sha256) or self.package_version != promise.package_version:
            return True
        return self.sha256 == promise.sha256


def pin_of(release: Release) -> Pin:
    """Return the pin of a release as it was loaded."""
    origin = release.origin
    return Pin(release.version, origin.package_version, origin.sha256, release.tree_digest, origin.source)


def check_same_tree(known: Pin, offered: Pin) -> None:
    """Check that a release that is pinned may be served. Raises: UntrustedRelease if it has another tree."""
    if known.tree_digest != offered.tree_digest:
        raise UntrustedRelease(
            f"release {offered.release} from {offered.source} differs from what was first seen from"
            f" {known.source}: {offered.tree_digest}, not {known.tree_digest}",
            release=offered.release,
        )


def better_of(known: Pin | None, line: Pin) -> Pin:
    """Return what is known of a release, unless a line with the same tree says more."""
    if known is None or (known.sha256 is None and known.tree_digest == line.tree_digest):
        return line
    return known


def encode_pin(pin: Pin) -> bytes:
    """Return a pin as bytes, for a carrier, whose form has a version of its own."""
    return json.dumps(asdict(pin)).encode()


def encode_line(pin: Pin) -> bytes:
    """Return a pin as bytes, for a store."""
    return json.dumps({"v": VERSION, **asdict(pin)}).encode()


def decode_pin(content: bytes) -> Pin:
    """Read what ``encode_pin`` or ``encode_line`` wrote, in this version or another; unknown members are ignored.

    Raises:
        InvalidContent: It is not a pin, has a value that a pin cannot have, or has a version that is unknown here.
    """
    members = decode_json_object(content, subject="the line")
    check_version(members, VERSION, subject="the line")
    release, package_version, sha256, tree_digest, source = (
        members.get(name) for name in ("release", "package_version", "sha256", "tree_digest", "source")
    )
    # Spelled out for the type checker, which follows these and no loop.
    if (
        not (isinstance(release, str) and is_release_name(release))
        or not (package_version is None or (isinstance(package_version, str) and _is_version(package_version)))
        or not (sha256 is None or (isinstance(sha256, str) and is_sha256_hex(sha256)))
        or not (isinstance(tree_digest, str) and is_sha256_hex(tree_digest.removeprefix("sha256:")))
        or not (isinstance(source, str) and _SOURCE.fullmatch(source))
        or not tree_digest.startswith("sha256:")
        or not {"package_version", "sha256"} <= members.keys()
    ):
        raise InvalidContent("the line is not one of a ledger")
    return Pin(release, package_version, sha256, tree_digest, source)


def _is_version(text: str) -> bool:
    return _PACKAGE_VERSION.fullmatch(text) is not None
