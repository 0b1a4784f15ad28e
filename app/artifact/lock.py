"""Lock files: one bundle of one release, pinned to its bytes, as text that people commit and compare.

Parsing is strict: whatever is not understood is an error that names it, since a half-read pin does not pin anything.
The command line decides where the text comes from and how to get its bundle.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from app.artifact.formats import artifact_path
from app.artifact.options import OPTIONS, Member
from app.artifact.record import RecordRow, parse_request, request_row
from app.artifact.spec import Spec
from app.digest import format_digest, is_sha256_hex, sha256_hex
from app.errors import InvalidRequest
from app.text import quote
from app.tzdb.names import is_release_name

VERSION = 1
MAX_LOCK_CHARACTERS = 256 << 10
"""A lock of all names has 20,000."""
MAX_ARTIFACT_BYTES = 8 << 20
"""The largest honest artifact, all names fat as a Go package, has about 2 MB."""
_MAX_DOTS = 500
"""In one line; tomllib takes time by the square of the depth of a dotted key."""

_HEAD = """\
# What `tzdata-filter sync` fetches, to the byte. `tzdata-filter lock --update` moves it to the newest release.
"""
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "": ("version", "release", "selection", "options", "artifact"),
    "selection": ("zones",),
    "options": ("format", *(name for name, row in OPTIONS.items() if row.words.always)),
    "artifact": ("request", "content_key", "digest", "size", "tree_digest", "url"),
}
_OPTIONAL: Mapping[str, tuple[str, ...]] = {"options": tuple(n for n, row in OPTIONS.items() if not row.words.always)}
"""Members that only some locks have, such as ``module``, which is for Go packages."""

ValueT = TypeVar("ValueT")


class InvalidLock(InvalidRequest):
    """A lock file is malformed, lacks a member, or asks for something impossible."""

    code = "invalid-lock"
    title = "The lock file is not valid"


@dataclass(frozen=True, slots=True)
class Lock:
    """One bundle, pinned.

    Attributes:
        spec: With a concrete release.
        content_key: In hex.
        sha256: Of the artifact, in hex.
        size: Of the artifact.
        tree_digest: A digest.
        url: The artifact's, or empty if no server is known to have it.
        request_digest: Of the request that the artifact was made for.

    Units: ``size`` in bytes.
    """

    spec: Spec
    content_key: str
    sha256: str
    size: int
    tree_digest: str
    url: str
    request_digest: str

    @property
    def holds(self) -> bool:
        """Whether release, zones and options are still those that the artifact was made for."""
        return self.request_digest == digest_request(self.spec)

    @property
    def server(self) -> str:
        """What the URLs of the server start with, without a slash at the end; empty if there is no server."""
        return self.url.removesuffix(artifact_path(self.sha256, self.spec.format))


def make_lock(row: RecordRow, *, server: str) -> Lock:
    """Return the lock of the artifact that a record describes.

    Args:
        server: As in ``Lock.server``.

    Raises:
        InvalidRequest: As in ``parse_request``.
    """
    spec = parse_request(row["request"])
    sha256 = row["digest"].removeprefix("sha256:")
    return Lock(
        spec=spec,
        content_key=row["content_key"],
        sha256=sha256,
        size=row["size"],
        tree_digest=row["tree_digest"],
        url=server + artifact_path(sha256, spec.format) if server else "",
        request_digest=digest_request(spec),
    )


def digest_request(spec: Spec) -> str:
    """Return the digest of a request: of its JSON as in ``Request``, in ASCII, with sorted members and no spaces."""
    return format_digest(sha256_hex(json.dumps(request_row(spec), sort_keys=True, separators=(",", ":")).encode()))


def format_lock(lock: Lock) -> str:
    """Return the lock as TOML in ASCII, with one zone per line. Equal locks give equal texts. Source: TOML 1.0."""
    request = request_row(lock.spec)
    return "\n".join(
        (
            f"{_HEAD}version = {VERSION}",
            f"release = {_text(request['release'])}",
            "\n[selection]\nzones = [",
            *(f"  {_text(zone)}," for zone in request["zones"]),
            "]",
            "\n[options]",
            f"format = {_text(request['format'])}",
            *(f"{name} = {_text(request[name])}" for name in OPTIONS if name in request),
            "\n[artifact]",
            f"request = {_text(lock.request_digest)}",
            f"content_key = {_text(lock.content_key)}",
            f"digest = {_text(format_digest(lock.sha256))}",
            f"size = {lock.size}",
            f"tree_digest = {_text(lock.tree_digest)}",
            f"url = {_text(lock.url)}",
            "",
        )
    )


def parse_lock(text: str) -> Lock:
    """Parse a lock. Raises: InvalidLock, which names the first member that is unknown, missing or wrong."""
    if len(text) > MAX_LOCK_CHARACTERS:
        raise InvalidLock(f"the lock file is longer than {MAX_LOCK_CHARACTERS} characters", limit=MAX_LOCK_CHARACTERS)
    if any(line.count(".") > _MAX_DOTS for line in text.splitlines()):
        raise InvalidLock(f"the lock file has a line with more than {_MAX_DOTS} dots, which no lock has")
    try:
        top: dict[str, object] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidLock(f"the lock file is not TOML: {' '.join(str(error).split())[:200]}") from error
    if "version" in top and (type(top["version"]) is not int or top["version"] != VERSION):
        raise InvalidLock(f"the lock file has version {quote(str(top['version']))}; this program reads {VERSION}")
    _check_members("", top)
    selection, options, artifact = (_table(top, name) for name in ("selection", "options", "artifact"))
    spec = _parse_spec(_value("", top, "release", str), selection, options)
    sha256 = _digest(artifact, "digest").removeprefix("sha256:")
    return Lock(
        spec=spec,
        content_key=_hex(artifact, "content_key"),
        sha256=sha256,
        size=_size(artifact),
        tree_digest=_digest(artifact, "tree_digest"),
        url=_url(artifact, artifact_path(sha256, spec.format)),
        request_digest=_digest(artifact, "request"),
    )


def check_server(url: str) -> None:
    """Check that ``url`` can be what the URLs of a server start with. Raises: InvalidLock."""
    plain = url.isascii() and url.isprintable() and not set("?#@\\ ") & set(url) and not url.endswith("/")
    if not plain or not _is_http(url):
        raise InvalidLock(f"{quote(url)} is not the URL of a server such as https://tz.example, without a password")


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _text(value: Member) -> str:
    # JSON's strings are TOML's as long as they are ASCII, and so are lists of them.
    return json.dumps(value)


def _parse_spec(release: str, selection: Mapping[str, object], options: Mapping[str, object]) -> Spec:
    if not is_release_name(release):
        raise InvalidLock(f"release = {quote(release)} is not a release such as 2026f")
    request: dict[str, Member] = {"release": release, "zones": _list("selection", selection, "zones")}
    request["format"] = _value("options", options, "format", str)
    for name, row in OPTIONS.items():
        if name in options:
            request[name] = _list("options", options, name) if row.is_list else _value("options", options, name, str)
    try:
        return parse_request(request)
    except InvalidRequest as error:
        raise InvalidLock(f"the lock file asks for something impossible: {error.detail}", **error.facts) from error


def _check_members(table: str, members: Iterable[str]) -> None:
    here = set(members)
    for missing in _MEMBERS[table]:
        if missing not in here:
            raise InvalidLock(f"the lock file lacks {_place(table, missing)}")
    known = (*_MEMBERS[table], *_OPTIONAL.get(table, ()))
    if unknown := sorted(here - set(known)):
        offer = ", ".join(known)
        where = f"of [{table}]" if table else "at the top"
        raise InvalidLock(f"the lock file has the unknown member {quote(unknown[0])}; those {where} are {offer}")


def _table(top: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = top[name]
    if not isinstance(found, dict):
        raise InvalidLock(f"[{name}] of the lock file is not a table")
    table: dict[str, object] = found
    _check_members(name, table)
    return table


def _value(table: str, members: Mapping[str, object], name: str, kind: type[ValueT]) -> ValueT:
    value = members[name]
    # Not isinstance: true is an int.
    if type(value) is not kind:
        raise InvalidLock(f"{_place(table, name)} of the lock file is not {'a string' if kind is str else 'a number'}")
    return value


def _list(table: str, members: Mapping[str, object], name: str) -> list[str]:
    found = members[name]
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise InvalidLock(f"{_place(table, name)} of the lock file is not a list of strings")
    return list(found)


def _digest(artifact: Mapping[str, object], name: str) -> str:
    text = _value("artifact", artifact, name, str)
    if not text.startswith("sha256:") or not is_sha256_hex(text.removeprefix("sha256:")):
        raise InvalidLock(f"{_place('artifact', name)} of the lock file is not sha256: and 64 lower-case hex digits")
    return text


def _hex(artifact: Mapping[str, object], name: str) -> str:
    text = _value("artifact", artifact, name, str)
    if not is_sha256_hex(text):
        raise InvalidLock(f"{_place('artifact', name)} of the lock file is not 64 lower-case hex digits")
    return text


def _size(artifact: Mapping[str, object]) -> int:
    size = _value("artifact", artifact, "size", int)
    if not 0 < size <= MAX_ARTIFACT_BYTES:
        raise InvalidLock(f"artifact.size of the lock file is not from 1 to {MAX_ARTIFACT_BYTES}")
    return size


def _url(artifact: Mapping[str, object], path: str) -> str:
    url = _value("artifact", artifact, "url", str)
    if not url:
        return ""
    if not url.endswith(path):
        raise InvalidLock(f"artifact.url of the lock file does not end in {path}")
    check_server(url.removesuffix(path))
    return url


def _place(table: str, name: str) -> str:
    return f"{table}.{name}" if table else name
