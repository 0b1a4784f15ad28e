"""Go modules: paths and versions that come back as they were, and sums that the Go tool computes, too."""

import base64
import contextlib
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.go.module import (
    check_module_path,
    format_go_mod,
    format_module_path,
    format_sums,
    format_version,
    parse_module_path,
    parse_version,
)
from app.artifact.plan import make_plan
from app.artifact.spec import parse_spec
from app.errors import NotFound, UnknownZones
from app.tzdb.names import release_order
from tests.artifact.plans import INVENTED, INVENTED_NAMES
from tests.data.real_releases import all_package_versions, real_release

HOST = "tz.internal"
RELEASES = st.builds("{:04}{}".format, st.integers(0, 9999), st.from_regex("z?[a-z]", fullmatch=True))


class TestVersions:
    """A version names a release and the recipe, and nothing else is one."""

    @pytest.mark.parametrize(
        ("release", "version"),
        [
            ("2026f", "v0.2026.601"),
            ("2020a", "v0.2020.101"),
            ("2021z", "v0.2021.2601"),
            ("2021za", "v0.2021.2701"),
            ("2021zz", "v0.2021.5201"),
        ],
    )
    def test_the_year_is_the_minor_and_the_letters_the_patch(self, release: str, version: str) -> None:
        assert format_version(release) == version

    @given(RELEASES)
    def test_the_release_comes_back(self, release: str) -> None:
        assert parse_version(format_version(release)) == release

    @given(st.lists(RELEASES, unique=True))
    def test_versions_sort_as_releases_appeared(self, releases: list[str]) -> None:
        def precedence(release: str) -> tuple[int, ...]:
            return tuple(map(int, format_version(release).removeprefix("v").split(".")))

        assert sorted(releases, key=precedence) == sorted(releases, key=release_order)

    @pytest.mark.parametrize(
        "version",
        [
            *("", "2026f", "latest", "v0.26.601", "v1.2026.601", "v0.2026.600", "v0.2026.602", "v0.2026.1"),
            *("v0.2026.001", "v0.2026.0601", "v0.2026.5301", "v0.2026.99999", f"v0.2026.{'9' * 500}"),
            *("v0.2026.601-rc1", "v0.2026.601+x", "v0.2026.601\n", "v0.2026.601/..", "v0.٢٠٢٦.601"),
        ],
    )
    def test_any_other_version_is_not_there(self, version: str) -> None:
        with pytest.raises(NotFound, match=r"2026f is v0\.2026\.601"):
            parse_version(version)

    @given(st.text(max_size=20))
    def test_no_text_raises_anything_else(self, text: str) -> None:
        with contextlib.suppress(NotFound):
            assert format_version(parse_version(text)) == text


class TestPaths:
    """A path names zones of a release, in lower case, below one host."""

    def test_zones_are_sorted_in_lower_case_with_a_dot_for_plus(self) -> None:
        path = format_module_path(HOST, ["Etc/UTC", "Asia/Shanghai", "Etc/GMT+8", "America/Port-au-Prince"])
        assert path == "tz.internal/america/port-au-prince/asia/shanghai/etc/gmt.8/etc/utc"

    @given(st.lists(st.sampled_from(INVENTED_NAMES), min_size=1, unique=True))
    def test_the_zones_come_back_in_whatever_order_they_stand(self, names: list[str]) -> None:
        path = "/".join([HOST, *(format_module_path(HOST, [name]).partition("/")[2] for name in names)])
        check_module_path(path, HOST)
        spec = parse_module_path(path, INVENTED)
        assert spec == parse_spec("2099a", names, format="go.zip", options={"module": path})

    def test_every_name_of_every_release_is_a_module(self, wheels_dir: Path) -> None:
        for version in all_package_versions(wheels_dir)[::8]:
            release = real_release(wheels_dir, version)
            paths = {format_module_path(HOST, [name]): name for name in release.files}
            assert len(paths) == len(release.files)
            for path, name in paths.items():
                check_module_path(path, HOST)
                assert [str(selector) for selector in parse_module_path(path, release).selectors] == [name]

    def test_a_country_stands_for_its_zones(self) -> None:
        (selector,) = parse_module_path(f"{HOST}/country/xa", INVENTED).selectors
        assert str(selector) == "country:XA"

    @pytest.mark.parametrize("path", ["test", "test/nowhere", "test/zone/test", "country", "country/zz", "set/00"])
    def test_a_parent_or_an_unknown_zone_is_not_there(self, path: str) -> None:
        check_module_path(f"{HOST}/{path}", HOST)
        with pytest.raises(UnknownZones, match="is not a zone of release 2099a"):
            parse_module_path(f"{HOST}/{path}", INVENTED)

    def test_what_was_meant_is_suggested(self) -> None:
        with pytest.raises(UnknownZones, match=r"did you mean .*test/zone"):
            parse_module_path(f"{HOST}/test/zoen", INVENTED)

    @pytest.mark.parametrize(
        "path",
        [
            *("", HOST, f"{HOST}/", "github.com/asia/shanghai", f"x{HOST}/asia/shanghai", "sumdb/sum.golang.org"),
            *(f"{HOST}{rest}" for rest in ("//asia", "/asia/", "/../asia", "/asia/./x", "/asia\n", "/a b", "/ä")),
            *(f"{HOST}/{rest}" for rest in ("a%2f", "etc/gmt+8", "asia/shanghai@v1", "-x", "x" * 2_000)),
        ],
    )
    def test_what_can_be_no_module_is_not_there(self, path: str) -> None:
        with pytest.raises(NotFound) as caught:
            check_module_path(path, HOST)
        assert caught.value.detail.isprintable()

    def test_capitals_are_told_how_it_is_written(self) -> None:
        with pytest.raises(NotFound, match=r"as in tz\.internal/asia/shanghai/etc/gmt\.8$"):
            check_module_path(f"{HOST}/Asia/Shanghai/Etc/GMT+8", HOST)


def test_a_go_mod_names_the_module_and_the_oldest_go() -> None:
    assert format_go_mod("tz.internal/etc/utc") == b"module tz.internal/etc/utc\n\ngo 1.19\n"


def test_the_lines_of_go_sum_are_hashes_of_sorted_sums() -> None:
    spec = parse_spec("2099a", ["Test/Zone"], format="go.zip", options={"module": "tz.internal/test/zone"})
    plan = make_plan(INVENTED, spec, recipe="x")
    files = {entry.path: hashlib.sha256(entry.content).hexdigest() for entry in plan.unpacked}
    text = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    mod_hex = hashlib.sha256(b"module tz.internal/test/zone\n\ngo 1.19\n").hexdigest()

    def h1(lines: str) -> str:
        return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()

    assert format_sums(
        "tz.internal/test/zone",
        "v0.2099.101",
        go_mod=format_go_mod("tz.internal/test/zone"),
        files=[(entry.path, entry.sha256) for entry in plan.unpacked],
    ) == (
        f"tz.internal/test/zone v0.2099.101 {h1(text)}\n"
        f"tz.internal/test/zone v0.2099.101/go.mod {h1(f'{mod_hex}  go.mod' + chr(10))}\n"
    )
