"""A directory of tzdata wheels: several releases with no network, as air-gapped sites keep them."""

import re
import threading
import zipfile
from pathlib import Path

from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.sources.base import Offers
from app.sources.package import INIT, read_iana_name, read_package_version
from app.sources.wheel import MAX_WHEEL_BYTES, load_wheel
from app.tzdb.release import Release, TzifPool

_MAX_INIT_BYTES = 4_096
_NUMBERS = re.compile(r"\d+")

_Stamp = tuple[str, int, int]
"""File name, size and modification time in nanoseconds: what a wheel's name was read from."""


class WheelDirectory:
    """Source: every ``tzdata-*.whl`` in one directory; of two for one release the later package version counts."""

    name = "wheels"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._seen: dict[_Stamp, tuple[str, str] | UntrustedRelease] = {}

    def offers(self) -> Offers:
        """See ``Source.offers``. A wheel is opened again only after its size or time has changed."""
        wheels, refused = self._scan()
        return Offers(frozenset(wheels), refused)

    def load(self, version: str, pool: TzifPool) -> Release:
        """See ``Source.load``."""
        wheels, _ = self._scan()
        if version not in wheels:
            raise UnknownRelease(f"no wheel in the wheels directory is release {version}", release=version)
        try:
            content = _read_bounded(self._directory / wheels[version])
            release = load_wheel(content, source=self.name, pool=pool)
        except UntrustedRelease as error:
            raise UntrustedRelease(f"{wheels[version]}: {error.detail}", release=version) from error
        if release.version != version:
            raise UntrustedRelease(f"{wheels[version]} changed while it was read", release=version)
        return release

    def _scan(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return release → file name, and file name → reason for what cannot be named."""
        with self._lock:
            stamps = self._stamps()
            self._seen = {stamp: self._seen.get(stamp) or self._name_wheel(stamp[0]) for stamp in stamps}
        wheels: dict[str, tuple[tuple[int, ...], str]] = {}
        refused: dict[str, str] = {}
        for (file_name, _, _), named in self._seen.items():
            if isinstance(named, UntrustedRelease):
                refused[file_name] = named.detail
                continue
            version, package_version = named
            candidate = (tuple(map(int, _NUMBERS.findall(package_version))), file_name)
            wheels[version] = max(wheels.get(version, candidate), candidate)
        return {version: file_name for version, (_, file_name) in wheels.items()}, refused

    def _stamps(self) -> list[_Stamp]:
        try:
            found = [(path.name, path.stat()) for path in self._directory.glob("tzdata-*.whl")]
        except OSError as error:
            raise SourceUnreachable(f"the wheels directory cannot be read: {error.strerror}") from error
        return sorted((name, status.st_size, status.st_mtime_ns) for name, status in found)

    def _name_wheel(self, file_name: str) -> tuple[str, str] | UntrustedRelease:
        """Read the IANA name and the package version of a wheel, or return why that cannot be done."""
        try:
            with zipfile.ZipFile(self._directory / file_name) as archive, archive.open(INIT) as member:
                init = member.read(_MAX_INIT_BYTES)
            return read_iana_name(init), read_package_version(init)
        except UntrustedRelease as error:
            return error
        except Exception as error:  # noqa: BLE001 - a hostile archive can make zipfile raise nearly anything
            return UntrustedRelease(f"not a readable wheel: {error}")


def _read_bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_WHEEL_BYTES + 1)
    except OSError as error:
        raise SourceUnreachable(f"{path.name} cannot be read: {error.strerror}") from error
