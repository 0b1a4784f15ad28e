"""Asking a tzdata-filter service over HTTP, bounded in time and size. Its problems become errors of this program.

Nothing that a server says is believed here; the caller verifies its bytes, and ``terminal/printing`` escapes its words.
"""

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote as quote_url
from urllib.parse import urljoin, urlsplit

import httpx

from app.artifact.lock import Lock, format_lock, make_lock, parse_lock
from app.artifact.record import RecordRow, Request, request_row
from app.artifact.spec import Spec
from app.cli.errors import DoesNotVerify
from app.errors import InvalidRequest, NotFound, SourceUnreachable, TzdataFilterError
from app.text import cut, without_password
from app.tzdb.changes.diff_row import DiffRow
from app.tzdb.names import is_release_name

SILENCE_SECONDS = 10.0
DEADLINE_SECONDS = 60.0
"""For one whole answer, even if bytes keep arriving."""
MAX_REDIRECTS = 5
MAX_JSON_BYTES = 4 << 20
"""The largest diff of whole trees has 1 MB."""
_MAX_PROBLEM_BYTES = 64 << 10
_MAX_SHOWN = 500

ValueT = TypeVar("ValueT")


class Server:
    """One service. Its methods block.

    Args:
        url: What its URLs start with; it may contain a name and a password.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def lock(self, spec: Spec) -> Lock:
        """Have a bundle built, and return its lock.

        Raises:
            DoesNotVerify: If the answer is not a record, or is the record of another request.
            InvalidRequest, NotFound, SourceUnreachable: As in ``_read``.
        """
        row = _shaped(self._json("POST", "/v1/bundles", request_row(spec)), RecordRow)
        try:
            lock = make_lock(row, server=without_password(self._url))
            sound = parse_lock(format_lock(lock)) == lock
        except (InvalidRequest, AttributeError, KeyError, TypeError, ValueError) as error:
            raise DoesNotVerify(f"{_host(self._url)} answers with a record that makes no sense") from error
        wanted = spec if is_release_name(spec.release) else replace(spec, release=lock.spec.release)
        if not sound or lock.spec != wanted:
            raise DoesNotVerify(f"{_host(self._url)} answers with the record of another request")
        return lock

    def fetch(self, path: str, *, max_bytes: int) -> bytes:
        """Return the content at a path.

        Raises:
            InvalidRequest, NotFound, DoesNotVerify, SourceUnreachable: As in ``_read``.
        """
        return self._read("GET", path, max_bytes=max_bytes)

    def diff(self, before: str, after: str, *, zones: list[str], aliases: str) -> DiffRow:
        """Return what an update changes for a selection.

        Raises:
            DoesNotVerify: If the answer is not a diff.
            InvalidRequest, NotFound, SourceUnreachable: As in ``_read``.
        """
        query = f"zones={quote_url(','.join(zones), safe='/,*:')}&aliases={aliases}"
        answer = self._json("GET", f"/v1/releases/{before}/diff/{after}?{query}")
        # Services of former versions have no warnings.
        return _shaped({"warnings": [], **answer} if isinstance(answer, dict) else answer, DiffRow)

    def _json(self, method: str, path: str, body: Request | None = None) -> object:
        content = self._read(method, path, body=body, max_bytes=MAX_JSON_BYTES)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DoesNotVerify(
                f"{_host(self._url)} answers {path.partition('?')[0]} with something other than JSON"
            ) from error

    def _read(self, method: str, path: str, *, max_bytes: int, body: Request | None = None) -> bytes:
        """Make a request and return the content of a good answer.

        Raises:
            InvalidRequest, NotFound: For the server's problem, by its family.
            DoesNotVerify: The same, and for an answer that is too large.
            SourceUnreachable: The same, and if there is no answer, or none in time.
        """
        url = self._url + path
        try:
            with httpx.Client(timeout=SILENCE_SECONDS, headers={"accept-encoding": "identity"}) as client:
                for _ in range(MAX_REDIRECTS + 1):
                    answer = _ask(client, method, url, body=body, max_bytes=max_bytes)
                    if isinstance(answer, bytes):
                        return answer
                    url = answer
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            reason = _plain(str(error) or type(error).__name__)
            raise SourceUnreachable(f"the request to {_host(url)} failed: {reason}") from error
        raise SourceUnreachable(f"{_host(self._url)} redirects more than {MAX_REDIRECTS} times")


def _ask(client: httpx.Client, method: str, url: str, *, body: Request | None, max_bytes: int) -> bytes | str:
    """Make one request; return the content, or where the server redirects to."""
    end = time.monotonic() + DEADLINE_SECONDS
    with client.stream(method, url, json=body) as response:
        if response.has_redirect_location:
            return _redirected(response, method, url)
        good = response.status_code == httpx.codes.OK
        limit = max_bytes if good else _MAX_PROBLEM_BYTES
        content = bytearray()
        # Raw: a coded body would not be the bytes that have the digest.
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > limit and not good:
                break  # its status says enough
            if len(content) > limit:
                raise DoesNotVerify(f"{_host(url)} answers with more than {limit} bytes")
            if time.monotonic() > end:
                raise SourceUnreachable(f"{_host(url)} is too slow: no complete answer within {DEADLINE_SECONDS:.0f} s")
    if not good:
        raise _problem(url, response.status_code, bytes(content))
    return bytes(content)


def _redirected(response: httpx.Response, method: str, url: str) -> str:
    to = urljoin(url, response.headers["location"])
    parts = urlsplit(to)
    if method != "GET":
        raise SourceUnreachable(f"{_host(url)} redirects to {_plain(to)}: name that as the server")
    if parts.scheme not in ("http", "https") or (urlsplit(url).scheme == "https" and parts.scheme == "http"):
        raise SourceUnreachable(f"{_host(url)} redirects to {_plain(to)}, which is not followed")
    return to


def _problem(url: str, status: int, content: bytes) -> TzdataFilterError:
    """Return the error for a problem. Source: RFC 9457."""
    problem: object = None
    with contextlib.suppress(ValueError, RecursionError):  # it may come from something in front of the service
        problem = json.loads(content)
    members: Mapping[str, object] = problem if isinstance(problem, dict) else {}
    said = members.get("detail")
    detail = f"{_host(url)}: {_plain(said) if isinstance(said, str) else f'it answers with status {status}'}"
    match status:
        case 404:
            return NotFound(detail, suggestions=_suggestions(members))
        case 400 | 413 | 414 if members:
            return InvalidRequest(detail, suggestions=_suggestions(members))
        case 502 if members:
            return DoesNotVerify(detail)
        case _:
            return SourceUnreachable(detail)


def _suggestions(members: Mapping[str, object]) -> dict[str, list[str]]:
    found = members.get("suggestions")
    if not isinstance(found, dict):
        return {}
    return {
        _plain(str(asked)): [_plain(str(name)) for name in names] if isinstance(names, list) else []
        for asked, names in found.items()
    }


def _shaped(value: object, kind: type[ValueT]) -> ValueT:
    """Return a JSON object that has all members of ``kind``; their values are not checked.

    Raises:
        DoesNotVerify: If it lacks one, or is not an object.
    """
    if not isinstance(value, dict) or not kind.__annotations__.keys() <= value.keys():
        raise DoesNotVerify("the server's answer is not that of a tzdata-filter service")
    shaped: ValueT = value  # type: ignore[assignment]
    return shaped


def _host(url: str) -> str:
    """Return the server's name for messages, without a password."""
    return _plain(urlsplit(without_password(url)).netloc)


def _plain(text: str) -> str:
    """Return a stranger's text as one line for a message, of bounded length."""
    return cut(" ".join(text.split()), _MAX_SHOWN)
