"""Metrics: what an operator would alert on, for Prometheus.

Requests are counted in plain numbers on the way (a lock for each would cost more than the request) and turned into
metrics only when they are asked for.
"""

from collections import defaultdict
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from app import __version__
from app.builder.builder import Outcome
from app.releases.library import Library
from app.web.edge.front import Tally
from app.web.http.hot import HotRepresentations
from app.work.pools import Pools

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUILD_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Prometheus' registry, and everything in it."""

    def __init__(self, tally: Tally, library: Library, hot: HotRepresentations, pools: Pools) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Live(tally, library, hot, pools))
        ProcessCollector(registry=self._registry)
        self._builds = Counter(
            "tzdata_filter_builds", "Artifacts asked of the builder, by outcome.", ["outcome"], registry=self._registry
        )
        self._build_seconds = Histogram(
            "tzdata_filter_build_seconds",
            "Time to read or build one artifact.",
            buckets=_BUILD_BUCKETS,
            registry=self._registry,
        )

    def observe_build(self, outcome: Outcome, seconds: float) -> None:
        """Count one call of the builder."""
        self._builds.labels(outcome).inc()
        self._build_seconds.observe(seconds)

    def encode(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class _Live(Collector):
    def __init__(self, tally: Tally, library: Library, hot: HotRepresentations, pools: Pools) -> None:
        self._tally = tally
        self._library = library
        self._hot = hot
        self._pools = pools

    def collect(self) -> Iterator[Metric]:
        tally = self._tally
        requests = CounterMetricFamily(
            "tzdata_filter_requests", "Answered requests.", labels=["route", "method", "status"]
        )
        counts: defaultdict[str, int] = defaultdict(int)
        for (route, method, status), count in tally.requests.items():
            requests.add_metric([route, method, str(status)], count)
            counts[route] += count
        seconds = SummaryMetricFamily("tzdata_filter_request_seconds", "Time to answer.", labels=["route"])
        for route, count in counts.items():
            seconds.add_metric([route], count_value=count, sum_value=tally.seconds[route])
        yield requests
        yield seconds
        yield CounterMetricFamily("tzdata_filter_sent_bytes", "Bytes of bodies sent.", value=tally.sent_bytes)
        yield CounterMetricFamily("tzdata_filter_hot_answers", "Requests answered from memory.", value=tally.hot)
        yield GaugeMetricFamily("tzdata_filter_hot_bytes", "Bytes of answers kept ready.", value=self._hot.held_bytes)
        yield GaugeMetricFamily("tzdata_filter_releases", "Releases on offer.", value=len(self._library.versions()))
        yield GaugeMetricFamily(
            "tzdata_filter_releases_refused", "Releases that do not verify.", value=len(self._library.refusals())
        )
        yield from _pool_metrics(self._pools)
        build = GaugeMetricFamily("tzdata_filter_info", "This program's version.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build


def _pool_metrics(pools: Pools) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("tzdata_filter_waiting", "What waits for a thread or a turn now.", labels=["pool"])
    seconds = SummaryMetricFamily("tzdata_filter_wait_seconds", "Time until it got one.", labels=["pool"])
    refused = CounterMetricFamily("tzdata_filter_waits_refused", "What waited too long.", labels=["pool"])
    for pool in pools:
        waits = pool.waits
        waiting.add_metric([waits.name], pool.waiting)
        seconds.add_metric([waits.name], count_value=waits.started, sum_value=waits.waited)
        refused.add_metric([waits.name], waits.refused)
    yield waiting
    yield seconds
    yield refused
