"""Exit codes: each family of errors has its own, the help lists them, and real runs end with them."""

import fcntl
import os
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.errors import EXIT_CODES, UNEXPECTED, exit_code, message_lines
from app.cli.parts import Local, Parts
from app.errors import InvalidName, TzdataFilterError, UnknownZones
from app.settings import InvalidSettings, Settings
from app.wiring import make_index, make_local
from tests.cli.program import COMMAND, environment, invoke, run


def families(root: type[TzdataFilterError] = TzdataFilterError) -> Iterator[type[TzdataFilterError]]:
    for family in root.__subclasses__():
        if family.__module__.startswith("app.web"):
            continue  # other tests may have loaded the other gate; its errors never come here
        yield family
        yield from families(family)


def wait_until_read(pipe: int) -> None:
    """Return once the reader has taken everything out of the pipe and waits for more."""
    nothing = bytes(4)
    while fcntl.ioctl(pipe, termios.FIONREAD, nothing) != nothing:
        time.sleep(0.01)
    time.sleep(0.2)  # from taking the last byte to waiting are microseconds; a signal in between would be noticed late


@pytest.mark.parametrize("family", list(families()), ids=lambda family: family.__name__)
def test_every_error_of_the_project_has_a_code_of_its_own_family(family: type[TzdataFilterError]) -> None:
    assert exit_code(family("detail")) in {2, 3, 4, 5}


def test_any_other_error_is_unexpected() -> None:
    assert exit_code(RuntimeError("a fault")) == UNEXPECTED


def test_the_help_lists_every_code() -> None:
    lines = [line.split(maxsplit=1) for line in invoke("--help").stdout.splitlines()]
    assert [[str(code.number), code.meaning] for code in EXIT_CODES] == [
        line for line in lines if line[:1] and line[0].isdecimal()
    ]


class TestMessages:
    def test_one_line_says_what_is_wrong(self) -> None:
        assert message_lines(InvalidName("'x y' is not a name")) == ["tzdata-filter: 'x y' is not a name"]

    def test_suggestions_follow_indented_if_the_line_has_no_room_for_them(self) -> None:
        error = UnknownZones("2 are missing", suggestions={"Berln": ["Europe/Berlin"], "Foo": []})
        assert message_lines(error) == [
            "tzdata-filter: 2 are missing",
            "  Berln: did you mean Europe/Berlin?",
            "  Foo: no name is similar",
        ]

    def test_a_long_list_is_cut(self) -> None:
        error = UnknownZones("many are missing", suggestions={f"Zone{number}": [] for number in range(100)})
        lines = message_lines(error)
        assert (len(lines), lines[-1]) == (22, "  and 80 more")

    def test_all_wrong_settings_are_listed(self) -> None:
        lines = message_lines(InvalidSettings(["port='x': no", "host='': no"]))
        assert lines == ["tzdata-filter: 2 settings cannot be used", "  port='x': no", "  host='': no"]


class TestRealRuns:
    def test_0_fine(self) -> None:
        assert run("--version").returncode == 0

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--bogus",),
            ("bogus",),
            ("extract",),
            ("extract", "UTC"),
            ("extract", "UTC", "-o", "-", "--tables", "x"),
            ("zones", "--kind", "x"),
            ("zones", "a", "b"),
            ("zones", "--country", "de"),
            ("verify",),
        ],
        ids=" ".join,
    )
    def test_2_wrong_usage(self, arguments: tuple[str, ...]) -> None:
        result = run(*arguments)
        assert result.returncode == 2
        assert result.stdout == b""
        assert result.stderr.startswith(b"tzdata-filter: ")
        assert b"Traceback" not in result.stderr

    def test_2_a_wrong_setting_in_the_environment(self) -> None:
        result = run("zones", env={"TZDATA_FILTER_PORT": "many", "TZDATA_FILTER_NONE": "1"})
        assert result.returncode == 2
        assert b"TZDATA_FILTER_PORT" in result.stderr
        assert b"TZDATA_FILTER_NONE" in result.stderr

    @pytest.mark.parametrize(
        "arguments",
        [("Nowhere", "-o", "-"), ("country:XX", "-o", "-"), ("UTC", "-o", "-", "--release", "1999a")],
        ids=" ".join,
    )
    def test_3_not_there(self, arguments: tuple[str, ...]) -> None:
        result = run("extract", *arguments)
        assert (result.returncode, result.stdout) == (3, b"")

    def test_4_a_release_that_does_not_verify(self, tmp_path: Path, wheels_dir: Path) -> None:
        (wheel,) = wheels_dir.glob("tzdata-2024.1-*")
        content = bytearray(wheel.read_bytes())
        content[len(content) // 3] ^= 1
        (tmp_path / wheel.name).write_bytes(content)
        result = run("extract", "UTC", "-o", "-", "--release", "2024a", "--wheels-dir", tmp_path)
        assert (result.returncode, result.stdout) == (4, b"")
        assert len(result.stderr.splitlines()) == 1

    def test_5_an_output_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for output in ("file/out", "file/out.tar"):
            result = run("extract", "UTC", "-o", tmp_path / output)
            assert result.returncode == 5
            assert len(result.stderr.splitlines()) == 1

    def test_5_a_store_that_is_not_available(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        data_dir = str(tmp_path / "file/store")
        assert run("extract", "UTC", "-o", "-", env={"TZDATA_FILTER_DATA_DIR": data_dir}).returncode == 5

    def test_130_interrupted(self, tmp_path: Path) -> None:
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
            wait_until_read(process.stdin.fileno())
            process.send_signal(signal.SIGINT)
            message = process.stderr.read()
            assert process.wait() == 130
        assert message.strip() == b""
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("arguments", "unbuffered"),
        [(["zones", "--json"], ""), (["extract", "*", "-o", "-"], ""), (["extract", "*", "-o", "-"], "1")],
    )
    def test_141_the_reader_closed_the_output(self, arguments: list[str], unbuffered: str) -> None:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(PYTHONUNBUFFERED=unbuffered),
        )
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stderr:
            process.stdout.read(1)
            process.stdout.close()
            message = process.stderr.read()
            assert (process.wait(), message) == (141, b"")


def test_a_bug_in_the_program_keeps_its_traceback() -> None:
    def broken(settings: Settings, tree: Path | None, *, online: bool) -> Local:  # noqa: ARG001 - it breaks first
        raise RuntimeError("a fault")

    result = invoke("zones", parts=Parts(local=broken, index=make_index, serve=lambda *_: None))
    assert result.exit_code == UNEXPECTED
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("RuntimeError: a fault\n")


def test_an_error_of_the_disk_is_an_output_that_is_not_available() -> None:
    result = run("extract", "UTC", "--format", "tar", "-o", "/proc/none")
    assert result.returncode == 5
    assert not os.path.lexists("/proc/none")


def test_local_parts_are_made_of_the_settings(tmp_path: Path) -> None:
    local = make_local(Settings(data_dir=tmp_path / "store"), None, online=False)
    assert local.library.versions() == []
    assert (tmp_path / "store").is_dir()
