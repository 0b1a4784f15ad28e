"""Artifacts in a store: found whole, by key and by digest, or not at all."""

from pathlib import Path

import pytest

from app.artifact.record import encode_record, make_record
from app.builder.artifacts import ORIGIN, RECORD, StoredArtifact, StoredArtifacts
from app.errors import StoreUnavailable, UnknownArtifact
from app.store.base import NoteKind, Store
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from tests.artifact.plans import plan


def made(*zones: str) -> StoredArtifact:
    """Return an artifact of zones; its bytes are not a tar, which nothing here minds."""
    content = ",".join(zones).encode()
    return StoredArtifact(make_record(plan([*zones]), content), content)


def key_of(artifact: StoredArtifact) -> str:
    return artifact.record.row["content_key"]


class Recording(MemoryStore):
    """Store: notes down what is written, in order, and may fail from some write on."""

    def __init__(self, *, fails_after: int = 100) -> None:
        super().__init__()
        self.written: list[str] = []
        self._fails_after = fails_after

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:
        self._write_down("blob")
        super().write_blob(sha256, content, lasting=lasting)

    def write_note(self, kind: NoteKind, key: str, content: bytes) -> None:
        self._write_down(kind)
        super().write_note(kind, key, content)

    def _write_down(self, kind: str) -> None:
        if len(self.written) == self._fails_after:
            raise StoreUnavailable("the disk is full")
        self.written.append(kind)


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else DiskStore(tmp_path)


def test_what_was_kept_is_found_by_key_and_by_digest(store: Store) -> None:
    artifact = made("Test/Zone")
    stored = StoredArtifacts(store)
    stored.keep(artifact)
    assert stored.read(key_of(artifact)) == artifact
    assert stored.record(artifact.record.sha256) == artifact.record
    assert stored.content(artifact.record.sha256) == artifact.content


def test_what_was_never_kept_is_not_there(store: Store) -> None:
    artifact = made("Test/Zone")
    stored = StoredArtifacts(store)
    assert stored.read(key_of(artifact)) is None
    assert stored.content(artifact.record.sha256) is None
    assert [*stored.all()] == []
    with pytest.raises(UnknownArtifact, match="was built here"):
        stored.record(artifact.record.sha256)


def test_the_record_is_written_last() -> None:
    store = Recording()
    StoredArtifacts(store).keep(made("Test/Zone"))
    assert store.written == ["blob", ORIGIN, RECORD]


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_what_was_not_written_to_its_end_is_not_there(writes: int) -> None:
    store, artifact = Recording(fails_after=writes), made("Test/Zone")
    stored = StoredArtifacts(store)
    with pytest.raises(StoreUnavailable):
        stored.keep(artifact)
    assert stored.read(key_of(artifact)) is None
    with pytest.raises(UnknownArtifact):
        stored.record(artifact.record.sha256)


def test_an_artifact_whose_bytes_were_lost_has_a_record_and_gets_its_bytes_back(store: Store) -> None:
    artifact = made("Test/Zone")
    store.write_note(ORIGIN, artifact.record.sha256, key_of(artifact).encode())
    store.write_note(RECORD, key_of(artifact), encode_record(artifact.record))
    stored = StoredArtifacts(store)
    assert stored.read(key_of(artifact)) is None
    assert stored.record(artifact.record.sha256) == artifact.record
    stored.keep_content(artifact)
    assert stored.read(key_of(artifact)) == artifact


def test_a_record_under_a_wrong_key_is_not_there(store: Store) -> None:
    artifact, other = made("Test/Zone"), made("Etc/Test+1")
    stored = StoredArtifacts(store)
    stored.keep(artifact)
    store.write_note(RECORD, key_of(other), encode_record(artifact.record))
    assert stored.read(key_of(other)) is None
    store.write_note(ORIGIN, artifact.record.sha256, key_of(other).encode())
    with pytest.raises(UnknownArtifact):
        stored.record(artifact.record.sha256)
    assert [*stored.all()] == []


def test_two_keys_may_lead_to_the_same_bytes(store: Store) -> None:
    artifact, other = made("Test/Zone"), made("Etc/Test+1")
    same = StoredArtifact(make_record(plan(["Etc/Test+1"]), artifact.content), artifact.content)
    stored = StoredArtifacts(store)
    stored.keep(artifact)
    stored.keep(same)
    assert stored.read(key_of(artifact)) == artifact
    assert stored.read(key_of(other)) == same


def test_all_that_is_whole_is_listed_by_key(store: Store) -> None:
    artifacts = [made("Test/Zone"), made("Etc/Test+1"), made("Test/*")]
    stored = StoredArtifacts(store)
    for artifact in artifacts:
        stored.keep(artifact)
    lost = made("Test/Zone", "Etc/Test+1")
    store.write_note(RECORD, key_of(lost), encode_record(lost.record))
    assert [*stored.all()] == sorted(artifacts, key=key_of)
