"""Requests: what is read, and what is refused with which words."""

from collections.abc import Mapping
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.formats import FORMATS, LinkStyle, parse_format
from app.artifact.options import MAX_PREFIX_LENGTH, OPTIONS, check_option_names
from app.artifact.spec import MAX_GLOBS, MAX_SELECTORS, Spec, parse_spec
from app.errors import InvalidName, InvalidOption, InvalidRequest, LimitExceeded, UnknownFormat
from app.tzdb.names import MAX_NAME_LENGTH
from app.tzdb.selection import Aliases, Selector
from app.tzdb.tables import TABLE_NAMES

ZONES = ["Test/Zone"]


def read(*, format: str = "tar", options: Mapping[str, str] | None = None) -> Spec:
    return parse_spec("2026f", ZONES, format=format, options=options or {})


def refusal(*, format: str = "tar", **options: str) -> str:
    """Return what is said of the options, after checking that it names them."""
    with pytest.raises(InvalidOption) as caught:
        read(format=format, options=options)
    assert caught.value.facts["options"] == [*options]
    return caught.value.detail


def test_a_request_without_options_has_the_defaults() -> None:
    assert read() == Spec(
        "2026f",
        (Selector("name", "Test/Zone"),),
        "tar",
        aliases="exact",
        links="hard",
        encoding="slim",
        tables=(),
        prefix="",
        module="",
    )


def test_every_option_is_read() -> None:
    options = {
        "aliases": "all",
        "links": "symbolic",
        "encoding": "slim",
        "tables": "zone.tab,tzdata.zi,zone.tab",
        "prefix": "usr/share/zoneinfo",
    }
    assert {*options, "module"} == set(OPTIONS)
    spec = parse_spec("latest", ["Test/*", "country:XA", "Test/*"], format="tar.gz", options=options)
    assert spec == Spec(
        release="latest",
        selectors=(Selector("country", "XA"), Selector("glob", "Test/*")),
        format="tar.gz",
        aliases="all",
        links="symbolic",
        encoding="slim",
        tables=("tzdata.zi", "zone.tab"),
        prefix="usr/share/zoneinfo",
    )


@pytest.mark.parametrize("aliases", get_args(Aliases))
@pytest.mark.parametrize("links", get_args(LinkStyle))
def test_every_value_on_offer_is_taken(aliases: Aliases, links: LinkStyle) -> None:
    spec = read(options={"aliases": aliases, "links": links})
    assert (spec.aliases, spec.links) == (aliases, links)


def test_tables_come_sorted_and_once_whatever_their_order() -> None:
    assert read(options={"tables": ",".join(reversed(TABLE_NAMES * 2))}).tables == TABLE_NAMES
    assert list(TABLE_NAMES) == sorted(TABLE_NAMES)


@pytest.mark.parametrize("release", ["", "Latest", "2026", "../x", "http://x", "2026f\r\nX: y", "2026f/..", "x" * 999])
def test_a_release_that_cannot_be_one_is_refused(release: str) -> None:
    with pytest.raises(InvalidName, match="is not a release; write one such as 2026f, or latest") as caught:
        parse_spec(release, ZONES, format="tar", options={})
    assert caught.value.facts["release"] == release[:64]


@pytest.mark.parametrize("format", ["", "TAR", "tgz", "tar.xz", "zip ", "tar.gz.sha256"])
def test_an_unknown_format_is_refused_with_those_on_offer(format: str) -> None:
    with pytest.raises(UnknownFormat, match=r"use one of tar, tar\.gz, zip, go\.tar\.gz, go\.zip$") as caught:
        parse_format(format)
    assert caught.value.facts["formats"] == [*FORMATS]


