"""Getting bundles from a running service, and what the tests compare them with: the wheels themselves.

The wheels are read with the standard library alone, so that nothing here agrees with the program by sharing its code.
"""

import base64
import csv
import io
import json
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

from tests.consumers.tools import run
from tests.servers import Service

_TREE = "tzdata/zoneinfo/"


class EntryRow(TypedDict):
    path: str
    kind: str
    zone: str | None
    target: str | None
    sha256: str


class PlanRow(TypedDict):
    release: str
    tree_digest: str
    entries: list[EntryRow]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A release as published.

    Attributes:
        zones: Name → TZif.
        sums: Path in the tree → the sha256 that RECORD promises.
    """

    zones: dict[str, bytes]
    sums: dict[str, str]


@cache
def decode_wheel(wheels_dir: Path, package_version: str) -> Wheel:
    with zipfile.ZipFile(wheels_dir / f"tzdata-{package_version}-py2.py3-none-any.whl") as archive:
        record = archive.read(f"tzdata-{package_version}.dist-info/RECORD").decode()
        names = archive.read("tzdata/zones").decode().split()
        zones = {name: archive.read(_TREE + name) for name in names}
    rows = [row for row in csv.reader(io.StringIO(record)) if row[0].startswith(_TREE)]
    return Wheel(zones, {path.removeprefix(_TREE): _hex(sum_) for path, sum_, _ in rows})


def fetch(service: Service, path: str) -> bytes:
    """Return the body of a 200."""
    with service.client() as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.content


def fetch_plan(service: Service, path: str) -> PlanRow:
    """Return the plan at a path that ends in ``.json``, possibly with a query."""
    plan: PlanRow = json.loads(fetch(service, path))
    return plan


def unpack(archive: bytes, directory: Path) -> Path:
    """Unpack a tar, gzipped or not, with GNU tar, which must not say a word; return the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    compressed = ("--gzip",) if archive.startswith(b"\x1f\x8b") else ()
    assert run("tar", "--extract", *compressed, "--file=-", "--directory", directory, stdin=archive) == ""
    return directory


def tree(directory: Path) -> dict[str, bytes]:
    """Return path → content of everything in a directory but directories; links count as what they lead to."""
    files = (path for path in directory.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def _hex(record_sum: str) -> str:
    method, _, text = record_sum.partition("=")
    assert method == "sha256"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex()
