"""Writing a plan's entries as the zip that Go reads through ``ZONEINFO`` and ``time/tzdata``.

Every byte of the zip format that this project writes is written here. Source: PKWARE APPNOTE 6.3.10 §4.3; the layout of
``lib/time/zoneinfo.zip`` in the Go distribution, which it equals byte for byte for the same files.
"""

import struct
from collections.abc import Iterable

from app.artifact.entry import Entry

_LOCAL = struct.Struct("<I 5H 3I 2H")
_CENTRAL = struct.Struct("<I 6H 3I 5H 2I")
_END = struct.Struct("<I 4H 2I H")
_LOCAL_SIGNATURE, _CENTRAL_SIGNATURE, _END_SIGNATURE = 0x04034B50, 0x02014B50, 0x06054B50


def encode_gozip(entries: Iterable[Entry]) -> bytes:
    """Return the entries as a stored zip.

    Returns:
        The entries in their order, which is by path component. Method, flags, times, versions and attributes are all 0;
        there are no directories, extra fields or comments. Links are full copies, since Go does not follow links.
    """
    members: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for entry in entries:
        path, size = entry.path.encode("ascii"), entry.size
        local = _LOCAL.pack(_LOCAL_SIGNATURE, 0, 0, 0, 0, 0, entry.crc32, size, size, len(path), 0)
        members += (local, path, entry.content)
        central = _CENTRAL.pack(
            _CENTRAL_SIGNATURE, 0, 0, 0, 0, 0, 0, entry.crc32, size, size, len(path), 0, 0, 0, 0, 0, offset
        )
        directory += (central, path)
        offset += len(local) + len(path) + size
    count = len(directory) // 2
    central_size = sum(map(len, directory))
    end = _END.pack(_END_SIGNATURE, 0, 0, count, count, central_size, offset, 0)
    return b"".join((*members, *directory, end))
