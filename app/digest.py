"""Content identity: sha256 in the two spellings the project uses, and the tree digest.

A *sha256* is 64 lower-case hexadecimal digits, a *digest* is ``sha256:`` and these. Nothing here reads files.
"""

import hashlib
import re
from collections.abc import Iterable

_HEX = re.compile(r"[0-9a-f]{64}")


def sha256_hex(content: bytes) -> str:
    """Return the sha256 of ``content`` as 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()


def is_sha256_hex(text: str) -> bool:
    """Return whether ``text`` is exactly 64 lower-case hex digits."""
    return _HEX.fullmatch(text) is not None


def format_digest(sha256: str) -> str:
    """Return a sha256 as a digest: ``sha256:`` and its 64 digits."""
    return f"sha256:{sha256}"


def tree_digest(files: Iterable[tuple[str, str]]) -> str:
    r"""Return the digest of a tree.

    It is the digest of the text that coreutils prints, so that anyone can check it without this program::

        cd TREE && find . ! -type d -printf '%P\n' | LC_ALL=C sort | xargs sha256sum | sha256sum

    Links count as the file they lead to, so the digest does not depend on how links were written.

    Args:
        files: The path and the sha256 of the content of everything in the tree that is not a directory.
    """
    lines = sorted(files, key=lambda file: file[0].encode())
    text = "".join(f"{sha256}  {path}\n" for path, sha256 in lines)
    return format_digest(sha256_hex(text.encode()))
