"""The same bytes on every Python of this machine, whatever the hash seed, time zone, locale and umask."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

from tests.artifact.print_digests import digests
from tests.data.real_releases import real_release
from tests.house.source import ROOT

ENVIRONMENTS: dict[str, tuple[dict[str, str], int]] = {
    "plain": ({"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"}, 0o022),
    "odd": ({"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"}, 0o077),
    "random": ({"PYTHONHASHSEED": "random", "TZ": "<-11>11", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0"}, 0),
    "strict": ({"PYTHONHASHSEED": "4294967295", "TZ": "bad", "LANG": "ja_JP.eucJP", "PYTHONOPTIMIZE": "2"}, 0o777),
}


def find_pythons() -> list[str]:
    """Return this interpreter, then every other one of 3.11 or later on the path or installed beside it."""
    beside = sorted(Path(sys.base_prefix).parent.glob("*/bin/python3.1[1-9]"))
    named = [found for minor in range(11, 20) if (found := which(f"python3.{minor}"))]
    works = [path for path in dict.fromkeys([*named, *map(str, beside)]) if is_new_enough(path)]
    return [sys.executable, *works]


def is_new_enough(python: str) -> bool:
    """Tell whether an interpreter starts at all (a shim may lead nowhere) and is one that the project supports."""
    command = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def digests_from(python: str, wheel: Path, environment: str) -> dict[str, dict[str, str]]:
    variables, umask = ENVIRONMENTS[environment]
    done = subprocess.run(
        [python, "-B", "-P", "-W", "error", "-m", "tests.artifact.print_digests", wheel],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables},
        umask=umask,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def wheel(wheels_dir: Path) -> Path:
    return wheels_dir / "tzdata-2026.6-py2.py3-none-any.whl"


@pytest.fixture(scope="module")
def expected(wheels_dir: Path) -> dict[str, dict[str, str]]:
    return digests(real_release(wheels_dir, "2026.6"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_environment_makes_no_difference(
    wheel: Path, expected: dict[str, dict[str, str]], environment: str
) -> None:
    assert digests_from(sys.executable, wheel, environment) == expected


def test_the_interpreter_makes_no_difference(wheel: Path, expected: dict[str, dict[str, str]]) -> None:
    for python in find_pythons():
        found = digests_from(python, wheel, "random")
        # Another zlib compresses in another way, and is another recipe.
        assert len(found.keys() & expected.keys()) >= 2, python
        assert {name: found[name] for name in found.keys() & expected.keys()} == {
            name: expected[name] for name in found.keys() & expected.keys()
        }, python
