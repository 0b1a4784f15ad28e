"""Bundles by what they should hold: a release, a list of zones, a format."""

from dataclasses import dataclass
from urllib.parse import quote as quote_url
from urllib.parse import urlencode

from fastapi import APIRouter

from app.artifact.formats import DEFAULT_FORMAT, FORMATS, artifact_path, split_path
from app.artifact.options import OPTIONS, option_members
from app.artifact.plan import Plan
from app.artifact.record import LocatedRecordRow, plan_row
from app.artifact.spec import Spec, parse_spec
from app.builder.builder import Builder
from app.digest import format_digest
from app.errors import StoreUnavailable, UnknownFormat
from app.text import quote
from app.web.http.channel_fields import Channels, stays_the_same
from app.web.http.hot import HotRepresentations
from app.web.http.representation import (
    NO_STORE,
    PINNED,
    PLAIN_TEXT,
    REVALIDATE,
    Representation,
    json_representation,
    make_representation,
)
from app.web.http.requests import read_bundle_request
from app.web.http.routes import Asked, register_endings, route_class
from app.web.openapi.described import (
    BUNDLE_REQUEST,
    FormatPath,
    ReleasePath,
    ZonesPath,
    conditional_responses,
    query,
    responses,
)


@dataclass(frozen=True, slots=True)
class BundleRoutes:
    """The handlers under ``/v1/bundles``.

    Attributes:
        max_url_bytes: What the service reads as a URL.
    """

    builder: Builder
    channels: Channels
    max_url_bytes: int

    async def bundle(
        self, request: Asked, release: ReleasePath, zones: ZonesPath, format: FormatPath
    ) -> Representation:
        """Answer with the bundle itself."""
        artifact = await self.builder.build(await self._spec(request, release, zones, format))
        fields = self._fields(request, choice=release, version=artifact.release)
        # A store that is full or away did not take it, and a permanent URL that leads nowhere is worse than none.
        place = self.channels.path_prefix + artifact_path(artifact.sha256, artifact.record.format)
        location = {"content-location": place} if artifact.kept else {}
        return make_representation(
            artifact.content,
            media_type=FORMATS[artifact.plan.spec.format].media_type,
            cache_control=_cache_control(release, artifact.release),
            sha256=artifact.sha256,
            fields={**location, **fields},
            keep=stays_the_same(fields),
        )

    async def checksum(
        self, request: Asked, release: ReleasePath, zones: ZonesPath, format: FormatPath
    ) -> Representation:
        """Answer with one line for ``sha256sum -c``, for the file name that the bundle's URL ends in."""
        artifact = await self.builder.build(await self._spec(request, release, zones, format))
        fields = self._fields(request, choice=release, version=artifact.release)
        file_name = request.url.path.rpartition("/")[2].removesuffix(".sha256")
        return make_representation(
            f"{artifact.sha256}  {file_name}\n".encode(),
            media_type=PLAIN_TEXT,
            cache_control=_cache_control(release, artifact.release),
            fields=fields,
            keep=stays_the_same(fields),
        )

    async def plan(self, request: Asked, release: ReleasePath, zones: ZonesPath) -> Representation:
        """Answer with what would be in the bundle, and why."""
        options = dict(request.options)
        wanted = options.pop("format", DEFAULT_FORMAT)
        spec = await self.builder.read(
            len(zones), lambda: parse_spec(release, zones.split(","), format=wanted, options=options)
        )
        return await self.builder.planned(
            spec,
            lambda plan: json_representation(
                plan_row(plan),
                cache_control=_cache_control(release, plan.release),
                fields=self._fields(request, choice=release, version=plan.release),
            ),
        )

    async def post(self, request: Asked) -> Representation:
        """Build from a JSON body; answer with the record, and the URL of the bytes."""
        artifact = await self.builder.build(await read_bundle_request(request, self.builder.read))
        path = artifact_path(artifact.sha256, artifact.record.format) if artifact.kept else _bundle_path(artifact.plan)
        if len(path) > self.max_url_bytes:
            raise StoreUnavailable(
                "the store does not take the bundle, so it would have no URL; its list is too long for one"
            )

        def represent() -> Representation:
            row: LocatedRecordRow = {
                **plan_row(artifact.plan),
                "digest": format_digest(artifact.sha256),
                "size": len(artifact.content),
                "url": self.channels.base_url + path,
            }
            return json_representation(row, cache_control=NO_STORE, fields={"tzdata-release": artifact.release})

        return await self.builder.pools.build.run(represent)

    async def unknown_format(self, release: str, rest: str) -> Representation:  # noqa: ARG002 - whatever release
        """Say which formats there are, whatever else was asked for."""
        raise _unknown_format(rest)

    async def _spec(self, request: Asked, release: str, zones: str, format: str) -> Spec:
        return await self.builder.read(len(zones), lambda: _spec(request, release, zones, format))

    def _fields(self, request: Asked, *, choice: str, version: str) -> dict[str, str]:
        fields = {"tzdata-release": version}
        return fields if choice == version else {**fields, **self.channels.fields(request, choice, version)}


