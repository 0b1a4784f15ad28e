"""The ``tzdata`` distribution installed beside this program: the default that needs no network and no set-up.

What the files of a package mean is not known here.
"""

import importlib.metadata
from pathlib import Path

from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.sources.base import Loaded, Offers
from app.sources.package import INIT, parse_iana_name, release_from_package
from app.sources.wheel import parse_record, verify_record
from app.text import quote
from app.tzdb.release import TzifPool


class InstalledSource:
    """Source: the installed distribution, whose files are verified against the RECORD that its installer wrote."""

    name = "installed"
    remote = False

    def offers(self, *, wanted: bool = False) -> Offers:  # noqa: ARG002 - every look is fresh
        """See ``Source.offers``. An environment without tzdata offers nothing."""
        try:
            distribution = importlib.metadata.distribution("tzdata")
        except importlib.metadata.PackageNotFoundError:
            return Offers(frozenset(), {})
        try:
            return Offers(frozenset({parse_iana_name(_read(distribution, INIT))}), {})
        except UntrustedRelease as error:
            return Offers(frozenset(), {"tzdata": error.detail})

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """See ``Source.load``."""
        try:
            distribution = importlib.metadata.distribution("tzdata")
        except importlib.metadata.PackageNotFoundError as error:
            raise UnknownRelease("no tzdata distribution is installed", release=version) from error
        record = _read_record(distribution)
        # Only the package's own files: installers add others, such as compiled modules.
        promised = {
            path: promise
            for path, promise in parse_record(record).items()
            if path.startswith("tzdata/") and "__pycache__" not in path
        }
        if climbing := [path for path in promised if ".." in path.split("/")]:
            raise UntrustedRelease(f"RECORD lists {quote(climbing[0])}, which is outside the package", release=version)
        files = {path: _read(distribution, path) for path in promised}
        verify_record(files, promised)
        release = release_from_package(files, source=self.name, verified="RECORD, TZif checks", pool=pool)
        if release.version != version:
            raise UnknownRelease(f"the installed tzdata is {release.version}, not {version}", release=version)
        return Loaded(release, None)


def _read_record(distribution: importlib.metadata.Distribution) -> bytes:
    try:
        record = distribution.read_text("RECORD")
    except UnicodeDecodeError as error:
        raise UntrustedRelease(f"the installed tzdata's RECORD is not UTF-8 at byte {error.start}") from error
    except OSError as error:
        raise SourceUnreachable(f"the installed tzdata cannot be read: {error.strerror}") from error
    if record is None:
        raise UntrustedRelease("the installed tzdata has no RECORD to verify it against")
    return record.encode()


def _read(distribution: importlib.metadata.Distribution, path: str) -> bytes:
    try:
        return Path(str(distribution.locate_file(path))).read_bytes()
    except FileNotFoundError as error:
        raise UntrustedRelease(f"the installed tzdata lacks {path}, which its RECORD lists") from error
    except OSError as error:
        raise SourceUnreachable(f"the installed tzdata cannot be read: {error.strerror}") from error
