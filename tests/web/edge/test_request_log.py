"""The request log: one line a request, whatever the request says, and off when it is to be off."""

import io
import json
import re

import pytest

from app.web.edge.request_log import MAX_TARGET_BYTES, MAX_WAITING_LINES, RequestLine, RequestLog
from tests.servers import StartService
from tests.web.raw import exchange, get

TEXT_LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z request (?P<method>[A-Z]+) (?P<target>\S+) (?P<status>\d{3})"
    r" (?P<size>\d+) B \d+\.\d\d ms (?P<id>[A-Za-z0-9._-]+)"
)
JSON_MEMBERS = {
    *("time", "level", "logger", "method", "target", "status", "size_bytes", "seconds", "route", "request_id"),
}


def make_line(path: bytes = b"/", query: bytes = b"") -> RequestLine:
    return RequestLine(0.0, "GET", path, query, 200, 3, 0.00123, "/", b"id-1")


def requests_in(log: str) -> list[re.Match[str]]:
    return [match for line in log.splitlines() if (match := TEXT_LINE.fullmatch(line))]


def test_one_line_a_request_hot_cold_refused_and_unrouted(start_service: StartService) -> None:
    running = start_service()
    url = "/v1/bundles/latest/Etc/UTC.zip"
    with running.client() as client:
        size = len(client.get(url).content)
        client.get(url, headers={"X-Request-Id": "mine"})
        client.head(url)
        client.get(url, headers={"If-None-Match": "*"})
        client.get("/nothing?a=b")
        client.post("/v1/bundles", content=b"{")
        client.get(f"/?{'x' * 40_000}")
    running.stop()
    lines = [match for match in requests_in(running.log) if match["target"] != "/readyz"]
    assert [(match["method"], match["status"]) for match in lines] == [
        *(("GET", "200"), ("GET", "200"), ("HEAD", "200"), ("GET", "304")),
        *(("GET", "404"), ("POST", "400"), ("GET", "414")),
    ]
    assert [match["size"] for match in lines[:4]] == [str(size), str(size), "0", "0"]
    assert lines[1]["id"] == "mine"
    assert lines[4]["target"] == "/nothing?a=b"


def test_json_lines_have_the_same_and_are_all_json(start_service: StartService) -> None:
    running = start_service(log_format="json")
    with running.client() as client:
        answer = client.get("/v1/releases?x=%22")
    running.stop()
    entries = [json.loads(line) for line in running.log.splitlines()]
    (entry,) = [entry for entry in entries if entry.get("target", "").startswith("/v1")]
    assert entry.keys() == JSON_MEMBERS
    assert (entry["method"], entry["target"], entry["status"]) == ("GET", "/v1/releases?x=%22", 400)
    assert entry["route"] == "/v1/releases"
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert entry["size_bytes"] == len(answer.content)
    assert {"time", "level", "logger", "message"} in [entry.keys() for entry in entries]


def test_off_means_not_one_line(start_service: StartService) -> None:
    running = start_service(request_log="false")
    with running.client() as client:
        client.get("/v1/releases")
    running.stop()
    assert requests_in(running.log) == []
    assert "release" in running.log  # the rest of the log is there


FORGERIES = [
    b"/v1/x%0a2026-01-01T00:00:00.000Z%20request%20GET%20/forged%20200%200%20B%200.00%20ms%20x",
    b"/%0d%0aforged",
    b"/%1b[2Jforged",
    b"/%e2%80%a8forged",
    b"/?forged=%0a",
    b"/%22,%22forged%22:%22",
]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_request_can_forge_a_line(start_service: StartService, log_format: str) -> None:
    running = start_service(log_format=log_format)
    for path in FORGERIES:
        exchange(running.port, get(path, b"X-Request-Id: a b", b"User-Agent: forged"))
    running.stop()
    log = running.log
    assert log.replace("\n", "").isprintable()
    assert log.isascii()
    about = [line for line in log.splitlines() if "forged" in line]
    assert len(about) == len(FORGERIES)
    if log_format == "json":
        assert [json.loads(line)["target"] for line in about] == [path.decode() for path in FORGERIES]
    else:
        assert all(TEXT_LINE.fullmatch(line) for line in about)


class TestBatches:
    def test_lines_wait_for_a_flush(self) -> None:
        stream = io.StringIO()
        log = RequestLog("text", stream)
        log.add(make_line())
        assert stream.getvalue() == ""
        log.flush()
        log.flush()
        assert stream.getvalue() == "1970-01-01T00:00:00.000Z request GET / 200 3 B 1.23 ms id-1\n"

    def test_many_are_written_before_their_time(self) -> None:
        stream = io.StringIO()
        log = RequestLog("json", stream)
        for _ in range(MAX_WAITING_LINES):
            log.add(make_line())
        assert stream.getvalue().count("\n") == MAX_WAITING_LINES

    @pytest.mark.parametrize("log_format", ["text", "json"])
    def test_bytes_that_no_url_has_stay_on_one_line(self, log_format: str) -> None:
        stream = io.StringIO()
        log = RequestLog("json" if log_format == "json" else "text", stream)
        log.add(make_line(b"/\r\n\x00\xff\x1b forged", b"a=\n"))
        log.flush()
        assert stream.getvalue().count("\n") == 1
        assert stream.getvalue().rstrip("\n").isprintable()


def test_a_long_url_is_cut_in_the_log(start_service: StartService) -> None:
    running = start_service()
    exchange(running.port, get(b"/" + b"a" * (MAX_TARGET_BYTES - 1)))
    exchange(running.port, get(b"/" + b"a" * 30_000))
    exchange(running.port, get(b"/nothing?" + b"a" * 30_000))
    running.stop()
    targets = [match["target"] for match in requests_in(running.log) if "aaa" in match["target"]]
    assert targets == [
        "/" + "a" * (MAX_TARGET_BYTES - 1),
        "/" + "a" * (MAX_TARGET_BYTES - 1) + "...",
        "/nothing?" + "a" * (MAX_TARGET_BYTES - 9) + "...",
    ]
