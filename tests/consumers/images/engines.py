"""The programs that pull images, each with folders of its own so that none meets what the machine already has.

Registries are plain HTTP on loopback: the Docker engine takes that as it is, the others learn it from a file.
"""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.consumers.tools import ENVIRON, find, finish
from tests.servers import HOST, free_port

DOCKER = "/usr/bin/docker"
"""Debian's: it builds with the engine's own BuildKit, where a newer one in front of it would ask for a plug-in."""
_START_SECONDS = 60
_DAEMON_FLAGS = (
    "--iptables=false",
    "--ip6tables=false",
    "--bridge=none",
    "--ip-forward=false",
    "--ip-masq=false",
)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended.

    Attributes:
        text: Everything it printed, on both outputs.
    """

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Engine:
    """A way to call one program.

    Attributes:
        command: Its name and the flags of every call.
    """

    command: tuple[str, ...]
    environ: Mapping[str, str]

    def run(self, *arguments: str | Path, cwd: Path | None = None) -> str:
        """Return all that a call says; it must succeed. These programs report progress on standard error."""
        finished = self.finish(*arguments, cwd=cwd)
        assert finished.code == 0, finished.text
        return finished.text

    def read(self, *arguments: str | Path) -> object:
        """Return the JSON that a call prints."""
        finished = finish(*self.command, *arguments, environ=self.environ)
        assert finished.returncode == 0, finished.stderr.decode()
        value: object = json.loads(finished.stdout)
        return value

    def finish(self, *arguments: str | Path, cwd: Path | None = None) -> Finished:
        """Make a call to its end, whatever that is."""
        finished = finish(*self.command, *arguments, cwd=cwd, environ=self.environ)
        return Finished(finished.returncode, (finished.stdout + finished.stderr).decode())


@dataclass(frozen=True, slots=True)
class Docker:
    """A running engine.

    Attributes:
        containerd: The socket of the containerd that it runs on.
    """

    engine: Engine
    containerd: Path

    def build(self, folder: Path, tag: str, *flags: str) -> str:
        """Return what BuildKit says of a build."""
        return self.engine.run("build", "--network=host", "--progress=plain", "-t", tag, *flags, ".", cwd=folder)

    def export(self, folder: Path, into: Path) -> str:
        """Build and write the files of the image to a folder; return what BuildKit says."""
        return self.build(folder, "exported", f"--output=type=local,dest={into}")


@contextlib.contextmanager
def running_docker(folder: Path) -> Iterator[Docker]:
    """Run an engine with everything it has below ``folder``, and nothing of the network but loopback."""
    assert os.geteuid() == 0, "the Docker engine needs root"
    home, socket = folder / "home", folder / "sock"
    home.mkdir()
    places = (f"--data-root={folder / 'data'}", f"--exec-root={folder / 'exec'}", f"--pidfile={folder / 'pid'}")
    command = (find("dockerd"), *places, f"--host=unix://{socket}", *_DAEMON_FLAGS)
    environ = {"HOME": str(home), "DOCKER_HOST": f"unix://{socket}", "DOCKER_BUILDKIT": "1"}
    try:
        with running(command, folder / "log", environ=environ) as process:
            docker = Docker(Engine((DOCKER,), environ), folder / "exec" / "containerd" / "containerd.sock")
            wait_until_up(process, folder / "log", lambda: docker.engine.finish("version").code == 0)
            yield docker
    finally:
        # It leaves the namespace of its containers mounted, and then nobody can remove the folder.
        for namespace in (folder / "exec" / "netns").glob("*"):
            finish("umount", str(namespace), environ={})


@contextlib.contextmanager
def running_registry(folder: Path) -> Iterator[str]:
    """Run the reference implementation of a registry; return its host and port."""
    host = f"{HOST}:{free_port()}"
    config = folder / "config.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '{host}'}}\n"
        f"storage: {{filesystem: {{rootdirectory: '{folder / 'data'}'}}}}\n"
    )
    with running((find("docker-registry"), "serve", str(config)), folder / "log", environ={}) as process:
        wait_until_up(process, folder / "log", lambda: _answers(host))
        yield host


PLAIN = ("--tls-verify=false",)


def make_skopeo(folder: Path) -> Engine:
    """Return skopeo."""
    return Engine(("skopeo",), _environ(folder))


def make_buildah(folder: Path, *registries: str) -> Engine:
    """Return buildah, which builds without an engine and isolates by chroot.

    Args:
        registries: Host and port of each.
    """
    return Engine(("buildah", *_storage(folder)), {**_environ(folder, *registries), "BUILDAH_ISOLATION": "chroot"})


def make_podman(folder: Path, *registries: str) -> Engine:
    """Return podman; the arguments are as for ``make_buildah``."""
    return Engine(("podman", *_storage(folder)), _environ(folder, *registries))


@contextlib.contextmanager
def running(command: tuple[str, ...], log: Path, *, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the context lasts."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, env={**ENVIRON, **environ}, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(host: str) -> bool:
    try:
        return httpx.get(f"http://{host}/v2/", trust_env=False).is_success
    except httpx.TransportError:
        return False


def wait_until_up(process: subprocess.Popen[bytes], log: Path, is_up: Callable[[], bool]) -> None:
    """Wait for a server; fail with its log if it ends or takes too long."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if is_up():
            return
        time.sleep(0.1)
    raise AssertionError(f"it did not come up: {log.read_text()[-4_000:]}")


def _storage(folder: Path) -> tuple[str, ...]:
    # vfs copies, and needs nothing of the kernel.
    return (f"--root={folder / 'root'}", f"--runroot={folder / 'runroot'}", "--storage-driver=vfs")


def _environ(folder: Path, *registries: str) -> dict[str, str]:
    config, policy_home = folder / "registries.conf", folder / "home"
    config.write_text("".join(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n' for host in registries))
    policy = policy_home / ".config" / "containers" / "policy.json"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    return {"HOME": str(policy_home), "CONTAINERS_REGISTRIES_CONF": str(config), "XDG_RUNTIME_DIR": str(policy_home)}
