"""Metrics: what Prometheus reads, and that it counts what happened."""

from collections.abc import Mapping

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import __version__
from app.errors import StoreUnavailable
from app.store.memory import MemoryStore
from tests.web.apps import Shelf, local_client, make_parts

pytestmark = pytest.mark.anyio

URL = "/v1/bundles/2099a/Test/Zone.zip"
ROUTE = "/v1/bundles/{release}/{zones}.{format}"
FAMILIES = {
    "tzdata_filter_requests": "counter",
    "tzdata_filter_request_seconds": "summary",
    "tzdata_filter_sent_bytes": "counter",
    "tzdata_filter_hot_answers": "counter",
    "tzdata_filter_connections": "gauge",
    "tzdata_filter_connections_refused": "counter",
    "tzdata_filter_hot_bytes": "gauge",
    "tzdata_filter_waiting": "gauge",
    "tzdata_filter_wait_seconds": "summary",
    "tzdata_filter_waits_refused": "counter",
    "tzdata_filter_releases": "gauge",
    "tzdata_filter_releases_refused": "gauge",
    "tzdata_filter_ledger_unreadable": "gauge",
    "tzdata_filter_ledger_unwritten": "gauge",
    "tzdata_filter_store_bytes": "gauge",
    "tzdata_filter_store_full": "gauge",
    "tzdata_filter_source_age_seconds": "gauge",
    "tzdata_filter_source_failures": "counter",
    "tzdata_filter_info": "gauge",
    "tzdata_filter_builds": "counter",
    "tzdata_filter_build_seconds": "histogram",
}

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


class FullStore(MemoryStore):
    """A store with no room."""

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:  # noqa: ARG002 - it takes nothing
        raise StoreUnavailable("no space left")


async def read_samples(client: httpx.AsyncClient) -> Samples:
    response = await client.get("/metrics")
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def labelled(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return (f"tzdata_filter_{name}", frozenset(labels.items()))


async def test_names_and_types_are_these_and_each_is_explained() -> None:
    async with local_client(make_parts()) as client:
        await client.get(URL)
        families = [*text_string_to_metric_families((await client.get("/metrics")).text)]
    own = {family.name: family for family in families if family.name.startswith("tzdata_filter")}
    created = "_created"  # the client library adds the time of each counter
    assert {name: family.type for name, family in own.items() if not name.endswith(created)} == FAMILIES
    assert all(family.documentation for family in own.values())
    assert "process_resident_memory_bytes" in {family.name for family in families}


async def test_requests_are_counted_by_route_method_and_status() -> None:
    async with local_client(make_parts()) as client:
        size = len((await client.get(URL)).content)
        for _ in range(2):
            await client.get(URL)
        await client.head(URL)
        await client.get(URL, headers={"If-None-Match": "*"})
        await client.get("/nothing")
        await client.get("/v1/bundles/2099a/No/Zone.zip")
        samples = await read_samples(client)
    assert samples[labelled("requests_total", route=ROUTE, method="GET", status="200")] == 3
    assert samples[labelled("requests_total", route=ROUTE, method="HEAD", status="200")] == 1
    assert samples[labelled("requests_total", route=ROUTE, method="GET", status="304")] == 1
    assert samples[labelled("requests_total", route=ROUTE, method="GET", status="404")] == 1
    assert samples[labelled("requests_total", route="none", method="GET", status="404")] == 1
    assert samples[labelled("request_seconds_count", route=ROUTE)] == 6
    assert samples[labelled("request_seconds_sum", route=ROUTE)] > 0
    assert samples[labelled("hot_answers_total")] == 4
    assert samples[labelled("hot_bytes")] > size
    assert samples[labelled("sent_bytes_total")] >= 3 * size


async def test_no_path_becomes_a_label() -> None:
    async with local_client(make_parts()) as client:
        for number in range(20):
            await client.get(f"/nothing/{number}")
            await client.get(f"/v1/bundles/2099a/Zone/{number}.zip")
            await client.get(f"/v1/releases/{number}")
        routes = {dict(labels).get("route") for _, labels in await read_samples(client)}
    assert routes == {None, "none", ROUTE, "/v1/releases/{release}"}


async def test_builds_are_counted_by_outcome() -> None:
    parts = make_parts(store=MemoryStore())
    async with local_client(parts) as client:
        await client.get(URL)
        await client.get(f"{URL}?aliases=exact")
        samples = await read_samples(client)
    assert samples[labelled("builds_total", outcome="built")] == 1
    assert samples[labelled("builds_total", outcome="stored")] == 1
    assert samples[labelled("build_seconds_count")] == 2


async def test_a_build_that_could_not_be_kept_shows() -> None:
    async with local_client(make_parts(store=FullStore())) as client:
        assert (await client.get(URL)).status_code == 200
        samples = await read_samples(client)
    assert samples[labelled("builds_total", outcome="unkept")] == 1


async def test_releases_and_the_version_show() -> None:
    async with local_client(make_parts()) as client:
        samples = await read_samples(client)
        assert samples[labelled("releases")] == 1
        assert samples[labelled("releases_refused")] == 0
        assert samples[labelled("info", version=__version__)] == 1
    async with local_client(make_parts(Shelf())) as client:
        assert (await read_samples(client))[labelled("releases")] == 0
