"""Conditions and ranges: 200, 206, 304, 412 or 416, and the same whether the representation is hot or not."""

from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.http.asgi import RawHeaders
from app.web.http.errors import OtherContent, RangeOutside, fields_of
from app.web.http.representation import (
    HTML,
    IMMUTABLE,
    NO_STORE,
    Representation,
    make_reply,
    make_representation,
    negotiate,
)

BODY = bytes(range(100))
WHOLE = make_representation(
    BODY, media_type="application/zip", cache_control="no-cache", fields={"tzdata-release": "2099a"}
)
OTHER = '"0000000000000000000000000000000000000000000000000000000000000000"'
URL = "/v1/bundles/latest/Etc/UTC.tar.gz"
PROBLEM = "application/problem+json"


def reply_to(headers: Mapping[str, str], of: Representation = WHOLE, method: str = "GET") -> tuple[int, bytes]:
    raw: RawHeaders = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    reply = negotiate(of, raw, method=method)
    return reply.status, reply.body


class TestIfNoneMatch:
    @pytest.mark.parametrize(
        "field",
        [
            "{etag}",
            "W/{etag}",
            "*",
            " * ",
            '"a", {etag}',
            '{etag},"a"',
            'W/"a",W/{etag} , "b"',
            '"with, comma", {etag}',
            f"{OTHER},{{etag}},{OTHER}",
        ],
    )
    def test_the_etag_anywhere_in_the_list_is_304(self, field: str) -> None:
        assert reply_to({"If-None-Match": field.format(etag=WHOLE.etag)}) == (304, b"")

    @pytest.mark.parametrize("field", ["", OTHER, '"a", "b"', "abc", '"', "W/", '"*"', "{hex}", '"{hex}x"'])
    def test_anything_else_is_200(self, field: str) -> None:
        assert reply_to({"If-None-Match": field.format(hex=WHOLE.etag.strip('"'))}) == (200, BODY)

    def test_a_list_over_several_lines_is_one_list(self) -> None:
        raw: RawHeaders = [(b"if-none-match", OTHER.encode()), (b"if-none-match", WHOLE.etag.encode())]
        assert negotiate(WHOLE, raw, method="GET").status == 304

    def test_it_comes_before_a_range(self) -> None:
        assert reply_to({"If-None-Match": WHOLE.etag, "Range": "bytes=0-1"}) == (304, b"")

    def test_a_304_has_what_a_cache_keeps(self) -> None:
        reply = negotiate(WHOLE, [(b"if-none-match", WHOLE.etag.encode())], method="GET")
        assert {name for name, _ in reply.headers} == {
            b"etag",
            b"cache-control",
            b"tzdata-release",
            b"x-content-type-options",
        }


class TestIfMatch:
    @pytest.mark.parametrize("field", ["{etag}", "*", '"a", {etag}'])
    def test_the_etag_is_served(self, field: str) -> None:
        assert reply_to({"If-Match": field.format(etag=WHOLE.etag)}) == (200, BODY)

    @pytest.mark.parametrize("field", [OTHER, "W/{etag}", '"a", W/{etag}', ""])
    def test_another_or_a_weak_one_is_412(self, field: str) -> None:
        with pytest.raises(OtherContent):
            reply_to({"If-Match": field.format(etag=WHOLE.etag)})

    def test_it_comes_before_if_none_match(self) -> None:
        with pytest.raises(OtherContent):
            reply_to({"If-Match": OTHER, "If-None-Match": WHOLE.etag})


