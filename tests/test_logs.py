"""The log: one entry per line as text or JSON, and nothing logged can forge another."""

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest

from app.logs import ROOT, Sparingly, configure_logs
from app.settings import LogFormat

FORGED = "2026-01-01T00:00:00.000Z error   forged"
FORMATS: tuple[LogFormat, ...] = ("text", "json")


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in (ROOT, "uvicorn.error")]
    before = [(logger, logger.handlers, logger.propagate, logger.level) for logger in loggers]
    yield
    for logger, handlers, propagate, level in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def logged(log_format: LogFormat, message: str, *, trace_of: str = "") -> list[str]:
    """Return the lines that one entry makes."""
    stream = io.StringIO()
    configure_logs(log_format, "info", stream)
    log = logging.getLogger("app.web.edge.front")
    try:
        raise RuntimeError(trace_of)
    except RuntimeError as error:
        log.warning("%s", message, exc_info=error if trace_of else None)
    return stream.getvalue().split("\n")[:-1]


def test_text_is_time_level_and_message() -> None:
    (line,) = logged("text", "all is well")
    time, level, message = line.split(maxsplit=2)
    assert (time[10], time[-1], level, message) == ("T", "Z", "warning", "all is well")


def test_json_has_the_same_and_the_logger() -> None:
    (line,) = logged("json", "all is well")
    entry = json.loads(line)
    assert {**entry, "time": ""} == {
        "time": "",
        "level": "warning",
        "logger": "app.web.edge.front",
        "message": "all is well",
    }


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("separator", ["\n", "\r", "\r\n", "\u2028", "\x85", "\x0b"])
def test_a_message_stays_on_its_line(log_format: LogFormat, separator: str) -> None:
    (line,) = logged(log_format, f"a{separator}{FORGED}")
    assert line.isprintable()


def test_a_trace_in_text_is_indented_whatever_it_says() -> None:
    first, *trace = logged("text", "failed", trace_of=f"a\n{FORGED}\u2028{FORGED}\x1b[2J")
    assert first.endswith("failed")
    assert len([line for line in trace if FORGED in line]) == 2
    assert all(line.startswith("    ") and line.isprintable() for line in trace)


def test_a_trace_in_json_is_a_member() -> None:
    (line,) = logged("json", "failed", trace_of=f"a\n{FORGED}")
    assert FORGED in json.loads(line)["trace"]


def test_the_level_is_kept_and_the_server_logs_to_the_same_place() -> None:
    stream = io.StringIO()
    configure_logs("text", "error", stream)
    logging.getLogger("app.x").warning("too low")
    logging.getLogger("uvicorn.error").error("high enough")
    assert stream.getvalue().rstrip("\n").endswith("high enough")
    assert stream.getvalue().count("\n") == 1


class TestWhatMayComeWithEveryRequest:
    def test_is_said_once_for_each_kind(self) -> None:
        stream = io.StringIO()
        configure_logs("text", "error", stream)
        log = Sparingly(logging.getLogger("app.x"))
        for number in range(3):
            log.error("full: %d", number)
            log.error("away: %d", number)
        first, second = stream.getvalue().splitlines()
        assert first.endswith("full: 0")
        assert second.endswith("away: 0")

    def test_is_said_again_later_with_what_was_left_out(self) -> None:
        stream = io.StringIO()
        configure_logs("text", "error", stream)
        log = Sparingly(logging.getLogger("app.x"), every_seconds=0.2)
        for _ in range(3):
            log.error("full: %s", "a")
        time.sleep(0.25)
        log.error("full: %s", "b")
        first, second = stream.getvalue().splitlines()
        assert first.endswith("full: a")
        assert second.endswith("full: b (and 2 more like it)")
