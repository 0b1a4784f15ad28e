"""Writing where there is no room: the store says so and keeps what it had; the caller gets the bundle all the same."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.children import run_on_full_disk, run_with_small_files
from tests.sources.wheels import small_package, write_wheel

_FILL = """
import json, sys
from pathlib import Path
from app.digest import sha256_hex
from app.errors import StoreUnavailable
from app.store.disk import DiskStore
from app.store.memory import MemoryStore

root = Path(sys.argv[1])
store = DiskStore(root / "store")
kept, detail = [], ""
for size in range(1_000, 100_000, 3_000):
    content = b"x" * size
    try:
        store.write_blob(sha256_hex(content), content)
        store.write_note("record", sha256_hex(content), content)
    except StoreUnavailable as error:
        detail = error.detail
        break
    kept.append(content)
print(json.dumps({
    "kept": len(kept),
    "detail": detail,
    "left": len([*(root / "store" / "temporary").iterdir()]),
    "whole": all(store.read_blob(sha256_hex(content)) == content for content in kept),
    "half": [path.name for path in root.glob("store/blobs/??/*") if store.read_blob(path.name) is None],
}))
"""

_BUILD_WITHOUT_ROOM = """
import asyncio, contextlib, json, logging, resource, sys
from pathlib import Path
from app.artifact.spec import parse_spec
from app.builder.builder import Builder
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.digest import sha256_hex
from app.sources.directory import WheelDirectory
from app.store.disk import DiskStore
from app.store.memory import MemoryStore

root = Path(sys.argv[1])
store = DiskStore(root / "store")
room = (root / "ballast").open("wb", buffering=0)
with contextlib.suppress(OSError):
    while True:
        room.write(bytes(4096))
logging.disable()
builder = Builder(Library([WheelDirectory(root.parent)], ledger=Ledger(MemoryStore())), store)
spec = parse_spec("2026f", ["*"], format="tar", options={"tables": "tzdata.zi,zone.tab", "links": "copy"})
first = asyncio.run(builder.build(spec))
lost = store.read_blob(first.sha256) is None
room.truncate(0)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
second = asyncio.run(builder.build(spec))
print(json.dumps({
    "right": sha256_hex(first.content) == first.sha256,
    "lost": lost,
    "equal": first.content == second.content,
    "kept": store.read_blob(second.sha256) == second.content,
}))
"""

Run = Callable[[str, Path], str]


@pytest.fixture(params=[run_on_full_disk, run_with_small_files], ids=["small disk", "small files"])
def run(request: pytest.FixtureRequest) -> Run:
    chosen: Run = request.param
    return chosen


def test_a_full_disk_is_said_and_keeps_what_it_had(run: Run, tmp_path: Path) -> None:
    answer = json.loads(run(_FILL, tmp_path))
    assert answer["kept"] > 0
    assert answer["detail"].endswith(("No space left on device", "File too large"))
    assert answer["left"] == 0
    assert answer["whole"]
    assert answer["half"] == []


def test_a_full_disk_keeps_no_caller_from_a_bundle(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tzdata-2026.6-py2.py3-none-any.whl").write_bytes(write_wheel(small_package()))
    disk = tmp_path / "disk"
    disk.mkdir()
    answer = json.loads(run(_BUILD_WITHOUT_ROOM, disk))
    assert answer == {"right": True, "lost": True, "equal": True, "kept": True}
