"""Asking a tzdata-filter service over HTTP, bounded in time and size. Its problems become errors of this program.

Nothing that a server says is believed here; the caller verifies its bytes, and ``terminal/printing`` escapes its words.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote as quote_url
from urllib.parse import urlsplit

import httpx

from app.artifact.lock import Lock, format_lock, make_lock, parse_lock
from app.artifact.record import RecordRow, Request, request_row
from app.artifact.spec import Spec
from app.cli.errors import DoesNotVerify
from app.errors import InvalidRequest, NotFound, SourceUnreachable, TzdataFilterError
from app.outbound.exchange import REDIRECTS, Answer, Order, ask, let_any, make_bounds
from app.outbound.failures import Unreachable, Untrusted
from app.outbound.pip_settings import ask_pip
from app.outbound.surroundings import Surroundings
from app.outbound.urls import join_url, origin, parse_url, shown
from app.settings import read_environment
from app.text import cut, without_password
from app.tzdb.changes.diff_row import DiffRow
from app.tzdb.names import is_release_name

SILENCE_SECONDS = 10.0
DEADLINE_SECONDS = 60.0
"""For one whole answer with all its redirects, even if bytes keep arriving."""
MAX_REDIRECTS = 5
MAX_JSON_BYTES = 4 << 20
"""The largest diff of whole trees has 1 MB."""
_MAX_SHOWN = 500

ValueT = TypeVar("ValueT")


class Server:
    """One service. Its methods block.

    Args:
        url: What its URLs start with; it may contain a name and a password.

    Raises:
        InvalidRequest: It is not an address.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        try:
            self._origin = origin(parse_url(self._url))
        except Untrusted as error:
            raise InvalidRequest(f"the server cannot be asked: {error.reason}") from error
        cert = None
        if self._url.startswith("https:"):
            with contextlib.suppress(Unreachable):  # without pip there are still the system's certificates
                cert = ask_pip().get("cert")
        self._surroundings = Surroundings(variables=read_environment(), cert=cert)

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
        try:
            url, answer = self._follow(method, parse_url(self._url + path), body, max_bytes)
        except Untrusted as error:
            raise DoesNotVerify(f"{_host(self._url)} cannot be trusted: {error.reason}") from error
        except Unreachable as error:
            raise SourceUnreachable(f"the request to {_host(self._url)} failed: {error.reason}") from error
        if answer.status != HTTPStatus.OK:
            raise _problem(str(url), answer.status, answer.content)
        return answer.content

    def _follow(self, method: str, url: httpx.URL, body: Request | None, max_bytes: int) -> tuple[httpx.URL, Answer]:
        """Return the first answer that is no redirect, and where it came from."""
        bounds = make_bounds(max_bytes=max_bytes, silence_seconds=SILENCE_SECONDS, deadline_seconds=DEADLINE_SECONDS)
        for _ in range(MAX_REDIRECTS + 1):
            answer = ask(self._order(method, url, body, max_bytes), self._surroundings, bounds)
            if answer.status not in REDIRECTS:
                return url, answer
            url = _redirected(url, answer, method)
        raise SourceUnreachable(f"{_host(self._url)} redirects more than {MAX_REDIRECTS} times")

    def _order(self, method: str, url: httpx.URL, body: Request | None, max_bytes: int) -> Order:
        mine = origin(url) == self._origin
        return Order(
            method=method,
            url=url,
            headers={} if body is None else {"content-type": "application/json"},
            content=None if body is None else json.dumps(body).encode(),
            login=self._surroundings.login_for(url) if mine else None,
            known=mine,
            max_bytes=max_bytes,
            judge=let_any,
        )


def _redirected(url: httpx.URL, answer: Answer, method: str) -> httpx.URL:
    """Return where to go on. Raises: SourceUnreachable if that may not be followed."""
    try:
        to = parse_url(join_url(str(url), answer.headers.get("location", "")))
    except Untrusted as error:
        raise SourceUnreachable(f"{shown(url)} redirects to what is not followed: {error.reason}") from error
    if method != "GET":
        raise SourceUnreachable(
            f"{shown(url)} redirects to {_plain(without_password(str(to)))}: name that as the server"
        )
    if url.scheme == "https" and to.scheme == "http":
        raise SourceUnreachable(f"{shown(url)} redirects to {shown(to)}, which is not followed")
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
