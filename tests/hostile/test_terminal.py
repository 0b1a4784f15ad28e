"""Whatever a stranger called something: on a terminal and in a log it is text, never a command to the terminal."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.bundles import write_any_tar
from tests.cli.pretender import Pretender, pretender
from tests.cli.program import run
from tests.hostile.tricks import ALL, CASES, TRICKS, TZIF, Place
from tests.servers import StartService

ONLINE = {"TZDATA_FILTER_OFFLINE": "false"}


@pytest.fixture
def stranger() -> Iterator[Pretender]:
    with pretender() as running:
        yield running


def assert_only_text(shown: bytes) -> None:
    """Check that bytes are lines of printable text."""
    assert all(line.isprintable() for line in shown.decode("utf-8").split("\n")), shown


@pytest.mark.parametrize("name", CASES)
def test_it_comes_out_as_text(name: str, stranger: Pretender, tmp_path: Path) -> None:
    env = ONLINE if "server" in name else {}
    done = run(*CASES[name](Place(tmp_path, stranger, ALL)), env=env, cwd=tmp_path)
    assert_only_text(done.stdout)
    assert_only_text(done.stderr)
    assert b"Traceback" not in done.stderr
    assert done.returncode in {0, 2, 3, 4, 5}


@pytest.mark.parametrize("trick", TRICKS)
def test_each_trick_comes_out_as_text(trick: str, stranger: Pretender, tmp_path: Path) -> None:
    for number, name in enumerate(
        ("extract_to_such_a_place", "search_such_a_country", "lock_at_a_server_that_says_it")
    ):
        (tmp_path / str(number)).mkdir()
        arguments = CASES[name](Place(tmp_path / str(number), stranger, TRICKS[trick]))
        result = run(*arguments, env=ONLINE, cwd=tmp_path)
        assert_only_text(result.stdout)
        assert_only_text(result.stderr)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_an_output_cannot_show_is_escaped(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "北京 Märchen"
    result = run("extract", "UTC", "-o", path, env={"PYTHONIOENCODING": encoding})
    assert result.returncode == 0, result.stderr
    assert b"wrote" in result.stderr
    assert (r"\u5317" in result.stderr.decode(encoding)) == (encoding != "utf-8")


def test_the_environment_comes_out_as_text(tmp_path: Path) -> None:
    for name in ("TZDATA_FILTER_PORT", "TZDATA_FILTER_DATA_DIR", "TZDATA_FILTER_INDEX_URL", f"TZDATA_FILTER_{ALL}"):
        result = run("zones", env={name.replace("=", ""): ALL}, cwd=tmp_path)
        assert_only_text(result.stdout)
        assert_only_text(result.stderr)


def test_json_says_it_exactly_and_is_text_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(write_any_tar([("a\x7f\u202e", TZIF), ("b", b"")]))
    result = run("verify", tmp_path / "x.tar", "--json")
    assert_only_text(result.stdout)
    assert result.stdout.isascii()
    assert json.loads(result.stdout)["problems"]


def test_bytes_for_a_program_stay_exact(tmp_path: Path) -> None:
    to_file = tmp_path / "x.tar"
    assert run("extract", "UTC", "-o", to_file).returncode == 0
    assert run("extract", "UTC", "-o", "-").stdout == to_file.read_bytes()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_service_logs_and_answers_it_as_text(
    log_format: str, wheels_dir: Path, start_service: StartService, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    shutil.copy(next(wheels_dir.glob("tzdata-2024.1-*")), wheels)
    (wheels / f"tzdata-{ALL.replace('/', '')}.whl").write_bytes(b"no wheel")
    service = start_service(wheels_dir=wheels, log_format=log_format, expect_errors=True)
    with service.client() as client:
        assert client.get("/v1/releases/%1b%5b2J%e2%80%ae%0a?q=%1b%9b").status_code in {400, 404}
        answer = client.get("/v1/releases")
    assert (answer.status_code, len(answer.json()["refused"])) == (200, 1)
    assert_only_text(answer.content)
    assert_only_text(service.log.encode())