def bundle_router(builder: Builder, hot: HotRepresentations, channels: Channels, *, max_url_bytes: int) -> APIRouter:
    """Return the routes under ``/v1/bundles``."""
    routes = BundleRoutes(builder, channels, max_url_bytes)
    register_endings()
    router = APIRouter(prefix="/v1/bundles", tags=["bundles"], route_class=route_class(hot))
    router.add_api_route(
        "/{release}/{zones:path}.{format:ending}.sha256",
        routes.checksum,
        operation_id="getBundleChecksum",
        summary="The bundle's sha256, for sha256sum -c",
        responses=conditional_responses("text/plain", 404, 502, 503),
        openapi_extra=query(*OPTIONS),
    )
    router.add_api_route(
        "/{release}/{zones:path}.json",
        routes.plan,
        operation_id="getPlan",
        summary="What would be in the bundle, and why",
        responses=conditional_responses("Plan", 404, 502, 503),
        openapi_extra=query("format", *OPTIONS),
    )
    # The last of the three: it takes any ending.
    router.add_api_route(
        "/{release}/{zones:path}.{format:ending}",
        routes.bundle,
        operation_id="getBundle",
        summary="The bundle",
        responses=conditional_responses("bundle", 404, 502, 503),
        openapi_extra=query(*OPTIONS),
    )
    router.add_api_route(
        "",
        routes.post,
        methods=["POST"],
        operation_id="postBundle",
        summary="Build from a JSON body, for long lists",
        responses=responses("Record", 400, 404, 413, 502, 503),
        openapi_extra=BUNDLE_REQUEST,
    )
    router.add_api_route(
        "/{release}/{rest:path}",
        routes.unknown_format,
        include_in_schema=False,
        openapi_extra=query("format", *OPTIONS),
    )
    return router


def _spec(request: Asked, release: str, zones: str, format: str) -> Spec:
    names, known = split_path(zones, format)
    if known is None:
        raise _unknown_format(names)
    return parse_spec(release, names.split(","), format=known, options=request.options)


def _bundle_path(plan: Plan) -> str:
    """Return the path that asks for the bundle by what it holds."""
    zones = quote_url(",".join(map(str, plan.spec.selectors)), safe="/,*:")
    options = {
        name: value if isinstance(value, str) else ",".join(value) for name, value in option_members(plan.spec).items()
    }
    return f"/v1/bundles/{plan.release}/{zones}.{plan.spec.format}" + (f"?{urlencode(options)}" if options else "")


def _unknown_format(rest: str) -> UnknownFormat:
    """Return the error for a path whose last part has no known ending."""
    ending = rest.rpartition("/")[2].partition(".")[2]
    offer = ", ".join(FORMATS)
    said = f"{quote(ending)} is not a format; use one of {offer}"
    return UnknownFormat(
        said if ending else f"the URL ends without a format; add one of {offer}", formats=list(FORMATS)
    )


def _cache_control(choice: str, version: str) -> str:
    return PINNED if choice == version else REVALIDATE
