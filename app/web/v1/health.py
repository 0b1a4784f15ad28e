"""Health for orchestrators, metrics for Prometheus."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter

from app.errors import SourceUnreachable, UnknownRelease
from app.releases.library import Library
from app.store.base import Store
from app.web.edge.metrics import MEDIA_TYPE, Metrics
from app.web.http.representation import NO_STORE, PLAIN_TEXT, Reply, make_reply
from app.web.http.routes import route_class
from app.web.openapi.described import responses
from app.work.pools import Pools


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    """The handlers of ``/healthz``, ``/readyz`` and ``/metrics``."""

    library: Library
    store: Store
    pools: Pools
    metrics: Metrics

    async def healthz(self) -> Reply:
        """Say that the process answers."""
        return _reply(b"ok\n")

    async def readyz(self) -> Reply:
        """Say whether there is a release to serve, and whether the store takes a write."""
        try:
            release = await self.library.ready()
        except UnknownRelease as error:
            raise SourceUnreachable(error.detail) from error
        await self.pools.store.run(self.store.check)
        return _reply(f"ready, latest release {release.version}\n".encode())

    async def encode_metrics(self) -> Reply:
        """Answer with all metrics."""
        return _reply(self.metrics.encode(), media_type=MEDIA_TYPE)


def health_router(library: Library, store: Store, pools: Pools, metrics: Metrics) -> APIRouter:
    """Return the operator's routes."""
    routes = HealthRoutes(library, store, pools, metrics)
    router = APIRouter(tags=["operation"], route_class=route_class(checks_options=False))
    router.add_api_route(
        "/healthz",
        routes.healthz,
        operation_id="getHealth",
        summary="Is the process alive?",
        responses=responses("text/plain"),
    )
    router.add_api_route(
        "/readyz",
        routes.readyz,
        operation_id="getReadiness",
        summary="Can it serve bundles?",
        responses=responses("text/plain", 503),
    )
    router.add_api_route(
        "/metrics",
        routes.encode_metrics,
        operation_id="getMetrics",
        summary="Metrics for Prometheus",
        responses=responses("text/plain"),
    )
    return router


def _reply(body: bytes, *, media_type: str = PLAIN_TEXT) -> Reply:
    return make_reply(HTTPStatus.OK, {"cache-control": NO_STORE}, body, media_type=media_type)
