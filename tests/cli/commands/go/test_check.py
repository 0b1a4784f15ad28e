"""Go code that checks a program's configuration; Go's own judgement of it is in the consumers' tests."""

from pathlib import Path

import pytest

from tests.cli.program import invoke

ZONES = '{\n\t"Asia/Tokyo",\n\t"UTC",\n}'


def test_it_goes_to_standard_output_or_to_a_file(tmp_path: Path) -> None:
    printed = invoke("go-check", "--include", "UTC,Asia/Tokyo")
    assert (printed.exit_code, ZONES in printed.stdout) == (0, True)
    written = invoke("go-check", "--include", "UTC,Asia/Tokyo", "-o", tmp_path / "check.go")
    assert (written.exit_code, written.stdout) == (0, "")
    assert (tmp_path / "check.go").read_text() == printed.stdout


def test_globs_countries_and_a_list_become_names(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# mine\nUTC\n")
    for options in (("--include", "country:JP", "--zones-file", tmp_path / "list"), ("--include", "UTC,Asia/Tok*")):
        assert ZONES in invoke("go-check", *options).stdout


def test_package_variables_and_import_are_what_is_asked_for() -> None:
    options = ("--package", "config", "--env", "A", "--env", "B", "--import", "example.com/program/internal/tzdata")
    text = invoke("go-check", "--include", "UTC", *options).stdout
    assert "\npackage config\n" in text
    assert '{"A", "B"}' in text
    assert '\n\t_ "example.com/program/internal/tzdata"\n' in text


def test_links_are_reported() -> None:
    said = invoke("go-check", "--include", "UTC").stderr.splitlines()
    assert said == [
        "tzdata-filter: UTC is a link to Etc/UTC in release 2026f",
        "tzdata-filter: 1 zone, all in release 2026f",
    ]


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (("--include", "UTC", "--package", "func"), 2, "package"),
        (("--include", "UTC", "--env", "A-B"), 2, "environment variable"),
        (("--include", "UTC", "--import", 'x"'), 2, "import path"),
        (("--include", "Asia/Shangai"), 3, "did you mean Asia/Shanghai"),
        (("--include", "UTC", "--release", "1999a"), 3, "1999a"),
        ((), 2, "--include"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    options: tuple[str, ...], code: int, word: str, tmp_path: Path
) -> None:
    result = invoke("go-check", *options, "-o", tmp_path / "check.go")
    assert (result.exit_code, word in result.stderr) == (code, True)
    assert list(tmp_path.iterdir()) == []
