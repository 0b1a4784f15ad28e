"""``serve``: what the server is told."""

import socket
from pathlib import Path

import pytest
from click.testing import Result

from app.cli.parts import Parts
from app.settings import Settings
from app.wiring import make_index, make_local
from tests.cli.program import invoke, run


class Served:
    """A server that only remembers what it was told."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []

    def run(self, *arguments: str | Path) -> Result:
        return invoke("serve", *arguments, parts=Parts(local=make_local, index=make_index, serve=self.settings.append))


def test_every_option_is_a_setting(tmp_path: Path) -> None:
    served = Served()
    options = ["--host", "0.0.0.0", "--port", "9000", "--public-url", "https://tz.example", "--no-request-log"]
    options += ["--log-format", "json", "--log-level", "warning"]
    result = served.run(*options, "--data-dir", tmp_path / "data", "--wheels-dir", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert served.settings == [
        Settings(
            host="0.0.0.0",
            port=9000,
            public_url="https://tz.example",
            request_log=False,
            log_format="json",
            log_level="warning",
            data_dir=tmp_path / "data",
            wheels_dir=tmp_path,
            offline=True,
        )
    ]


def test_without_options_the_defaults_hold() -> None:
    served = Served()
    assert served.run().exit_code == 0
    assert served.settings == [Settings(offline=True)]


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZDATA_FILTER_PORT", "1000")
    monkeypatch.setenv("TZDATA_FILTER_HOST", "192.0.2.1")
    monkeypatch.setenv("TZDATA_FILTER_REQUEST_LOG", "false")
    served = Served()
    served.run("--port", "2000", "--request-log")
    assert [(told.host, told.port, told.request_log) for told in served.settings] == [("192.0.2.1", 2000, True)]


def test_all_wrong_values_are_reported_before_anything_starts(tmp_path: Path) -> None:
    served = Served()
    options = ["--port", "http", "--log-level", "loud", "--public-url", "tz", "--wheels-dir", str(tmp_path / "none")]
    result = served.run(*options)
    assert (result.exit_code, served.settings) == (2, [])
    assert "4 settings" in result.stderr
    assert all(name in result.stderr for name in ("port", "log_level", "public_url", "wheels_dir"))


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.returncode == 5
    assert result.stderr.startswith(b"tzdata-filter: 127.0.0.1 port ")
    assert len(result.stderr.splitlines()) == 1
