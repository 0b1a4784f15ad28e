"""The patterns and lengths of parameters: they let all through that works, and what they refuse does not work."""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.options import OPTIONS
from app.artifact.spec import check_release_choice, parse_spec
from app.errors import InvalidRequest
from app.tzdb.changes.diff import parse_instant, parse_since
from app.tzdb.names import check_zone_name, is_country_code
from app.tzdb.selection import parse_selector
from tests.cli.program import installed_release

Schema: TypeAlias = Mapping[str, object]
Parse: TypeAlias = Callable[[str], object]
BOUNDS = ("pattern", "enum", "maxLength")
ALPHABET = "aZ09zu/*+-_.,:~ \n\u00e9\u0660"


def parse_country(text: str) -> None:
    if not is_country_code(text):
        raise InvalidRequest(text)


def parse_option(name: str) -> Parse:
    form = "go.zip" if name == "module" else "tar"
    return lambda text: parse_spec("latest", ["UTC"], format=form, options={name: text})


PARSERS: Mapping[str, Parse] = {
    "release": check_release_choice,
    "before": check_release_choice,
    "after": check_release_choice,
    "zone": check_zone_name,
    "zones": lambda text: [parse_selector(each) for each in text.split(",")],
    "country": parse_country,
    "now": parse_instant,
    "since": parse_since,
    **{name: parse_option(name) for name in OPTIONS},
}
WORKING: Mapping[str, list[str]] = {
    "release": ["2026f", "2026za", "latest", "latest-1", "stable"],
    "zones": ["UTC", "*", "Europe/*", "country:DE,Etc/GMT+5", "*/Berlin", "-*"],
    "country": ["DE"],
    "now": ["2026-10-25", "2026-10-25T01:00:00Z"],
    "tables": ["", "zone.tab", "zone1970.tab,iso3166.tab"],
    "prefix": ["", "usr/share/zoneinfo", "a.b+c_d"],
    "module": ["", "example.com/tzdata", "a/b~c"],
}


@pytest.fixture(scope="module")
def schemas(client: httpx.Client) -> Mapping[str, Schema]:
    """Return the schema of each parameter of paths and queries, by name; one name means one thing everywhere."""
    found: dict[str, Schema] = {}
    for methods in client.get("/openapi.json").json()["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                known = {
                    key: value for key, value in parameter["schema"].items() if key in ("pattern", "enum", "maxLength")
                }
                if parameter["in"] != "header":
                    assert found.setdefault(parameter["name"], known) == known
    return found


def allows(schema: Schema, text: str) -> bool:
    pattern, choices, most = schema.get("pattern"), schema.get("enum"), schema.get("maxLength")
    if isinstance(choices, list) and text not in choices:
        return False
    if isinstance(most, int) and len(text) > most:
        return False
    # A dollar is the very end in JSON Schema; in Python also the place before a last line break.
    return not isinstance(pattern, str) or re.search(pattern.replace("$", r"\Z"), text, re.ASCII) is not None


def test_every_parameter_has_bounds(schemas: Mapping[str, Schema]) -> None:
    assert [name for name, schema in schemas.items() if not schema] == []


def test_every_name_of_a_release_is_allowed(schemas: Mapping[str, Schema]) -> None:
    release = installed_release()
    for name in release.files:
        assert allows(schemas["zone"], name)
        assert allows(schemas["zones"], name)
    assert allows(schemas["zones"], ",".join(release.files))
    assert all(allows(schemas["country"], code) for code in release.countries)
    assert all(allows(schemas["zones"], f"country:{code}") for code in release.countries)
    assert allows(schemas["release"], release.version)


@pytest.mark.parametrize("name", WORKING)
def test_what_works_is_allowed(name: str, schemas: Mapping[str, Schema]) -> None:
    for text in WORKING[name]:
        PARSERS[name](text)
        assert allows(schemas[name], text)


@pytest.mark.parametrize("name", PARSERS)
@given(text=st.one_of(st.text(ALPHABET), st.text(), st.from_regex(r"[a-zA-Z0-9/+*_.-]{1,60}", fullmatch=True)))
def test_what_is_not_allowed_does_not_work(name: str, schemas: Mapping[str, Schema], text: str) -> None:
    if not allows(schemas[name], text):
        with pytest.raises(InvalidRequest):
            PARSERS[name](text)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/releases/2026F",
        "/v1/releases/2026f%0a",
        "/v1/releases/latest/zones?country=",
        "/v1/releases/latest/zones?country=%20",
        "/v1/releases/latest/zones?country=de",
        "/v1/releases/latest/zones?country=DE,",
        "/v1/releases/latest/zones?country=,",
        "/v1/releases/latest/zones?country=country:DE",
        "/v1/releases/latest/zones?country=DE&country=DE",
        "/v1/releases/latest/zones?q=" + "a" * 101,
        "/v1/releases/latest/zones?class=",
        "/v1/releases/latest/zones/Europe//Berlin",
        "/v1/releases/latest/diff/latest?zones=",
        "/v1/releases/latest/diff/latest?zones=,",
        "/v1/releases/latest/diff/latest?zones=UTC,",
        "/v1/releases/latest/diff/latest?since=",
        "/v1/releases/latest/diff/latest?now=",
        "/v1/releases/latest/diff/latest?aliases=",
        "/v1/feeds/UTC.atom?aliases=",
        "/v1/feeds/country:.atom",
        "/v1/bundles/latest/country:.tar",
        "/v1/bundles/latest/country:,UTC.tar",
        "/v1/bundles/latest/UTC,.tar",
        "/v1/bundles/latest/UTC.tar?links=",
        "/v1/bundles/latest/UTC.tar?encoding=",
        "/v1/bundles/latest/UTC.tar?tables=,",
        "/v1/bundles/latest/UTC.json?format=",
        "/v1/bundles/latest/UTC.rar",
        f"/v1/artifacts/{'A' * 64}.tar",
    ],
)
def test_what_is_not_allowed_is_a_400_that_says_what_is_wrong(path: str, client: httpx.Client) -> None:
    answer = client.get(path)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("query", ["", "q=", "q=%20"])
def test_the_empty_text_is_part_of_every_name(query: str, client: httpx.Client) -> None:
    everything = client.get(f"/v1/releases/latest/zones?{query}").json()["zones"]
    assert len(everything) == len(installed_release().files)


def test_conditional_routes_describe_their_header_fields(client: httpx.Client) -> None:
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for operation in methods.values():
            named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
            conditional = "304" in operation["responses"]
            assert named == ({"If-None-Match", "If-Match", "Range", "If-Range"} if conditional else set()), path


def test_a_body_is_bounded_as_a_query_is(client: httpx.Client) -> None:
    members = client.get("/openapi.json").json()["components"]["schemas"]["BundleRequest"]["properties"]
    assert members["zones"]["maxItems"] == 2_000
    bodies: list[dict[str, object]] = [
        {"zones": ["UTC"] * 2_001},
        {"zones": []},
        {"zones": [""]},
        {"zones": ["UTC"], "release": "2026F"},
        {"zones": ["UTC"], "prefix": "/"},
        {"zones": ["UTC"], "prefix": "a" * (members["prefix"]["maxLength"] + 1)},
        {"zones": ["UTC"], "tables": ["x"]},
    ]
    for body in bodies:
        assert client.post("/v1/bundles", json=body).status_code == 400, quote(str(body))
