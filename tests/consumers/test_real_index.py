"""The package index that pip on this machine uses: every release there is, fetched through it once and verified."""

import contextlib
import re
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest

import dev
from app.errors import SourceUnreachable
from app.sources.base import Offers
from app.sources.index import FAILED_AGAIN_SECONDS, IndexSource
from app.sources.index_address import find_index_address
from app.tzdb.names import release_order
from app.tzdb.release import Release, TzifPool

PATIENCE = 4

AnswerT = TypeVar("AnswerT")

SUMS = {
    match[1]: match[2]
    for pin in dev.read_wheels().values()
    if (match := re.fullmatch(r"tzdata==(\S+) --hash=sha256:([0-9a-f]{64})", pin))
}
"""Package version → sha256 of its wheel, as locked."""


def patiently(ask: Callable[[], AnswerT]) -> AnswerT:
    """Return what ``ask`` returns; a network that is slow for a moment is not what these tests are about."""
    for _ in range(PATIENCE):
        with contextlib.suppress(SourceUnreachable):
            return ask()
        time.sleep(FAILED_AGAIN_SECONDS)
    return ask()


@pytest.fixture(scope="module")
def index() -> IndexSource:
    return IndexSource(lambda: find_index_address(""), refresh_seconds=3600.0)


@pytest.fixture(scope="module")
def offers(index: IndexSource) -> Offers:
    return patiently(index.offers)


@pytest.fixture(scope="module")
def releases(index: IndexSource, offers: Offers) -> dict[str, Release]:
    pool: TzifPool = {}
    locked = {version for version, promise in offers.promises.items() if promise.package_version in SUMS}
    return {
        version: patiently(partial(index.load, version, pool)).release for version in sorted(locked, key=release_order)
    }


def test_it_lists_every_release_that_is_locked_here_and_maybe_later_ones(offers: Offers) -> None:
    listed = {promise.package_version for promise in offers.promises.values()}
    # 2021.2 gives way to 2021.2.post0, the real 2021b.
    assert set(SUMS) - listed == {"2021.2"}


def test_every_release_loads_and_is_the_locked_wheel(releases: dict[str, Release]) -> None:
    assert len(releases) == len(SUMS) - 1
    for release in releases.values():
        assert release.origin.package_version is not None
        assert release.origin.sha256 == SUMS[release.origin.package_version]


def test_names_follow_the_wheels_and_not_the_package_versions(releases: dict[str, Release]) -> None:
    versions = {release.origin.package_version: version for version, release in releases.items()}
    assert versions["2026.6"] == "2026f"
    assert versions["2026.2"] == "2026b"
    assert versions["2021.2.post0"] == "2021b"
    assert "2020f" not in releases


def test_the_four_packages_that_are_wrong_say_so(releases: dict[str, Release]) -> None:
    warned = {release.origin.package_version for release in releases.values() if release.warnings}
    assert warned == {"2022.7", "2023.1", "2023.2", "2023.3"}
