"""Go: a static program in an empty root, with nothing but what the service sent."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.consumers.bundles import decode_wheel, fetch, unpack
from tests.consumers.readers.local_times import END, START, Span, parse_go_spans, python_spans
from tests.consumers.tools import in_root, run
from tests.data import invented_release
from tests.servers import Service

# Not UTC, which Go knows without reading anything.
ASKED = ("Asia/Shanghai", "Etc/UTC")
NOT_ASKED = ("Europe/Berlin", "Asia/Tokyo", "Etc/GMT", "Asia/shanghai", "localtime")

SPANS_OF_A_TREE = 64_195
"""Of 2026f, from 1900 to 2100, where a span ends when offset, abbreviation or daylight saving changes."""


class Go:
    """The compiled program in an empty root."""

    def __init__(self, root: Path, program: Path) -> None:
        self.root = root
        shutil.copy(program, root / "spans")

    def spans(self, names: Iterable[str], *, zoneinfo: str) -> dict[str, list[Span] | None]:
        """Return the spans of each name from ``START`` to ``END``; ``None`` if Go cannot load it.

        Args:
            zoneinfo: What ZONEINFO names in the root.
        """
        command = (*in_root(self.root), "/spans", str(START), str(END))
        printed = run(*command, environ={"ZONEINFO": zoneinfo}, stdin="\n".join(names).encode())
        return parse_go_spans(printed)

    def loaded(self, names: Iterable[str], *, zoneinfo: str) -> list[str]:
        """Return the names that Go can load."""
        return [name for name, spans in self.spans(names, zoneinfo=zoneinfo).items() if spans is not None]


@pytest.fixture
def go(tmp_path: Path, go_spans: Path) -> Go:
    return Go(tmp_path, go_spans)


def test_an_empty_root_has_no_zones(go: Go) -> None:
    assert go.loaded([*ASKED, *NOT_ASKED], zoneinfo="") == []


def test_go_loads_from_the_zip_what_was_asked_for_and_nothing_else(go: Go, service: Service) -> None:
    (go.root / "zoneinfo.zip").write_bytes(fetch(service, f"/v1/bundles/latest/{','.join(ASKED)}.zip"))
    assert go.loaded([*ASKED, *NOT_ASKED], zoneinfo="/zoneinfo.zip") == [*ASKED]


@pytest.mark.parametrize("format", ["tar", "tar.gz"])
def test_go_loads_from_the_tree_what_was_asked_for_and_nothing_else(go: Go, service: Service, format: str) -> None:
    unpack(fetch(service, f"/v1/bundles/latest/{','.join(ASKED)}.{format}"), go.root / "zoneinfo")
    assert go.loaded([*ASKED, *NOT_ASKED], zoneinfo="/zoneinfo") == [*ASKED]


@pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
def test_go_follows_links_however_they_are_written(go: Go, service: Service, links: str) -> None:
    unpack(fetch(service, f"/v1/bundles/latest/Asia/Calcutta.tar?aliases=target&links={links}"), go.root / "zoneinfo")
    spans = go.spans(["Asia/Calcutta", "Asia/Kolkata"], zoneinfo="/zoneinfo")
    assert spans["Asia/Calcutta"] == spans["Asia/Kolkata"] is not None


def test_go_finds_a_system_tree_without_being_told(go: Go, service: Service) -> None:
    unpack(fetch(service, "/v1/bundles/latest/Asia/Shanghai.tar.gz?prefix=usr/share/zoneinfo"), go.root)
    assert go.loaded([*ASKED], zoneinfo="") == ["Asia/Shanghai"]


@pytest.mark.parametrize("format", ["zip", "tar"])
def test_go_reads_names_that_no_other_place_could_have_given_it(go: Go, invented: Service, format: str) -> None:
    content = fetch(invented, f"/v1/bundles/2099a/Test/Zone,Legacy.{format}")
    place = go.root / "zoneinfo.zip"
    if format == "zip":
        place.write_bytes(content)
    else:
        place = unpack(content, go.root / "zoneinfo")
    spans = go.spans(["Test/Zone", "Legacy", "Test/Other"], zoneinfo=f"/{place.name}")
    contents, _ = invented_release.contents_and_tables()
    assert spans["Test/Other"] is None
    for name in ("Test/Zone", "Legacy"):
        found = spans[name]
        assert found is not None
        assert found == python_spans(contents[name], found)


def test_two_centuries_of_all_zones_are_the_same_in_go_and_in_python(
    go: Go, every_release: Service, wheels_dir: Path
) -> None:
    (go.root / "zoneinfo.zip").write_bytes(fetch(every_release, "/v1/bundles/2026f/*.zip"))
    zones = decode_wheel(wheels_dir, "2026.6").zones
    spans = go.spans(zones, zoneinfo="/zoneinfo.zip")
    assert spans.keys() == zones.keys()

    differing = [name for name, found in spans.items() if found != python_spans(zones[name], found or ())]
    assert differing == []
    assert sum(len(found or ()) for found in spans.values()) == SPANS_OF_A_TREE
