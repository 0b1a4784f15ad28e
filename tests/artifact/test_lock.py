"""Lock files: they come back as they were written, and what is not understood is an error that names it."""

import re
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.formats import FORMATS
from app.artifact.lock import (
    MAX_ARTIFACT_BYTES,
    InvalidLock,
    Lock,
    check_server,
    digest_request,
    format_lock,
    make_lock,
    parse_lock,
)
from app.artifact.record import make_record
from app.artifact.spec import parse_spec
from app.tzdb.tables import TABLE_NAMES
from tests.artifact.plans import bundle, plan

SERVER = "https://tz.example/below"
HEXES = st.text("0123456789abcdef", min_size=64, max_size=64)
SELECTORS = ("Asia/Shanghai", "Etc/GMT+5", "UTC", "Europe/*", "*", "country:CN", "country:DE")


def small_lock(server: str = SERVER) -> Lock:
    return make_lock(make_record(plan(["Test/*"]), bundle(["Test/*"])).row, server=server)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    form = draw(st.sampled_from([*FORMATS]))
    row = FORMATS[form]
    prefix = "" if not row.prefix else draw(st.sampled_from(["", "usr/share/zoneinfo", "a+b/c.d"]))
    has_module = row.holds != "tree" and not prefix
    options = {
        "aliases": draw(st.sampled_from(["exact", "target", "all"])),
        "links": draw(st.sampled_from(row.links)),
        "encoding": draw(st.sampled_from(["slim", "fat"])),
        "tables": "" if row.holds != "tree" else ",".join(draw(st.sets(st.sampled_from(TABLE_NAMES)))),
        "prefix": prefix,
        "module": draw(st.sampled_from(["", "tz.internal/etc/utc"])) if has_module else "",
    }
    zones = draw(st.lists(st.sampled_from(SELECTORS), min_size=1))
    spec = parse_spec(draw(st.from_regex(r"\A20[0-9]{2}[a-z]\Z")), zones, format=form, options=options)
    sha256 = draw(HEXES)
    server = draw(st.sampled_from(["", SERVER, "http://127.0.0.1:8080", "http://[::1]:80"]))
    return Lock(
        spec=spec,
        content_key=draw(HEXES),
        sha256=sha256,
        size=draw(st.integers(1, MAX_ARTIFACT_BYTES)),
        tree_digest=f"sha256:{draw(HEXES)}",
        url=f"{server}/v1/artifacts/{sha256}.{form}" if server else "",
        request_digest=digest_request(spec),
    )


@given(locks())
def test_a_lock_comes_back_as_it_was_written(lock: Lock) -> None:
    text = format_lock(lock)
    assert parse_lock(text) == lock
    assert format_lock(parse_lock(text)) == text
    assert lock.holds
    assert text.isascii()
    assert lock.url == (f"{lock.server}/v1/artifacts/{lock.sha256}.{lock.spec.format}" if lock.server else "")


@given(st.permutations(SELECTORS))
def test_the_order_of_the_request_does_not_show(zones: list[str]) -> None:
    def text(selectors: list[str]) -> str:
        spec = parse_spec("2026f", selectors, format="tar", options={})
        return format_lock(replace(small_lock(), spec=spec))

    assert text(zones) == text([*SELECTORS, *SELECTORS])


def test_the_file_reads_as_toml_with_one_zone_a_line() -> None:
    lock = small_lock()
    text = format_lock(lock)
    read = tomllib.loads(text)
    assert read["release"] == "2099a"
    assert read["artifact"]["digest"] == f"sha256:{lock.sha256}"
    assert read["artifact"]["url"].startswith(SERVER)
    assert '\n  "Test/*",\n' in text


def test_the_module_of_a_go_package_is_a_member_that_others_do_without() -> None:
    lock = small_lock()
    spec = parse_spec("2099a", ["Test/*"], format="go.zip", options={"module": "tz.internal/test"})
    text = format_lock(replace(lock, spec=spec, url=""))
    assert '\nmodule = "tz.internal/test"\n' in text
    assert parse_lock(text).spec == spec
    assert "module" not in format_lock(lock)


def test_a_change_by_hand_shows() -> None:
    text = format_lock(small_lock())
    for old, new in (('"Test/*"', '"Test/Zone"'), ('"2099a"', '"2098a"'), ('"hard"', '"copy"'), ('"exact"', '"all"')):
        assert not parse_lock(text.replace(old, new)).holds