class TestRange:
    @pytest.mark.parametrize(
        ("field", "part"),
        [
            ("bytes=0-0", (0, 1)),
            ("bytes=0-99", (0, 100)),
            ("bytes=99-99", (99, 100)),
            ("bytes=10-19", (10, 20)),
            ("bytes=90-", (90, 100)),
            ("bytes=0-", (0, 100)),
            ("bytes=95-2000", (95, 100)),
            ("bytes=-1", (99, 100)),
            ("bytes=-100", (0, 100)),
            ("bytes=-5000", (0, 100)),
            ("bytes= 1-2 ", (1, 3)),
        ],
    )
    def test_first_last_open_and_suffix(self, field: str, part: tuple[int, int]) -> None:
        assert reply_to({"Range": field}) == (206, BODY[slice(*part)])

    @pytest.mark.parametrize("field", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"])
    def test_outside_is_416(self, field: str) -> None:
        with pytest.raises(RangeOutside) as raised:
            reply_to({"Range": field})
        assert fields_of(raised.value)["content-range"] == "bytes */100"

    @pytest.mark.parametrize(
        "field",
        [
            *("", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=0x1-2", "lines=0-1", "bytes=--1"),
            *("bytes=+1-2", "bytes=1-2,4-5", "bytes=0-0,0-0", "bytes=0-1;", "bytes=1_0-20", f"bytes=0-{'9' * 5000}"),
        ],
    )
    def test_malformed_or_several_is_the_whole(self, field: str) -> None:
        assert reply_to({"Range": field}) == (200, BODY)

    def test_two_lines_are_several(self) -> None:
        assert negotiate(WHOLE, [(b"range", b"bytes=0-1"), (b"range", b"bytes=0-1")], method="GET").status == 200

    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
    def test_only_a_get_has_one(self, method: str) -> None:
        assert reply_to({"Range": "bytes=0-1"}, method=method) == (200, BODY)

    def test_if_range_decides_between_part_and_whole(self) -> None:
        assert reply_to({"Range": "bytes=0-1", "If-Range": WHOLE.etag})[0] == 206
        for other in (OTHER, f"W/{WHOLE.etag}", "Mon, 23 Nov 2026 00:00:00 GMT", ""):
            assert reply_to({"Range": "bytes=0-1", "If-Range": other}) == (200, BODY)

    @given(body=st.binary(min_size=1), first=st.integers(0, 300), last=st.integers(0, 300))
    def test_any_single_range_is_the_slice(self, body: bytes, first: int, last: int) -> None:
        whole = make_representation(body, media_type="application/zip", cache_control="no-cache")
        field = {"Range": f"bytes={first}-{last}"}
        if last < first:
            assert reply_to(field, whole) == (200, body)
        elif first < len(body):
            assert reply_to(field, whole) == (206, body[first : last + 1])
        else:
            with pytest.raises(RangeOutside):
                reply_to(field, whole)

    @given(body=st.binary(min_size=1), length=st.integers(1, 300))
    def test_any_suffix_is_the_end(self, body: bytes, length: int) -> None:
        whole = make_representation(body, media_type="application/zip", cache_control="no-cache")
        assert reply_to({"Range": f"bytes=-{length}"}, whole) == (206, body[-length:])


def test_a_post_knows_no_conditions() -> None:
    for headers in ({"If-None-Match": "*"}, {"If-Match": OTHER}, {"Range": "bytes=0-0"}):
        assert reply_to(headers, method="POST") == (200, BODY)


def test_a_post_over_http_knows_no_conditions_either(client: httpx.Client) -> None:
    for headers in ({"If-None-Match": "*"}, {"If-Match": OTHER}, {"Range": "bytes=0-0"}):
        response = client.post("/v1/bundles", json={"zones": ["Etc/UTC"]}, headers=headers)
        assert (response.status_code, response.json()["format"]) == (200, "tar.gz")


@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_revalidation_as_image_builders_do_it(client: httpx.Client, cold_client: httpx.Client, kind: str) -> None:
    asked = client if kind == "hot" else cold_client
    etag = asked.get(URL).headers["etag"]
    given = {"If-None-Match": f'{OTHER}, {etag}, "x"', "Accept-Encoding": "gzip"}
    for method in ("HEAD", "GET"):
        response = asked.request(method, URL, headers=given)
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
        assert response.headers["content-location"].startswith("/v1/artifacts/")
        assert "content-encoding" not in response.headers


@pytest.mark.parametrize("kind", ["hot", "cold"])
def test_what_cannot_be_met_is_a_problem(client: httpx.Client, cold_client: httpx.Client, kind: str) -> None:
    asked = client if kind == "hot" else cold_client
    size = len(asked.get(URL).content)
    failed = asked.get(URL, headers={"If-Match": OTHER})
    assert (failed.status_code, failed.headers["content-type"]) == (412, PROBLEM)
    outside = asked.get(URL, headers={"Range": f"bytes={size}-"})
    assert (outside.status_code, outside.headers["content-type"]) == (416, PROBLEM)
    assert outside.headers["content-range"] == f"bytes */{size}"
    assert asked.head(URL, headers={"If-Match": OTHER}).status_code == 412
    part = asked.get(URL, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, asked.get(URL).content[1:4])
    assert part.headers["content-range"] == f"bytes 1-3/{size}"


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "If-None-Match": st.sampled_from(["{etag}", "W/{etag}", "*", OTHER, f"{OTHER}, {{etag}}", "junk"]),
        "If-Match": st.sampled_from(["{etag}", "W/{etag}", "*", OTHER]),
        "Range": st.sampled_from(["bytes=0-9", "bytes=-7", "bytes=3-", "bytes=100000-", "bytes=0-1,3-4", "x"]),
        "If-Range": st.sampled_from(["{etag}", OTHER]),
        "X-Request-Id": st.sampled_from(["mine", "not mine!"]),
        "Accept-Encoding": st.sampled_from(["gzip", "identity"]),
    },
)
PATHS = st.sampled_from(
    [URL, "/v1/bundles/latest/Etc/UTC.zip.sha256", "/v1/bundles/latest/Europe/*.tar", "/v1/bundles/latest/No/Zone.zip"]
)