def test_as_many_selectors_as_the_limit_are_taken_and_one_more_is_not() -> None:
    zones = [f"Test/Zone_{number}" for number in range(MAX_SELECTORS)]
    assert len(parse_spec("2026f", zones, format="tar", options={}).selectors) == MAX_SELECTORS
    with pytest.raises(LimitExceeded, match="2001 zones were asked for; the limit is 2000") as caught:
        parse_spec("2026f", [*zones, "UTC"], format="tar", options={})
    assert caught.value.facts == {"limit": MAX_SELECTORS}


def test_different_globs_are_counted_for_themselves() -> None:
    globs = [f"*{number}*" for number in range(MAX_GLOBS)]
    assert len(parse_spec("2026f", [*globs, *globs, "Etc/UTC"], format="tar", options={}).selectors) == MAX_GLOBS + 1
    with pytest.raises(LimitExceeded, match="101 different globs were asked for; the limit is 100") as caught:
        parse_spec("2026f", [*globs, "Europe/*"], format="tar", options={})
    assert caught.value.facts == {"limit": MAX_GLOBS}


def test_an_empty_list_and_bad_names_are_refused() -> None:
    for zones in ([], ["../etc/passwd"], [""]):
        with pytest.raises(InvalidName):
            parse_spec("2026f", zones, format="tar", options={})


class TestOptions:
    """Each wrong option is refused and named."""

    @pytest.mark.parametrize("name", ["link", "Links", "links ", "zones", "", "x" * 64])
    def test_unknown(self, name: str) -> None:
        said = refusal(**{name: "hard"})
        assert said.startswith("unknown option ")
        assert said.endswith("the options are aliases, links, encoding, tables, prefix, module")

    def test_several_unknown_ones_are_named_together(self) -> None:
        assert refusal(a="1", b="2").startswith("unknown option 'a', 'b'; ")

    def test_of_many_unknown_ones_the_first_five_are_named(self) -> None:
        with pytest.raises(InvalidOption) as caught:
            check_option_names([*"fedcba"], known=())
        assert caught.value.detail.startswith("unknown option 'a', 'b', 'c', 'd', 'e'; ")
        assert caught.value.facts["options"] == [*"abcde"]

    def test_a_route_without_options_says_so(self) -> None:
        with pytest.raises(InvalidOption, match="unknown option 'a'; there are none here"):
            check_option_names(["a"], known=())

    @pytest.mark.parametrize("aliases", ["", "Exact", "none", "exact,all"])
    def test_aliases(self, aliases: str) -> None:
        assert refusal(aliases=aliases).endswith("is not on offer; use one of exact, target, all")

    @pytest.mark.parametrize("links", ["", "soft", "HARD"])
    def test_links(self, links: str) -> None:
        assert refusal(links=links).endswith("is not on offer; use one of hard, symbolic, copy")

    def test_encoding(self) -> None:
        assert refusal(encoding="FAT").startswith("encoding='FAT' is not on offer; use one of slim")

    @pytest.mark.parametrize(
        "tables", ["zones.tab", "zone.tab,", ",", "zone.tab;leapseconds", "../zone.tab", "Zone.tab"]
    )
    def test_tables(self, tables: str) -> None:
        assert "is not a table; the tables are iso3166.tab, leapseconds, tzdata.zi" in refusal(tables=tables)

    @pytest.mark.parametrize(
        "prefix",
        [
            "/",
            "/usr",
            "usr/",
            "usr//share",
            ".",
            "..",
            "../usr",
            "usr/..",
            "usr/../etc",
            "./usr",
            "usr/.",
            "usr share",
            "-usr",
            "usr/-share",
            "usr\0",
            "usr\n",
            "usr\\share",
            "üsr",
            "a" * (MAX_PREFIX_LENGTH + 1),
        ],
    )
    def test_prefix(self, prefix: str) -> None:
        assert "is not a relative directory of at most 55 letters" in refusal(prefix=prefix)

    @pytest.mark.parametrize("prefix", ["usr/share/zoneinfo", "a", ".hidden/...", "1.0_+-", "a" * MAX_PREFIX_LENGTH])
    def test_prefixes_that_are_taken(self, prefix: str) -> None:
        assert read(options={"prefix": prefix}).prefix == prefix


