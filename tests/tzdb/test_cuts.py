"""Tables cut to a selection: the rows that are needed and no others, and a ``tzdata.zi`` that compiles."""

import io
import subprocess
import tempfile
from collections.abc import Set
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import NotFound
from app.tzdb.cuts import cut_table, cut_zi
from app.tzdb.release import Origin, Release, make_release
from app.tzdb.tables import TABLE_NAMES, TableName, parse_iso3166_tab, parse_zi, parse_zone_tab
from tests.data.invented_release import contents_and_tables, make_invented_release
from tests.data.real_releases import real_release
from tests.data.test_invented_release import ZIC

INVENTED = make_invented_release()
# Debian 12's zic compiles these wrongly, whoever wrote its input: their rules end in years that it does not reach.
ZIC_COMPILES_WRONGLY = frozenset({"America/Ojinaga", "Asia/Gaza", "Asia/Hebron"})
INSTANTS = [datetime(year, month, 1, 12, tzinfo=UTC) for year in range(1890, 2080, 3) for month in (1, 4, 7, 10)]


@pytest.fixture(scope="session")
def newest(wheels_dir: Path) -> Release:
    return real_release(wheels_dir, "2026.6")


def cut(table: TableName, *names: str) -> str:
    return cut_table(INVENTED, table, names=set(names)).decode()


def test_zone1970_tab_keeps_the_rows_of_the_names_and_no_remarks() -> None:
    assert cut("zone1970.tab", "Test/Other", "UTC") == "XA\t-0102-00304\tTest/Other\tfar islands, Märchen Point\n"
    assert cut("zone1970.tab", "Test/Merged", "Etc/Test+1") == ""


def test_zone_tab_keeps_the_rows_of_the_names_links_too() -> None:
    assert cut("zone.tab", "Test/Merged", "Test/Zone") == (
        "XA\t+0102+00304\tTest/Zone\tInvented Bay\nXB\t+0910+01112\tTest/Merged\n"
    )


def test_iso3166_tab_keeps_the_countries_of_the_names() -> None:
    assert cut("iso3166.tab", "Test/Merged") == "XB\tMergeria (TM)\n"
    assert cut("iso3166.tab", "Legacy") == "XA\tTestland\n"
    assert cut("iso3166.tab", "Test/Zone") == "XA\tTestland\nXB\tMergeria (TM)\n"
    assert cut("iso3166.tab", "Etc/Test+1") == ""


def test_leapseconds_stays_as_it_is() -> None:
    assert cut_table(INVENTED, "leapseconds", names={"Test/Zone"}) == INVENTED.tables["leapseconds"]


def test_tzdata_zi_keeps_header_rules_in_use_zones_and_links() -> None:
    assert cut("tzdata.zi", "Test/Merged", "Test/Zone") == (
        "# version 2099a\n"
        "# An invented release.\n"
        "R T 2000 ma - Mar lastSu 2 1 D\n"
        "R T 2000 ma - O lastSu 3 0 S\n"
        "Z Test/Zone 1:30 - LMT 1950\n"
        "2 T T%sT\n"
        "L Test/Zone Test/Merged\n"
    )


def test_tzdata_zi_holds_the_zone_behind_a_link_and_makes_a_chain_one_hop() -> None:
    assert cut("tzdata.zi", "Legacy").splitlines()[2:] == ["Z Test/Other -5 - -05", "L Test/Other Legacy"]


def test_a_table_the_release_came_without_is_not_found() -> None:
    contents, _ = contents_and_tables()
    bare = make_release("2099a", origin=Origin("invented", None, None, "nothing"), contents=contents, tables={})
    for table in TABLE_NAMES:
        with pytest.raises(NotFound, match=f"release 2099a came without {table}"):
            cut_table(bare, table, names={"Test/Zone"})


def test_all_names_keep_every_row_and_every_rule_in_use(newest: Release) -> None:
    names = newest.files.keys()
    for table in ("zone.tab", "zone1970.tab"):
        whole = parse_zone_tab(newest.tables[table].decode(), table=table)
        assert parse_zone_tab(cut_table(newest, table, names=names).decode(), table=table) == whole
    zi = parse_zi(cut_table(newest, "tzdata.zi", names=names).decode())
    assert newest.zi is not None
    assert (zi.zones, zi.links) == (newest.zi.zones, newest.links)
    assert zi.rules == newest.zi.rules


@given(st.sets(st.sampled_from([*INVENTED.files]), min_size=1))
def test_a_cut_of_a_cut_is_the_same_cut(names: Set[str]) -> None:
    text = cut_table(INVENTED, "tzdata.zi", names=names).decode()
    zi = parse_zi(text)
    assert cut_zi(zi, zones=zi.zones.keys(), links=zi.links) == text
    assert zi.links.keys() == names & INVENTED.links.keys()
    assert zi.zones.keys() == {INVENTED.canonical(name) for name in names}


def draw_names(data: st.DataObject, names: Set[str]) -> Set[str]:
    return data.draw(st.sets(st.sampled_from(sorted(names)), min_size=1, max_size=8))


@given(data=st.data())
@settings(max_examples=25)
def test_the_tables_of_any_selection_can_be_read_again(newest: Release, data: st.DataObject) -> None:
    names = draw_names(data, newest.files.keys())
    rows = parse_zone_tab(cut_table(newest, "zone.tab", names=names).decode(), table="zone.tab")
    countries = parse_iso3166_tab(cut_table(newest, "iso3166.tab", names=names).decode())
    assert {row.zone for row in rows} == names & newest.zone_tab_rows.keys()
    assert countries.keys() == {code for name in names for code in newest.countries_of(name)}


@given(data=st.data())
@settings(max_examples=25)
def test_the_tzdata_zi_of_any_selection_compiles_to_the_same_local_times(newest: Release, data: st.DataObject) -> None:
    check_compiles_alike(newest, draw_names(data, newest.files.keys() - ZIC_COMPILES_WRONGLY))


def test_the_tzdata_zi_of_all_names_compiles_to_the_same_local_times(newest: Release) -> None:
    check_compiles_alike(newest, newest.files.keys() - ZIC_COMPILES_WRONGLY)


def check_compiles_alike(release: Release, names: Set[str]) -> None:
    """Check that zic takes the cut ``tzdata.zi`` and makes files that mean what those of the release mean."""
    with tempfile.TemporaryDirectory() as folder:
        source, tree = Path(folder, "tzdata.zi"), Path(folder, "tree")
        source.write_bytes(cut_table(release, "tzdata.zi", names=names))
        done = subprocess.run([ZIC, "-b", "slim", "-d", tree, source], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        compiled = {path.relative_to(tree).as_posix(): path for path in tree.rglob("*") if path.is_file()}
        assert compiled.keys() == names | {release.canonical(name) for name in names}
        for name, path in compiled.items():
            assert local_times(path.read_bytes()) == local_times(release.files[name].content), name


@cache
def local_times(content: bytes) -> list[tuple[object, object]]:
    """Return offset and designation at some instants of two centuries."""
    zone = ZoneInfo.from_file(io.BytesIO(content))
    local = (instant.astimezone(zone) for instant in INSTANTS)
    return [(each.utcoffset(), each.tzname()) for each in local]
