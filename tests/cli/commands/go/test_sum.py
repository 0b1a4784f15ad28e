"""The lines of go.sum, without fetching anything."""

import pytest

from tests.cli.program import invoke


def test_the_module_is_named_by_its_sorted_zones() -> None:
    lines = invoke("go-sum", "Etc/UTC,Asia/Shanghai").stdout.splitlines()
    module = "tz.internal/asia/shanghai/etc/utc"
    assert [line.rpartition(" ")[0] for line in lines] == [
        f"{module} v0.2026.601",
        f"{module} v0.2026.601/go.mod",
    ]


def test_another_path_may_be_given() -> None:
    other = "tz.example/etc/utc/asia/shanghai"
    assert invoke("go-sum", "Etc/UTC", "Asia/Shanghai", "--module", other).stdout.startswith(f"{other} v0.")


def test_the_host_is_the_one_the_service_is_set_to() -> None:
    env = {"TZDATA_FILTER_GO_MODULE_HOST": "tz.example"}
    assert invoke("go-sum", "Etc/UTC", env=env).stdout.startswith("tz.example/etc/utc v0.")


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 2), (["Etc/UTC", "--module", "x y"], 2), (["Asia/Hanoi"], 3), (["", "UTC"], 2)]
)
def test_errors_have_their_codes(arguments: list[str], code: int) -> None:
    assert invoke("go-sum", *arguments).exit_code == code
