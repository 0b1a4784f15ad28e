"""What is called dear is what takes long, and nothing that people ask for every day."""

import pytest

from app.artifact.spec import Spec, parse_spec
from app.builder.costs import is_dear, weigh_build, weigh_diffs, weigh_list, weigh_plan, weigh_selection, weigh_typos
from app.sources.installed import InstalledSource
from app.tzdb.release import Release
from app.tzdb.selection import parse_selectors


@pytest.fixture(scope="module")
def release() -> Release:
    source = InstalledSource()
    (version,) = source.offers().releases
    return source.load(version, {}).release


def spec_of(*zones: str, format: str = "tar", **options: str) -> Spec:
    return parse_spec("latest", zones, format=format, options=options)


CHEAP = [
    spec_of("Asia/Shanghai", "Etc/UTC"),
    spec_of("Asia/Shanghai", "Etc/UTC", format="tar.gz"),
    spec_of("Asia/Shanghai", "Europe/Berlin", "Etc/UTC", format="zip"),
    spec_of("Asia/Shanghai", format="go.zip", module="tz.internal/asia/shanghai"),
    spec_of("country:DE", "country:CN"),
    spec_of("Australia/*"),
    spec_of("Europe/Berlin", aliases="all"),
]
DEAR = [
    spec_of("*"),
    spec_of("*", format="tar.gz"),
    spec_of("*", encoding="fat"),
    spec_of("*/*", format="zip"),
    spec_of("America/*", format="tar.gz"),
    spec_of("Europe/Berlin", "Europe/Paris", encoding="fat"),
    spec_of("Europe/Berlinn"),
    spec_of("Atlantis/*"),
    spec_of("country:XX"),
    spec_of(*(f"*{letter}*" for letter in "abcdef")),
    spec_of(*(f"Nowhere/{number}" for number in range(500))),
]


@pytest.mark.parametrize("spec", CHEAP, ids=str)
def test_small_bundles_are_cheap(release: Release, spec: Spec) -> None:
    assert not is_dear(weigh_build(release, spec))
    assert not is_dear(weigh_plan(release, spec))


@pytest.mark.parametrize("spec", DEAR, ids=str)
def test_what_is_large_compressed_fat_or_wrong_is_dear(release: Release, spec: Spec) -> None:
    assert is_dear(weigh_build(release, spec))


def test_a_plan_is_not_charged_for_what_only_the_bundle_takes(release: Release) -> None:
    spec = spec_of("America/*", format="tar.gz")
    assert weigh_plan(release, spec) < weigh_build(release, spec) / 5


def test_more_is_dearer(release: Release) -> None:
    names = [*release.files]
    weights = [weigh_build(release, spec_of(*names[:count])) for count in (1, 10, 100, 300, 598)]
    assert weights == sorted(weights)
    assert weigh_build(release, spec_of("*", encoding="fat")) > 10 * weigh_build(release, spec_of("*"))


def test_a_selection_is_counted_and_the_count_is_never_more_than_there_is(release: Release) -> None:
    def count(*zones: str) -> int:
        return weigh_selection(release, parse_selectors(zones))[0]

    whole = len(release.files)
    assert count("Etc/UTC", "Asia/Tokyo") == 2
    assert count("*") == count("*", "*/*") == whole
    assert count(*(f"*{letter}*" for letter in "abcdefgh")) == whole


def test_diffs_are_weighed_by_their_number(release: Release) -> None:
    selectors = parse_selectors(["Europe/*"])
    assert not is_dear(weigh_diffs(release, parse_selectors(["Europe/Berlin"]), count=13))
    assert weigh_diffs(release, selectors, count=13) > 10 * weigh_diffs(release, selectors, count=1)


def test_typos_and_long_lists_wait_for_their_turn() -> None:
    assert (is_dear(weigh_typos(0)), is_dear(weigh_typos(1))) == (False, True)
    assert (is_dear(weigh_list(2_000)), is_dear(weigh_list(32_000))) == (False, True)