class TestZip:
    """A zip for Go has one layout, so two options do not fit it."""

    @pytest.mark.parametrize("options", [{}, {"links": "copy"}])
    def test_its_links_are_copies(self, options: dict[str, str]) -> None:
        assert read(format="zip", options=options).links == "copy"

    @pytest.mark.parametrize("links", ["hard", "symbolic", "soft"])
    def test_other_links_are_refused(self, links: str) -> None:
        assert refusal(format="zip", links=links).startswith("a zip for Go holds full copies only")

    def test_a_prefix_is_refused(self) -> None:
        assert refusal(format="zip", prefix="usr").startswith("a zip for Go has its names at the root")

    def test_tables_are_taken(self) -> None:
        assert read(format="zip", options={"tables": "zone.tab"}).tables == ("zone.tab",)


class TestGoPackage:
    """Which options a Go package takes."""

    @pytest.mark.parametrize("format", ["go.tar.gz", "go.zip"])
    def test_its_module_is_tzdata_unless_told_otherwise(self, format: str) -> None:
        assert read(format=format).module == "tzdata"
        assert read(format=format, options={"module": "example.com/a/b-c~1/X"}).module == "example.com/a/b-c~1/X"

    def test_below_a_prefix_it_belongs_to_the_module_around_it(self) -> None:
        spec = read(format="go.tar.gz", options={"prefix": "internal/tzdata"})
        assert (spec.prefix, spec.module) == ("internal/tzdata", "")
        with pytest.raises(InvalidOption, match=r"module is for go\.zip, and for go\.tar\.gz without prefix"):
            read(format="go.tar.gz", options={"prefix": "internal/tzdata", "module": "example.com/x"})

    @pytest.mark.parametrize("format", ["tar", "tar.gz", "zip"])
    def test_other_formats_have_no_module(self, format: str) -> None:
        assert read(format=format).module == ""
        assert refusal(format=format, module="example.com/x").startswith("module is for go.zip")

    @pytest.mark.parametrize(
        "module",
        [
            *("/x", "x/", "x//y", "../x", "x/.y", "x/y.", "x y", "x@v1", "x\n", "ä", "-x", "x!y", "x+y", "x" * 2_001),
            *("x/v2", "x/v10"),
        ],
    )
    def test_what_is_no_module_path_is_refused(self, module: str) -> None:
        assert "is not a Go module path" in refusal(format="go.zip", module=module)

    @pytest.mark.parametrize("format", ["go.tar.gz", "go.zip"])
    def test_links_and_tables_are_refused(self, format: str) -> None:
        assert refusal(format=format, links="hard").startswith(f"a {format} for Go holds full copies only")
        assert refusal(format=format, tables="zone.tab").startswith("a Go package holds zones only")

    def test_the_zip_takes_no_prefix(self) -> None:
        said = refusal(format="go.zip", prefix="usr")
        assert said == "a go.zip for Go has its names at the root: prefix is for tar, tar.gz and go.tar.gz"


def test_the_longest_path_fits_the_name_field_of_ustar() -> None:
    assert MAX_PREFIX_LENGTH + len("/") + MAX_NAME_LENGTH <= 100


@given(
    st.text(max_size=8),
    st.lists(st.text(max_size=8), max_size=3),
    st.text(max_size=8),
    st.dictionaries(st.sampled_from([*OPTIONS]) | st.text(max_size=8), st.text(max_size=8), max_size=3),
)
def test_no_texts_raise_anything_but_an_invalid_request(
    release: str, zones: list[str], format: str, options: dict[str, str]
) -> None:
    for each_release, each_format in ((release, format), ("2026f", format), *(("2026f", known) for known in FORMATS)):
        try:
            parse_spec(each_release, zones, format=each_format, options=options)
        except InvalidRequest as error:
            assert error.detail.isprintable()  # noqa: PT017 - nearly all texts raise