MEMBERS = (
    *("version", "release", "zones", "format", "aliases", "links", "encoding", "tables", "prefix"),
    *("request", "content_key", "digest", "size", "tree_digest", "url"),
)


@pytest.mark.parametrize("member", MEMBERS)
def test_each_member_must_be_there_and_of_its_type(member: str) -> None:
    text = format_lock(small_lock())
    line = re.compile(
        rf"^{member} = (?:\[.*?\n?\]|.*)$", re.MULTILINE | re.DOTALL if member == "zones" else re.MULTILINE
    )
    for instead in ("", f"{member} = true", f"{member} = [1]", f"{member} = 1979-05-27", f"{member} = {{}}"):
        changed = line.sub(instead, text, count=1)
        assert changed != text
        with pytest.raises(InvalidLock, match=member):
            parse_lock(changed)


@pytest.mark.parametrize("table", ["", "[selection]\n", "[options]\n", "[artifact]\n"])
def test_an_unknown_member_is_named(table: str) -> None:
    text = format_lock(small_lock())
    changed = text.replace(table, f"{table}colour = 1\n", 1) if table else f"colour = 1\n{text}"
    with pytest.raises(InvalidLock, match=r"colour.* are \w+(, \w+)*$"):
        parse_lock(changed)


def test_another_version_is_told_before_anything_else() -> None:
    text = format_lock(small_lock()).replace("version = 1", "version = 2\ncolour = 1")
    with pytest.raises(InvalidLock, match="version '2'; this program reads 1"):
        parse_lock(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"2099a"', '"latest"', "not a release"),
        ('"Test/*"', '"../etc"', "asks for something impossible"),
        ('  "Test/*",', "", "asks for something impossible"),
        ('"tar"', '"rar"', "is not a format"),
        ('prefix = ""', 'prefix = "/etc"', "prefix"),
        ('digest = "sha256:', 'digest = "md5:', "sha256: and 64"),
        ('content_key = "', 'content_key = "x', "content_key of the lock file is not 64 lower-case hex"),
        ('[selection]\nzones = [\n  "Test/*",\n]', "selection = 1", r"\[selection\] of the lock file is not a table"),
        ("size = ", "size = 99999999999", "size"),
        ("size = ", "size = -", "size"),
        ("size = 6144", "size = 0", "artifact.size of the lock file is not from 1"),
        ("size = ", 'size = "', "not TOML"),
        ("size = 6144", 'size = "6144"', "artifact.size of the lock file is not a number"),
        ('tree_digest = "', 'tree_digest = 1 # "', "artifact.tree_digest of the lock file is not a string"),
        ('.tar"', '.zip"', "url"),
        ("https://", "ftp://", "URL of a server"),
        ("https://", "https://me:secret@", "without a password"),
        ("https://tz", "https://tz?", "URL of a server"),
        ("[selection]", "[selection", "not TOML"),
        ("version = 1", "version = 1\nversion = 1", "not TOML"),
    ],
)
def test_what_cannot_be_is_refused(old: str, new: str, said: str) -> None:
    text = format_lock(small_lock())
    assert old in text
    with pytest.raises(InvalidLock, match=said):
        parse_lock(text.replace(old, new))


@given(st.data())
def test_a_damaged_lock_is_refused_or_still_a_lock(data: st.DataObject) -> None:
    text = format_lock(small_lock())
    at, length = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 40))
    damaged = text[:at] + data.draw(st.text(max_size=10)) + text[at + length :]
    try:
        lock = parse_lock(damaged)
    except InvalidLock:
        return
    assert parse_lock(format_lock(lock)) == lock


@pytest.mark.parametrize(
    "text", ["", "\0", "[" * 100_000, "a = " + "[" * 50_000, "version = 1" + "0" * 10_000, "x" * (2 << 20)]
)
def test_text_that_is_no_lock_at_all(text: str) -> None:
    with pytest.raises(InvalidLock):
        parse_lock(text)


@pytest.mark.parametrize(
    "url",
    ["", "tz.example", "https://", "https://a/", "https://a:0", "https://a:x", "https://[", "https://a b", "https://ä"],
)
def test_a_server_must_be_a_url(url: str) -> None:
    with pytest.raises(InvalidLock):
        check_server(url)
