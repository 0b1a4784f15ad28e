"""Clients of the shared service, of one that keeps nothing hot, and the release both serve."""

from collections.abc import Iterator

import httpx
import pytest

from tests.servers import Service, running_service


@pytest.fixture(scope="session")
def client(service: Service) -> Iterator[httpx.Client]:
    """Return a client of the shared service."""
    with service.client() as client:
        yield client


@pytest.fixture(scope="session")
def cold_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Return a client of a service in which every answer comes from the routes."""
    with running_service(tmp_path_factory.mktemp("cold"), {"hot_bytes": 0}) as running, running.client() as client:
        yield client


@pytest.fixture(scope="session")
def release(client: httpx.Client) -> str:
    """Return the newest release, the one that is installed."""
    latest = client.get("/v1/releases").json()["latest"]
    assert isinstance(latest, str)
    return latest
