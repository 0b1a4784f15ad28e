"""The package index, well and in every bad mood, asked over real HTTP on loopback."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import SourceUnreachable, TzdataFilterError, UnknownRelease, UntrustedIndex, UntrustedRelease
from app.sources import download
from app.sources.index import IndexSource
from app.sources.index_address import IndexAddress
from tests.data.invented_release import VERSION, package_files, wheel_name, write_wheel
from tests.sources.loopback_index import LoopbackIndex, Mood, loopback_index

WHEELS = (
    "tzdata-2026.6-py2.py3-none-any.whl",
    "tzdata-2024.1-py2.py3-none-any.whl",
    "tzdata-2021.2-py2.py3-none-any.whl",
    "tzdata-2021.2.post0-py2.py3-none-any.whl",
)


@pytest.fixture
def index(wheels_dir: Path) -> Iterator[LoopbackIndex]:
    with loopback_index({name: (wheels_dir / name).read_bytes() for name in WHEELS}) as running:
        yield running


def source_of(
    index: LoopbackIndex,
    *,
    refresh_seconds: float = 3600.0,
    wheel_seconds: float = 30.0,
    silence_seconds: float = download.SILENCE_SECONDS,
) -> IndexSource:
    url = index.url
    return IndexSource(
        lambda: IndexAddress(url, None),
        refresh_seconds=refresh_seconds,
        wheel_seconds=wheel_seconds,
        silence_seconds=silence_seconds,
    )


@pytest.mark.parametrize("html", [False, True], ids=["json", "html"])
def test_a_release_is_found_fetched_and_verified(index: LoopbackIndex, *, html: bool) -> None:
    index.html = html
    source = source_of(index)
    assert source.offers().releases == {"2026f", "2024a", "2021b"}
    loaded = source.load("2024a", {})
    assert loaded.release.version == "2024a"
    assert loaded.release.origin.source == "index"
    assert loaded.release.origin.package_version == "2024.1"
    assert loaded.wheel == index.wheels[WHEELS[1]]


def test_of_two_packages_for_one_release_the_later_is_fetched(index: LoopbackIndex) -> None:
    loaded = source_of(index).load("2021b", {})
    assert loaded.release.origin.package_version == "2021.2.post0"


def test_the_wheel_has_the_last_word_on_its_release(index: LoopbackIndex, wheels_dir: Path) -> None:
    index.wheels = {"tzdata-2026.7-py2.py3-none-any.whl": (wheels_dir / WHEELS[1]).read_bytes()}
    source = source_of(index)
    with pytest.raises(UnknownRelease, match="2026g"):
        source.load("2026g", {})
    assert source.offers().releases == {"2024a"}
    assert source.load("2024a", {}).release.version == "2024a"


@pytest.mark.parametrize("html", [False, True], ids=["json", "html"])
@pytest.mark.parametrize(
    ("said", "reason"), [("its zones\nare <b>wrong", "its zones are <b>wrong"), (True, "no reason")]
)
def test_a_yanked_release_is_on_offer_with_the_reason(
    index: LoopbackIndex, *, html: bool, said: bool | str, reason: str
) -> None:
    index.html, index.yanked = html, {WHEELS[1]: said}
    source = source_of(index)
    promise = source.offers().promises["2024a"]
    assert promise.yanked is not None
    assert reason in promise.yanked
    (warning,) = source.load("2024a", {}).release.warnings
    assert warning.code == "yanked"
    assert reason in warning.detail
    assert source.offers().promises["2026f"].yanked is None


def test_of_two_packages_for_one_release_the_one_that_stands_is_fetched(index: LoopbackIndex) -> None:
    index.yanked = {WHEELS[3]: "broken"}
    assert source_of(index).load("2021b", {}).release.origin.package_version == "2021.2"


@pytest.mark.parametrize("html", [False, True], ids=["json", "html"])
def test_hashes_may_be_in_capitals(index: LoopbackIndex, *, html: bool) -> None:
    index.html, index.shouting = html, True
    assert source_of(index).load("2024a", {}).release.version == "2024a"


@pytest.mark.parametrize("base", ["/files/", "../../files/"])
def test_links_start_where_the_page_says(index: LoopbackIndex, base: str) -> None:
    index.html, index.base = True, base
    assert source_of(index).load("2024a", {}).release.version == "2024a"


def test_an_index_that_takes_its_time_is_waited_for_as_long_as_is_set(index: LoopbackIndex) -> None:
    index.pause_seconds = 0.8
    assert source_of(index, silence_seconds=3.0).offers().releases
    with pytest.raises(SourceUnreachable, match="slow"):
        source_of(index, silence_seconds=0.3).offers()


def test_no_index_at_all_offers_nothing_and_is_no_trouble() -> None:
    source = IndexSource(lambda: IndexAddress(""), refresh_seconds=3600.0)
    assert source.offers().releases == frozenset()
    with pytest.raises(UnknownRelease):
        source.load("2024a", {})


@pytest.mark.parametrize("url", ["garbage", "file:///nowhere", "http://[", "http://127.0.0.1:99999/simple", "https://"])
def test_an_address_that_is_none_is_named_with_what_says_so(url: str) -> None:
    source = IndexSource(lambda: IndexAddress(url, where="PIP_INDEX_URL"), refresh_seconds=3600.0)
    with pytest.raises(SourceUnreachable, match="PIP_INDEX_URL names no package index"):
        source.offers()


def test_a_release_it_lacks_is_unknown(index: LoopbackIndex) -> None:
    with pytest.raises(UnknownRelease, match="2020f"):
        source_of(index).load("2020f", {})


def test_the_list_of_files_is_read_once_and_again_when_it_is_old(index: LoopbackIndex) -> None:
    source = source_of(index)
    for _ in range(5):
        source.offers()
        source.offers(wanted=True)
    assert index.count("/simple/tzdata/") == 1
    eager = source_of(index, refresh_seconds=0.05)
    eager.offers()
    time.sleep(0.1)
    eager.offers()
    assert index.count("/simple/tzdata/") == 3


@pytest.mark.parametrize("mood", ["refuses", "hangs", "fails", "truncates"])
def test_an_index_that_cannot_be_reached_is_unreachable_after_one_more_try(index: LoopbackIndex, mood: Mood) -> None:
    index.mood = mood
    source = source_of(index)
    with pytest.raises(SourceUnreachable):
        source.offers()
    assert index.count("/simple/tzdata/") == 2, "one more try and no more"


def test_after_a_failure_everyone_gets_the_same_error_at_once(index: LoopbackIndex) -> None:
    index.mood = "fails"
    source = source_of(index)
    for _ in range(10):
        with pytest.raises(SourceUnreachable, match="500"):
            source.offers()
    assert index.count("/simple/tzdata/") == 2


def test_one_failure_is_tried_again_and_then_forgotten(index: LoopbackIndex) -> None:
    index.file_mood = "fails"
    source = source_of(index)
    with pytest.raises(SourceUnreachable):
        source.load("2024a", {})
    index.file_mood = "well"
    assert source.load("2024a", {}).release.version == "2024a"


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("wrong content type", "text/plain"),
        ("not json", "cannot be read"),
        ("endless", "larger than"),
        ("redirects away", "stranger.invalid"),
        ("redirects to http", "stranger.invalid"),
        ("redirects in a circle", "redirects more than"),
    ],
)
def test_an_index_page_that_cannot_be_trusted_is_not(index: LoopbackIndex, mood: Mood, reason: str) -> None:
    index.mood = mood
    with pytest.raises(UntrustedIndex, match=reason):
        source_of(index).offers()


@pytest.mark.parametrize(
    ("mood", "error", "reason"),
    [
        ("wrong hash", UntrustedRelease, "differs from the sha256"),
        ("no hash", UntrustedRelease, "promises no sha256"),
        ("names a stranger", UntrustedIndex, "stranger.invalid"),
    ],
)
def test_files_that_the_page_does_not_vouch_for_are_refused(
    index: LoopbackIndex, mood: Mood, error: type[TzdataFilterError], reason: str
) -> None:
    index.mood = mood
    with pytest.raises(error, match=reason):
        source_of(index).load("2024a", {})


@pytest.mark.parametrize("mood", ["hangs", "refuses", "fails", "truncates"])
def test_a_file_that_does_not_come_is_unreachable(index: LoopbackIndex, mood: Mood) -> None:
    index.file_mood = mood
    with pytest.raises(SourceUnreachable):
        source_of(index).load("2024a", {})


@pytest.mark.parametrize("mood", ["endless", "redirects to http"])
def test_a_file_without_end_or_from_elsewhere_without_tls_is_refused(index: LoopbackIndex, mood: Mood) -> None:
    index.file_mood = mood
    with pytest.raises(UntrustedIndex):
        source_of(index).load("2024a", {})


def test_a_body_that_drips_is_cut_off_at_the_deadline(index: LoopbackIndex) -> None:
    index.file_mood = "drips"
    with pytest.raises(SourceUnreachable, match="too slow"):
        source_of(index, wheel_seconds=0.5).load("2024a", {})


FLIPS = 500
"""At random places. The sum covers every byte alike; that no flip at any byte loads is ``test_bit_flips``'s to show."""


