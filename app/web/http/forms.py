"""The form in which each protocol writes its errors, found by the path that was asked for.

A form turns an error into a whole reply. Routes, the checks before them, the connection and the last resort all end
here, so that no error leaves in the form of another protocol.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.errors import InvalidBody, NotFound, TzdataFilterError
from app.web.http.errors import MethodNotPossible, unexpected
from app.web.http.problems import problem
from app.web.http.representation import Reply

ErrorForm: TypeAlias = Callable[[TzdataFilterError], Reply]


@dataclass(frozen=True, slots=True)
class ErrorForms:
    """The forms of all protocols.

    Attributes:
        by_root: The first segment of a path (``/v2``) → the form of everything below it.
        other: The form of every other path.
    """

    by_root: Mapping[str, ErrorForm]
    other: ErrorForm = problem

    def at(self, path: str) -> ErrorForm:
        """Return the form for errors at a decoded path."""
        root = "/" + path[1:].partition("/")[0]
        return self.by_root.get(root, self.other)


def install(app: FastAPI, forms: ErrorForms) -> None:
    """Make ``app`` answer what its routing and its handlers raise in the form of the path that was asked for."""

    def respond(request: Request, error: TzdataFilterError) -> Response:
        return forms.at(request.url.path)(error).response

    async def on_own(request: Request, error: Exception) -> Response:
        assert isinstance(error, TzdataFilterError)
        return respond(request, error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return respond(request, _from_routing(request, error))

    async def on_disconnect(request: Request, _: Exception) -> Response:
        # Nobody reads this answer, but the log should show that it was the client's doing, not ours.
        return respond(request, InvalidBody("the client went away before its body was complete"))

    async def on_anything(request: Request, _: Exception) -> Response:
        return respond(request, unexpected())

    app.add_exception_handler(TzdataFilterError, on_own)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(ClientDisconnect, on_disconnect)
    app.add_exception_handler(Exception, on_anything)


def _from_routing(request: Request, error: HTTPException) -> TzdataFilterError:
    """Return the error for a path that is not there, or a method that it does not take."""
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            path = ascii(request.scope["path"])[1:-1][:200]
            return NotFound(f"there is nothing at {path}; / shows what there is")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "").replace("GET", "GET, HEAD")
            return MethodNotPossible(f"{request.method} is not allowed here; use {allowed}", allowed=allowed)
        case _:
            return unexpected()
