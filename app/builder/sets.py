"""Sets: selections that were posted, as notes. Where they are kept, and what is made of them, is not known here."""

import json
from dataclasses import replace
from typing import cast

from app.artifact.record import Request, parse_request, request_row
from app.artifact.spec import LATEST, Spec
from app.digest import sha256_hex
from app.errors import InvalidContent, InvalidRequest
from app.json_text import check_version, decode_json_object
from app.store.base import NoteKind

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