def test_of_all_flipped_bits_on_the_way_none_gets_through() -> None:
    name = wheel_name()
    with loopback_index({name: write_wheel(package_files())}) as index:
        index.file_mood = "flips a bit"
        source = source_of(index)
        for _ in range(FLIPS):
            with pytest.raises(UntrustedRelease, match="differs from the sha256"):
                source.load(VERSION, {})
        assert index.count(name) == FLIPS


def test_name_and_password_in_the_address_are_sent_to_the_index(index: LoopbackIndex) -> None:
    index.credentials = "Basic " + base64.b64encode(b"ci:s3cret").decode()
    index.url = index.url.replace("http://", "http://ci:s3cret@")
    assert source_of(index).load("2024a", {}).release.version == "2024a"


def test_no_message_tells_the_password(index: LoopbackIndex) -> None:
    index.url = index.url.replace("http://", "http://ci:s3cret@")
    index.mood = "fails"
    with pytest.raises(SourceUnreachable) as caught:
        source_of(index).offers()
    assert "s3cret" not in str(caught.value)


def test_the_bounds_let_a_caller_wait_for_less_than_five_seconds() -> None:
    assert max(download.ATTEMPTS * download.SILENCE_SECONDS, download.LATEST_RETRY_SECONDS + 2) + 0.25 < 5
