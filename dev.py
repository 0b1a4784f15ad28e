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
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
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
TYPED = ("app", "tests", "bench", "dev.py")
OLDEST_PYTHON = (3, 11)
READY_SECONDS = 30
STOP_SECONDS = 15
FIRST_ZONES = "Asia/Shanghai,Etc/UTC"


def main(argv: Sequence[str]) -> int:
    """Do what the command line asks and return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} ({sys.executable}).")
    arguments, rest = make_parser().parse_known_args(argv)
    verb = arguments.verb
    if verb == "test":
        return test(rest)
    if rest:
        fail(f"`{verb}` does not take {' '.join(rest)}; see `python3 dev.py {verb} --help`.")
    if verb == "run":
        return run(host=arguments.host, port=arguments.port, once=arguments.once)
    if verb == "bench":
        return bench(arguments.name)
    if verb == "lock":
        return lock(upgrade=arguments.upgrade)
    set_up("dev")
    return check() if verb == "check" else 0


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="dev.py", description="Set up, run, test and check tzdata-filter.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("run", help="start the service, make a first bundle, keep serving")
    verb.add_argument("--once", action="store_true", help="exit after the first bundle")
    verb.add_argument("--host", default="127.0.0.1")
    verb.add_argument("--port", type=int, default=8080)
    verbs.add_parser("test", help="run the tests; all further arguments go to pytest")
    verbs.add_parser("setup", help="only make the environment")
    verbs.add_parser("check", help="ruff and mypy")
    verb = verbs.add_parser("bench", help="measure what the README quotes")
    verb.add_argument("name", nargs="?", help="one file of bench/, without .py (default: all)")
    verb = verbs.add_parser("lock", help="write the lock files again after a change of pyproject.toml")
    verb.add_argument("--upgrade", action="store_true", help="take the newest versions, not the locked ones")
    return parser


def run(*, host: str, port: int, once: bool) -> int:
    """Start the service, make a first bundle through it, and serve until Ctrl-C."""
    set_up("runtime")
    check_port_is_free(host, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` below ends the service
    address = ["--host", host, "--port", str(port)]
    service = subprocess.Popen([BIN / "tzdata-filter", "serve", *address, "--data-dir", ".data"], cwd=ROOT)
    try:
        base = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
        wait_until_ready(base, service)
        show_first_bundle(base)
        if once:
            return 0
        say(f"serving on {base} until Ctrl-C")
        return service.wait()
    except urllib.error.URLError as error:
        fail(f"the first bundle could not be fetched: {error}")
    except KeyboardInterrupt:
        return 0
    finally:
        stop(service)


def test(pytest_arguments: Sequence[str]) -> int:
    """Run pytest on the wheels of real releases and with several Go toolchains."""
    set_up("dev")
    fetch_wheels()
    fetched = call(BIN / "python", "-m", "tests.consumers.go.toolchains")
    return fetched or call(BIN / "python", "-m", "pytest", *pytest_arguments)


def check() -> int:
    """Run every static check, also after one has failed."""
    typed = [path for path in TYPED if (ROOT / path).exists()]
    checks = (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy", *typed])
    return max([call(BIN / tool, *arguments) for tool, *arguments in checks])


def bench(name: str | None) -> int:
    """Run one benchmark, or all of them in the order of their names."""
    set_up("dev")
    fetch_wheels()
    known = sorted(path.stem for path in (ROOT / "bench").glob("[!_]*.py"))
    if name is not None and name not in known:
        fail(f"there is no benchmark {name!r}; there are: {', '.join(known)}")
    return max([call(BIN / "python", "-m", f"bench.{each}") for each in known if name in (None, each)], default=0)


def lock(*, upgrade: bool) -> int:
    """Resolve the dependencies for every platform and Python, and pin them by hash, without index addresses."""
    set_up("dev")
    resolve = [str(BIN / "uv"), "pip", "compile", "pyproject.toml", "--group", "build", "--quiet", "--generate-hashes"]
    resolve += ["--universal", "--python-version", "3.11", *(["--upgrade"] if upgrade else [])]
    resolve += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    superset = ["--group", "dev", "--constraints", "locks/runtime.txt"]
    code = call(*resolve, "--output-file", "locks/runtime.txt")
    return code or call(*resolve, *superset, "--output-file", "locks/dev.txt")


def set_up(kind: str) -> None:
    """Bring ``.venv`` to the state of ``locks/<kind>.txt``; ``kind`` is ``runtime`` or ``dev`` (which contains it)."""
    if is_stamped(kind):
        return
    if not is_stamped("venv"):
        make_venv()
    for undone in ("runtime", "dev"):
        (VENV / f"{undone}.stamp").unlink(missing_ok=True)
    requirements = LOCKS / f"{kind}.txt"
    say(f"installing {len(re.findall(r'(?m)^[a-z].*==', requirements.read_text()))} packages from locks/{kind}.txt")
    if pip("install", *LOCKED, requirements) or pip("install", "--no-build-isolation", "--editable", "."):
        fail("pip could not install; its message is above. Nothing is half done: the same command tries again.")
    # Stamps come last: what was interrupted is done again.
    for done in ("runtime", kind):
        (VENV / f"{done}.stamp").write_text(fingerprint(done))
    say("the environment is ready: .venv")


def make_venv() -> None:
    """Make an empty ``.venv`` with pip in it."""
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        fail(f"this Python ({sys.executable}) lacks venv or pip. On Debian and Ubuntu: apt-get install {package}")
    say(f"making .venv with Python {sys.version.split()[0]}")
    if call(sys.executable, "-m", "venv", "--clear", VENV):
        fail("`python3 -m venv` failed; its message is above.")
    (VENV / "venv.stamp").write_text(fingerprint("venv"))


def pip(verb: str, *arguments: str | Path) -> int:
    """Let the pip of ``.venv`` do what it is told, no more, and return its exit code."""
    options = ("--quiet", "--disable-pip-version-check", "--no-deps")
    return call(BIN / "python", "-m", "pip", verb, *options, *arguments)


def is_stamped(kind: str) -> bool:
    """Tell whether that part of ``.venv`` was finished from what is there now."""
    stamp = VENV / f"{kind}.stamp"
    return stamp.is_file() and stamp.read_text() == fingerprint(kind)


def fingerprint(kind: str) -> str:
    """Return a hash of what that part of ``.venv`` comes from: the Python, the place, the lock, the entry points."""
    made_of = f"{sys.version} {sys.base_prefix} {ROOT}".encode()
    if kind != "venv":
        made_of += (LOCKS / f"{kind}.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(made_of).hexdigest()


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


def check_port_is_free(host: str, port: int) -> None:
    """End with advice if something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fail(f"cannot listen on {host}:{port} ({error.strerror}). Try `python3 dev.py run --port {port + 1}`.")


