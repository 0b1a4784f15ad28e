"""dev.py: what it says when something is in the way, and the first run as the README shows it."""

import ast
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import dev


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_an_older_python_can_read_it_up_to_the_message_that_it_is_too_old() -> None:
    assert ast.parse(Path(dev.__file__).read_text(), feature_version=(3, 7)).body


def test_it_imports_only_the_standard_library() -> None:
    tree = ast.parse(Path(dev.__file__).read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_an_argument_that_a_verb_does_not_take_is_named() -> None:
    with pytest.raises(SystemExit, match="`setup` does not take --fast"):
        dev.main(["setup", "--fast"])


def test_the_wheels_are_whole(wheels_dir: Path) -> None:
    assert {path.name for path in dev.read_wheels()} <= {path.name for path in wheels_dir.iterdir()}


@pytest.fixture
def environment() -> None:
    """Make sure that `dev.py run` finds its environment made, so that a test does not make it."""
    if not dev.is_set_up("runtime", dev.read_stamp()):
        pytest.skip("there is no .venv for this Python: run `python3 dev.py test`")


@pytest.mark.usefixtures("environment")
def test_run_once_makes_a_first_bundle_and_prints_what_to_paste() -> None:
    command = [sys.executable, dev.__file__, "run", "--once", "--port", str(free_port())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  tar\.gz .* bytes  sha256:[0-9a-f]{64}$", done.stdout, re.MULTILINE)
    assert re.search(r"^  RUN .*curl -fsSL http\S+/Asia/Shanghai,Etc/UTC\.tar\.gz \| tar ", done.stdout, re.MULTILINE)


@pytest.mark.usefixtures("environment")
def test_a_taken_port_is_an_error_of_one_line_with_advice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = [sys.executable, dev.__file__, "run", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 5
    (line,) = done.stderr.splitlines()
    assert f"port {port}" in line
    assert line.endswith(f"try --port {port + 1}")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_run_serves_until_told_to_stop_and_leaves_nothing_behind(number: signal.Signals, code: int) -> None:
    port = free_port()
    command = [sys.executable, dev.__file__, "run", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert any("serving on" in line for line in run.stdout)
        run.send_signal(number)
        assert run.wait(timeout=60) == code
    with socket.create_server(("127.0.0.1", port)) as again:
        assert again.getsockname()[1] == port


@pytest.mark.parametrize(
    ("finished", "kind", "expected"),
    [
        ("dev", "dev", True),
        ("dev", "runtime", True),
        ("runtime", "runtime", True),
        ("runtime", "dev", False),
    ],
)
def test_what_is_made_for_development_holds_what_running_needs_but_not_the_other_way_round(
    finished: str, kind: str, expected: bool
) -> None:
    assert dev.is_set_up(kind, [*dev.fingerprints(), finished]) is expected


def test_an_environment_of_other_locks_or_one_that_was_not_finished_is_made_again() -> None:
    place, locks = dev.fingerprints()
    for stamp in ([], [place], [place, "0" * 64, "dev"], ["0" * 64, locks, "dev"]):
        assert not dev.is_set_up("runtime", stamp)


@pytest.mark.parametrize(
    "arguments", [["run", "--once"], ["test", "-x", "tests/web"], ["bench", "build", "--rounds", "2"]]
)
def test_what_a_verb_does_not_know_goes_to_the_program_that_it_calls(arguments: list[str]) -> None:
    known, rest = dev.make_parser().parse_known_args(arguments)
    assert [known.verb, *([known.name] if known.verb == "bench" else []), *rest] == arguments
