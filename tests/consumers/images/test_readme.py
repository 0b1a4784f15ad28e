"""The README's Dockerfiles are built as they are written, and containers of them know just their zones.

A fenced ``dockerfile`` block right after the line ``<!-- build -->`` is a whole Dockerfile. Nothing in it is changed
but the address it names, which becomes that of the service in the test. The build context holds ``program``, a static
Go program; ``busybox`` is an image with Debian's busybox and nothing else.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from tests.consumers.images.engines import Docker
from tests.consumers.tools import find, finish
from tests.servers import ROOT, Service, StartService

Way = Literal["download", "COPY --from", "FROM", "ADD"]

ADDRESS = "127.0.0.1:8080"
NOON = 1767268800
"""2026-01-01T12:00:00Z."""
MARKER = "<!-- build -->"
_BLOCK = re.compile(rf"^{MARKER}\n```dockerfile\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WAYS: dict[Way, re.Pattern[str]] = {
    "download": re.compile(r"^RUN .*(?:curl|wget) .*\| tar ", re.MULTILINE),
    "COPY --from": re.compile(rf"^COPY --from={ADDRESS}/", re.MULTILINE),
    "FROM": re.compile(rf"^FROM {ADDRESS}/", re.MULTILINE),
    "ADD": re.compile(rf"^ADD .*http://{ADDRESS}/", re.MULTILINE),
}


def read_dockerfiles(text: str) -> list[str]:
    """Return the blocks that are marked for building."""
    return _BLOCK.findall(text)


def ways_of(block: str) -> list[Way]:
    """Return the ways by which a Dockerfile gets its zones."""
    return [way for way, pattern in _WAYS.items() if pattern.search(block)]


README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = {way: block for block in read_dockerfiles(README) for way in ways_of(block)}


@pytest.fixture(scope="module")
def build(docker: Docker, go_spans: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Service], str]:
    """Return what builds a block against a service and returns what BuildKit says; the image is called ``readme``."""
    folder = tmp_path_factory.mktemp("readme")
    put_program(Path(find("busybox")), folder / "busybox")
    put_program(go_spans, folder / "program")
    (folder / "Dockerfile").write_text(
        'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'
    )
    docker.build(folder, "busybox")

    def build_block(block: str, service: Service) -> str:
        (folder / "Dockerfile").write_text(block.replace(ADDRESS, f"127.0.0.1:{service.port}"))
        return docker.build(folder, "readme")

    return build_block


def put_program(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())
    target.chmod(0o755)


def run(docker: Docker, *arguments: str, stdin: bytes = b"") -> str:
    """Return what a container of the image ``readme`` prints."""
    command = (*docker.engine.command, "run", "--rm", "--interactive", "--network=none", *arguments)
    finished = finish(*command, environ=docker.engine.environ, stdin=stdin)
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout.decode()


def ask_date(docker: Docker, zone: str) -> str:
    return run(docker, f"--env=TZ={zone}", "readme", "date", f"-d@{NOON}", "+%H:%M").strip()


def ask_program(docker: Docker, zone: str) -> str:
    """Return the line of the zone, as ``go/spans.go`` prints it."""
    return run(docker, "readme", str(NOON), str(NOON + 1), stdin=f"{zone}\n".encode()).strip()


@pytest.mark.parametrize("way", list(_WAYS))
def test_an_image_of_each_way_knows_the_listed_zones_and_no_other(
    docker: Docker, service: Service, build: Callable[[str, Service], str], way: Way
) -> None:
    block = BLOCKS[way]
    build(block, service)
    if "program" not in block:
        hours = [ask_date(docker, zone) for zone in ("Asia/Shanghai", "Etc/UTC", "Asia/Tokyo")]
        assert hours == ["20:00", "12:00", "12:00"], "Tokyo is not in the image, so libc counts in UTC"
        return
    assert ask_program(docker, "Asia/Shanghai") == f"Asia/Shanghai\t{NOON}\t28800\tCST\tfalse"
    assert ask_program(docker, "Asia/Tokyo") == "Asia/Tokyo\terror\tunknown time zone Asia/Tokyo"


@pytest.mark.parametrize(
    ("way", "asked"),
    [("download", []), ("COPY --from", ["HEAD 200"]), ("FROM", ["HEAD 200"]), ("ADD", ["HEAD 304"])],
)
def test_a_rebuild_hits_the_cache_and_asks_what_the_table_says(
    build: Callable[[str, Service], str], start_service: StartService, way: Way, asked: list[str]
) -> None:
    assert asked_by_a_rebuild(build, start_service(), BLOCKS[way]) == asked


@pytest.mark.parametrize("way", ["COPY --from", "FROM"])
def test_a_rebuild_with_a_digest_for_the_tag_asks_nothing(
    build: Callable[[str, Service], str], start_service: StartService, way: Way
) -> None:
    running = start_service()
    with running.client() as client:
        digest = client.head("/v2/asia/shanghai/etc/utc/manifests/2026f").headers["docker-content-digest"]
    pinned = BLOCKS[way].replace("/etc/utc:2026f", f"/etc/utc@{digest}")
    assert pinned != BLOCKS[way]
    assert asked_by_a_rebuild(build, running, pinned) == []


def asked_by_a_rebuild(build: Callable[[str, Service], str], running: Service, block: str) -> list[str]:
    """Return method and status of each request of a second build, which must hit the cache; stop the service."""
    build(block, running)
    with running.client() as client:
        client.get("/v1/releases/2026f")
    said = build(block, running)
    assert "CACHED" in said
    running.stop()
    _, between, after = running.log.partition("GET /v1/releases/2026f ")
    assert between
    return [" ".join(request) for request in re.findall(r"Z request (\w+) \S+ (\d+) ", after)]


@pytest.mark.parametrize(
    ("way", "said"),
    [("download", "404 Not Found"), ("COPY --from", "not found"), ("FROM", "not found"), ("ADD", "status 404")],
)
def test_a_name_that_is_no_zone_fails_the_build(
    build: Callable[[str, Service], str], service: Service, way: Way, said: str
) -> None:
    wrong = BLOCKS[way].replace("Shanghai", "Shangai").replace("shanghai", "shangai")
    with pytest.raises(AssertionError, match=said):
        build(wrong, service)


def test_every_marker_stands_before_a_dockerfile() -> None:
    assert README.count(MARKER) == len(read_dockerfiles(README))


def test_every_dockerfile_of_the_readme_is_marked() -> None:
    assert README.count("```dockerfile") == README.count(MARKER)


def test_there_is_a_dockerfile_for_each_of_the_four_ways() -> None:
    ways = [way for block in read_dockerfiles(README) for way in ways_of(block)]
    assert sorted(ways) == sorted(_WAYS)


def test_only_blocks_right_after_a_marker_are_read() -> None:
    text = f"```dockerfile\nno\n```\n{MARKER}\n```dockerfile\nFROM a\nRUN b\n```\n{MARKER}\n```sh\nno\n```\n"
    assert read_dockerfiles(text) == ["FROM a\nRUN b\n"]
