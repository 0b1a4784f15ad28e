"""Archives for ``verify`` as other tools write them, and hostile ones; honest ones come from the writers."""

import io
import tarfile
import zipfile
from collections.abc import Iterable
from typing import TypeAlias

TarMember: TypeAlias = tuple[str, bytes] | tarfile.TarInfo


def write_any_tar(members: Iterable[TarMember]) -> bytes:
    """Return a tar of files (path, content) and of ready-made headers without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            header = tarfile.TarInfo(member[0])
            header.size = len(member[1])
            archive.addfile(header, io.BytesIO(member[1]))
    return buffer.getvalue()


def tar_header(path: str, kind: bytes, *, leads_to: str = "") -> tarfile.TarInfo:
    """Return the header of a link, device or pipe."""
    header = tarfile.TarInfo(path)
    header.type = kind
    header.linkname = leads_to
    return header


def write_any_zip(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], *, method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip of files as any tool may write it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, content in members:
            archive.writestr(path, content)
    return buffer.getvalue()
