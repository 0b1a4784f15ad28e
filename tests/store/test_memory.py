"""What is particular to the store in memory: it forgets the least recently used."""

from app.digest import sha256_hex
from app.store.base import LASTING, NoteKind
from app.store.memory import OVERHEAD_BYTES, MemoryStore

RECORD, ORIGIN, SET = NoteKind("record"), NoteKind("origin"), NoteKind("set")


def put(store: MemoryStore, content: bytes) -> str:
    store.write_blob(sha256_hex(content), content)
    return sha256_hex(content)


def test_the_least_recently_read_value_goes_first() -> None:
    store = MemoryStore(max_bytes=3 * (10 + OVERHEAD_BYTES))
    first, second, third = (put(store, letter * 10) for letter in (b"a", b"b", b"c"))
    assert store.read_blob(first)
    fourth = put(store, b"d" * 10)
    assert store.read_blob(second) is None
    assert all(store.read_blob(sha256) for sha256 in (first, third, fourth))


def test_notes_count_as_well() -> None:
    store = MemoryStore(max_bytes=30 + 2 * OVERHEAD_BYTES)
    blob = put(store, b"a" * 20)
    store.write_note(RECORD, blob, b"n" * 11)
    assert store.read_blob(blob) is None
    assert store.read_note(RECORD, blob) == b"n" * 11


def test_a_value_larger_than_the_bound_stays_until_the_next() -> None:
    store = MemoryStore(max_bytes=10)
    large = put(store, b"x" * 100)
    assert store.read_blob(large)
    small = put(store, b"y")
    assert store.read_blob(large) is None
    assert store.read_blob(small) == b"y"


def test_writing_one_key_again_and_again_forgets_nothing_else() -> None:
    store = MemoryStore(max_bytes=30 + 2 * OVERHEAD_BYTES)
    kept = put(store, b"kept")
    for number in range(100):
        store.write_note(ORIGIN, kept, b"%020d" % number)
    assert store.read_blob(kept) == b"kept"


def test_values_without_a_byte_take_room_as_well() -> None:
    store = MemoryStore(max_bytes=10 * OVERHEAD_BYTES)
    for number in range(100):
        store.write_note(RECORD, f"{number:064}", b"")
    assert len(store.note_keys(RECORD)) == 10
    assert store.usage().cache_bytes == 10 * OVERHEAD_BYTES


def test_the_ledger_is_never_forgotten_and_sets_only_after_everything_else() -> None:
    store = MemoryStore(max_bytes=20 * OVERHEAD_BYTES)
    lines = sorted(LASTING - {SET})
    for kind in (*lines, SET):
        store.write_note(kind, "a", b"line")
    for number in range(100):
        store.write_note(RECORD, f"{number:064}", b"")
    assert [store.read_note(kind, "a") for kind in (*lines, SET)] == [b"line"] * 3
    for number in range(100):
        store.write_note(SET, f"{number:064}", b"")
    assert store.read_note(SET, "a") is None
    assert [store.read_note(kind, "a") for kind in lines] == [b"line"] * 2
    assert store.usage().cache_bytes <= 20 * OVERHEAD_BYTES
