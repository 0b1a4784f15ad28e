"""kill -9 in the middle of writing, many times: whatever can be read afterwards is whole."""

import random
import time
from pathlib import Path

from app.builder.artifacts import ORIGIN, RECORD
from app.digest import sha256_hex
from app.store.disk import DiskStore
from tests.faults.children import start

KILLS = 25
SEED = 20261123

_WRITE_FOR_EVER = """
import os, sys
from pathlib import Path
from app.digest import sha256_hex
from app.store.disk import DiskStore

store = DiskStore(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    content = os.urandom(16) * 20_000
    key = sha256_hex(content)
    store.write_blob(key, content)
    store.write_note("origin", key, key.encode())
    store.write_note("record", key, key.encode() * 1_000)
    print(key, flush=True)
"""

_WRITE_ONE_KEY = """
import sys
from pathlib import Path
from app.digest import sha256_hex
from app.store.disk import DiskStore

store, letter = DiskStore(Path(sys.argv[1])), sys.argv[2].encode()
blob = b"shared" * 20_000
for _ in range(60):
    store.write_blob(sha256_hex(blob), blob)
    store.write_note("record", "0" * 64, letter * 50_000)
"""


def kill_a_writer(directory: Path, *, after: float) -> list[str]:
    """Start a writer, kill it some seconds later, and return the keys whose writing it had seen end."""
    with start(_WRITE_FOR_EVER, directory) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(after)
        child.kill()
        return [line.strip() for line in child.stdout if line.endswith("\n")]


def keys(directory: Path, folder: str) -> set[str]:
    return {path.name for path in directory.glob(f"{folder}/??/*")}


def test_whatever_is_there_after_a_kill_is_whole(tmp_path: Path) -> None:
    source = random.Random(SEED)
    written: list[str] = []
    for _ in range(KILLS):
        written += kill_a_writer(tmp_path, after=source.uniform(0.0, 0.08))
    store = DiskStore(tmp_path)
    blobs, origins, records = (keys(tmp_path, folder) for folder in ("blobs", "origins", "records"))
    assert all(store.read_blob(key) is not None for key in blobs)
    assert all(store.read_note(ORIGIN, key) == key.encode() for key in origins)
    assert all(store.read_note(RECORD, key) == key.encode() * 1_000 for key in records)
    assert records <= origins <= blobs
    assert set(written) <= records
    assert written, "no writer lived long enough to write"


def test_what_killed_writers_leave_does_not_stop_the_next(tmp_path: Path) -> None:
    kill_a_writer(tmp_path, after=0.02)
    (tmp_path / "temporary" / "half").write_bytes(b"half of a blob")
    store = DiskStore(tmp_path)
    store.check()
    store.write_blob(sha256_hex(b"next"), b"next")
    assert store.read_blob(sha256_hex(b"next")) == b"next"


def test_processes_that_write_one_key_at_once_never_show_a_mixture(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    blob = b"shared" * 20_000
    notes: set[bytes | None] = set()
    blobs: set[bytes | None] = set()
    children = [start(_WRITE_ONE_KEY, tmp_path, letter) for letter in "ab"]
    while any(child.poll() is None for child in children):
        notes.add(store.read_note(RECORD, "0" * 64))
        blobs.add(store.read_blob(sha256_hex(blob)))
    for child in children:
        with child:
            assert child.wait() == 0
    assert notes <= {None, b"a" * 50_000, b"b" * 50_000}
    assert blobs <= {None, blob}
    assert store.read_note(RECORD, "0" * 64) in {b"a" * 50_000, b"b" * 50_000}
    assert store.read_blob(sha256_hex(blob)) == blob
    assert [*(tmp_path / "temporary").iterdir()] == []
