"""Plans: which entries, why, and the content key that stands for them."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.entry import Entry
from app.artifact.plan import Plan, make_plan
from app.artifact.spec import parse_spec
from app.digest import sha256_hex
from app.errors import NotFound, UnknownZones
from app.tzdb.names import by_component
from app.tzdb.release import Origin, make_release
from tests.artifact.plans import INVENTED, INVENTED_NAMES, entry, plan
from tests.data.invented_release import contents_and_tables, make_invented_release
from tests.tzdb.tzif.tzif_files import Block, encode_tzif

OPTIONS = {
    "aliases": st.sampled_from(["exact", "target", "all"]),
    "links": st.sampled_from(["hard", "symbolic", "copy"]),
    "tables": st.sampled_from(["", "zone.tab", "iso3166.tab,leapseconds,tzdata.zi,zone.tab,zone1970.tab"]),
    "prefix": st.sampled_from(["", "usr/share/zoneinfo", "Test"]),
}
ZONES = st.lists(st.sampled_from([*INVENTED_NAMES, "Test/*", "*", "country:XA"]), min_size=1, max_size=5)


def rows(made: Plan) -> list[tuple[str, str, str | None, str | None]]:
    return [(entry.path, entry.kind, entry.target, entry.target_path) for entry in made.entries]


def key_of(*entries: Entry) -> str:
    return replace(plan(["Test/Zone"]), entries=entries).content_key


def test_a_bundle_for_two_zones_holds_two_files() -> None:
    made = plan(["Test/Zone", "Etc/Test+1"])
    assert rows(made) == [("Etc/Test+1", "file", None, None), ("Test/Zone", "file", None, None)]
    assert [entry.reason for entry in made.entries] == ["requested", "requested"]


def test_an_entry_carries_what_writers_need() -> None:
    (only,) = plan(["Test/Zone"]).entries
    file = INVENTED.files["Test/Zone"]
    assert (only.content, only.sha256, only.crc32, only.size) == (
        file.content,
        file.sha256,
        file.crc32,
        len(file.content),
    )


def test_a_link_without_its_zone_is_a_file() -> None:
    assert rows(plan(["Test/Merged"])) == [("Test/Merged", "file", "Test/Zone", None)]
    assert rows(plan(["Test/Merged"], links="symbolic")) == [("Test/Merged", "file", "Test/Zone", None)]


@pytest.mark.parametrize("links", ["hard", "symbolic"])
def test_a_link_beside_its_zone_is_a_link(links: str) -> None:
    assert rows(plan(["Test/Merged", "Test/Zone"], links=links, prefix="usr/share")) == [
        ("usr/share/Test/Merged", links, "Test/Zone", "usr/share/Test/Zone"),
        ("usr/share/Test/Zone", "file", None, None),
    ]


def test_a_link_to_a_link_leads_straight_to_the_zone() -> None:
    assert rows(plan(["Legacy", "Test/Legacy", "Test/Other"]))[:2] == [
        ("Legacy", "hard", "Test/Other", "Test/Other"),
        ("Test/Legacy", "hard", "Test/Other", "Test/Other"),
    ]
    assert rows(plan(["Legacy", "Test/Legacy"])) == [
        ("Legacy", "file", "Test/Other", None),
        ("Test/Legacy", "file", "Test/Other", None),
    ]


@pytest.mark.parametrize(("format", "options"), [("tar", {"links": "copy"}), ("zip", {})])
def test_a_copy_is_a_file_that_remembers_its_zone(format: str, options: dict[str, str]) -> None:
    made = plan(["Test/Merged", "Test/Zone"], format=format, **options)
    assert rows(made)[0] == ("Test/Merged", "file", "Test/Zone", None)


def test_tables_stand_in_order_among_the_names() -> None:
    made = plan(["Test/Zone", "Legacy"], tables="zone.tab,iso3166.tab", prefix="p")
    assert [(entry.path, entry.kind, entry.zone, entry.reason) for entry in made.entries] == [
        ("p/Legacy", "file", "Legacy", "requested"),
        ("p/Test/Zone", "file", "Test/Zone", "requested"),
        ("p/iso3166.tab", "table", None, "table asked for"),
        ("p/zone.tab", "table", None, "table asked for"),
    ]
    assert made.entries[3].content == b"XA\t+0102+00304\tTest/Zone\tInvented Bay\n"
    assert made.entries[3].sha256 == sha256_hex(made.entries[3].content)


def test_tables_stand_before_names_that_sort_after_them() -> None:
    contents, tables = contents_and_tables()
    tables["tzdata.zi"] += b"Z zulu 0 - Z\n"
    contents["zulu"] = encode_tzif(Block(designations=b"ZZZ\0"), footer=b"ZZZ0")
    lower = make_release("2099a", origin=Origin("invented", None, None, "nothing"), contents=contents, tables=tables)
    made = plan(["zulu", "Legacy"], lower, format="zip", tables="zone.tab")
    assert [entry.path for entry in made.entries] == ["Legacy", "zone.tab", "zulu"]


def test_unknown_zones_and_missing_tables_are_errors() -> None:
    with pytest.raises(UnknownZones):
        plan(["Test/Nowhere"])
    contents, _ = contents_and_tables()
    bare = make_release("2099a", origin=Origin("invented", None, None, "nothing"), contents=contents, tables={})
    with pytest.raises(NotFound, match="came without leapseconds"):
        plan(["Test/Zone"], bare, tables="leapseconds")


def test_latest_is_made_concrete() -> None:
    spec = parse_spec("latest", ["Test/Zone"], format="tar", options={})
    made = make_plan(INVENTED, spec, recipe="tar.1")
    assert (made.release, made.spec.release, made.recipe) == ("2099a", "2099a", "tar.1")


@given(ZONES, st.fixed_dictionaries(OPTIONS))
def test_no_link_ever_dangles_and_paths_are_sorted_and_distinct(zones: list[str], options: dict[str, str]) -> None:
    made = plan(zones, **options)
    kinds = {entry.path: entry.kind for entry in made.entries}
    assert [*kinds] == sorted(kinds, key=by_component)
    assert len(kinds) == len(made.entries)
    for each in made.entries:
        linked = each.kind in {"hard", "symbolic"}
        assert linked == (each.target_path is not None)
        assert not linked or kinds[str(each.target_path)] == "file"


@given(
    ZONES.flatmap(lambda zones: st.tuples(st.just(zones), st.permutations(zones * 2))),
    st.fixed_dictionaries(OPTIONS),
)
def test_the_content_key_depends_on_the_set_and_not_on_the_list(
    zones: tuple[list[str], list[str]], options: dict[str, str]
) -> None:
    one, other = (plan(each, **options) for each in zones)
    assert one == other
    assert (one.content_key, one.tree_digest) == (other.content_key, other.tree_digest)


def test_the_release_s_name_is_not_in_the_content_key() -> None:
    zones = ["Test/Zone", "Legacy"]
    older = plan(zones, make_invented_release("2098z"))
    assert older.release == "2098z"
    assert older.content_key == plan(zones).content_key


def test_reasons_are_not_in_the_content_key() -> None:
    assert plan(["Test/Zone"]).content_key == plan(["*/Zone"]).content_key


def test_every_option_that_changes_bytes_changes_the_content_key() -> None:
    zones = ["Test/Merged", "Test/Zone"]
    plans = [
        plan(zones),
        plan(zones, links="symbolic"),
        plan(zones, links="copy"),
        plan(zones, prefix="usr"),
        plan(zones, tables="zone.tab"),
        plan(zones, tables="zone1970.tab"),
        plan(zones, aliases="all", prefix="usr", tables="zone.tab"),
        plan(zones, format="tar.gz"),
        plan(zones, format="zip"),
        plan(["Test/Zone"]),
        plan(["Test/Merged"]),
        plan(["Test/Other"]),
    ]
    assert len({each.content_key for each in plans}) == len(plans)


def test_the_content_key_tells_apart_what_only_looks_alike_when_joined() -> None:
    splits = [("ab", "c"), ("a", "bc"), ("abc",), ("a", "b", "c"), ('a","b', "c"), ("ab,c",), ('ab"', "c")]
    keys = [key_of(*map(entry, names)) for names in splits]
    assert len(set(keys)) == len(splits)


@given(st.lists(st.tuples(st.text(max_size=4), st.binary(max_size=4)), max_size=4), st.data())
def test_any_other_path_or_content_is_another_key(files: list[tuple[str, bytes]], data: st.DataObject) -> None:
    other = data.draw(st.lists(st.tuples(st.text(max_size=4), st.binary(max_size=4)), max_size=4) | st.just(files))
    one_key, other_key = (key_of(*itertools.starmap(entry, each)) for each in (files, other))
    assert (one_key == other_key) == (files == other)


def test_the_content_key_is_what_its_docstring_says() -> None:
    made = plan(["Test/Merged", "Test/Zone"])
    sha256 = INVENTED.files["Test/Zone"].sha256
    array = ["tar.1", ["Test/Merged", "hard", sha256, "Test/Zone"], ["Test/Zone", "file", sha256, None]]
    assert made.content_key == sha256_hex(json.dumps(array, separators=(",", ":")).encode())


def test_the_tree_digest_does_not_depend_on_how_links_are_written() -> None:
    zones = ["Test/*", "Legacy"]
    digests = {plan(zones, links=links).tree_digest for links in ("hard", "symbolic", "copy")}
    assert digests == {plan(zones, format="zip").tree_digest}


def test_a_plain_entry_is_known_by_its_content_alone() -> None:
    made = Entry.plain("a/file", b"text", reason="why")
    assert (made.path, made.kind, made.zone, made.target, made.target_path) == ("a/file", "file", None, None, None)
    assert (made.sha256, made.crc32, made.size, made.reason) == (sha256_hex(b"text"), 0x3B8BA7C7, 4, "why")
    link = Entry.plain("b", b"text", kind="hard", target_path="a/file", reason="why")
    assert (link.kind, link.target_path) == ("hard", "a/file")
