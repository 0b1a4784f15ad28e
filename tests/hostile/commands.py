"""Running the command line as somebody whose memory is bounded and whose patience ends."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cli.program import environment

_COMMAND = """
import atexit, sys
from pathlib import Path
report = Path(sys.argv.pop(1))
def note():
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    report.write_text(line.split()[1])
atexit.register(note)
from app.__main__ import main
main()
"""
"""The peak is noted by the process itself: what wait4 tells is never less than what the parent had when it forked."""
ADDRESS_SPACE_KIB = 400 << 10
MOST_BYTES = 200 << 20
"""Of memory that any command may take, whatever it is given."""
PATIENCE_SECONDS = 60.0
_BOUNDED = f'ulimit -v {ADDRESS_SPACE_KIB}; exec "$@"'


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. Units: ``peak_bytes`` of resident memory."""

    code: int
    stdout: bytes
    stderr: bytes
    peak_bytes: int


def run_bounded(*arguments: str | Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run the command with 400 MiB of address space, and wait for it; it is killed once patience ends."""
    with tempfile.NamedTemporaryFile("r") as report:
        command = ["sh", "-c", _BOUNDED, "sh", sys.executable, "-c", _COMMAND, report.name, *map(str, arguments)]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            env=environment(**(env or {})),
            capture_output=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return Ended(done.returncode, done.stdout, done.stderr, int(report.read()) << 10)
