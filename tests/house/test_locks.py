"""The lock files: pinned by hash, for every platform, from no named index."""

import re
import tomllib
from pathlib import Path

import pytest

import dev
from tests.house.source import ROOT

RUNTIME, DEV, SOURCE, WHEELS, GO = (
    dev.LOCKS / name for name in ("runtime.txt", "dev.txt", "dev-source.txt", "tzdata-wheels.txt", "go-toolchains.txt")
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?: |$)")
PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)")


def read_pins(text: str) -> dict[str, str]:
    """Return what a requirements file pins, name → version. Raises: AssertionError for a line without a hashed pin."""
    pins = {}
    for line in join_lines(text):
        pin = PIN.match(line)
        assert pin is not None, f"not pinned: {line}"
        assert HASH.search(line), f"no hash: {line}"
        pins[pin[1]] = pin[2]
    return pins


def join_lines(text: str) -> list[str]:
    """Return the logical lines of a requirements file, without comments."""
    lines = text.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("path", [RUNTIME, DEV, SOURCE, WHEELS, GO], ids=lambda path: path.stem)
def test_every_line_is_a_pin_with_a_hash_and_nothing_else(path: Path) -> None:
    text = path.read_text()
    assert read_pins(text)
    assert "://" not in text
    assert [line for line in join_lines(text) if line.startswith("-")] == []


def test_the_development_lock_contains_the_runtime_lock() -> None:
    assert read_pins(RUNTIME.read_text()).items() <= read_pins(DEV.read_text()).items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {
        RUNTIME: [*project["project"]["dependencies"], *project["build-system"]["requires"]],
        DEV: project["dependency-groups"]["dev"],
        SOURCE: [*project["dependency-groups"]["source"], dev.SOURCE],
    }
    for path, requirements in wanted.items():
        names = {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-") for requirement in requirements}
        assert names <= read_pins(path.read_text()).keys()


def test_the_lock_of_wheels_names_each_release_once() -> None:
    versions = [pin[2] for line in join_lines(WHEELS.read_text()) if (pin := PIN.match(line))]
    assert len(set(versions)) == len(versions) == len(dev.read_wheels())
    assert {"2020.1", "2021.2", "2021.2.post0", "2025.1", "2026.6"} <= set(versions)


def test_the_checks_flag_a_line_without_a_hash_or_a_pin() -> None:
    for bad in ("httpx==0.28.1", "httpx>=0.28 --hash=sha256:" + "0" * 64, "--pre"):
        with pytest.raises(AssertionError):
            read_pins(bad)
