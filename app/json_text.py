"""JSON from a place where others may have written: whatever it is, reading it ends in a value or in one error."""

import json

from app.errors import InvalidContent


def decode_json_object(content: bytes, *, subject: str) -> dict[str, object]:
    """Return the JSON object in ``content``.

    Args:
        subject: What messages call it.

    Raises:
        InvalidContent: It is not UTF-8, not JSON, nested too deeply, has a number that is too long, or is no object.
    """
    try:
        value: object = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidContent(f"{subject} is not JSON") from error
    if not isinstance(value, dict):
        raise InvalidContent(f"{subject} is not a JSON object")
    return value


def check_version(members: dict[str, object], known: int, *, subject: str) -> None:
    """Check the member ``v``: a form with a higher number means something that this program does not know.

    A form that only gained members keeps its number: what is unknown is ignored. Without ``v``, it is the first form.

    Raises:
        InvalidContent: The number is higher, or is not one.
    """
    version = members.get("v", 1)
    if type(version) is not int or version < 1:
        raise InvalidContent(f"{subject} has a version that makes no sense")
    if version > known:
        raise InvalidContent(
            f"{subject} has version {version}, written by a newer program; this one reads up to {known}"
        )
