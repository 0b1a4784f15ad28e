"""The application: routers, middleware and the front around them, each visible in one list."""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.responses import Response

from app import __version__
from app.artifact.spec import FORMATS, GO_FORMATS, LATEST
from app.builder.builder import Builder
from app.builder.images import Images
from app.errors import TzdataFilterError
from app.releases.library import Library
from app.settings import Settings
from app.store.base import Store
from app.web.edge.front import Front
from app.web.edge.limits import HeadAsGet, Limits
from app.web.edge.metrics import Metrics, Tally
from app.web.edge.request_log import RequestLog
from app.web.goproxy import goproxy_router
from app.web.http import problems
from app.web.http.asgi import ASGIApp
from app.web.http.channel_fields import Channels
from app.web.http.hot import HotAnswers
from app.web.openapi.document import describe
from app.web.portal.home import home_router
from app.web.portal.problems import problem_router
from app.web.portal.reference import docs_router
from app.web.registry.gate import RegistryGate
from app.web.registry.routes import registry_router
from app.web.v1.artifacts import artifact_router
from app.web.v1.bundles import bundle_router
from app.web.v1.diffs import diff_router
from app.web.v1.feed import feed_router
from app.web.v1.health import health_router
from app.web.v1.releases import release_router
from app.web.v1.zones import zone_router

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the application is made of; ``wiring`` fills it.

    Shape: ``clock`` returns Unix seconds; the builder reports to ``metrics``.
    """

    settings: Settings
    library: Library
    store: Store
    builder: Builder
    hot: HotAnswers
    tally: Tally
    metrics: Metrics
    clock: Callable[[], float] = time.time


def make_app(parts: WebParts) -> ASGIApp:
    """Return the whole ASGI application."""
    settings = parts.settings
    request_log = RequestLog(settings.log_format) if settings.request_log else None
    # Starlette reads the formats in a path through a convertor; they are the same for every application.
    register_url_convertor("format", _FormatConvertor())
    app = FastAPI(
        title="tzdata-filter",
        version=__version__,
        default_response_class=Response,
        lifespan=_lifespan(parts, request_log),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(RegistryGate, token=settings.registry_token),
            Middleware(Limits, max_url_bytes=settings.max_url_bytes, max_body_bytes=settings.max_body_bytes),
            Middleware(HeadAsGet),
        ],
    )
    problems.install(app)
    for router in (
        home_router(settings.base_url),
        bundle_router(parts.builder, parts.hot, Channels(parts.library, settings.base_url)),
        artifact_router(parts.builder, parts.hot, settings.base_url),
        release_router(parts.library),
        zone_router(parts.library, settings.base_url, parts.clock),
        diff_router(parts.library, parts.hot),
        feed_router(parts.library, parts.hot, settings.base_url),
        make_registry(parts),
        goproxy_router(parts.builder, parts.library, parts.hot, settings.module_host),
        health_router(parts.library, parts.store, parts.metrics),
        docs_router(app),
        problem_router(),
    ):
        app.include_router(router)
    describe(app)
    return Front(app, hot=parts.hot, tally=parts.tally, request_log=request_log)


def make_registry(parts: WebParts) -> APIRouter:
    """Return the routes of the registry."""
    settings = parts.settings
    return registry_router(
        Images(parts.library, parts.builder, parts.store),
        parts.library,
        channels=settings.channels,
        # What is hot is answered before anybody asks for a token.
        hot=None if settings.registry_token else parts.hot,
        base_url=settings.base_url,
    )


class _FormatConvertor(Convertor[str]):
    # A name before it is matched as far as it goes: `x.go.zip` must not be a `x.go` in the format `zip`.
    regex = "|".join(
        re.escape(ending) if ending in GO_FORMATS else rf"(?<!\.go\.){re.escape(ending)}" for ending in FORMATS
    )

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


def _lifespan(
    parts: WebParts, request_log: RequestLog | None
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        work = [asyncio.create_task(_look_for_releases(parts.library, parts.settings.rescan_seconds))]
        if request_log is not None:
            work.append(asyncio.create_task(request_log.run()))
        try:
            yield
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    return lifespan


async def _look_for_releases(library: Library, every_seconds: float) -> None:
    """Load what there is, ahead of the first request for it; then look for new releases now and then."""
    while True:
        try:
            await library.refresh_local()
            await library.load_local()
            await library.refresh()
            await library.release(LATEST)
        except TzdataFilterError as error:
            _log.warning("no latest release: %s", error.detail)
        except Exception:  # noqa: BLE001 - whatever it was, the next look may go better
            _log.exception("looking for releases failed")
        await asyncio.sleep(every_seconds)
