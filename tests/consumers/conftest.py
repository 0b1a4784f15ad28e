"""Services with the releases the readers are asked about, and the readers that must be compiled first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consumers import tools
from tests.consumers.go.toolchains import find_toolchains
from tests.consumers.images.engines import Docker, running_docker, running_registry
from tests.data import invented_release
from tests.servers import Service, running_service

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def every_release(tmp_path_factory: pytest.TempPathFactory, wheels_dir: Path) -> Iterator[Service]:
    """Return a service that has every published release."""
    with running_service(tmp_path_factory.mktemp("every_release"), {"wheels_dir": wheels_dir}) as running:
        yield running


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Return a service whose latest release is the invented one, which has names that exist nowhere else."""
    directory = tmp_path_factory.mktemp("invented")
    wheels = directory / "wheels"
    wheels.mkdir()
    wheel = invented_release.write_wheel(invented_release.package_files())
    (wheels / invented_release.wheel_name()).write_bytes(wheel)
    with running_service(directory, {"wheels_dir": wheels}) as running:
        yield running


@pytest.fixture(scope="session")
def go_spans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ``go/spans.go`` compiled: static, and without a way back to the zones of the toolchain."""
    directory = tmp_path_factory.mktemp("go")
    source, program = FOLDER / "go" / "spans.go", directory / "spans"
    newest = find_toolchains()[-1]
    environ = newest.environ(directory)
    tools.run(newest.go, "build", "-o", program, source, cwd=directory, environ=environ)
    return program


@pytest.fixture(scope="session")
def musl_localtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ``readers/localtime.c`` compiled against musl: static."""
    program = tmp_path_factory.mktemp("musl") / "localtime"
    tools.run("musl-gcc", "-static", "-Wall", "-Werror", "-o", program, FOLDER / "readers" / "localtime.c")
    return program


@pytest.fixture(scope="session")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    """Return a Docker engine of the tests' own."""
    with running_docker(tmp_path_factory.mktemp("docker")) as running:
        yield running


@pytest.fixture(scope="session")
def other_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return host and port of a registry that can be written, the reference implementation."""
    with running_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host
