"""Records: what they say, and that they come back from a store as they went in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.plan import make_plan
from app.artifact.recipe import CURRENT
from app.artifact.record import (
    Record,
    decode_record,
    encode_record,
    encode_record_note,
    make_record,
    parse_request,
    plan_row,
)
from app.digest import sha256_hex
from app.errors import InvalidContent, InvalidOption
from tests.artifact.plans import INVENTED, bundle, plan
from tests.hostile.damages import ODD_NOTES

ZONES = ["Test/Merged", "Test/Zone", "country:XB", "Etc/*"]
OPTIONS = {"aliases": "target", "links": "symbolic", "tables": "zone.tab,iso3166.tab", "prefix": "usr/share"}


def record(*zones: str, format: str = "tar", **options: str) -> Record:
    return make_record(plan(zones, format=format, **options), bundle(zones, format=format, **options))


def test_a_record_says_what_an_artifact_is() -> None:
    made, content = plan(ZONES, **OPTIONS), bundle(ZONES, **OPTIONS)
    row = make_record(made, content).row
    assert row["digest"] == f"sha256:{sha256_hex(content)}"
    assert row["size"] == len(content)
    assert (row["release"], row["format"], row["recipe"]) == ("2099a", "tar", "tar.1")
    assert (row["content_key"], row["tree_digest"]) == (made.content_key, made.tree_digest)
    assert row["request"] == {
        "release": "2099a",
        "zones": ["Test/Merged", "Test/Zone", "country:XB", "Etc/*"],
        "format": "tar",
        "aliases": "target",
        "links": "symbolic",
        "encoding": "slim",
        "tables": ["iso3166.tab", "zone.tab"],
        "prefix": "usr/share",
    }
    assert row["entries"][1] == {
        "path": "usr/share/Test/Merged",
        "kind": "symbolic",
        "zone": "Test/Merged",
        "target": "Test/Zone",
        "sha256": INVENTED.files["Test/Zone"].sha256,
        "size": len(INVENTED.files["Test/Zone"].content),
        "reason": "requested",
    }


def test_a_record_without_its_bytes_is_the_plan() -> None:
    row = dict(record(*ZONES).row)
    assert (row.pop("digest"), row.pop("size")) != (None, None)
    assert row == plan_row(plan(ZONES))


@pytest.mark.parametrize("format", [*CURRENT])
def test_a_record_comes_back_as_it_was_written(format: str) -> None:
    made = record("Test/*", "Legacy", format=format)
    again = decode_record(encode_record(made))
    assert again == made
    assert (again.sha256, again.format) == (sha256_hex(bundle(["Test/*", "Legacy"], format=format)), format)


@given(
    st.lists(st.sampled_from(ZONES), min_size=1),
    st.sampled_from([("tar", OPTIONS), ("tar.gz", {"links": "copy"}), ("zip", {}), ("zip", {"tables": "zone.tab"})]),
)
def test_what_a_record_describes_can_be_built_again(zones: list[str], request_: tuple[str, dict[str, str]]) -> None:
    made = decode_record(encode_record(record(*zones, format=request_[0], **request_[1])))
    assert made.spec == plan(zones, format=request_[0], **request_[1]).spec
    recipe = CURRENT[made.format]
    assert sha256_hex(recipe.encode(make_plan(INVENTED, made.spec, recipe=recipe.name).entries)) == made.sha256


def test_a_record_is_small_ascii_json() -> None:
    written = encode_record(record(*ZONES))
    assert written.isascii()
    assert b"\n" not in written
    assert json.loads(written) == record(*ZONES).row


def test_a_request_with_a_wrong_option_is_refused() -> None:
    request = record("Test/Zone").row["request"]
    with pytest.raises(InvalidOption):
        parse_request({**request, "links": "soft"})


@pytest.mark.parametrize("content", ODD_NOTES)
def test_other_bytes_are_no_record(content: bytes) -> None:
    with pytest.raises(InvalidContent):
        decode_record(content)


@pytest.mark.parametrize("odd", [None, 2, -1, 1.5, "", "x" * 70, [], [None], {}, {"a": []}, True, "\ud800"])
def test_a_record_with_another_value_is_none_or_says_what_records_say(odd: object) -> None:
    row = json.loads(encode_record(record(*ZONES)))
    for name in row:
        try:
            decoded = decode_record(json.dumps({**row, name: odd}).encode())
        except InvalidContent:
            continue
        assert isinstance(decoded.row["entries"], list)
        assert isinstance(decoded.row["size"], int)
        assert decoded.spec == parse_request(decoded.row["request"])
    for name in row["entries"][0]:
        changed = {**row, "entries": [{**row["entries"][0], name: odd}, *row["entries"][1:]]}
        if name not in ("zone", "target", "path", "reason", "size"):
            with pytest.raises(InvalidContent):
                decode_record(json.dumps(changed).encode())


def test_a_stored_record_has_a_version_and_members_that_are_unknown_are_left_out() -> None:
    made = record(*ZONES)
    row = json.loads(encode_record_note(made))
    assert row["v"] == 1
    assert decode_record(json.dumps({**row, "more": [1]}).encode()) == made
    with pytest.raises(InvalidContent, match="version 2"):
        decode_record(json.dumps({**row, "v": 2}).encode())
