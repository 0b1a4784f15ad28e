"""Go modules for the Go tool: ``/go/``, a module proxy that has no modules but those made of zones.

Source: the Go Modules Reference, *GOPROXY protocol*. Everything that is not here is a 404 in plain text: the tool
shows it, and goes on to the next proxy in its list.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from app.artifact.go.module import (
    check_module_path,
    format_go_mod,
    format_sums,
    format_version,
    parse_module_path,
    parse_version,
)
from app.artifact.recipe import CURRENT
from app.artifact.spec import LATEST, Spec
from app.builder.builder import Builder
from app.errors import InvalidRequest, NotFound, TzdataFilterError
from app.releases.library import Library
from app.text import quote
from app.tzdb.names import is_channel_name, is_release_name, release_order
from app.tzdb.release import Release
from app.web.http.hot import HotAnswers
from app.web.http.problems import from_error, status_of
from app.web.http.representation import IMMUTABLE, REVALIDATE, Answer, AnswerResponse, make_answer
from app.web.http.requests import parse_options

_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"
_CAPITAL = re.compile(r"!([a-z])")
_FILE = re.compile(r"(.+)\.(info|mod|zip|sum)")


class GoRoute(APIRoute):
    """A route whose errors are the protocol's."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # of FastAPI
        """Return the handler with its errors caught."""
        handle = super().get_route_handler()

        async def handle_caught(request: Request) -> Response:
            try:
                return await handle(request)
            except TzdataFilterError as error:
                return _error_response(error)

        return handle_caught


@dataclass(frozen=True, slots=True)
class GoRoutes:
    """The handlers under ``/go/``. Shape: ``host`` is what module paths start with."""

    builder: Builder
    library: Library
    hot: HotAnswers
    host: str

    async def versions(self, request: Request, module: str) -> Response:
        """List the versions of a module: the releases that have all of its zones."""
        generation = self.hot.generation  # from before: a release that comes meanwhile makes this answer stale
        path = self._path(request, module)
        releases = await self._releases(path)
        body = "".join(f"{format_version(release)}\n" for release in sorted(releases, key=release_order))
        answer = make_answer(body.encode(), media_type=_TEXT, cache_control=REVALIDATE)
        return self._keep(request, answer, generation)

    async def latest(self, request: Request, module: str) -> Response:
        """Tell the newest version of a module."""
        generation = self.hot.generation
        spec = await self._spec(self._path(request, module), LATEST)
        return self._keep(request, _info_answer(spec, REVALIDATE), generation)

    async def file(self, request: Request, module: str, file: str) -> Response:
        """Answer what there is of one version: ``.info``, ``.mod``, ``.zip``, and ``.sum``, its lines of ``go.sum``."""
        generation = self.hot.generation
        path = self._path(request, module)
        match = _FILE.fullmatch(file)
        if match is None:
            raise NotFound(f"there is no {quote(file)}; of each version there are .info, .mod, .zip and .sum")
        version, kind = match[1], match[2]
        if kind == "info" and (is_release_name(version) or is_channel_name(version)):
            # What the tool asks for `@2026f` or `@latest-1`: it goes on with the version that this answers.
            spec = await self._spec(path, version)
            return self._keep(request, _info_answer(spec, REVALIDATE), generation)
        spec = await self._spec(path, parse_version(version))
        answer = _info_answer(spec, IMMUTABLE) if kind == "info" else await self._content(kind, spec)
        return self._keep(request, answer, None)

    async def other(self, rest: str) -> Response:
        """Say what there is."""
        raise NotFound(
            f"{quote(rest)} is no module, version or checksum database here; modules are below {self.host},"
            f" as in {self.host}/asia/shanghai/etc/utc"
        )

    async def _content(self, kind: str, spec: Spec) -> Answer:
        extra = {"tzdata-release": spec.release}
        go_mod = format_go_mod(spec.module)
        if kind == "mod":
            return make_answer(go_mod, media_type=_TEXT, cache_control=IMMUTABLE, extra=extra)
        if kind == "sum":
            plan = await self.builder.plan(spec)
            files = ((entry.path, entry.sha256) for entry in plan.unpacked)
            sums = format_sums(spec.module, format_version(spec.release), go_mod=go_mod, files=files)
            return make_answer(sums.encode(), media_type=_TEXT, cache_control=IMMUTABLE, extra=extra)
        artifact = await self.builder.build(spec)
        return make_answer(
            artifact.content,
            media_type=CURRENT[spec.format].media_type,
            cache_control=IMMUTABLE,
            sha256=artifact.sha256,
            extra=extra,
        )

    def _path(self, request: Request, module: str) -> str:
        """Return the module path in a URL. Source: the Go Modules Reference: an upper-case letter arrives as ``!x``."""
        parse_options(request, known=())
        path = _CAPITAL.sub(lambda match: match[1].upper(), module)
        check_module_path(path, self.host)
        return path

    async def _spec(self, path: str, choice: str) -> Spec:
        return parse_module_path(path, await self.library.release(choice))

    async def _releases(self, path: str) -> list[str]:
        """Return the releases that have the module; those not yet fetched count as if they had.

        Errors: UnknownZones with what the newest local release lacks, if none has it.
        """

        async def check(release: Release) -> None:
            parse_module_path(path, release)

        return await self.library.having(check)

    def _keep(self, request: Request, answer: Answer, generation: int | None) -> Response:
        self.hot.put(request.scope, answer, route=request.scope["route"].path_format, generation=generation)
        return AnswerResponse(answer)


def goproxy_router(builder: Builder, library: Library, hot: HotAnswers, host: str) -> APIRouter:
    """Return the routes under ``/go/``. They are the protocol's, not this service's, so OpenAPI leaves them out."""
    routes = GoRoutes(builder, library, hot, host)
    router = APIRouter(prefix="/go", route_class=GoRoute, include_in_schema=False)
    router.add_api_route("/{module:path}/@v/list", routes.versions)
    router.add_api_route("/{module:path}/@v/{file}", routes.file)
    router.add_api_route("/{module:path}/@latest", routes.latest)
    router.add_api_route("/{rest:path}", routes.other)
    return router


def _info_answer(spec: Spec, cache_control: str) -> Answer:
    # The release's name alone decides about the time, and it says no more than the year.
    row: Mapping[str, str] = {"Version": format_version(spec.release), "Time": f"{spec.release[:4]}-01-01T00:00:00Z"}
    extra = {"tzdata-release": spec.release}
    return make_answer(json.dumps(row).encode() + b"\n", media_type=_JSON, cache_control=cache_control, extra=extra)


def _error_response(error: TzdataFilterError) -> Response:
    """Return an error as the tool shows it. What can never be a module is just as little here as what is not."""
    problem = from_error(error)
    status = HTTPStatus.NOT_FOUND if isinstance(error, InvalidRequest) else status_of(type(error))
    kept = {name: value for name, value in problem.headers.items() if name in ("cache-control", "retry-after")}
    return Response(f"{error.detail}\n".encode("ascii", "backslashreplace"), status, kept, _TEXT)
