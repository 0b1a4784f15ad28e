"""One request: where it may connect to, and what of an answer is kept."""

import zlib

import httpx
import pytest

from app.outbound.exchange import MAX_OTHER_BYTES, Answer, Order, ask, let_any, make_bounds, unfold
from app.outbound.failures import Unreachable, Untrusted
from app.outbound.reach import IpAddress
from app.outbound.surroundings import Surroundings
from app.outbound.transport import Judge
from tests.hostile.raw_index import answer, raw_index

NOWHERE = Surroundings(variables={})


def get(url: str, *, judge: Judge = let_any, max_bytes: int = 100) -> Answer:
    bounds = make_bounds(max_bytes=max_bytes, silence_seconds=5.0, deadline_seconds=10.0)
    order = Order(url=httpx.URL(url), headers={}, max_bytes=max_bytes, judge=judge)
    return ask(order, NOWHERE, bounds)


def test_an_address_that_may_not_be_is_not_connected_to() -> None:
    asked: list[str] = []

    def refuse(address: IpAddress) -> None:
        asked.append(str(address))
        raise Untrusted("not there")

    with raw_index(lambda connection: connection.send(answer(b"x"))) as server:
        with pytest.raises(Untrusted, match="not there"):
            get(server.url.replace("127.0.0.1", "localhost"), judge=refuse)
        assert server.requests == []
    assert "127.0.0.1" in asked


def test_every_address_of_a_name_is_tried() -> None:
    with raw_index(lambda connection: connection.send(answer(b"x"))) as server:
        assert get(server.url.replace("127.0.0.1", "localhost")).content == b"x"


def test_an_error_is_read_as_far_as_it_may_be_and_a_redirect_not_at_all() -> None:
    with raw_index(lambda connection: connection.send(answer(b"x" * 200_000, status="500 No"))) as server:
        found = get(server.url)
        assert (found.status, found.content) == (500, b"x" * MAX_OTHER_BYTES)
        server.sender = lambda connection: connection.send(answer(b"x", status="302 Found", more={"Location": "/y"}))
        found = get(server.url)
        assert (found.status, found.content, found.headers["location"]) == (302, b"", "/y")


def test_it_says_who_it_is_and_asks_for_what_it_can_unfold() -> None:
    with raw_index(lambda connection: connection.send(answer(b"x"))) as server:
        get(server.url)
        (request,) = server.requests
    assert b"accept-encoding: identity\r\n" in request.lower()
    assert request.lower().count(b"\r\nhost: 127.0.0.1:") == 1


@pytest.mark.parametrize("coding", ["deflate", "gzip"])
def test_what_was_cut_short_is_not_taken(coding: str) -> None:
    folded = zlib.compress(b"x" * 1_000)
    assert unfold(folded, coding, max_bytes=1_000) == b"x" * 1_000
    with pytest.raises(Unreachable, match="too early"):
        unfold(folded[:-1], coding, max_bytes=1_000)
    with pytest.raises(Untrusted, match="larger than 999 bytes"):
        unfold(folded, coding, max_bytes=999)
    with pytest.raises(Untrusted, match="goes on"):
        unfold(folded + b"x", coding, max_bytes=1_000)
