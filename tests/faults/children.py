"""Running Python in processes of its own, which may be killed or put on a disk too small for them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_NO_MOUNT = 97
_ON_SMALL_DISK = f'mount -t tmpfs -o size=64k tzdata-filter-test "$1" || exit {_NO_MOUNT}; exec "$2" -c "$3" "$1"'
_WITH_SMALL_FILES = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 10, resource.RLIM_INFINITY))
"""


def start(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start ``code`` in a process that can import the project; its output is a pipe."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def run(code: str, *arguments: str | Path) -> str:
    """Run ``code`` to its end and return what it printed."""
    with start(code, *arguments) as child:
        output, _ = child.communicate()
    assert child.returncode == 0
    return output


def run_on_full_disk(code: str, directory: Path) -> str:
    """Run ``code`` with ``directory`` on a file system of 64 KiB, and return what it printed.

    The file system lives in a mount namespace and goes with the process. Where nobody may mount, no file of the process
    may grow beyond 4 KiB instead, which the kernel reports in the same way.
    """
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *as_root, "--mount", "sh", "-c", _ON_SMALL_DISK, "sh", str(directory), sys.executable, code]
    try:
        child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return run(_WITH_SMALL_FILES + code, directory)
    if child.returncode == _NO_MOUNT or child.stderr.startswith("unshare: "):
        return run(_WITH_SMALL_FILES + code, directory)
    assert child.returncode == 0, child.stderr
    return child.stdout


def run_with_small_files(code: str, directory: Path) -> str:
    """Run ``code`` in a process none of whose files may grow beyond 4 KiB, and return what it printed."""
    return run(_WITH_SMALL_FILES + code, directory)
