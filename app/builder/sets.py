"""Sets: selections that were posted, and how they are kept. What is made of them is not known here."""

import contextlib
import json
from dataclasses import replace
from typing import cast

from app.artifact.record import Request, parse_request, request_row
from app.artifact.spec import LATEST, Spec
from app.digest import sha256_hex
from app.errors import DamagedNote, InvalidContent, InvalidRequest
from app.json_text import check_version, decode_json_object
from app.store.base import NoteKind, Store

SET = NoteKind("set")
"""The sha256 of a set's JSON → that JSON."""

VERSION = 1
"""A set has its name from its bytes, so it cannot gain a member: without ``v``, it is of this version."""


def encode_set(spec: Spec) -> bytes:
    """Return a selection as bytes, whatever its release: equal selections give equal bytes."""
    return json.dumps(request_row(replace(spec, release=LATEST)), separators=(",", ":")).encode()


def decode_set(note: bytes, sha256: str) -> Spec:
    """Read what ``encode_set`` wrote, in this version or another.

    Raises:
        InvalidContent: It is not what has this sha256, or not a selection.
    """
    if sha256_hex(note) != sha256:
        raise InvalidContent("the list is not the one that was posted")
    members = decode_json_object(note, subject="the list")
    check_version(members, VERSION, subject="the list")
    try:
        return parse_request(cast(Request, members))
    except (AttributeError, KeyError, TypeError, InvalidRequest) as error:
        raise InvalidContent("the list makes no sense") from error


class Sets:
    """The sets of a store. Methods block; each raises StoreUnavailable if the store fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, spec: Spec) -> str:
        """Keep a selection; return the sha256 that it is found by, which is the same for equal ones."""
        note = encode_set(spec)
        sha256 = sha256_hex(note)
        with contextlib.suppress(DamagedNote):  # what was posted is what has this sha256, so it may take the place
            if self._store.read_note(SET, sha256) == note:
                return sha256
        self._store.write_note(SET, sha256, note)
        return sha256

    def find(self, sha256: str) -> Spec | None:
        """Return a selection, ``None`` if it was not posted here. Raises: DamagedNote if it cannot be read."""
        note = self._store.read_note(SET, sha256)
        if note is None:
            return None
        try:
            return decode_set(note, sha256)
        except InvalidContent as error:
            place = self._store.place(SET, sha256)
            raise DamagedNote(f"{place}: {error.detail}; POST /v1/sets with the same list repairs it") from error
