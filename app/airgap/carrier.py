"""Carriers: releases, and artifacts made from them, in one file that goes where no network does.

The form of that file lives here, and the check that a file of that form is intact. Whether its contents may be let in
is decided in ``transfer``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.artifact.entry import Entry
from app.artifact.lock import MAX_ARTIFACT_BYTES
from app.artifact.record import Record, decode_record, encode_record
from app.artifact.tarball import tar_chunks
from app.digest import sha256_hex
from app.errors import InvalidContent, UntrustedRelease
from app.files.archives import decode_tar
from app.files.limits import Limits, Link
from app.releases.pin import Pin, decode_pin, encode_pin
from app.text import quote
from app.tzdb.names import release_order

LIMITS = Limits(
    subject="the carrier",
    archive_bytes=64 << 20,
    unpacked_bytes=64 << 20,
    file_bytes=MAX_ARTIFACT_BYTES,
    entries=50_000,
)
"""All wheels since 2020a have 11 MB, and the largest artifact 2 MB."""
ROOT = "tzdata-carrier.1/"
"""Everything in a carrier is below this directory; the number is the version of the form."""
SUMS = "SHA256SUMS"

_WHEEL = "wheels/tzdata-{}-py2.py3-none-any.whl"


@dataclass(frozen=True, slots=True)
class CarriedRelease:
    """A release as the ledger knew it where it was packed.

    Attributes:
        pin: It has a package version and a sha256.
    """

    pin: Pin
    wheel: bytes


@dataclass(frozen=True, slots=True)
class CarriedArtifact:
    """An artifact and its record.

    Attributes:
        record: Nothing in it is trusted; its request and recipe only say what ``content`` must be compared with.
    """

    record: Record
    content: bytes


@dataclass(frozen=True, slots=True)
class Carrier:
    """What is in one file."""

    releases: tuple[CarriedRelease, ...]
    artifacts: tuple[CarriedArtifact, ...]


def wheel_name(package_version: str) -> str:
    """Return the file name of a wheel, as on a package index. Source: PEP 427."""
    return _WHEEL.format(package_version).removeprefix("wheels/")


def encode_carrier(carrier: Carrier) -> bytes:
    """Return a carrier as bytes. Equal carriers give equal bytes.

    Returns:
        A USTAR tar with, below ``ROOT``: ``SHA256SUMS`` of everything that follows (for ``sha256sum -c``);
        ``ledger/2026f.json``; ``wheels/``, which is a wheels directory once unpacked; ``artifacts/`` by sha256, each
        with its record.
    """
    return b"".join(_chunks(carrier))


def _chunks(carrier: Carrier) -> Iterator[bytes]:
    files = {
        **{f"ledger/{carried.pin.release}.json": encode_pin(carried.pin) for carried in _by_age(carrier)},
        **{_WHEEL.format(carried.pin.package_version): carried.wheel for carried in _by_age(carrier)},
    }
    for artifact in sorted(carrier.artifacts, key=lambda artifact: artifact.record.sha256):
        files[f"artifacts/{artifact.record.sha256}.{artifact.record.format}"] = artifact.content
        files[f"artifacts/{artifact.record.sha256}.json"] = encode_record(artifact.record)
    sums = "".join(f"{sha256_hex(content)}  {path}\n" for path, content in files.items())
    members = {SUMS: sums.encode(), **files}
    return tar_chunks(Entry.plain(ROOT + path, content, reason="carried") for path, content in members.items())


def decode_carrier(content: bytes) -> Carrier:
    """Read what ``encode_carrier`` wrote.

    Raises:
        UntrustedRelease: A bit is not as it was written, or it is not a carrier at all.
    """
    try:
        files = _decode_files(content)
        _check_sums(files)
        carrier = Carrier(tuple(_releases(files)), tuple(_artifacts(files)))
        whole = _is_made_of(content, _chunks(carrier))
    except UntrustedRelease:
        raise
    except InvalidContent as error:
        raise UntrustedRelease(f"the file is refused: {error.detail}", **error.facts) from error
    except Exception as error:  # foreign JSON of an unexpected shape raises nearly anything
        raise UntrustedRelease(f"the file is not a valid carrier of releases: {error}") from error
    if not whole:
        raise UntrustedRelease("the file is a carrier of releases, but not exactly as it was written")
    return carrier


def _is_made_of(content: bytes, chunks: Iterable[bytes]) -> bool:
    at = 0
    for chunk in chunks:
        if not content.startswith(chunk, at):
            return False
        at += len(chunk)
    return at == len(content)


def _by_age(carrier: Carrier) -> list[CarriedRelease]:
    return sorted(carrier.releases, key=lambda carried: release_order(carried.pin.release))


def _decode_files(content: bytes) -> dict[str, bytes]:
    """Return path below ``ROOT`` → bytes."""
    files: dict[str, bytes] = {}
    for path, member in decode_tar(content, LIMITS).items():
        if not path.startswith(ROOT):
            raise UntrustedRelease(f"the file is not a carrier of releases: it holds {quote(path)}")
        if isinstance(member, Link):
            raise UntrustedRelease(f"{quote(path)} in the carrier is not a plain file")
        files[path.removeprefix(ROOT)] = member
    return files


def _check_sums(files: Mapping[str, bytes]) -> None:
    lines = files.get(SUMS, b"").decode("ascii").splitlines()
    promised = {path: sha256 for sha256, _, path in (line.partition("  ") for line in lines)}
    if promised.keys() != files.keys() - {SUMS}:
        raise UntrustedRelease(f"the carrier's {SUMS} lists other files than it holds")
    for path, sha256 in promised.items():
        if sha256_hex(files[path]) != sha256:
            raise UntrustedRelease(f"{quote(path)} in the carrier differs from its line in {SUMS}")


def _releases(files: Mapping[str, bytes]) -> Iterator[CarriedRelease]:
    for path, content in files.items():
        if path.startswith("ledger/"):
            pin = decode_pin(content)
            if pin.sha256 is None or pin.package_version is None:
                raise UntrustedRelease(f"the carrier brings release {pin.release} without a wheel")
            yield CarriedRelease(pin, files[_WHEEL.format(pin.package_version)])


def _artifacts(files: Mapping[str, bytes]) -> Iterator[CarriedArtifact]:
    for path, content in files.items():
        if path.startswith("artifacts/") and path.endswith(".json"):
            record = decode_record(content)
            yield CarriedArtifact(record, files[f"artifacts/{record.sha256}.{record.format}"])
