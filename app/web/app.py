"""The application: every router in one list, and the front around them. No route and no error form is written here."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.responses import Response

from app import __version__
from app.artifact.spec import LATEST
from app.builder.builder import Builder
from app.builder.images import Images
from app.errors import TzdataFilterError
from app.releases.library import Library
from app.settings import Settings
from app.store.base import Store
from app.web import goproxy
from app.web.edge.admission import Admission
from app.web.edge.front import Front, Tally
from app.web.edge.metrics import Metrics
from app.web.edge.request_log import RequestLog
from app.web.http.asgi import ASGIApp
from app.web.http.channel_fields import Channels
from app.web.http.forms import ErrorForms, install
from app.web.http.hot import HotRepresentations
from app.web.http.problems import problem_form
from app.web.openapi.document import describe
from app.web.portal.home import home_router
from app.web.portal.problems import problem_router
from app.web.portal.reference import docs_router
from app.web.registry import routes as registry
from app.web.registry.errors import registry_error
from app.web.registry.gate import RegistryGate
from app.web.v1.artifacts import artifact_router
from app.web.v1.bundles import bundle_router
from app.web.v1.diffs import diff_router
from app.web.v1.feed import feed_router
from app.web.v1.health import health_router
from app.web.v1.releases import release_router
from app.web.v1.sets import set_router
from app.web.v1.zones import zone_router
from app.work.pools import Pools

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the application is made of; ``wiring`` fills it.

    Attributes:
        builder: Reports to ``metrics``.
        clock: Returns Unix seconds.
    """

    settings: Settings
    pools: Pools
    library: Library
    store: Store
    builder: Builder
    hot: HotRepresentations
    tally: Tally
    metrics: Metrics
    clock: Callable[[], float]


def make_app(parts: WebParts) -> ASGIApp:
    """Return the whole ASGI application."""
    settings = parts.settings
    request_log = RequestLog(settings.log_format) if settings.request_log else None
    app = FastAPI(
        title="tzdata-filter",
        version=__version__,
        default_response_class=Response,
        lifespan=_lifespan(parts, request_log),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    forms = error_forms(settings.path_prefix)
    install(app, forms)
    images = Images(parts.library, parts.builder, parts.store)
    for router in (
        home_router(settings.base_url),
        bundle_router(
            parts.builder,
            parts.hot,
            Channels(parts.library, settings.base_url),
            max_url_bytes=settings.max_url_bytes,
        ),
        artifact_router(parts.builder, parts.hot, settings.base_url),
        release_router(parts.library),
        zone_router(parts.library, parts.builder, settings.base_url, parts.clock),
        diff_router(parts.library, parts.builder, parts.hot),
        feed_router(parts.library, parts.builder, parts.hot, settings.base_url),
        registry.registry_router(
            images, parts.library, parts.hot, channels=settings.channels, guarded=bool(settings.registry_token)
        ),
        set_router(images, parts.builder, settings.base_url, token=settings.registry_token),
        goproxy.goproxy_router(parts.builder, parts.library, parts.hot, settings.module_host),
        health_router(parts.library, parts.store, parts.pools, parts.metrics),
        docs_router(app, parts.pools.build, settings.path_prefix),
        problem_router(settings.path_prefix),
    ):
        app.include_router(router)
    describe(app, settings.path_prefix)
    admission = Admission(
        max_url_bytes=settings.max_url_bytes,
        max_body_bytes=settings.max_body_bytes,
        gates={registry.ROOT: RegistryGate(settings.registry_token).check},
    )
    return Front(app, hot=parts.hot, admission=admission, forms=forms, tally=parts.tally, request_log=request_log)


def error_forms(path_prefix: str) -> ErrorForms:
    """Return the form of errors of each protocol.

    Args:
        path_prefix: What the types of problems start with.
    """
    by_root = {registry.ROOT: registry_error, goproxy.ROOT: goproxy.go_error}
    return ErrorForms(by_root, problem_form(path_prefix))


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
    """Load the releases that are here before anybody asks for them; then look for new ones now and then."""
    while True:
        try:
            await library.refresh_local()
            await library.load_local()
            # What is here by now stays. Going through it for garbage would stop everything for 20 ms each time.
            gc.freeze()
            await library.refresh()
            await library.release(LATEST)
        except TzdataFilterError as error:
            _log.warning("no latest release: %s", error.detail)
        except Exception:  # noqa: BLE001 - whatever it was, the next look may go better
            _log.exception("looking for releases failed")
        await asyncio.sleep(every_seconds)
