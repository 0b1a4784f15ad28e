"""A directory of tzdata wheels: several releases without a network, as air-gapped sites keep them.

How a wheel is verified is not known here.
"""

import re
import stat
import threading
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from app.errors import InvalidContent, SourceUnreachable, UnknownRelease, UntrustedRelease
from app.files.archives import read_zip_start
from app.files.reading import read_at_most
from app.sources.base import Loaded, Offers
from app.sources.package import INIT, parse_iana_name, parse_package_version
from app.sources.wheel import LIMITS, load_wheel
from app.tzdb.release import TzifPool

_PATTERN = "tzdata-*.whl"
_MAX_INIT_BYTES = 4_096
_NUMBERS = re.compile(r"\d+")

_Stamp: TypeAlias = tuple[str, int, int]
"""File name, size, and modification time in nanoseconds of the file that a release's name was read from."""


class WheelDirectory:
    """Source: every ``tzdata-*.whl`` in one directory; of two for one release, the later package version counts."""

    name = "wheels"
    remote = False

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._named: dict[_Stamp, tuple[str, str]] = {}

    def offers(self, *, wanted: bool = False) -> Offers:  # noqa: ARG002 - every look is fresh
        """See ``Source.offers``. A wheel whose release is known is opened again only if its size or time changes."""
        wheels, refused, stamp = self._scan()
        return Offers(frozenset(wheels), refused, stamp)

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """See ``Source.load``."""
        wheels, _, _ = self._scan()
        if version not in wheels:
            raise UnknownRelease(f"no wheel in the wheels directory is release {version}", release=version)
        try:
            content = _read_bounded(self._directory / wheels[version])
            release = load_wheel(content, source=self.name, pool=pool)
        except UntrustedRelease as error:
            raise UntrustedRelease(f"{wheels[version]}: {error.detail}", release=version) from error
        if release.version != version:
            raise UntrustedRelease(f"{wheels[version]} changed while it was read", release=version)
        return Loaded(release, content)

    def _scan(self) -> tuple[dict[str, str], dict[str, str], str]:
        """Return release → file name, file name → why its release cannot be named, and the stamp of everything."""
        wheels: dict[str, tuple[tuple[int, ...], str]] = {}
        with self._lock:
            stamps, refused = self._look()
            named: dict[_Stamp, tuple[str, str]] = {}
            for stamp in stamps:
                try:
                    named[stamp] = self._named.get(stamp) or self._name_wheel(stamp[0])
                except UntrustedRelease as error:
                    # Not remembered: fixing a permission or a disk does not change the file's size or time.
                    refused[stamp[0]] = error.detail
            self._named = named
        for (file_name, _, _), (version, package_version) in named.items():
            candidate = (tuple(map(int, _NUMBERS.findall(package_version))), file_name)
            wheels[version] = max(wheels.get(version, candidate), candidate)
        return {version: file_name for version, (_, file_name) in wheels.items()}, refused, repr(stamps)

    def _look(self) -> tuple[list[_Stamp], dict[str, str]]:
        """Return the stamps of the files that may be wheels, and file name → why the others cannot be."""
        try:
            names = sorted(path.name for path in self._directory.iterdir() if fnmatchcase(path.name, _PATTERN))
        except OSError as error:
            raise SourceUnreachable(f"the wheels directory cannot be read: {error.strerror}") from error
        stamps: list[_Stamp] = []
        refused: dict[str, str] = {}
        for name in names:
            try:
                status = (self._directory / name).stat()
            except OSError as error:
                refused[name] = f"cannot be read: {error.strerror}"
                continue
            if not stat.S_ISREG(status.st_mode):
                refused[name] = "not a file"
            elif status.st_size > LIMITS.archive_bytes:
                refused[name] = f"larger than {LIMITS.archive_bytes} bytes"
            else:
                stamps.append((name, status.st_size, status.st_mtime_ns))
        return stamps, refused

    def _name_wheel(self, file_name: str) -> tuple[str, str]:
        """Read the IANA name and the package version of a wheel. Raises: UntrustedRelease if it does not say them."""
        try:
            content = read_at_most(self._directory / file_name, LIMITS.archive_bytes)
            init = read_zip_start(content, INIT, _MAX_INIT_BYTES, limits=LIMITS)
        except OSError as error:
            raise UntrustedRelease(f"cannot be read: {error.strerror}") from error
        except InvalidContent as error:
            raise UntrustedRelease(f"not a readable wheel: {error.detail}") from error
        return parse_iana_name(init), parse_package_version(init)


def _read_bounded(path: Path) -> bytes:
    try:
        return read_at_most(path, LIMITS.archive_bytes + 1)
    except OSError as error:
        raise SourceUnreachable(f"{path.name} cannot be read: {error.strerror}") from error
