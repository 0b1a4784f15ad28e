"""Answers in JSON."""

import json
from collections.abc import Mapping

from app.web.http.representation import Answer, make_answer


def json_answer(row: object, *, cache_control: str, extra: Mapping[str, str] | None = None) -> Answer:
    """Return ``row`` as an answer. Shape: UTF-8, indented for people, a line break at the end."""
    body = json.dumps(row, indent=2, ensure_ascii=False).encode() + b"\n"
    return make_answer(body, media_type="application/json", cache_control=cache_control, extra=extra)
