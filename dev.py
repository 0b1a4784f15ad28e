#!/usr/bin/env python3
"""Everything a developer types: ``python3 dev.py run``, ``test``, ``setup``, ``check``, ``bench``, ``lock``.

This file needs a bare Python 3.11 and nothing else. It must not import the project or any package: what needs them runs
in ``.venv``, which is made here from the hash-pinned files in ``locks/`` and left alone while those do not change.
"""

from __future__ import annotations  # so that an older Python gets as far as the message that it is too old

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
WHEELS = ROOT / ".cache" / "wheels"
LOCKS = ROOT / "locks"
LOCKED = ("--require-hashes", "--only-binary", ":all:", "--requirement")
SOURCE = "sniffpy"
"""Has no wheel; it is built by what locks/dev.txt has installed."""
TYPED = ("app", "tests", "bench", "dev.py")
OLDEST_PYTHON = (3, 11)
STAMP = VENV / "dev.py.stamp"
STOP_SECONDS = 15
COVERED = ROOT / ".coverage"
PURE = "app/tzdb/*,app/artifact/*"


def main(argv: Sequence[str]) -> int:
    """Do what the command line asks and return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} ({sys.executable}).")
    arguments, rest = make_parser().parse_known_args(argv)
    verb = arguments.verb
    if verb == "run":
        return run(rest)
    if verb == "test":
        return test(rest)
    if verb == "bench":
        return bench(arguments.name, rest)
    if rest:
        fail(f"`{verb}` does not take {' '.join(rest)}; see `python3 dev.py {verb} --help`.")
    if verb == "lock":
        return lock(upgrade=arguments.upgrade)
    set_up("dev")
    return check() if verb == "check" else 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="dev.py", description="Set up, run, test and check tzdata-filter.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("run", help="serve, and show a first bundle; further arguments go to `tzdata-filter serve`")
    verbs.add_parser(
        "test", help="run all tests and measure their coverage; with arguments for pytest, only what they name"
    )
    verbs.add_parser("setup", help="only make the environment")
    verbs.add_parser("check", help="ruff and mypy")
    verb = verbs.add_parser("bench", help="measure what the README quotes; further arguments go to each benchmark")
    verb.add_argument("name", nargs="?", help="one file of bench/, without .py (default: all)")
    verb = verbs.add_parser("lock", help="write the lock files again after a change of pyproject.toml")
    verb.add_argument("--upgrade", action="store_true", help="take the newest versions, not the locked ones")
    return parser


def run(serve_arguments: Sequence[str]) -> int:
    """Start the service, let it show a first bundle, and serve until Ctrl-C."""
    set_up("runtime")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` below ends the service
    own = (BIN / "tzdata-filter", "serve", "--demo", "--data-dir", ".data")
    service = subprocess.Popen([*own, *serve_arguments], cwd=ROOT)
    try:
        return service.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop(service)


def stop(service: subprocess.Popen[bytes]) -> None:
    """End the service and wait for it."""
    service.terminate()
    try:
        service.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()


def test(pytest_arguments: Sequence[str]) -> int:
    """Run pytest on the wheels of real releases and with several Go toolchains."""
    set_up("dev")
    fetch_wheels()
    if call(BIN / "python", "-m", "tests.consumers.go.toolchains"):
        fail("some Go toolchains could not be fetched; the messages are above.")
    if pytest_arguments:
        return call(BIN / "python", "-m", "pytest", *pytest_arguments)
    return test_all()


def test_all() -> int:
    """Run every test, then list the lines and branches that none reached, and check how many those may be."""
    shutil.rmtree(COVERED, ignore_errors=True)
    coverage = (BIN / "python", "-m", "coverage")
    # A file stays with one worker: what its tests share is then made once.
    workers = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")
    failed = call(*coverage, "run", "-m", "pytest", *workers) or call(*coverage, "combine", "--quiet")
    for half_written in COVERED.glob("data.*"):
        half_written.unlink()  # by a child that a test killed
    return failed or max(call(*coverage, "report", f"--include={PURE}", "--fail-under=100"), call(*coverage, "report"))


def check() -> int:
    """Run every static check, also after one has failed."""
    typed = [path for path in TYPED if (ROOT / path).exists()]
    checks = (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy", *typed])
    return max([call(BIN / tool, *arguments) for tool, *arguments in checks])


def bench(name: str | None, arguments: Sequence[str]) -> int:
    """Run one benchmark, or all of them in the order of their names."""
    set_up("dev")
    fetch_wheels()
    known = sorted(path.stem for path in (ROOT / "bench").glob("[!_]*.py"))
    if name is not None and name not in known:
        fail(f"there is no benchmark {name!r}; there are: {', '.join(known)}")
    chosen = [each for each in known if name in (None, each)]
    return max([call(BIN / "python", "-m", f"bench.{each}", *arguments) for each in chosen], default=0)


def lock(*, upgrade: bool) -> int:
    """Resolve the dependencies for every platform and Python, and pin them by hash, without index addresses."""
    set_up("dev")
    resolve = [str(BIN / "uv"), "pip", "compile", "pyproject.toml", "--group", "build", "--quiet", "--generate-hashes"]
    resolve += ["--universal", "--python-version", "3.11", *(["--upgrade"] if upgrade else [])]
    resolve += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    superset = ["--group", "dev", "--constraints", "locks/runtime.txt", "--no-emit-package", SOURCE]
    code = call(*resolve, "--output-file", "locks/runtime.txt")
    code = code or call(*resolve, *superset, "--output-file", "locks/dev.txt")
    sources = ["source" if argument == "build" else argument for argument in resolve if argument != "pyproject.toml"]
    return code or call(*sources, "--output-file", "locks/dev-source.txt")


def set_up(kind: str) -> None:
    """Bring ``.venv`` to the state of ``locks/<kind>.txt``; ``kind`` is ``runtime`` or ``dev`` (which contains it)."""
    stamp = read_stamp()
    if is_set_up(kind, stamp):
        return
    place, locks = fingerprints()
    if stamp[:1] != [place]:
        make_venv()
    STAMP.write_text(place)  # what is interrupted from here on is done again
    requirements = LOCKS / f"{kind}.txt"
    say(f"installing {len(re.findall(r'(?m)^[a-z].*==', requirements.read_text()))} packages from locks/{kind}.txt")
    build = ("install", "--no-build-isolation")
    code = pip("install", *LOCKED, requirements)
    if kind == "dev":
        code = code or pip(*build, "--require-hashes", "--requirement", LOCKS / "dev-source.txt")
    if code or pip(*build, "--editable", "."):
        fail("pip could not install; its message is above. Nothing is half done: the same command tries again.")
    STAMP.write_text(f"{place} {locks} {kind}")
    say("the environment is ready: .venv")


def make_venv() -> None:
    """Make an empty ``.venv`` with pip in it."""
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        fail(f"this Python ({sys.executable}) lacks venv or pip. On Debian and Ubuntu: apt-get install {package}")
    say(f"making .venv with Python {sys.version.split()[0]}")
    if call(sys.executable, "-m", "venv", "--clear", VENV):
        fail("`python3 -m venv` failed; its message is above.")


def pip(verb: str, *arguments: str | Path) -> int:
    """Let the pip of ``.venv`` do what it is told, no more, and return its exit code."""
    options = ("--quiet", "--disable-pip-version-check", "--no-deps")
    return call(BIN / "python", "-m", "pip", verb, *options, *arguments)


def is_set_up(kind: str, stamp: Sequence[str]) -> bool:
    """Tell whether a ``.venv`` with this stamp was made from what is there now, and holds what ``kind`` needs."""
    current = fingerprints()
    return [*stamp] in ([*current, kind], [*current, "dev"])


def read_stamp() -> list[str]:
    """Return what ``.venv`` was made from, as far as it was finished: the two fingerprints, and the kind."""
    return STAMP.read_text().split() if STAMP.is_file() else []


def fingerprints() -> tuple[str, str]:
    """Return a hash of the Python and the place, and one of the locks and the entry points."""
    place = f"{sys.version} {sys.base_prefix} {ROOT}".encode()
    files = (*(LOCKS / f"{name}.txt" for name in ("runtime", "dev", "dev-source")), ROOT / "pyproject.toml")
    return hashlib.sha256(place).hexdigest(), hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def read_wheels() -> dict[Path, str]:
    """Return the wheels of ``locks/tzdata-wheels.txt``, oldest release first: where it lies once fetched → its line."""
    lines = (LOCKS / "tzdata-wheels.txt").read_text().splitlines()
    pins = [line for line in lines if line.startswith("tzdata==")]
    return {WHEELS / f"tzdata-{pin.split()[0].removeprefix('tzdata==')}-py2.py3-none-any.whl": pin for pin in pins}


def fetch_wheels() -> None:
    """Bring the wheels that are not here, checked against their hashes."""
    missing = []
    for wheel, pin in read_wheels().items():
        if not wheel.is_file() or hashlib.sha256(wheel.read_bytes()).hexdigest() not in pin:
            wheel.unlink(missing_ok=True)
            missing.append(pin)
    if missing:
        say(f"fetching {len(missing)} tzdata wheels into .cache/wheels")
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(fetch_wheel, missing))
    if any(codes):
        fail("some wheels could not be fetched; pip's messages are above. The same command fetches the rest.")


def fetch_wheel(pin: str) -> int:
    """Fetch one wheel: pip takes hashes from files only, and one version of a package at a time."""
    with tempfile.TemporaryDirectory() as directory:
        requirements = Path(directory) / "wheel.txt"
        requirements.write_text(pin)
        return pip("download", *LOCKED, requirements, "--dest", WHEELS)


def call(*command: str | Path) -> int:
    """Run a command in the project's folder and return its exit code."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def say(line: str) -> None:
    """Tell the developer what takes the time."""
    print(f"dev.py: {line}", flush=True)


def fail(message: str) -> NoReturn:
    """End with a message and exit code 1."""
    sys.exit(f"dev.py: {message}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
