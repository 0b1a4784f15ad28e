"""Names and time: what is resolved, and for how long."""

import threading
import time

import httpcore
import pytest

from app.outbound.failures import Unreachable, Untrusted
from app.outbound.transport import MAX_RESOLVING, Bounds, resolve


@pytest.mark.parametrize(
    ("host", "addresses"), [("127.0.0.1", ["127.0.0.1"]), ("127.1", ["127.0.0.1"]), ("::1", ["::1"])]
)
def test_an_address_is_itself(host: str, addresses: list[str]) -> None:
    assert [str(address) for address in resolve(host, 80, 0.0)] == addresses


def test_a_name_is_resolved_to_each_of_its_addresses_once() -> None:
    addresses = resolve("localhost", 80, 5.0)
    assert len(addresses) == len(set(addresses)) > 0
    assert all(address.is_loopback for address in addresses)


@pytest.mark.parametrize("name", ["x" * 64 + ".localhost", "a..b.localhost", "\udcff"])
def test_a_name_that_cannot_be_resolved_is_unreachable(name: str) -> None:
    with pytest.raises(Unreachable, match="cannot be resolved"):
        resolve(name, 80, 5.0)


def test_a_resolver_that_hangs_holds_nobody_up_and_is_not_asked_without_end() -> None:
    stopping, asked = threading.Event(), []

    def hang(host: str, _: int) -> list[str]:
        asked.append(host)
        stopping.wait(20)
        return []

    for _ in range(MAX_RESOLVING):
        with pytest.raises(Unreachable, match="in time"):
            resolve("name.example", 80, 0.01, look_up=hang)
    with pytest.raises(Unreachable, match="resolver"):
        resolve("name.example", 80, 0.01, look_up=hang)
    assert len(asked) == MAX_RESOLVING
    stopping.set()
    assert resolve("localhost", 80, 5.0)


def test_bounds_end() -> None:
    bounds = Bounds(time.monotonic() + 60.0, 1.0, 10)
    assert bounds.wait() == 1.0
    bounds.count(10)
    with pytest.raises(Untrusted):
        bounds.count(1)
    with pytest.raises(httpcore.ReadTimeout):
        Bounds(time.monotonic(), 1.0, 10).wait()
