"""A package index that wants to do harm: what it sends costs it nothing, and must cost this program as little.

``tests/sources/test_index.py`` has the index in bad moods; here somebody means it.
"""

import gzip
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.errors import SourceUnreachable, TzdataFilterError, UnknownRelease, UntrustedIndex, UntrustedRelease
from app.sources.index import IndexSource
from app.sources.index_address import IndexAddress
from app.sources.index_page import MAX_WHEELS
from tests.data.invented_release import VERSION
from tests.hostile.index_attacks import (
    ATTACKS,
    BOMBS,
    DRIPPING,
    GOOD,
    NAME,
    NEVER_ENDING,
    ODD_URLS,
    PAGES,
    RUBBISH,
    WHEEL,
    constant,
)
from tests.hostile.raw_index import RawIndex, Sender, answer, file_entry, page, raw_index
from tests.servers import StartService

MOST_BYTES = 200_000_000
SILENCE_SECONDS, WHEEL_SECONDS = 0.5, 1.0
PATIENCE_SECONDS = 8.0
"""Both attempts, with their deadlines, on a machine that is busy with other things."""


@pytest.fixture
def index() -> Iterator[RawIndex]:
    with raw_index(constant(b"")) as running:
        yield running


def source_of(index: RawIndex) -> IndexSource:
    address = IndexAddress(index.url, None)
    return IndexSource(
        lambda: address,
        refresh_seconds=3_600.0,
        wheel_seconds=WHEEL_SECONDS,
        silence_seconds=SILENCE_SECONDS,
        variables=dict,
    )


def fails_in_time(attempt: Callable[[], object], *errors: type[TzdataFilterError]) -> TzdataFilterError:
    started = time.monotonic()
    with pytest.raises(errors) as caught:
        attempt()
    assert time.monotonic() - started < PATIENCE_SECONDS
    assert caught.value.detail.isprintable()
    assert len(caught.value.detail) < 600
    return caught.value


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_what_unfolds_to_more_than_it_may_or_is_folded_in_other_ways_is_refused(index: RawIndex, bomb: bytes) -> None:
    index.sender = constant(bomb)
    fails_in_time(source_of(index).offers, UntrustedIndex)


@pytest.mark.parametrize("sender", NEVER_ENDING.values(), ids=NEVER_ENDING.keys())
def test_what_does_not_end_is_cut_off(index: RawIndex, sender: Sender) -> None:
    index.sender = sender
    fails_in_time(source_of(index).offers, UntrustedIndex, SourceUnreachable)


@pytest.mark.parametrize("sender", DRIPPING.values(), ids=DRIPPING.keys())
def test_what_drips_is_cut_off_at_the_deadline_wherever_it_drips(index: RawIndex, sender: Sender) -> None:
    index.sender = sender
    error = fails_in_time(source_of(index).offers, SourceUnreachable)
    assert "slow" in error.detail or "timed out" in error.detail


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
def test_an_answer_that_is_none_is_an_error_of_the_index(index: RawIndex, rubbish: bytes) -> None:
    index.sender = constant(rubbish)
    fails_in_time(source_of(index).offers, UntrustedIndex, SourceUnreachable)


@pytest.mark.parametrize(("content", "kind"), PAGES.values(), ids=PAGES.keys())
def test_a_page_that_is_none_is_an_error_of_the_index(index: RawIndex, content: bytes, kind: str) -> None:
    index.sender = constant(answer(content, kind=kind))
    fails_in_time(source_of(index).offers, UntrustedIndex)


@pytest.mark.parametrize("bomb", ["one layer", "two layers"])
def test_a_wheel_is_unfolded_within_its_bounds_too(index: RawIndex, bomb: str) -> None:
    index.sender = lambda connection: connection.send(BOMBS[bomb] if ".whl" in connection.path else answer(GOOD))
    fails_in_time(lambda: source_of(index).load(VERSION, {}), UntrustedIndex)


def test_a_wheel_that_drips_in_its_headers_ends_at_its_deadline(index: RawIndex) -> None:
    index.sender = lambda connection: (DRIPPING["headers"] if ".whl" in connection.path else constant(answer(GOOD)))(
        connection
    )
    fails_in_time(lambda: source_of(index).load(VERSION, {}), SourceUnreachable)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "identity", ""])
def test_one_layer_is_unfolded(index: RawIndex, coding: str) -> None:
    folded = gzip.compress(GOOD) if "z" in coding.lower() else GOOD
    index.sender = constant(answer(folded, more={"Content-Encoding": coding}))
    assert source_of(index).offers().releases == {VERSION}


@pytest.mark.parametrize("url", ODD_URLS, ids=lambda url: url[:20].encode("ascii", "backslashreplace").decode())
def test_an_entry_that_is_no_address_costs_that_entry_alone(index: RawIndex, url: str) -> None:
    other = "tzdata-2026.5-py3-none-any.whl"
    index.sender = constant(answer(page([file_entry(other, b"", url=url), file_entry(NAME, WHEEL)])))
    offers = source_of(index).offers()
    assert offers.releases == {VERSION}
    assert list(offers.refused) == [other]
    assert offers.refused[other].isprintable()


@pytest.mark.parametrize(
    "entry",
    [None, 1, [], {}, {"filename": NAME}, {"filename": [], "url": ""}, {"filename": "\ud800", "url": "\ud800"}],
)
def test_an_entry_that_says_nothing_is_left_out(index: RawIndex, entry: object) -> None:
    index.sender = constant(answer(page([entry, file_entry(NAME, WHEEL)])))
    offers = source_of(index).offers()
    assert offers.releases == {VERSION}
    assert not offers.refused


@pytest.mark.parametrize("hashes", [None, [], {"sha256": None}, {"sha256": 1}, {"sha256": "x"}, {"md5": "0" * 32}])
def test_an_entry_without_a_sha256_is_on_offer_but_is_not_fetched(index: RawIndex, hashes: object) -> None:
    index.sender = constant(answer(page([file_entry(NAME, WHEEL, hashes=hashes)])))
    source = source_of(index)
    assert source.offers().releases == {VERSION}
    fails_in_time(lambda: source.load(VERSION, {}), UntrustedRelease)
    assert len(index.requests) == 1


def test_a_hundred_callers_of_an_index_that_drips_are_one_request(index: RawIndex) -> None:
    index.sender = DRIPPING["headers"]
    source = source_of(index)
    callers = [
        threading.Thread(target=fails_in_time, args=(source.offers, SourceUnreachable, UnknownRelease))
        for _ in range(100)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(index.requests) <= 2


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_service_keeps_its_memory_and_what_it_has(
    start_service: StartService, index: RawIndex, attack: Sender
) -> None:
    index.sender = attack
    service = start_service(offline=False, index_url=index.url, index_timeout_seconds=1)
    with service.client() as client:
        for path in ("/readyz", "/v1/bundles/latest/Etc/UTC.zip", "/v1/releases"):
            assert client.get(path).status_code == 200
        assert client.get("/v1/bundles/2019z/Etc/UTC.zip").status_code in (400, 404, 502, 503)
        assert client.get("/v1/bundles/2021a/Etc/UTC.zip").status_code in (404, 502, 503)
    assert len(index.requests) > 0
    assert service.peak_bytes <= MOST_BYTES


def test_the_bound_on_wheels_leaves_room() -> None:
    assert MAX_WHEELS > 20 * 33
