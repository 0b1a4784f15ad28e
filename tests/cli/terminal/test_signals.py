"""Signals, closed pipes and full disks: the exit code says what happened, and nothing half-written stays behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from app.cli.terminal.signals import Stopped, stopping_at_signals
from tests.cli.program import COMMAND, environment, run

CODES = {signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGTERM: 143}


def in_shell(line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of the shell in which ``"$@"`` is the command."""
    command = ["bash", "-o", "pipefail", "-c", line, "bash", *COMMAND]
    return subprocess.run(command, env=environment(), capture_output=True, check=False)


@pytest.mark.parametrize("number", CODES)
def test_a_signal_while_waiting_for_input_ends_quietly_with_its_code(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "extract", "-o", tmp_path / "out", "--zones-file", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stderr is not None
    with process.stdin, process.stderr:
        process.stdin.write(b"UTC\n")
        process.stdin.flush()
        _wait_until_asleep(process.pid)
        process.send_signal(number)
        assert process.stderr.read().strip() == b""
        assert process.wait() == CODES[number]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", CODES)
def test_a_signal_while_a_tree_is_written_leaves_nothing_or_all_of_it(number: signal.Signals, tmp_path: Path) -> None:
    ended = set()
    for turn in range(6):
        place = tmp_path / str(turn)
        place.mkdir()
        process = subprocess.Popen(
            [*COMMAND, "extract", "*", "-o", place / "out"], stderr=subprocess.DEVNULL, env=environment()
        )
        while process.poll() is None and not any(place.iterdir()):
            time.sleep(0.001)
        time.sleep(turn * 0.01)
        process.send_signal(number)
        ended.add(process.wait())
        left = [path.name for path in place.iterdir()]
        assert left in ([], ["out"])
        assert not left or len([path for path in (place / "out").rglob("*") if path.is_file()]) > 500
    assert CODES[number] in ended
    assert ended <= {0, CODES[number], -number}  # the last once all is done, while the interpreter ends


def test_what_is_ignored_stays_ignored(tmp_path: Path) -> None:
    line = f'trap "" HUP; "$@" extract "*" -o {tmp_path / "out"} & child=$!; sleep 0.3; kill -HUP $child; wait $child'
    done = in_shell(line)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").is_dir()


def test_only_the_first_signal_counts_while_work_is_taken_back() -> None:
    former = {number: signal.getsignal(number) for number in CODES}
    try:
        with pytest.raises(Stopped) as caught:
            _take_back_at_signals()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    assert caught.value.number == signal.SIGTERM


@pytest.mark.parametrize(
    "line",
    [
        '"$@" zones | head -1',
        '"$@" extract "*" -o - | head -c 1',
        '"$@" resolve "*" | head -1',
        '"$@" zones --json | head -1',
        '"$@" diff latest latest 2>&1 | head -c 0',
        '"$@" extract Nowhere/1 -o x 2>&1 | head -c 0',
        '"$@" --help | head -1',
    ],
)
def test_a_reader_who_leaves_is_no_reason_for_a_word(line: str) -> None:
    done = in_shell(line)
    assert done.stderr == b""
    assert b"Traceback" not in done.stdout
    assert done.returncode in {0, 3, 141}


@pytest.mark.parametrize(
    "line",
    [
        '"$@" zones > /dev/full',
        '"$@" zones --json > /dev/full',
        '"$@" resolve UTC > /dev/full',
        '"$@" extract "*" -o - > /dev/full',
        'PYTHONUNBUFFERED=1 "$@" extract "*" -o - > /dev/full',
        '"$@" --help > /dev/full',
        '"$@" extract --help > /dev/full',
        '"$@" go-sum UTC > /dev/full',
        '"$@" zones >&-',
        '"$@" zones --json >&-',
        '"$@" extract UTC -o - >&-',
    ],
)
def test_an_output_that_takes_nothing_is_an_error_in_a_line(line: str) -> None:
    done = in_shell(line)
    assert done.returncode == 5, done.stderr
    (said,) = done.stderr.splitlines()
    assert said.startswith(b"tzdata-filter: standard output cannot be written: ")


@pytest.mark.parametrize("line", ['"$@" extract UTC -o OUT 2> /dev/full', '"$@" extract UTC -o OUT 2>&-'])
def test_a_report_that_nobody_can_read_stops_nothing(line: str, tmp_path: Path) -> None:
    assert in_shell(line.replace("OUT", str(tmp_path / "out"))).returncode == 0
    assert (tmp_path / "out").is_dir()


def test_a_file_on_a_full_disk_is_an_error_that_names_it() -> None:
    result = run("extract", "UTC", "-o", "/dev/full", "--format", "tar")
    assert result.returncode == 2
    assert b"/dev/full is not a regular file" in result.stderr


def _take_back_at_signals() -> None:
    with stopping_at_signals():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGINT)


def _wait_until_asleep(pid: int) -> None:
    """Return once the process waits, as it does for its input; until then it runs. Source: proc(5), ``stat``."""
    calm = 0
    while calm < 20:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        calm = calm + 1 if state == "S" else 0
        time.sleep(0.02)
