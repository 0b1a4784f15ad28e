"""``sync``: exactly what the lock says, from a service or built here, or nothing at all."""

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.artifact.lock import Lock, parse_lock
from app.digest import sha256_hex
from tests.cli.pretender import Pretender, Reply, pretender
from tests.cli.program import COMMAND, environment, invoke, snapshot
from tests.servers import Service, StartService

ONLINE = {"TZDATA_FILTER_OFFLINE": "false"}
ZONES = ("Asia/Kolkata", "Asia/Calcutta", "Etc/UTC", "--tables", "zone.tab")
KILLS = 12


@pytest.fixture
def stranger() -> Iterator[Pretender]:
    with pretender() as running:
        yield running


def make_lock(path: Path, *options: str, server: str = "") -> Lock:
    """Write a lock and return it."""
    at = ("--server", server) if server else ()
    result = invoke("lock", *(options or ZONES), *at, "-o", path, env=ONLINE if server else {})
    assert result.exit_code == 0, result.stderr
    return parse_lock(path.read_text())


def point_at(path: Path, url: str) -> None:
    """Give a lock that was made without a server the URL of one."""
    lock = parse_lock(path.read_text())
    path.write_text(
        path.read_text().replace('url = ""', f'url = "{url}/v1/artifacts/{lock.sha256}.{lock.spec.format}"')
    )


class TestWhatComesOut:
    @pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
    @pytest.mark.parametrize("at_service", [True, False])
    def test_a_directory_is_what_extract_writes(
        self, links: str, at_service: bool, service: Service, tmp_path: Path
    ) -> None:
        what = (*ZONES, "--links", links, "--prefix", "usr/share/zoneinfo")
        make_lock(tmp_path / "lock", *what, server=service.base_url if at_service else "")
        synced = invoke("sync", tmp_path / "lock", "-o", tmp_path / "synced", env=ONLINE)
        assert synced.exit_code == 0, synced.stderr
        assert invoke("extract", *what, "-o", tmp_path / "extracted").exit_code == 0
        assert snapshot(tmp_path / "synced") == snapshot(tmp_path / "extracted")
        assert "nothing to do" in invoke("extract", *what, "-o", tmp_path / "synced").stderr

    @pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
    def test_a_file_and_standard_output_have_the_digest(self, form: str, service: Service, tmp_path: Path) -> None:
        lock = make_lock(tmp_path / "lock", "Europe/*", "--format", form, server=service.base_url)
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / f"x.{form}", env=ONLINE).exit_code == 0
        streamed = invoke("sync", tmp_path / "lock", "-o", "-", "-q", env=ONLINE)
        assert sha256_hex((tmp_path / f"x.{form}").read_bytes()) == sha256_hex(streamed.stdout_bytes) == lock.sha256
        assert streamed.stderr == ""

    def test_built_here_it_is_the_same_as_from_the_service(self, service: Service, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock", server=service.base_url)
        for name, how in (("a.tar", ()), ("b.tar", ("--local",))):
            assert invoke("sync", tmp_path / "lock", *how, "-o", tmp_path / name, env=ONLINE).exit_code == 0
        assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()

    def test_a_format_that_is_not_the_locks_is_wrong_usage(self, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.zip").exit_code == 2

    def test_another_tree_stays_until_replace_is_given(self, tmp_path: Path) -> None:
        invoke("extract", "Europe/Berlin", "-o", tmp_path / "out")
        before = snapshot(tmp_path / "out")
        make_lock(tmp_path / "lock")
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "out").exit_code == 2
        assert snapshot(tmp_path / "out") == before
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "out", "--replace").exit_code == 0
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "out", "--check").exit_code == 0


