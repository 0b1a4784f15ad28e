"""``lock``: by a real service and without one, moved to another release, and by servers that lie."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.artifact.lock import Lock, parse_lock
from tests.cli.pretender import Pretender, Reply, pretender
from tests.cli.program import installed_release, invoke, run
from tests.servers import Service, StartService

ONLINE = {"TZDATA_FILTER_OFFLINE": "false"}
"""Servers are asked. Every release that these tests name is here, so no index is needed."""
ZONES = ("Asia/Shanghai", "Etc/UTC", "Asia/Chongqing")


@pytest.fixture
def two_releases(wheels_dir: Path, tmp_path: Path) -> Path:
    """Return a directory with the wheels of 2022g and 2026f; between them Cairo changed and Shanghai did not."""
    directory = tmp_path / "wheels"
    directory.mkdir()
    for package in ("2022.7", "2026.6"):
        (wheel,) = wheels_dir.glob(f"tzdata-{package}-*")
        (directory / wheel.name).symlink_to(wheel)
    return directory


@pytest.fixture
def stranger() -> Iterator[Pretender]:
    with pretender() as running:
        yield running


def read(path: Path) -> Lock:
    return parse_lock(path.read_text())


class TestWriting:
    @pytest.mark.parametrize("form", ["tar", "zip", "tar.gz"])
    def test_here_and_at_a_service_it_is_the_same_but_for_the_url(
        self, service: Service, form: str, tmp_path: Path
    ) -> None:
        here, there = tmp_path / "here.lock", tmp_path / "there.lock"
        what = (*ZONES, "--format", form, "--aliases", "target")
        assert invoke("lock", *what, "-o", here).exit_code == 0
        locked = invoke("lock", *what, "--server", service.base_url, "-o", there, env=ONLINE)
        assert locked.exit_code == 0, locked.stderr
        lock = read(there)
        assert lock.url == f"{service.base_url}/v1/artifacts/{lock.sha256}.{form}"
        assert there.read_text().replace(lock.url, "") == here.read_text()
        assert lock.spec.release == installed_release().version
        with service.client() as client:
            assert client.get(lock.url).headers["etag"] == f'"{lock.sha256}"'

    def test_equal_requests_give_equal_files(self, tmp_path: Path) -> None:
        for name, zones in (("a", ZONES), ("b", (",".join(reversed(ZONES)), ZONES[0]))):
            env = {"PYTHONHASHSEED": str(len(zones)), "TZ": "Pacific/Apia"}
            assert run("lock", *zones, "-o", tmp_path / name, env=env).returncode == 0
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_without_a_name_the_file_is_tzdata_lock(self, tmp_path: Path) -> None:
        result = run("lock", "UTC", cwd=tmp_path)
        assert result.returncode == 0
        assert [path.name for path in tmp_path.iterdir()] == ["tzdata.lock"]
        assert read(tmp_path / "tzdata.lock").sha256 in result.stderr.decode()

    def test_a_password_in_the_address_is_not_written(self, service: Service, tmp_path: Path) -> None:
        server = service.base_url.replace("http://", "http://ci:s3cret@")
        assert invoke("lock", "UTC", "--server", server, "-o", tmp_path / "lock", env=ONLINE).exit_code == 0
        assert "s3cret" not in (tmp_path / "lock").read_text()
        assert read(tmp_path / "lock").server == service.base_url


class TestUpdate:
    def test_a_change_that_touches_the_zones_is_shown(self, two_releases: Path, tmp_path: Path) -> None:
        lock, wheels = tmp_path / "lock", ("--wheels-dir", two_releases)
        invoke("lock", "Africa/Cairo", "Etc/UTC", "--release", "2022g", *wheels, "-o", lock)
        old = read(lock)
        moved = invoke("lock", "--update", lock, *wheels)
        assert moved.exit_code == 0, moved.stderr
        assert "Africa/Cairo" in moved.stdout
        assert "1 of 2 names affected" in moved.stderr
        new = read(lock)
        assert (new.spec.release, new.spec.selectors) == ("2026f", old.spec.selectors)
        assert new.sha256 != old.sha256
        assert new.holds

    def test_a_service_shows_the_same(self, two_releases: Path, start_service: StartService, tmp_path: Path) -> None:
        service = start_service(wheels_dir=two_releases)
        here, there = tmp_path / "here", tmp_path / "there"
        told = []
        for lock, how in ((here, ("--wheels-dir", two_releases)), (there, ("--server", service.base_url))):
            options = ("--release", "2022g", "--format", "zip", "--tables", "zone.tab")
            assert invoke("lock", "Africa/*", *options, *how, "-o", lock, env=ONLINE).exit_code == 0
            # The second needs no --server any more: the lock has it.
            moved = invoke("lock", "--update", lock, *(how if lock == here else ()), env=ONLINE)
            assert moved.exit_code == 0, moved.stderr
            told.append((moved.stdout, read(lock).sha256, read(lock).spec))
        assert told[0] == told[1]
        assert told[0][2].release == "2026f"

    def test_a_release_that_does_not_touch_the_zones_keeps_the_bytes(self, two_releases: Path, tmp_path: Path) -> None:
        lock, wheels = tmp_path / "lock", ("--wheels-dir", two_releases)
        invoke("lock", "Asia/Shanghai", "--release", "2022g", *wheels, "-o", lock)
        old = read(lock)
        moved = invoke("lock", "--update", lock, *wheels)
        assert "not affected" in moved.stderr
        assert "the bytes stay the same" in moved.stderr
        assert (read(lock).sha256, read(lock).spec.release) == (old.sha256, "2026f")

    def test_nothing_newer_leaves_the_file_alone(self, tmp_path: Path) -> None:
        lock = tmp_path / "lock"
        invoke("lock", *ZONES, "-o", lock)
        before = lock.stat().st_ino
        again = invoke("lock", "--update", lock)
        assert (again.exit_code, again.stdout) == (0, "")
        assert "nothing to do" in again.stderr
        assert lock.stat().st_ino == before

    def test_it_never_moves_back_unless_asked_to(self, two_releases: Path, tmp_path: Path) -> None:
        lock, wheels = tmp_path / "lock", ("--wheels-dir", two_releases)
        invoke("lock", "UTC", "-o", lock)
        text = lock.read_text().replace('"2026f"', '"2199a"')
        lock.write_text(text)
        assert "nothing to do" in invoke("lock", "--update", lock).stderr
        assert lock.read_text() == text
        assert invoke("lock", "--update", lock, "--release", "2022g", *wheels).exit_code == 0
        assert read(lock).spec.release == "2022g"

    def test_zones_changed_by_hand_are_pinned_anew(self, tmp_path: Path) -> None:
        lock = tmp_path / "lock"
        invoke("lock", *ZONES, "-o", lock)
        lock.write_text(lock.read_text().replace('  "Etc/UTC",\n', '  "Etc/UTC",\n  "Europe/Berlin",\n'))
        assert not read(lock).holds
        assert invoke("lock", "--update", lock).exit_code == 0
        assert read(lock).holds
        assert "Europe/Berlin" in map(str, read(lock).spec.selectors)

    @pytest.mark.parametrize("more", [("UTC",), ("--format", "zip"), ("--tables", "zone.tab"), ("--zones-file", "-")])
    def test_zones_and_options_are_the_locks(self, more: tuple[str, ...], tmp_path: Path) -> None:
        lock = tmp_path / "lock"
        invoke("lock", "UTC", "-o", lock)
        assert invoke("lock", "--update", lock, *more).exit_code == 2


class TestWhatGoesWrong:
    def test_the_problem_of_a_service_is_a_line_with_suggestions(self, service: Service, tmp_path: Path) -> None:
        zones = ("Europe/Berln", "Asia/shanghai")
        result = invoke("lock", *zones, "--server", service.base_url, "-o", tmp_path / "lock", env=ONLINE)
        first, *more = result.stderr.splitlines()
        assert result.exit_code == 3
        assert str(service.port) in first
        assert any("Europe/Berlin" in line for line in more)
        assert any("Asia/Shanghai" in line for line in more)
        assert not (tmp_path / "lock").exists()

    def test_offline_no_server_is_asked(self, stranger: Pretender, tmp_path: Path) -> None:
        assert invoke("lock", "UTC", "--server", stranger.url, "-o", tmp_path / "lock").exit_code == 2
        assert stranger.asked == []

    @pytest.mark.parametrize("url", ["", "tz.example", "ftp://tz.example", "https://tz.example?x=1"])
    def test_what_is_not_a_server(self, url: str, tmp_path: Path) -> None:
        assert invoke("lock", "UTC", "--server", url, "-o", tmp_path / "lock", env=ONLINE).exit_code == 2

    def test_a_server_that_is_gone(self, tmp_path: Path) -> None:
        with pretender() as gone:
            url = gone.url
        assert invoke("lock", "UTC", "--server", url, "-o", tmp_path / "lock", env=ONLINE).exit_code == 5

    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            (Reply(b"<html>welcome</html>"), 4),
            (Reply(b"[]"), 4),
            (Reply(b'{"digest": 5}'), 4),
            (Reply(b"[" * 200_000), 4),
            (Reply(b"oops", 500), 5),
            (Reply(b"oops", 404), 3),
            (Reply(b'{"detail": "no\\u001b[31m\\nway"}', 400), 2),
            (Reply(b'{"detail": 5, "suggestions": [[]]}', 400), 2),
            (Reply(b'{"detail": "changed upstream"}', 502), 4),
            (Reply(b'{"detail": "later"}', 503), 5),
            (Reply(b"x" * (1 << 20), 503), 5),
            (Reply(b"", 307, {"Location": "http://127.0.0.1:1/"}), 5),
            (Reply(b"{}", cut=10), 5),
        ],
        ids=range(13),
    )
    def test_what_is_not_a_service_is_reported_in_plain_lines(
        self, reply: Reply, code: int, stranger: Pretender, tmp_path: Path
    ) -> None:
        stranger.replies["POST /v1/bundles"] = reply
        result = invoke("lock", "UTC", "--server", stranger.url, "-o", tmp_path / "lock", env=ONLINE)
        assert result.exit_code == code, result.stderr
        assert all(line.isprintable() and len(line) < 700 for line in result.stderr.splitlines())
        assert list(tmp_path.iterdir()) == []

    def test_a_service_that_lies_is_caught(self, service: Service, stranger: Pretender, tmp_path: Path) -> None:
        with service.client() as client:
            record = client.post("/v1/bundles", json={"zones": ["UTC"], "format": "tar"}).json()
            content = client.get(record["url"]).content
        path = f"GET /v1/artifacts/{record['digest'].removeprefix('sha256:')}.tar"
        lies = [
            ({**record, "request": {**record["request"], "zones": ["Etc/UTC"]}}, content),
            ({**record, "request": {**record["request"], "release": "../../etc"}}, content),
            ({**record, "digest": "sha256:" + "0" * 64}, content),
            ({**record, "size": record["size"] - 1}, content),
            ({**record, "tree_digest": "sha256:" + "0" * 64}, content),
            (record, content[:-1]),
            (record, content + b"\0"),
            (record, bytes(len(content))),
        ]
        for row, body in lies:
            stranger.replies = {"POST /v1/bundles": Reply(json.dumps(row).encode()), path: Reply(body)}
            result = invoke("lock", "UTC", "--server", stranger.url, "-o", tmp_path / "lock", env=ONLINE)
            assert result.exit_code in {3, 4}, result.stderr
            assert not (tmp_path / "lock").exists()
        stranger.replies = {"POST /v1/bundles": Reply(json.dumps(record).encode()), path: Reply(content)}
        assert invoke("lock", "UTC", "--server", stranger.url, "-o", tmp_path / "lock", env=ONLINE).exit_code == 0

    def test_a_diff_that_makes_no_sense_does_not_undo_the_update(
        self, two_releases: Path, service: Service, stranger: Pretender, tmp_path: Path
    ) -> None:
        lock = tmp_path / "lock"
        invoke("lock", "UTC", "--release", "2022g", "--wheels-dir", two_releases, "-o", lock)
        with service.client() as client:
            record = client.post("/v1/bundles", json={"zones": ["UTC"], "format": "tar"}).json()
            content = client.get(record["url"]).content
        members = {"from": "\x1b[31m", "to": 5, "affected": True, "first_affected": None, "period": [], "zones": [{}]}
        more = {"period_affected": 3, "future_from": "", "compared": {}, "counts": [], "roles": 7}
        stranger.replies = {
            "POST /v1/bundles": Reply(json.dumps(record).encode()),
            f"GET /v1/artifacts/{record['digest'].removeprefix('sha256:')}.tar": Reply(content),
            "GET /v1/releases/2022g/diff/2026f": Reply(json.dumps({**members, **more}).encode()),
        }
        result = invoke("lock", "--update", lock, "--server", stranger.url, env=ONLINE)
        assert result.exit_code == 0, result.stderr
        assert "the changes cannot be shown" in result.stderr
        assert read(lock).spec.release == "2026f"
