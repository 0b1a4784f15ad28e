"""Go modules for the Go tool: ``/go/``, a module proxy whose only modules are those made of zones.

Source: the Go Modules Reference, *GOPROXY protocol*. Everything else is a 404 in plain text: the tool shows it, and
goes on to the next proxy in its list.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter

from app.artifact.formats import FORMATS
from app.artifact.go.module import (
    check_module_path,
    format_go_mod,
    format_sums,
    format_version,
    parse_module_path,
    parse_version,
)
from app.artifact.spec import LATEST, Spec
from app.builder.builder import Builder
from app.errors import NotFound, TzdataFilterError
from app.releases.library import Library
from app.releases.yanked import standing
from app.text import quote
from app.tzdb.names import is_channel_name, is_release_name, release_order
from app.tzdb.release import Release
from app.web.http.errors import fields_of, status_of
from app.web.http.hot import HotRepresentations
from app.web.http.representation import (
    IMMUTABLE,
    PLAIN_TEXT,
    REVALIDATE,
    Reply,
    Representation,
    make_reply,
    make_representation,
)
from app.web.http.routes import route_class

ROOT = "/go"
_JSON = "application/json"
_CAPITAL = re.compile(r"!([a-z])")
_FILE = re.compile(r"(.+)\.(info|mod|zip|sum)")


@dataclass(frozen=True, slots=True)
class GoRoutes:
    """The handlers under ``/go/``.

    Attributes:
        host: What module paths start with.
    """

    builder: Builder
    library: Library
    host: str

    async def versions(self, module: str) -> Representation:
        """List the versions of a module: the releases that have all of its zones."""
        path = self._path(module)
        # The tool takes the highest of these for the latest.
        releases = standing(await self._releases(path), self.library.catalogue.yanked())
        body = "".join(f"{format_version(release)}\n" for release in sorted(releases, key=release_order))
        return make_representation(body.encode(), media_type=PLAIN_TEXT, cache_control=REVALIDATE, keep=True)

    async def latest(self, module: str) -> Representation:
        """Answer with the newest version of a module."""
        return _represent_info(await self._spec(self._path(module), LATEST), REVALIDATE)

    async def file(self, module: str, file: str) -> Representation:
        """Answer with one file of a version: ``.info``, ``.mod``, ``.zip``, or ``.sum``, its lines of ``go.sum``."""
        path = self._path(module)
        match = _FILE.fullmatch(file)
        if match is None:
            raise NotFound(f"there is no {quote(file)}; each version has .info, .mod, .zip and .sum")
        version, kind = match[1], match[2]
        if kind == "info" and (is_release_name(version) or is_channel_name(version)):
            # The tool asks this for `@2026f` or `@latest-1`, and goes on with the version in the answer.
            return _represent_info(await self._spec(path, version), REVALIDATE)
        spec = await self._spec(path, parse_version(version))
        return _represent_info(spec, IMMUTABLE) if kind == "info" else await self._content(kind, spec)

    async def other(self, rest: str) -> Representation:
        """Say what there is."""
        raise NotFound(
            f"{quote(rest)} is not a module, a version or a checksum database here; modules are below {self.host},"
            f" as in {self.host}/asia/shanghai/etc/utc"
        )

    async def _content(self, kind: str, spec: Spec) -> Representation:
        go_mod = format_go_mod(spec.module)
        if kind == "zip":
            artifact = await self.builder.build(spec)
            return _represent(artifact.content, spec, media_type=FORMATS[spec.format].media_type)
        if kind == "mod":
            return _represent(go_mod, spec, media_type=PLAIN_TEXT)
        plan = await self.builder.plan(spec)
        files = ((entry.path, entry.sha256) for entry in plan.unpacked)
        sums = format_sums(spec.module, format_version(spec.release), go_mod=go_mod, files=files)
        return _represent(sums.encode(), spec, media_type=PLAIN_TEXT)

    def _path(self, module: str) -> str:
        """Return the module path in a URL. Source: the Go Modules Reference: an upper-case letter arrives as ``!x``."""
        path = _CAPITAL.sub(lambda match: match[1].upper(), module)
        check_module_path(path, self.host)
        return path

    async def _spec(self, path: str, choice: str) -> Spec:
        return await self._parse(path, await self.library.release(choice))

    async def _parse(self, path: str, release: Release) -> Spec:
        zones = path.partition("/")[2]
        return await self.builder.parse_path(zones, release, lambda: parse_module_path(path, release))

    async def _releases(self, path: str) -> list[str]:
        """Return the releases that have the module; those not yet fetched count as having it.

        Raises:
            UnknownZones: No release has it; the error names what the newest local one lacks.
        """

        async def check(release: Release) -> None:
            await self._parse(path, release)

        return await self.library.having(check)


def goproxy_router(builder: Builder, library: Library, hot: HotRepresentations, host: str) -> APIRouter:
    """Return the routes under ``/go/``. OpenAPI leaves them out: the Go Modules Reference describes them."""
    routes = GoRoutes(builder, library, host)
    router = APIRouter(prefix=ROOT, route_class=route_class(hot), include_in_schema=False)
    router.add_api_route("/{module:path}/@v/list", routes.versions)
    router.add_api_route("/{module:path}/@v/{file}", routes.file)
    router.add_api_route("/{module:path}/@latest", routes.latest)
    router.add_api_route("/{rest:path}", routes.other)
    return router


def go_error(error: TzdataFilterError) -> Reply:
    """Return an error as the Go tool shows it: plain text.

    What can never name a module is a 404 too: the tool then goes on to the next proxy.
    """
    status = status_of(type(error))
    status = HTTPStatus.NOT_FOUND if status == HTTPStatus.BAD_REQUEST else status
    text = f"{error.detail}\n".encode("ascii", "backslashreplace")
    return make_reply(status, fields_of(error), text, media_type=PLAIN_TEXT)


def _represent(content: bytes, spec: Spec, *, media_type: str, cache_control: str = IMMUTABLE) -> Representation:
    fields = {"tzdata-release": spec.release}
    return make_representation(content, media_type=media_type, cache_control=cache_control, fields=fields, keep=True)


def _represent_info(spec: Spec, cache_control: str) -> Representation:
    # The time follows from the release's name alone, which gives no more than the year.
    row: Mapping[str, str] = {"Version": format_version(spec.release), "Time": f"{spec.release[:4]}-01-01T00:00:00Z"}
    return _represent(json.dumps(row).encode() + b"\n", spec, media_type=_JSON, cache_control=cache_control)
