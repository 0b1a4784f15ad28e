"""Where Go looks for zones on each of its platforms, and so whether a program has to bring its own.

Source: ``go tool dist list`` and ``time/zoneinfo_*.go`` of Go 1.27; ``time.LoadLocation``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import click

_DIRECTORIES = "/usr/share/zoneinfo and its like"


@dataclass(frozen=True, slots=True)
class Platform:
    """One GOOS.

    Attributes:
        source: Where Go looks besides embedded zones; empty for nowhere.
        arches: Its values of GOARCH.
    """

    source: str
    arches: tuple[str, ...]

    @property
    def note(self) -> str:
        """What this means for a program."""
        if not self.source:
            return "has no time zones that Go could read: embed them (the Go package), or set ZONEINFO"
        return f"reads {self.source}: embed the zones where that may be missing, as in an image made from scratch"


def _unix(arches: str) -> Platform:
    return Platform(_DIRECTORIES, tuple(arches.split()))


PLATFORMS: Mapping[str, Platform] = {
    "aix": _unix("ppc64"),
    "android": Platform("the system's tzdata file", ("386", "amd64", "arm", "arm64")),
    "darwin": _unix("amd64 arm64"),
    "dragonfly": _unix("amd64"),
    "freebsd": _unix("386 amd64 arm arm64 riscv64"),
    "illumos": _unix("amd64"),
    "ios": Platform("", ("amd64", "arm64")),
    "js": Platform(f"{_DIRECTORIES}, through Node.js alone", ("wasm",)),
    "linux": _unix("386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x"),
    "netbsd": _unix("386 amd64 arm arm64"),
    "openbsd": _unix("386 amd64 arm arm64 ppc64 riscv64"),
    "plan9": Platform("", ("386", "amd64", "arm")),
    "solaris": _unix("amd64"),
    "wasip1": Platform("", ("wasm",)),
    "windows": Platform("", ("386", "amd64", "arm", "arm64")),
}


def find_platform(goos: str, goarch: str | None) -> Platform:
    """Return a platform.

    Raises:
        UsageError: If there is no such platform; the message says what there is.
    """
    platform = PLATFORMS.get(goos)
    if platform is None:
        raise click.UsageError(f"{goos} is not a GOOS; use one of {', '.join(PLATFORMS)}")
    if goarch is not None and goarch not in platform.arches:
        raise click.UsageError(f"Go has no {goos}/{goarch}; for {goos} use one of {', '.join(platform.arches)}")
    return platform