@given(path=PATHS, method=st.sampled_from(["GET", "HEAD"]), fields=FIELDS)
def test_a_hot_reply_is_the_cold_one(
    client: httpx.Client, cold_client: httpx.Client, path: str, method: str, fields: Mapping[str, str]
) -> None:
    etag = cold_client.get(path).headers.get("etag", OTHER)
    headers = {name: value.format(etag=etag) for name, value in fields.items()}
    client.get(path)
    hot, cold = (asked.request(method, path, headers=headers) for asked in (client, cold_client))
    assert (hot.status_code, hot.content) == (cold.status_code, cold.content)
    # The two services have addresses of their own, and so have their links.
    kept_apart = {"date", "link"} | (set() if headers.get("X-Request-Id") == "mine" else {"x-request-id"})
    assert without(hot.headers, kept_apart) == without(cold.headers, kept_apart)


def without(headers: httpx.Headers, names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def test_the_repr_digest_is_the_one_of_rfc_9530() -> None:
    empty = make_representation(b"", media_type="application/zip", cache_control="no-cache")
    fields = dict(empty.headers)
    assert fields[b"repr-digest"] == b"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


def test_a_page_without_a_policy_of_its_own_gets_the_strictest() -> None:
    page = make_representation(b"<!doctype html>", media_type=HTML, cache_control=NO_STORE)
    error = make_reply(500, {}, b"<!doctype html>", media_type="text/html")
    for headers in (page.headers, error.headers):
        assert dict(headers)[b"content-security-policy"] == (
            b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    assert b"content-security-policy" not in dict(WHOLE.headers)


def test_what_is_private_says_so_and_what_is_not_stored_at_all_stays_as_it_is() -> None:
    for said, private in (
        (IMMUTABLE, f"private, {IMMUTABLE}"),
        ("no-cache", "private, no-cache"),
        (NO_STORE, NO_STORE),
    ):
        whole = make_representation(BODY, media_type="text/plain", cache_control=said)
        assert dict(whole.private.headers) == {**dict(whole.headers), b"cache-control": private.encode()}
