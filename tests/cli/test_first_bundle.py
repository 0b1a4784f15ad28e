"""The first bundle that ``serve --demo`` shows: the printed lines work where they are pasted."""

import hashlib
import re
from pathlib import Path

import httpx
import pytest

from app.cli.first_bundle import Demonstration, FirstBundle, build_hint, format_first_bundle, printed_url
from app.errors import SourceUnreachable
from app.settings import Settings
from tests.cli.pretender import Reply, pretender
from tests.consumers import tools
from tests.servers import Service, free_port

BUNDLE = FirstBundle(release="2099a", tar_gz=b"tar", zip=b"zip")
PATH_OF_BUNDLE = "/v1/bundles/2099a/Asia/Shanghai,Etc/UTC"


def shown(service: Service, capsys: pytest.CaptureFixture[str], settings: Settings, *, once: bool = False) -> str:
    """Let a demonstration visit the service, and return what it printed."""
    demonstration = Demonstration(settings=settings, once=once)
    stopped: list[bool] = []
    demonstration.visit(service.port, lambda: stopped.append(True))
    assert demonstration.failure is None
    assert stopped == [True] * once
    return capsys.readouterr().out


def urls(text: str) -> set[str]:
    return set(re.findall(r"https?://[^\s']+", text))


def test_what_is_printed_can_be_fetched_and_has_the_printed_digests(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(service, capsys, Settings())
    digests = dict(re.findall(r"^  (tar\.gz|zip) +[\d,]+ bytes  sha256:([0-9a-f]{64})$", text, re.MULTILINE))
    bundles = {url for url in urls(text) if "/v1/bundles/" in url}
    assert len(bundles) == 2
    with service.client() as client:
        fetched = {url: client.get(url).content for url in bundles}
    assert {
        url.partition("UTC.")[2]: hashlib.sha256(content).hexdigest() for url, content in fetched.items()
    } == digests
    assert f"--checksum=sha256:{digests['tar.gz']} \\\n" in text


def test_the_line_for_a_shell_fills_a_directory(
    service: Service, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = shown(service, capsys, Settings())
    (line,) = re.findall(r"In a shell:\n  (.*)\n", text)
    tools.run("sh", "-c", line, cwd=tmp_path)
    assert (tmp_path / "zoneinfo/Asia/Shanghai").read_bytes().startswith(b"TZif")


def test_it_says_that_the_service_keeps_running_unless_it_ends_then(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(service, capsys, Settings()).endswith(f"serving on {service.base_url} until Ctrl-C\n")
    assert "serving on" not in shown(service, capsys, Settings(), once=True)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), "http://127.0.0.1:1234"),
        (Settings(host="0.0.0.0"), "http://127.0.0.1:1234"),
        (Settings(host="::"), "http://[::1]:1234"),
        (Settings(host="::1"), "http://[::1]:1234"),
        (Settings(host="192.0.2.1"), "http://192.0.2.1:1234"),
        (Settings(host="tz.example"), "http://tz.example:1234"),
        (Settings(host="0.0.0.0", public_url="https://tz.example/base/"), "https://tz.example/base"),
    ],
    ids=lambda value: f"{value.host} {value.public_url}".strip() if isinstance(value, Settings) else None,
)
def test_printed_urls_start_with_the_public_one_or_else_with_what_reaches_the_port(
    settings: Settings, expected: str
) -> None:
    assert printed_url(settings, 1234) == expected
    text = format_first_bundle(BUNDLE, expected)
    assert urls(text) == {f"{expected}{PATH_OF_BUNDLE}.tar.gz", f"{expected}{PATH_OF_BUNDLE}.zip"}


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        (Settings(), "`docker build --network host` reaches this machine's 127.0.0.1"),
        (Settings(host="localhost"), "`docker build --network host` reaches this machine's localhost"),
        (Settings(host="0.0.0.0"), "with this machine's name in place of 127.0.0.1"),
        (Settings(host="::"), "with this machine's name in place of ::1"),
        (Settings(host="192.0.2.1"), ""),
        (Settings(host="tz.example"), ""),
        (Settings(public_url="https://tz.example"), ""),
    ],
    ids=lambda value: f"{value.host} {value.public_url}".strip() if isinstance(value, Settings) else None,
)
def test_it_says_how_a_build_reaches_the_service_where_the_address_does_not(settings: Settings, hint: str) -> None:
    assert build_hint(settings) == hint
    first = f"In a Dockerfile, one of these ({hint}):" if hint else "In a Dockerfile, one of these:"
    assert first in format_first_bundle(BUNDLE, "http://tz.example", hint=hint).splitlines()


def test_a_service_that_is_not_ready_in_time_is_ended_with_the_reason() -> None:
    stopped: list[bool] = []
    demonstration = Demonstration(settings=Settings(), once=False, ready_seconds=0.1)
    demonstration.visit(free_port(), lambda: stopped.append(True))
    assert stopped == [True]
    assert isinstance(demonstration.failure, SourceUnreachable)
    assert "was not ready after 0.1 s: http://127.0.0.1:" in demonstration.failure.detail


def test_a_service_that_becomes_ready_is_waited_for() -> None:
    with pretender() as other:
        other.replies["GET /readyz"] = Reply(b"not yet\n", 503)
        port = httpx.URL(other.url).port or 0
        demonstration = Demonstration(settings=Settings(), once=True, ready_seconds=0.2)
        demonstration.visit(port, lambda: None)
        assert other.asked.count("GET /readyz") > 1
    assert isinstance(demonstration.failure, SourceUnreachable)
    assert demonstration.failure.detail.endswith("answers /readyz with status 503")
