"""curl: the help page's lines as they are written, revalidation the way BuildKit does it, interrupted downloads."""

import json
import zipfile
from pathlib import Path

import pytest

from app.digest import sha256_hex
from tests.consumers.bundles import fetch, tree
from tests.consumers.tools import run, run_lines
from tests.servers import Service

BUNDLE = "/v1/bundles/2026f/Asia/Shanghai,Etc/UTC.tar.gz"


def help_lines(service: Service) -> list[str]:
    text = fetch(service, "/").decode()
    return [line.strip() for line in text.splitlines() if "curl " in line]


def head(url: str, *fields: str) -> tuple[str, dict[str, str]]:
    """Return the status and the fields of curl's HEAD, with lower-case names."""
    options = [option for field in fields for option in ("-H", field)]
    status, *lines = run("curl", "-sSI", *options, url).strip().splitlines()
    return status.split()[1], {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


class TestTheLinesOfTheHelpPage:
    def test_the_first_unpacks_a_tree_here_and_leaves_the_system_alone(self, service: Service, tmp_path: Path) -> None:
        (zoneinfo := tmp_path / "system").mkdir()
        assert run_lines(help_lines(service)[0], tmp_path, zoneinfo=zoneinfo) == ""
        assert {*tree(tmp_path / "zoneinfo")} == {"Asia/Shanghai", "Etc/UTC"}
        assert tree(zoneinfo) == {}

    def test_the_c_library_reads_the_tree(self, service: Service, tmp_path: Path) -> None:
        (zoneinfo := tmp_path / "system").mkdir()
        line = help_lines(service)[0]
        show = "TZDIR=$PWD/zoneinfo TZ=Asia/Shanghai date -d @0 '+%T %Z'"
        assert run_lines(f"{show}\n{line}\n{show}", tmp_path, zoneinfo=zoneinfo) == "00:00:00 Asia\n08:00:00 CST\n"

    def test_the_second_gives_a_zip(self, service: Service, tmp_path: Path) -> None:
        (zoneinfo := tmp_path / "zoneinfo").mkdir()
        assert run_lines(help_lines(service)[1], tmp_path, zoneinfo=zoneinfo) == ""
        with zipfile.ZipFile(tmp_path / "zoneinfo.zip") as archive:
            assert archive.namelist() == ["Asia/Shanghai", "Etc/UTC"]
        assert tree(zoneinfo) == {}

    def test_the_third_says_what_would_be_in_a_bundle_and_why(self, service: Service, tmp_path: Path) -> None:
        (zoneinfo := tmp_path / "zoneinfo").mkdir()
        plan = json.loads(run_lines(help_lines(service)[2], tmp_path, zoneinfo=zoneinfo))
        assert {"Asia/Shanghai", "PRC", "Etc/UTC"} <= {entry["path"] for entry in plan["entries"]}
        assert all(entry["reason"] for entry in plan["entries"])

    def test_there_are_no_others(self, service: Service) -> None:
        assert len(help_lines(service)) == 3


class TestRevalidationTheWayBuildKitDoesIt:
    """A HEAD with all ETags it has for a file name, and with ``Accept-Encoding: gzip``."""

    GZIP = "Accept-Encoding: gzip"

    @pytest.mark.parametrize("separator", [", ", ","])
    def test_one_etag_of_a_list_is_enough_for_a_304(self, service: Service, separator: str) -> None:
        etag = f'"{sha256_hex(fetch(service, BUNDLE))}"'
        for others in ([etag], [f'"{"0" * 64}"', etag], [etag, f'"{"0" * 64}"', 'W/"x"']):
            fields = (self.GZIP, f"If-None-Match: {separator.join(others)}")
            status, answer = head(service.base_url + BUNDLE, *fields)
            assert (status, answer["etag"]) == ("304", etag)
            assert {"content-encoding", "last-modified", "content-type"}.isdisjoint(answer)

    def test_no_etag_of_a_list_is_a_200_with_the_right_one(self, service: Service) -> None:
        content = fetch(service, BUNDLE)
        status, answer = head(service.base_url + BUNDLE, self.GZIP, f'If-None-Match: "{"0" * 64}", "2026f"')
        assert (status, answer["etag"]) == ("200", f'"{sha256_hex(content)}"')
        assert answer["content-length"] == str(len(content))
        assert answer["content-type"] == "application/gzip"
        assert {"content-encoding", "last-modified"}.isdisjoint(answer)

    def test_the_get_that_follows_gets_the_bytes_as_they_are(self, service: Service, tmp_path: Path) -> None:
        run("curl", "-fsS", "-H", self.GZIP, "-o", "bundle", service.base_url + BUNDLE, cwd=tmp_path)
        assert (tmp_path / "bundle").read_bytes() == fetch(service, BUNDLE)

    def test_curls_own_memory_of_an_etag_saves_the_second_download(self, service: Service, tmp_path: Path) -> None:
        options = ("--etag-save", "etag", "--etag-compare", "etag", "-w", "%{http_code}", "-o", "bundle")
        url = service.base_url + BUNDLE
        (tmp_path / "etag").touch()
        assert run("curl", "-sS", *options, url, cwd=tmp_path) == "200"
        content = (tmp_path / "bundle").read_bytes()
        assert run("curl", "-sS", *options, url, cwd=tmp_path) == "304"
        assert (tmp_path / "bundle").read_bytes() == content == fetch(service, BUNDLE)


@pytest.mark.parametrize("had", [1, 1_000, 100_000])
def test_an_interrupted_download_goes_on_where_it_ended(service: Service, tmp_path: Path, had: int) -> None:
    url = f"{service.base_url}/v1/bundles/2026f/*.zip"
    content = fetch(service, "/v1/bundles/2026f/*.zip")
    (tmp_path / "zoneinfo.zip").write_bytes(content[:had])
    status = run("curl", "-fsS", "-C", "-", "-w", "%{http_code}", "-o", "zoneinfo.zip", url, cwd=tmp_path)
    assert status == "206"
    assert (tmp_path / "zoneinfo.zip").read_bytes() == content


def test_a_download_that_was_complete_stays_as_it_is(service: Service, tmp_path: Path) -> None:
    content = fetch(service, BUNDLE)
    (tmp_path / "bundle").write_bytes(content)
    run("curl", "-sS", "-C", "-", "-o", "bundle", service.base_url + BUNDLE, cwd=tmp_path)
    assert (tmp_path / "bundle").read_bytes() == content


def test_a_failure_is_one_that_a_build_notices(service: Service, tmp_path: Path) -> None:
    (zoneinfo := tmp_path / "zoneinfo").mkdir()
    line = f"curl -fsS {service.base_url}/v1/bundles/2026f/Asia/Hanoi.tar.gz 2>/dev/null || echo failed with $?"
    assert run_lines(line, tmp_path, zoneinfo=zoneinfo) == "failed with 22\n"
