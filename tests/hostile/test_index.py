"""A package index that wants to do harm: what it sends costs it nothing, and must cost this program as little.

``tests/sources/test_index.py`` has the index in bad moods; here somebody means it.
"""

import gzip
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.errors import SourceUnreachable, TzdataFilterError, UnknownRelease, UntrustedIndex, UntrustedRelease
from app.sources.index import MAX_PAGE_BYTES, IndexSource
from app.sources.index_address import IndexAddress
from app.sources.index_page import JSON_TYPE, MAX_WHEELS
from tests.data.invented_release import VERSION, package_files, wheel_name, write_wheel
from tests.hostile.raw_index import Connection, RawIndex, Sender, answer, file_entry, fold, page, raw_index
from tests.servers import StartService

NAME, WHEEL = wheel_name(), write_wheel(package_files())
FOLDED = fold(256 << 20)
GOOD = page([file_entry(NAME, WHEEL)])
HTML = "text/html"
MOST_BYTES = 200_000_000
SILENCE_SECONDS, WHEEL_SECONDS = 0.5, 1.0
PATIENCE_SECONDS = 8.0
"""Both attempts, with their deadlines, on a machine that is busy with other things."""


def refold(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = gzip.compress(content)
    return content


def constant(content: bytes) -> Sender:
    return lambda connection: connection.send(content)


def endless(head: bytes, piece: bytes, *, pause: float = 0.0) -> Sender:
    def send(connection: Connection) -> None:
        connection.send(head)
        connection.repeat(piece, pause=pause)

    return send


START = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON_TYPE}\r\n".encode()
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
BOMBS = {
    "one layer": answer(FOLDED, more={"Content-Encoding": "gzip"}),
    "two layers": answer(gzip.compress(FOLDED), more={"Content-Encoding": "gzip, gzip"}),
    "two layers in two lines": answer(
        gzip.compress(FOLDED), more={"Content-Encoding": "gzip", "content-encoding": "gzip"}
    ),
    "five layers": answer(refold(FOLDED, 4), more={"Content-Encoding": ", ".join(["gzip"] * 5)}),
    "the old name": answer(FOLDED, more={"Content-Encoding": "X-GZip"}),
    "another coding": answer(b"\x1b" * 1_000, more={"Content-Encoding": "br"}),
    "a coding of no kind": answer(GOOD, more={"Content-Encoding": "gzip;q=1" + "x" * 9_000}),
    "members without end": answer(gzip.compress(GOOD) + gzip.compress(b"") * 40_000, more={"Content-Encoding": "gzip"}),
    "rubbish": answer(b"\x1f\x8b" + b"\0" * 100, more={"Content-Encoding": "gzip"}),
    "no layer at all": answer(GOOD, more={"Content-Encoding": "gzip"}),
}
NEVER_ENDING: dict[str, Sender] = {
    "body": endless(START + b"\r\n", b"[" * 65_536),
    "body in small pieces": endless(CHUNKED, b"1\r\n[\r\n" * 8_192),
    "chunk extension": endless(CHUNKED + b"1;", b"x" * 65_536),
    "small chunk extensions": endless(CHUNKED, (b"1;" + b"x" * 9_000 + b"\r\n[\r\n") * 10),
    "trailers": endless(CHUNKED + b"1\r\n[\r\n0\r\n", b"X: a\r\n" * 8_192),
    "headers": endless(START, b"X: a\r\n" * 8_192),
    "a header": endless(START + b"X: ", b"a" * 65_536),
    "a status line": endless(b"HTTP/1.1 200 ", b"O" * 65_536),
    "interim answers": endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1_000),
    "interim answers that continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
}
DRIPPING: dict[str, Sender] = {
    "nothing": endless(b"", b"", pause=0.1),
    "a status line": endless(b"HTTP/1.1 200 ", b"O", pause=0.1),
    "headers": endless(START, b"X: a\r\n", pause=0.1),
    "interim answers": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=0.1),
    "body": endless(START + b"\r\n", b"[", pause=0.1),
    "chunks": endless(CHUNKED, b"1\r\n[\r\n", pause=0.1),
    "trailers": endless(CHUNKED + b"0\r\n", b"X: a\r\n", pause=0.1),
}
RUBBISH = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "nothing": b"",
    "a length without end": START + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
    "a length below zero": START + b"Content-Length: -1\r\n\r\n{}",
    "two lengths": START + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a status of no kind": b"HTTP/1.1 99999 OK\r\n\r\n",
    "a cookie of odd dates": answer(GOOD, status="500 No", more={"Set-Cookie": "a=b; expires=" + "0 " * 20_000}),
    "a header of odd bytes": START + b"\xff\x00: \xff\r\n\r\n",
    "a redirect to nowhere": answer(b"", status="302 Found"),
    "a redirect to half a bracket": answer(b"", status="302 Found", more={"Location": "http://["}),
    "a redirect to a file": answer(b"", status="302 Found", more={"Location": "file:///etc/passwd"}),
    "a redirect without end": answer(b"", status="302 Found", more={"Location": "/" + "x" * 60_000}),
    "a redirect to itself": answer(b"", status="301 Moved", more={"Location": "/simple/tzdata/"}),
    "a redirect to another port": answer(b"", status="302 Found", more={"Location": "http://127.0.0.1:1/"}),
}
PAGES = {
    "nested lists": (b"[" * (MAX_PAGE_BYTES - 1), JSON_TYPE),
    "nested objects": (b'{"":' * (MAX_PAGE_BYTES // 5), JSON_TYPE),
    "a huge number": (b'{"files": ' + b"1" * 900_000 + b"}", JSON_TYPE),
    "no list": (b'{"files": {"a": 1}}', JSON_TYPE),
    "not a number": (b"NaN", JSON_TYPE),
    "another thing": (b'"files"', JSON_TYPE),
    "not UTF-8": (b"\xff\xfe\x00", JSON_TYPE),
    "a type of odd bytes": (GOOD, "\xe9\xff/" + "x" * 9_000),
    "a page to log in": (b'<html><a href="/forgot">Forgot?</a><form action="/login"></form></html>', HTML),
    "a page to log in, of the right type": (b"<html>log in</html>", "application/vnd.pypi.simple.v1+html"),
    "comments that do not end": (b"<!--" * (MAX_PAGE_BYTES // 4), HTML),
    "tags that do not end": (b"<a " * (MAX_PAGE_BYTES // 3), HTML),
    "attributes without end": (b"<a " + b"a " * (MAX_PAGE_BYTES // 2 - 2), HTML),
    "values that do not end": (b"<a x='" * (MAX_PAGE_BYTES // 7), HTML),
    "declarations that do not end": (b"<![" * (MAX_PAGE_BYTES // 3), HTML),
    "scripts that do not end": (b"<script >" * (MAX_PAGE_BYTES // 9), HTML),
    "blanks": (b"<a" + b" " * (MAX_PAGE_BYTES - 2), HTML),
    "blanks before nothing": (b"<a x" + b" " * (MAX_PAGE_BYTES - 4), HTML),
    "a base of no kind": (f'<base href="http://["><a href="{NAME}">x</a>'.encode(), HTML),
    "more wheels than there can be": (
        page([file_entry(f"tzdata-{year}.{n}-py3-none-any.whl", b"") for year in range(2000, 2100) for n in range(11)]),
        JSON_TYPE,
    ),
}


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


ODD_URLS = (
    "http://[",
    "http://[::1",
    "http://x:99999/",
    "http://x:y/",
    "http://x:0/",
    "file:///etc/passwd",
    "data:application/zip;base64,UEsDBA==",
    "javascript:alert(1)",
    "ftp://x/",
    "http://\0/",
    "http://a b/",
    "http://x/\r\nHost: y",
    "http://\ud800/",
    "http://xn--\u2024/",
    "http://\U0001f937.example/",
    "http://" + "x" * 100_000,
    "https://",
)


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


ATTACKS: dict[str, Sender] = {
    "two layers": constant(BOMBS["two layers"]),
    "one layer": constant(BOMBS["one layer"]),
    "body": NEVER_ENDING["body"],
    "trailers": NEVER_ENDING["trailers"],
    "objects": constant(answer(b'{"files":[' + b'{"":{}},' * 116_000 + b"{}]}")),
    "links": constant(answer(b"<a href=x>" * 100_000, kind=HTML)),
    "odd addresses": constant(
        answer(
            page([file_entry(f"tzdata-{2000 + n}.1-py3-none-any.whl", b"", url=url) for n, url in enumerate(ODD_URLS)])
        )
    ),
}


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
