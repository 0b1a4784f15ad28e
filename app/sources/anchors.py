"""The links of an HTML page, read in one pass.

The standard library's parser takes a time that grows with the square of some pages, and may raise nearly anything
(CVE-2025-6069). Of a package index's page only links matter, so this reads them alone, and no page takes it longer than
its length. Source: PEP 503; the tokenizer of the HTML standard for tags and attributes.
"""

import re
from html import unescape

MAX_TAGS = 20_000

_STARTS = re.compile(r"<(!--|[a-zA-Z][^\s/>]*+)")
_NAME = re.compile(r"[\s/]*+([^\s/>=]++)(?:\s*+(=)\s*+)?")
_BARE = re.compile(r"[^\s>]*+")
_ENDS = {"script": re.compile("</script", re.IGNORECASE), "style": re.compile("</style", re.IGNORECASE)}
"""Tags whose content is not markup, and where it ends."""
_MAX_VALUE_CHARS = 16_384


def read_anchors(text: str) -> tuple[str | None, list[dict[str, str]]]:
    """Return the first base of a page, and the attributes of each link that has an ``href``, in their order.

    A page that ends within a tag, or has more than ``MAX_TAGS``, is read as far as that.
    """
    base: str | None = None
    attributes: dict[str, str] = {}
    anchors: list[dict[str, str]] = []
    position = 0
    for _ in range(MAX_TAGS):
        start = _STARTS.search(text, position)
        if start is None:
            break
        kind = start[1].lower()
        if kind == "!--":
            position = text.find("-->", start.end())
        else:
            attributes, position = _read_attributes(text, start.end())
            if position >= 0 and kind in _ENDS:
                end = _ENDS[kind].search(text, position)
                position = end.end() if end else -1
        if position < 0:
            break
        if kind == "a" and "href" in attributes:
            anchors.append(attributes)
        elif kind == "base" and base is None:
            base = attributes.get("href")
    return base, anchors


def _read_attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes of a tag, the first of each name, and where it ends; -1 if it does not."""
    attributes: dict[str, str] = {}
    while True:
        name = _NAME.match(text, position)
        if name is None:
            end = text.find(">", position)
            return attributes, end if end < 0 else end + 1
        position = name.end()
        value = ""
        if name[2]:
            value, position = _read_value(text, position)
            if position < 0:
                return attributes, -1
        attributes.setdefault(name[1].lower(), _unescape(value))


def _read_value(text: str, position: int) -> tuple[str, int]:
    """Return a value and where it ends; -1 if its quote is never closed."""
    quote = text[position : position + 1]
    if quote in ('"', "'") and quote:
        end = text.find(quote, position + 1)
        return text[position + 1 : end], end if end < 0 else end + 1
    bare = _BARE.match(text, position)
    return (bare[0], bare.end()) if bare else ("", position)


def _unescape(value: str) -> str:
    """Return a value with its references resolved; one of absurd length or with an absurd number stays as it is."""
    try:
        return unescape(value) if len(value) <= _MAX_VALUE_CHARS else value
    except ValueError:
        return value