def wait_until_ready(base: str, service: subprocess.Popen[bytes]) -> None:
    """Return when the service can build bundles; end if it ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if service.poll() is not None:
            fail(f"the service ended with exit code {service.returncode}; its message is above.")
        try:
            get(f"{base}/readyz")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
        else:
            return
    fail(f"the service was not ready after {READY_SECONDS} seconds.")


def show_first_bundle(base: str) -> None:
    """Fetch a bundle as a container build would, and print what to paste."""
    content, release = get(f"{base}/v1/bundles/latest/{FIRST_ZONES}.tar.gz")
    zipped, _ = get(f"{base}/v1/bundles/latest/{FIRST_ZONES}.zip")
    digest = hashlib.sha256(content).hexdigest()
    url = f"{base}/v1/bundles/{release}/{FIRST_ZONES}"
    print(f"""
{FIRST_ZONES.replace(",", " and ")} from tzdata {release}:
  tar.gz  {len(content):>6,} bytes  sha256:{digest}
  zip     {len(zipped):>6,} bytes  sha256:{hashlib.sha256(zipped).hexdigest()}

In a Dockerfile, one of these (`docker build --network host` reaches this machine's 127.0.0.1):
  RUN mkdir -p /usr/share/zoneinfo && curl -fsSL {url}.tar.gz | tar -xz -C /usr/share/zoneinfo
  ADD --unpack=true --checksum=sha256:{digest} \\
      {url}.tar.gz /usr/share/zoneinfo/
In a shell:
  mkdir -p zoneinfo && curl -fsSL {url}.tar.gz | tar -xz -C zoneinfo
For a Go program:
  curl -fsSLo zoneinfo.zip {url}.zip && ZONEINFO=$PWD/zoneinfo.zip ./your-program
""")


def get(url: str) -> tuple[bytes, str]:
    """Return the body and the release it was made from, whatever proxies the environment names."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=10) as answer:
        return answer.read(), answer.headers.get("Tzdata-Release", "")


def stop(service: subprocess.Popen[bytes]) -> None:
    """End the service and wait for it."""
    service.terminate()
    try:
        service.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()


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
