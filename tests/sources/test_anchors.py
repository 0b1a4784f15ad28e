"""The links of an HTML page: the same that the standard library finds, in a time that grows with the length alone."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.anchors import MAX_TAGS, read_anchors

PIECES = """\
<a href='x'>
<a href=x>
<a href="x&amp;y" data-yanked>
<A HREF = x/y >
<a\thref=x\tid='>'>
</a>
text
<!-- <a href=no> -->
<base href=/b/>
<p class='<a href=no>'>
<abbr href=no>
<a>
<a href>
<br/>
<script>'<a href=no>'</script>
<style>a{}</style>
<a data-yanked='bad &lt;' href='&#120;'>
""".splitlines()


class _Oracle(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.base: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")
        if tag == "a" and "href" in attributes:
            self.found.append(attributes)
        elif tag == "base" and self.base is None:
            self.base = attributes.get("href")


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_links_are_those_that_the_standard_library_finds(pieces: list[str]) -> None:
    text = " ".join(pieces)
    oracle = _Oracle()
    oracle.feed(text)
    assert read_anchors(text) == (oracle.base, oracle.found)


@given(st.text(alphabet="<a href='\">=!-/x&#1;base \n", max_size=60))
def test_no_text_raises_anything(text: str) -> None:
    read_anchors(text)


@pytest.mark.parametrize("reference", ["&#" + "1" * 5_000 + ";", "&" * 20_000, "&#x110000;", "&#xD800;"])
def test_absurd_references_stay_or_are_replaced(reference: str) -> None:
    _, [found] = read_anchors(f"<a href='{reference}'>")
    assert found["href"]


def test_a_page_with_too_many_tags_is_read_so_far() -> None:
    _, found = read_anchors("<a href=x>" * (MAX_TAGS + 10))
    assert len(found) == MAX_TAGS
