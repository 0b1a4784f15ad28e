"""What every store promises, sentence by sentence of ``Store``."""

import threading
from pathlib import Path

import pytest

from app.digest import sha256_hex
from app.errors import StoreUnavailable
from app.store.base import LASTING, MAX_VALUE_BYTES, NoteKind, Store
from app.store.disk import DiskStore
from app.store.memory import MemoryStore

KINDS = RECORD, ORIGIN, RELEASE = NoteKind("record"), NoteKind("origin"), NoteKind("release")
KEY = sha256_hex(b"a key")
NOT_KEYS = ["", "x", "../../outside", KEY[:-1], KEY + "0", KEY.upper(), "/" + KEY[1:], KEY[:-1] + "g", KEY[:-1] + "\n"]

NOT_NOTE_KEYS = ["", "../../outside", KEY + "0", KEY.upper(), "/" + KEY[1:], KEY[:-1] + "\n", "a b", "é"]


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else DiskStore(tmp_path / "store")


def test_its_name_is_one_short_word(store: Store) -> None:
    assert store.name.isalpha()
    assert store.name.islower()


@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 10, b"text", bytes(range(256)) * 4_000])
def test_a_blob_is_read_as_it_was_written(store: Store, content: bytes) -> None:
    store.write_blob(sha256_hex(content), content)
    assert store.read_blob(sha256_hex(content)) == content


def test_what_was_never_written_is_absent(store: Store) -> None:
    assert store.read_blob(KEY) is None
    assert [store.read_note(kind, KEY) for kind in KINDS] == [None] * len(KINDS)


def test_a_blob_under_another_sum_is_a_mistake_of_the_caller(store: Store) -> None:
    for sha256 in (KEY, *NOT_KEYS):
        with pytest.raises(ValueError, match=r"is not the sha256"):
            store.write_blob(sha256, b"content")
    assert store.read_blob(KEY) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"a":"\xc3\xa9"}', b"x" * 100_000])
def test_a_note_is_read_as_it_was_written(store: Store, kind: NoteKind, content: bytes) -> None:
    store.write_note(kind, KEY, content)
    assert store.read_note(kind, KEY) == content


def test_notes_of_two_kinds_and_blobs_are_apart(store: Store) -> None:
    blob = b"blob"
    key = sha256_hex(blob)
    store.write_note(RECORD, key, b"record")
    assert store.read_note(ORIGIN, key) is None
    assert store.read_blob(key) is None
    store.write_note(ORIGIN, key, b"origin")
    store.write_blob(key, blob)
    assert (store.read_note(RECORD, key), store.read_note(ORIGIN, key)) == (b"record", b"origin")


@pytest.mark.parametrize("key", NOT_NOTE_KEYS)
def test_a_note_needs_a_key_of_small_letters_and_digits(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match=r"is not 1 to 64 of 0-9a-z"):
        store.write_note(RECORD, key, b"note")


def test_a_note_may_have_a_short_key_and_the_keys_of_a_kind_can_be_listed(store: Store) -> None:
    for key in ("2026f", "2024a", KEY):
        store.write_note(RELEASE, key, b"note")
    store.write_note(ORIGIN, "2020a", b"another kind")
    assert store.note_keys(RELEASE) == sorted(["2024a", "2026f", KEY])
    assert store.read_note(RELEASE, "2026f") == b"note"


def test_a_store_without_notes_lists_none(store: Store) -> None:
    assert store.note_keys(RECORD) == []


@pytest.mark.parametrize("key", NOT_KEYS)
def test_what_is_no_key_is_absent(store: Store, key: str) -> None:
    assert store.read_blob(key) is None
    assert store.read_note(RECORD, key) is None


def test_writing_again_is_harmless_and_a_note_may_be_replaced(store: Store) -> None:
    for _ in range(2):
        store.write_blob(sha256_hex(b"content"), b"content")
        store.write_note(RECORD, KEY, b"first")
    store.write_note(RECORD, KEY, b"second")
    assert store.read_blob(sha256_hex(b"content")) == b"content"
    assert store.read_note(RECORD, KEY) == b"second"


def test_check_passes_while_it_works_and_leaves_everything_as_it_was(store: Store) -> None:
    store.write_note(RECORD, KEY, b"note")
    store.check()
    assert store.read_note(RECORD, KEY) == b"note"


def test_threads_that_write_and_read_one_key_see_a_whole_value_or_none(store: Store) -> None:
    values = [bytes([65 + number]) * 50_000 for number in range(4)]
    seen: list[bytes | None] = []

    def write(value: bytes) -> None:
        for _ in range(20):
            store.write_note(RECORD, KEY, value)
            seen.append(store.read_note(RECORD, KEY))

    threads = [threading.Thread(target=write, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 80
    assert set(seen) <= set(values)


LASTING_KINDS = sorted(LASTING)


@pytest.mark.parametrize("kind", [RECORD, *LASTING_KINDS])
def test_adding_a_note_keeps_it_where_there_is_none(store: Store, kind: NoteKind) -> None:
    assert store.add_note(kind, "2026f", b"first")
    assert store.read_note(kind, "2026f") == b"first"
    assert store.note_keys(kind) == ["2026f"]


@pytest.mark.parametrize("kind", [RECORD, *LASTING_KINDS])
def test_adding_a_note_leaves_the_one_that_is_there(store: Store, kind: NoteKind) -> None:
    store.write_note(kind, "2026f", b"first")
    assert not store.add_note(kind, "2026f", b"second")
    assert not store.add_note(kind, "2026f", b"first")
    assert store.read_note(kind, "2026f") == b"first"


@pytest.mark.parametrize("key", NOT_NOTE_KEYS)
def test_an_added_note_needs_such_a_key_as_well(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match=r"is not 1 to 64 of 0-9a-z"):
        store.add_note(RECORD, key, b"note")


def test_of_threads_that_add_one_note_one_is_first(store: Store) -> None:
    added: list[int] = []

    def add(number: int) -> None:
        if store.add_note(RELEASE, "2026f", b"%d" % number):
            added.append(number)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (first,) = added
    assert store.read_note(RELEASE, "2026f") == b"%d" % first


def test_a_lasting_blob_is_read_as_any_other(store: Store) -> None:
    store.write_blob(sha256_hex(b"wheel"), b"wheel", lasting=True)
    assert store.read_blob(sha256_hex(b"wheel")) == b"wheel"


def test_what_is_too_large_is_not_kept(store: Store) -> None:
    content = bytes(MAX_VALUE_BYTES + 1)
    with pytest.raises(StoreUnavailable, match="is too large to keep"):
        store.write_blob(sha256_hex(content), content)
    with pytest.raises(StoreUnavailable, match="is too large to keep"):
        store.add_note(RELEASE, "2026f", content)
    assert store.note_keys(RELEASE) == []


def test_where_a_note_is_can_be_said(store: Store) -> None:
    assert "2026f" in store.place(RELEASE, "2026f")


def test_a_store_says_what_it_takes(store: Store) -> None:
    before = store.usage()
    store.write_note(RECORD, KEY, bytes(10_000))
    assert store.usage().cache_bytes >= before.cache_bytes + 10_000
    assert store.usage().shortage is None
