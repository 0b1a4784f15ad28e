"""``serve``: the settings that the server gets."""

import socket
from pathlib import Path
from threading import Event

import pytest
from click.testing import Result

from app.cli.parts import Parts, Visitor
from app.settings import Settings
from app.wiring import make_index, make_local
from tests.cli.pretender import Reply, pretender
from tests.cli.program import invoke, run


class Served:
    """A server that only remembers the settings that it got."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []
        self.visitors: list[Visitor] = []

    def serve(self, settings: Settings, visitor: Visitor | None) -> None:
        self.settings.append(settings)
        self.visitors += [visitor] if visitor else []

    def run(self, *arguments: str | Path) -> Result:
        return invoke("serve", *arguments, parts=Parts(local=make_local, index=make_index, serve=self.serve))


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
    assert served.visitors == []


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZDATA_FILTER_PORT", "1000")
    monkeypatch.setenv("TZDATA_FILTER_HOST", "192.0.2.1")
    monkeypatch.setenv("TZDATA_FILTER_REQUEST_LOG", "false")
    served = Served()
    served.run("--port", "2000", "--request-log")
    assert [(got.host, got.port, got.request_log) for got in served.settings] == [("192.0.2.1", 2000, True)]


def test_all_wrong_values_are_reported_before_anything_starts(tmp_path: Path) -> None:
    served = Served()
    options = ["--port", "http", "--log-level", "loud", "--public-url", "tz", "--wheels-dir", str(tmp_path / "none")]
    result = served.run(*options)
    assert (result.exit_code, served.settings) == (2, [])
    assert "4 settings" in result.stderr
    assert all(name in result.stderr for name in ("port", "log_level", "public_url", "wheels_dir"))


def test_a_port_in_use_is_one_line_with_another_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.returncode == 5
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith(f"tzdata-filter: cannot listen on 127.0.0.1 port {port}: ")
    assert line.endswith(f"; try --port {port + 1}")


def test_an_address_of_another_machine_is_one_line_without_advice_on_the_port() -> None:
    result = run("serve", "--host", "192.0.2.1", "--port", "0")
    assert result.returncode == 5
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith("tzdata-filter: cannot listen on 192.0.2.1 port 0: ")
    assert "--port" not in line


@pytest.mark.parametrize("option", ["--demo", "--once"])
def test_a_demonstration_visits_the_service(option: str) -> None:
    served = Served()
    assert served.run(option).exit_code == 0
    assert len(served.visitors) == 1


def test_once_shows_a_first_bundle_and_ends_well(tmp_path: Path) -> None:
    result = run("serve", "--once", "--port", "0", "--data-dir", tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"\nAsia/Shanghai and Etc/UTC from tzdata 20")
    assert b"serving on" not in result.stdout


def test_what_the_demonstration_could_not_do_is_the_command_s_error() -> None:
    stopped = Event()
    with pretender() as other:
        other.replies["GET /readyz"] = Reply(b"ready\n")

        def serve(_: Settings, visitor: Visitor | None) -> None:
            assert visitor is not None
            visitor(int(other.url.rpartition(":")[2]), stopped.set)

        result = invoke("serve", "--demo", parts=Parts(local=make_local, index=make_index, serve=serve))
    assert result.exit_code == 5
    assert result.stderr.endswith("answers /v1/bundles/latest/Asia/Shanghai,Etc/UTC.tar.gz with status 404\n")
    assert stopped.is_set()
