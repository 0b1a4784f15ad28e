"""Health for orchestrators, metrics for Prometheus."""

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from app.artifact.spec import LATEST
from app.errors import SourceUnreachable, UnknownRelease
from app.releases.library import Library
from app.store.base import Store
from app.web.edge.metrics import MEDIA_TYPE, Metrics
from app.web.openapi.described import answers


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    """The handlers of ``/healthz``, ``/readyz`` and ``/metrics``."""

    library: Library
    store: Store
    metrics: Metrics

    async def healthz(self) -> Response:
        """Answer, which is all there is to it."""
        return _plain("ok\n")

    async def readyz(self) -> Response:
        """Tell whether there is a release to serve and the store takes what is built."""
        try:
            release = await self.library.release(LATEST)
        except UnknownRelease as error:
            raise SourceUnreachable(error.detail) from error
        await asyncio.to_thread(self.store.check)
        return _plain(f"ready, latest release {release.version}\n")

    async def write_metrics(self) -> Response:
        """Answer everything that is counted."""
        return Response(self.metrics.write(), headers={"cache-control": "no-store"}, media_type=MEDIA_TYPE)


def health_router(library: Library, store: Store, metrics: Metrics) -> APIRouter:
    """Return the operator's routes."""
    routes = HealthRoutes(library, store, metrics)
    router = APIRouter(tags=["operation"])
    router.add_api_route(
        "/healthz",
        routes.healthz,
        operation_id="getHealth",
        summary="Is the process alive",
        responses=answers("text/plain"),
    )
    router.add_api_route(
        "/readyz",
        routes.readyz,
        operation_id="getReadiness",
        summary="Can it serve bundles",
        responses=answers("text/plain", 503),
    )
    router.add_api_route(
        "/metrics",
        routes.write_metrics,
        operation_id="getMetrics",
        summary="Metrics for Prometheus",
        responses=answers("text/plain"),
    )
    return router


def _plain(text: str) -> Response:
    return Response(text, headers={"cache-control": "no-store"}, media_type="text/plain; charset=utf-8")
