"""The start-up check: its words are given, and cannot break out of where they stand."""

import pytest

from app.artifact.go.check import format_check
from app.errors import InvalidOption


def write(*, package: str = "main", variables: tuple[str, ...] = ("TZ",), import_path: str = "") -> str:
    zones = ["Etc/UTC", "Asia/Shanghai"]
    written = format_check(zones, version="2026f", package=package, variables=variables, import_path=import_path)
    return written.decode("ascii")


def test_it_holds_the_zones_sorted_and_the_variables() -> None:
    text = write(package="config", variables=("TZ", "APP_TZ"))
    assert "\npackage config\n" in text
    assert '{\n\t"Asia/Shanghai",\n\t"Etc/UTC",\n}' in text
    assert '{"TZ", "APP_TZ"}' in text


def test_it_imports_the_package_with_the_zones_if_told_which() -> None:
    assert '\t"time"\n\n\t_ "tz.internal/etc/utc"\n)' in write(import_path="tz.internal/etc/utc")
    assert '\t"time"\n)' in write()


@pytest.mark.parametrize("package", ["", "type", "_", "1x", "a-b", "a b", "a\n", "ä", 'x"'])
def test_what_is_no_package_is_refused(package: str) -> None:
    with pytest.raises(InvalidOption, match="is not the name of a Go package") as caught:
        write(package=package)
    assert caught.value.facts == {"options": ["package"]}


@pytest.mark.parametrize("variable", ["", "1X", "A=B", 'A"', "A\n"])
def test_what_is_no_variable_is_refused(variable: str) -> None:
    with pytest.raises(InvalidOption, match="is not the name of an environment variable") as caught:
        write(variables=(variable,))
    assert caught.value.facts == {"options": ["env"]}


@pytest.mark.parametrize("path", ['x"', "x y", "../x", "x\n"])
def test_what_is_no_import_is_refused(path: str) -> None:
    with pytest.raises(InvalidOption, match="is not a Go import path") as caught:
        write(import_path=path)
    assert caught.value.facts == {"options": ["import"]}
