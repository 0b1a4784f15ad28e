"""Dear requests in numbers stop neither cheap ones nor the event loop, whatever makes them dear."""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median

import httpx
import pytest

from app.artifact.spec import MAX_GLOBS, MAX_SELECTORS
from tests.hostile.attackers import Request, attacking
from tests.servers import Service, running_service

CLIENTS = 64
ATTACK_SECONDS = 1.2
USUAL_SECONDS = 3.0
"""What most probes take at most, on a machine that is busy with its own attack; on a quiet one it is milliseconds."""
LATE_SECONDS = 8.0
"""Nobody waits for a turn longer than 5 s; the rest is for a busy machine."""
MEMORY_BYTES = 200 << 20

_numbers = itertools.count()


def post(zones: Sequence[str]) -> Request:
    """Return the request for a list of zones."""
    return Request("/v1/bundles", method="POST", body=json.dumps({"zones": zones}))


PROBES: Mapping[str, Callable[[], str]] = {
    "health": lambda: "/healthz",
    "readiness": lambda: "/readyz",
    "hot": lambda: "/v1/bundles/2026f/Asia/Shanghai,Etc/UTC.zip",
    "cold": lambda: f"/v1/bundles/2026f/Asia/Tokyo,Europe/Berlin,Etc/UTC.tar?prefix=c{next(_numbers)}",
    "plan": lambda: f"/v1/bundles/2026f/Asia/Tokyo,Etc/UTC.json?prefix=c{next(_numbers)}",
    "tag": lambda: "/v2/asia/tokyo/manifests/2026f",
    "module": lambda: "/go/tz.internal/asia/tokyo/@v/list",
    "zone": lambda: "/v1/releases/2026f/zones/Europe/Berlin",
}

ATTACKS: Mapping[str, tuple[Request, set[int]]] = {
    "fat whole trees": (Request("/v1/bundles/2026f/*.tar?encoding=fat&prefix=p{}"), {200, 503}),
    "compressed whole trees": (Request("/v1/bundles/2026f/*.tar.gz?prefix=p{}"), {200, 503}),
    "whole modules": (Request("/v1/bundles/2026f/*.go.zip?module=tz.internal/p{}"), {200, 503}),
    "whole plans": (Request("/v1/bundles/2026f/*.json?prefix=p{}"), {200, 503}),
    "whole diffs": (Request("/v1/releases/2026f/diff/2026f?now={:04}-01-01"), {200, 503}),
    "whole lists": (Request("/v1/releases/2026f/zones"), {200, 503}),
    "searches": (Request("/v1/releases/2026f/zones?q=a"), {200, 503}),
    "whole feeds": (Request("/v1/feeds/*,Etc/UTC.atom?aliases=all"), {200, 503}),
    "too many globs": (post([f"*a{number}*" for number in range(MAX_SELECTORS)]), {400, 503}),
    "as many globs as there may be": (post([f"*{number}*a*" for number in range(MAX_GLOBS)]), {404, 503}),
    "unknown names": (post([f"Europe/Berlin{number}" for number in range(MAX_SELECTORS)]), {404, 503}),
    "typos": (Request("/v1/bundles/2026f/Europe/Berlin{}.zip"), {404, 503}),
    "typos in zones": (Request("/v1/releases/2026f/zones/Europe/Berlin{}"), {404, 503}),
    "typos in repositories": (Request("/v2/europe/berlin{}/manifests/2026f"), {404, 503}),
    "typos in modules": (Request("/go/tz.internal/europe/berlin{}/@latest"), {404, 503}),
    "names that are none": (post([f"Europe Berlin {number}" for number in range(MAX_SELECTORS)]), {400, 503}),
    "one name over and over": (post(["Europe/Berlin"] * MAX_SELECTORS), {200, 503}),
    "countries": (post([f"country:{a}{b}" for a in "ABCDEFGHIJKLM" for b in "ABCDEFGHIJKLM"]), {404, 503}),
    "nested globs": (Request("/v1/bundles/2026f/*/*/*.json?prefix=p{}"), {200, 503}),
    "stars": (Request("/v1/bundles/2026f/**********,*a*a*a*a*a*a*a*.json?prefix=p{}"), {404, 503}),
    "parts that no image has": (Request("/v2/europe/berlin/blobs/sha256:{:064x}"), {404, 503}),
    "dots in a bundle": (Request("/v1/bundles/2026f/" + 30_000 * "."), {400}),
    "dots in an artifact": (Request("/v1/artifacts/" + 15_000 * ".a"), {400}),
    "some dots in an artifact": (Request("/v1/artifacts/" + 900 * ".abc"), {404}),
    "deep JSON": (Request("/v1/bundles", method="POST", body=200_000 * "["), {400, 503}),
    "the reference": (Request("/openapi.json"), {200, 503}),
}


@pytest.fixture(scope="module")
def fair_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    # In memory: it is about threads and the event loop, not about how busy the disk is.
    settings = {"data_dir": "", "memory_store_bytes": 16 << 20, "hot_bytes": 16 << 20}
    with running_service(tmp_path_factory.mktemp("fair"), settings) as running:
        yield running


def probe(client: httpx.Client, path: str) -> float:
    started = time.monotonic()
    assert client.get(path).status_code == 200
    return time.monotonic() - started


@pytest.mark.parametrize("name", ATTACKS)
def test_cheap_requests_are_answered_while_dear_ones_come_in_numbers(fair_service: Service, name: str) -> None:
    request, expected = ATTACKS[name]
    times: dict[str, list[float]] = {kind: [] for kind in PROBES}
    with fair_service.client() as client:
        for path in PROBES.values():
            probe(client, path())  # what is done once is done
        with attacking(fair_service.port, request, clients=CLIENTS, seconds=ATTACK_SECONDS) as attack:
            ends = time.monotonic() + ATTACK_SECONDS
            while time.monotonic() < ends:
                for kind, path in PROBES.items():
                    times[kind].append(probe(client, path()))
            seen = attack.end()
    assert {kind: median(each) for kind, each in times.items() if median(each) > USUAL_SECONDS} == {}
    assert set(seen.statuses) <= expected
    assert seen.longest < LATE_SECONDS
    assert fair_service.peak_bytes < MEMORY_BYTES
