"""Starting the program: its help and version, what it imports for them, and shell completion."""

import json
import subprocess
import sys

import pytest

from app import __version__
from tests.cli.program import environment, invoke, run

SERVER_PACKAGES = ("fastapi", "uvicorn", "starlette", "pydantic", "httpx", "prometheus_client")


@pytest.mark.parametrize("arguments", [["--help"], ["zones", "berlin"], ["extract", "UTC", "-o", "-", "-q"]])
def test_commands_without_a_server_import_none(arguments: list[str]) -> None:
    code = (
        "import json, sys\n"
        "from app.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code\n"
        "print(json.dumps([name for name in sys.modules if '.' not in name]), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code, *arguments]
    process = subprocess.run(command, capture_output=True, env=environment(), check=True)
    loaded = json.loads(process.stderr.splitlines()[-1])
    assert {*SERVER_PACKAGES} & {*loaded} == set()


def test_the_version() -> None:
    assert run("--version").stdout.decode() == f"tzdata-filter {__version__}\n"


@pytest.mark.parametrize(
    "command", ["serve", "extract", "zones", "resolve", "releases", "verify", "allowlist", "go-check"]
)
def test_every_command_has_help_and_is_listed(command: str) -> None:
    for option in ("--help", "-h"):
        result = invoke(command, option)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: tzdata-filter {command}")
    assert f"\n  {command} " in invoke("--help").stdout


def test_without_arguments_the_help_is_shown() -> None:
    result = invoke()
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: tzdata-filter")


def test_the_shell_completes_commands() -> None:
    env = {"_TZDATA_FILTER_COMPLETE": "bash_complete", "COMP_WORDS": "tzdata-filter ex", "COMP_CWORD": "1"}
    assert run(env=env).stdout == b"plain,extract\n"
