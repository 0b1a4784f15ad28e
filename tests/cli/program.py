"""Running the command line: as a process of its own, or within this one where only output and codes matter."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from click.testing import CliRunner, Result

from app.artifact.plan import Plan, make_plan
from app.artifact.spec import parse_spec
from app.cli.parts import Local, Parts
from app.cli.root import cli
from app.releases.ledger import Ledger
from app.settings import Settings
from app.sources.installed import InstalledSource
from app.store.disk import DiskStore
from app.tzdb.release import Release
from app.wiring import make_index, make_local, serve
from tests.house.source import ROOT
from tests.sources.loopback_index import LoopbackIndex

COMMAND = (sys.executable, "-m", "app")
OFFLINE = {"TZDATA_FILTER_OFFLINE": "true"}
"""For every run that is not about the package index: its answers must not depend on the outside world."""


def environment(**changes: str) -> dict[str, str]:
    """Return the environment for a process: this one's, without settings and with the path of the project."""
    others = ("TZDATA_FILTER_", "PYTHONUNBUFFERED")  # without buffers, what is left in them cannot be seen
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {**kept, "PYTHONPATH": str(ROOT), **OFFLINE, **changes}


def run(
    *arguments: str | Path,
    cwd: Path | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    umask: int = -1,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process and wait for it."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        env=environment(**(env or {})),
        umask=umask,
        capture_output=True,
        check=False,
    )


def invoke(
    *arguments: str | Path, stdin: bytes = b"", parts: Parts | None = None, env: Mapping[str, str] | None = None
) -> Result:
    """Run the command in this process, with the real parts if no others are given."""
    return CliRunner(env={**OFFLINE, **(env or {})}).invoke(
        cli,
        [str(each) for each in arguments],
        prog_name="tzdata-filter",
        input=stdin,
        obj=parts or Parts(local=make_local, index=make_index, serve=serve),
    )


def shared_parts() -> Parts:
    """Return parts whose library and store are the same at every call, for tests of many runs."""
    return Parts(local=_make_shared_local, index=make_index, serve=serve)


def _make_shared_local(settings: Settings, tree: Path | None, *, online: bool) -> Local:  # noqa: ARG001 - see above
    return _shared_local()


@cache
def _shared_local() -> Local:
    return make_local(Settings(), None, online=False)


@cache
def installed_release() -> Release:
    source = InstalledSource()
    (version,) = source.offers().releases
    return source.load(version, {}).release


def make_plan_of(*zones: str, **options: str) -> Plan:
    """Return the plan of a bundle of the installed release, as a tar."""
    spec = parse_spec("latest", zones, format="tar", options=options)
    return make_plan(installed_release(), spec, recipe="tar.1")


def online(index: LoopbackIndex) -> dict[str, str]:
    """Return what makes a run ask this index."""
    return {"TZDATA_FILTER_OFFLINE": "false", "TZDATA_FILTER_INDEX_URL": index.url}


def versions_in(data_dir: Path) -> list[str]:
    """Return the releases that a store keeps, as a command sees them."""
    return sorted(Ledger(DiskStore(data_dir)).pins())


def unpack_wheel(wheel: Path, directory: Path) -> Path:
    """Unpack a wheel as `pip download` and `unzip` would, and return the directory."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory)
    return directory


def snapshot(root: Path) -> dict[str, tuple[str, int, bytes]]:
    """Return everything below a directory: path → kind or target of link, permissions, content."""
    return {path.relative_to(root).as_posix(): _look_at(path) for path in sorted(root.rglob("*"))}


def _look_at(path: Path) -> tuple[str, int, bytes]:
    if path.is_symlink():
        return f"-> {path.readlink()}", 0o777, b""
    mode = path.stat().st_mode & 0o7777
    return ("directory", mode, b"") if path.is_dir() else ("file", mode, path.read_bytes())
