"""The project's own image, built by the Docker engine from a base made of this machine's Python, and its containers.

Base images cannot be pulled where these tests run, so the base is made of Debian's files. What pip needs comes from an
index on loopback; the base is set to it as a company's base image would be, by its ``pip.conf``.
"""

import contextlib
import hashlib
import re
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

import dev
from tests.consumers.images.engines import Docker
from tests.consumers.tools import find, run
from tests.loopback import LoopbackHandler, serving
from tests.servers import free_port

PYTHON = Path("/usr/bin/python3")
"""Debian's, whose files lie where any user may read them."""
_PROGRAMS = ("sh", "useradd", "install")
_FILES = ("/etc/group", "/etc/login.defs", "/etc/passwd", "/etc/shadow", "/usr/share/python-wheels")
_LIBRARIES = ("libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1", "libstdc++.so.6")
"""What compiled wheels may count on besides the libraries of Python itself. Source: PEP 599."""
_LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64", "usr/bin/python": "python3"}
_TAG = "tzdata-filter"
_BASE_TAG = "debian-python"
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Container:
    """A running container of the image.

    Attributes:
        client: Of the service in it.
    """

    docker: Docker
    name: str
    client: httpx.Client

    @property
    def log(self) -> str:
        """All that the service printed so far."""
        return self.docker.engine.run("logs", self.name)

    @property
    def is_running(self) -> bool:
        """Whether the service has not ended."""
        return "true" in self.docker.engine.run("inspect", "--format={{.State.Running}}", self.name)


@contextlib.contextmanager
def package_index(wheels: Mapping[str, bytes]) -> Iterator[str]:
    """Serve wheels by the simple API, as HTML; gives its URL."""

    class Handler(LoopbackHandler):
        def do_GET(self) -> None:  # noqa: N802 - so http.server calls it
            name = self.path.rstrip("/").rpartition("/")[2]
            if name in wheels:
                self.answer(200, wheels[name])
                return
            links = [
                f'<a href="/files/{file}#sha256={hashlib.sha256(wheel).hexdigest()}">{file}</a>'
                for file, wheel in wheels.items()
                if file.partition("-")[0].replace("_", "-") == name
            ]
            page = f"<!doctype html><html><body>{' '.join(links)}</body></html>".encode()
            self.answer(200 if links else 404, page, {"Content-Type": "text/html"})

    with serving(Handler) as url:
        yield f"{url}/simple"


def fetch_runtime_wheels(folder: Path) -> Mapping[str, bytes]:
    """Return the wheels of ``locks/runtime.txt`` for Debian's Python: file name → bytes."""
    run(PYTHON, "-m", "venv", folder / "venv")
    lock = dev.LOCKS / "runtime.txt"
    options = ("--quiet", "--no-deps", *dev.LOCKED, lock, "--dest", folder / "wheels")
    assert dev.call(folder / "venv" / "bin" / "pip", "download", *options) == 0
    return {path.name: path.read_bytes() for path in (folder / "wheels").iterdir()}


def build_image(docker: Docker, folder: Path, *, index_url: str) -> str:
    """Return the name of the image, built from the project's Dockerfile, on a base that is set to an index."""
    archive = folder / "base.tar"
    settings = folder / "pip.conf"
    settings.write_text(f"[global]\nindex-url = {index_url}\ndisable-pip-version-check = true\n")
    # What is a link on this machine is a file in there, but for the few that make up the layout.
    with tarfile.open(archive, "w", dereference=True) as tar:
        for name, target in _LINKS.items():
            tar.addfile(_link(name, target))
        for path in _base_files():
            tar.add(path, arcname=re.sub(r"^/(lib|lib64|bin|sbin)/", r"usr/\1/", path).lstrip("/"), filter=_lean)
        tar.add(settings, arcname="etc/pip.conf")
        tar.add("/tmp", arcname="tmp", recursive=False)
    docker.engine.run("import", "--change", "ENV PATH=/usr/sbin:/usr/bin", str(archive), _BASE_TAG)
    docker.build(dev.ROOT, _TAG, f"--build-arg=PYTHON={_BASE_TAG}")
    return _TAG


@contextlib.contextmanager
def running_container(docker: Docker, image: str, **settings: str) -> Iterator[Container]:
    """Run the image in the network of this machine while the context lasts, as compose does: read-only, no rights."""
    port = free_port()
    name = f"tzdata-filter-{port}"
    given = {"port": str(port), **settings}
    variables = [f"--env=TZDATA_FILTER_{setting.upper()}={text}" for setting, text in given.items()]
    hardening = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--tmpfs=/tmp")
    docker.engine.run("run", "--detach", f"--name={name}", "--network=host", *hardening, *variables, image)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        container = Container(docker, name, client)
        try:
            _wait(container)
            yield container
        finally:
            docker.engine.run("rm", "--force", "--volumes", name)


def _wait(container: Container) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and container.is_running:
        with contextlib.suppress(httpx.TransportError):
            if container.client.get("/readyz").is_success:
                return
        time.sleep(0.1)
    raise AssertionError(f"the container did not come up: {container.log}")


def _base_files() -> list[str]:
    """Return what a Python and the commands of the Dockerfile need: programs, their libraries, modules, settings."""
    modules = run(PYTHON, "-Sc", "import sysconfig; print(sysconfig.get_path('stdlib'))").strip()
    programs = [str(PYTHON), *map(find, _PROGRAMS)]
    extensions = [str(path) for path in Path(modules, "lib-dynload").glob("*.so")]
    said = "".join(run("ldd", path) for path in (*programs, *extensions))
    libraries = {*re.findall(r"(?:=> |^\s+)(/\S+) \(0x", said, re.MULTILINE)}
    libc = next(library for library in libraries if library.endswith("/libc.so.6"))
    libraries |= {libc.replace("libc.so.6", name) for name in _LIBRARIES}
    return [*programs, *sorted(libraries), *_FILES, modules]


def _link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


def _lean(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "/__pycache__" in member.name or "/config-3" in member.name else member