class TestAsking:
    def test_what_is_there_already_needs_no_request(self, stranger: Pretender, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        for output in ("tree", "bundle.tar"):
            invoke("sync", tmp_path / "lock", "-o", tmp_path / output)
        point_at(tmp_path / "lock", stranger.url)
        for output in ("tree", "bundle.tar"):
            for option in ((), ("--check",)):
                result = invoke("sync", tmp_path / "lock", "-o", tmp_path / output, *option, env=ONLINE)
                assert (result.exit_code, "nothing to do" in result.stderr) == (0, True)
        assert stranger.asked == []

    def test_check_says_what_differs_and_makes_no_request(self, stranger: Pretender, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        invoke("sync", tmp_path / "lock", "-o", tmp_path / "tree")
        (tmp_path / "tree/Etc/UTC").write_bytes(b"TZif")
        (tmp_path / "bundle.tar").write_bytes(b"other")
        point_at(tmp_path / "lock", stranger.url)
        for output in ("tree", "bundle.tar", "absent", "absent.tar"):
            result = invoke("sync", tmp_path / "lock", "-o", tmp_path / output, "--check", env=ONLINE)
            assert result.exit_code == 4, result.stderr
        assert not (tmp_path / "absent").exists()
        assert stranger.asked == []

    def test_a_service_that_has_forgotten_builds_it_again(self, start_service: StartService, tmp_path: Path) -> None:
        lock = make_lock(tmp_path / "lock")
        fresh = start_service()
        point_at(tmp_path / "lock", fresh.base_url)
        result = invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar", env=ONLINE)
        assert result.exit_code == 0, result.stderr
        assert sha256_hex((tmp_path / "x.tar").read_bytes()) == lock.sha256

    def test_another_service_may_be_named(self, service: Service, stranger: Pretender, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        point_at(tmp_path / "lock", stranger.url)
        options = ("--server", service.base_url, "-o", tmp_path / "x.tar")
        assert invoke("sync", tmp_path / "lock", *options, env=ONLINE).exit_code == 0
        assert stranger.asked == []

    def test_offline_it_is_built_here(self, stranger: Pretender, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        point_at(tmp_path / "lock", stranger.url)
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar").exit_code == 0
        assert stranger.asked == []

    def test_redirects_are_followed_to_what_verifies(self, stranger: Pretender, tmp_path: Path) -> None:
        lock = make_lock(tmp_path / "lock")
        invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar")
        content = (tmp_path / "x.tar").read_bytes()
        point_at(tmp_path / "lock", stranger.url)
        asked = f"GET /v1/artifacts/{lock.sha256}.tar"
        stranger.replies = {asked: Reply(b"", 302, {"Location": "/elsewhere"}), "GET /elsewhere": Reply(content)}
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "y.tar", env=ONLINE).exit_code == 0
        for to in ("/v1/artifacts/" + lock.sha256 + ".tar", "file:///etc/passwd", "gopher://x"):
            stranger.replies = {asked: Reply(b"", 302, {"Location": to})}
            assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "z.tar", env=ONLINE).exit_code == 5
        assert not (tmp_path / "z.tar").exists()


class TestNothingElseIsWritten:
    @pytest.mark.parametrize("output", ["x.tar", "tree"])
    def test_bytes_that_are_not_the_locks(self, output: str, stranger: Pretender, tmp_path: Path) -> None:
        lock = make_lock(tmp_path / "lock")
        invoke("sync", tmp_path / "lock", "-o", tmp_path / "right.tar")
        right = (tmp_path / "right.tar").read_bytes()
        invoke("extract", "Europe/Berlin", "-o", tmp_path / output)
        point_at(tmp_path / "lock", stranger.url)
        before = snapshot(tmp_path)
        chance = random.Random(1)
        for number in range(24):
            wrong = bytearray(right)
            wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
            body = (bytes(wrong), right[:-1], right + b"\0", b"", b"\x1f\x8b" + right)[number % 5]
            stranger.replies = {f"GET /v1/artifacts/{lock.sha256}.tar": Reply(body)}
            result = invoke("sync", tmp_path / "lock", "-o", tmp_path / output, "--replace", env=ONLINE)
            assert result.exit_code == 4, result.stderr
            assert snapshot(tmp_path) == before

    def test_a_service_that_builds_something_else(self, service: Service, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        text = (tmp_path / "lock").read_text()
        lock = parse_lock(text)
        other = sha256_hex(b"what somebody else built")
        (tmp_path / "lock").write_text(text.replace(lock.sha256, other))
        point_at(tmp_path / "lock", service.base_url)
        result = invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar", env=ONLINE)
        assert (result.exit_code, (tmp_path / "x.tar").exists()) == (4, False)
        assert lock.sha256 in result.stderr
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar", "--local", env=ONLINE).exit_code == 4

    def test_a_lock_that_was_changed_by_hand(self, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        (tmp_path / "lock").write_text((tmp_path / "lock").read_text().replace("Asia/Kolkata", "Asia/Tokyo"))
        result = invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar")
        assert (result.exit_code, (tmp_path / "x.tar").exists()) == (4, False)
        assert "lock --update" in result.stderr

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"version = 2\n", b"x" * (2 << 20)])
    def test_a_file_that_is_not_a_lock(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "lock").write_bytes(content)
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar").exit_code == 2

    def test_no_lock_at_all(self, tmp_path: Path) -> None:
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar").exit_code == 3

    def test_a_release_that_is_not_here(self, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        text = (tmp_path / "lock").read_text().replace('"2026f"', '"2001a"')
        (tmp_path / "lock").write_text(text)
        assert invoke("lock", "--update", tmp_path / "lock", "--release", "2001a").exit_code == 3
        assert (tmp_path / "lock").read_text() == text

    def test_a_service_that_is_gone(self, tmp_path: Path) -> None:
        make_lock(tmp_path / "lock")
        with pretender() as gone:
            point_at(tmp_path / "lock", gone.url)
        assert invoke("sync", tmp_path / "lock", "-o", tmp_path / "x.tar", env=ONLINE).exit_code == 5


def start_sync(lock: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start a sync in a process of its own."""
    return subprocess.Popen([*COMMAND, "sync", str(lock), "-o", str(out), "--replace", "-q"], env=environment())


def read_output(out: Path) -> object:
    """Return all that is in a file or a directory."""
    return snapshot(out) if out.is_dir() else out.read_bytes()


@pytest.mark.parametrize("output", ["bundle.tar", "tree"])
def test_a_kill_at_any_moment_leaves_the_old_or_the_new(output: str, tmp_path: Path) -> None:
    out = tmp_path / "place" / output
    states = []
    for name, zones in (("old", "Europe/*"), ("new", "*")):
        make_lock(tmp_path / name, zones)
        assert invoke("sync", tmp_path / name, "-o", out, "--replace").exit_code == 0
        states.append(read_output(out))
    assert invoke("sync", tmp_path / "old", "-o", out, "--replace").exit_code == 0
    started = time.monotonic()
    assert start_sync(tmp_path / "new", out).wait() == 0
    took = time.monotonic() - started
    chance = random.Random(7)
    for _ in range(KILLS):
        assert invoke("sync", tmp_path / "old", "-o", out, "--replace").exit_code == 0
        child = start_sync(tmp_path / "new", out)
        time.sleep(took * chance.uniform(0.6, 1.05))
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert read_output(out) in states
