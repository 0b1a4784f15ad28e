"""Running the command where the kernel refuses some system calls, as it does on file systems that lack them.

FAT has no hard links, and NFS cannot exchange two directories. Neither can be mounted everywhere; a filter of system
calls (seccomp) can be set everywhere, and gives the program the same answer from the same place.
"""

import ctypes
import errno
import os
import platform
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.cli.program import environment

_NUMBERS = {
    "x86_64": {"renameat2": [316], "link": [86, 265]},
    "aarch64": {"renameat2": [276], "link": [37]},
}
"""Machine → name → the numbers of the system calls. Source: syscalls(2)."""

_SET_SECCOMP, _FILTER, _SET_NO_NEW_PRIVILEGES = 22, 2, 38
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_REFUSE, _ALLOW = 0x0005_0000, 0x7FFF_0000
"""Source: prctl(2), seccomp(2), and ``linux/bpf_common.h``."""

_CODE = """
import sys
from tests.cli.output.refusals import refuse
refuse(sys.argv[1], int(sys.argv[2]))
del sys.argv[1:3]
from app.__main__ import main
main()
"""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def run_refused(
    call: str, *arguments: str | Path, code: int = errno.EPERM, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process for which ``call`` fails with the error ``code``, and wait for it."""
    command = [sys.executable, "-c", _CODE, call, str(code), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, check=False)


def refuse(call: str, code: int) -> None:
    """Make a system call fail in this process from now on, and in those that it starts."""
    instructions = b"".join(_instructions(_NUMBERS[platform.machine()][call], code))
    program = _Program(len(instructions) // 8, instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _instructions(numbers: Iterable[int], code: int) -> Iterable[bytes]:
    yield _instruction(_LOAD_WORD, 0)
    for number in numbers:
        yield _instruction(_JUMP_IF_EQUAL, number, if_not=1)
        yield _instruction(_RETURN, _REFUSE | code)
    yield _instruction(_RETURN, _ALLOW)


def _instruction(operation: int, value: int, *, if_not: int = 0) -> bytes:
    return struct.pack("HBBI", operation, 0, if_not, value)
