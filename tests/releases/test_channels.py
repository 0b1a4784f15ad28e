"""Channels: which release a name means today."""

import pytest

from app.errors import UnknownRelease
from app.releases.channels import resolve_channel

KNOWN = ("2026f", "2026e", "2026d")
CHANNELS = {"stable": "2026d", "previous": "latest-1", "lts": "stable", "round": "and-round", "and-round": "round"}


@pytest.mark.parametrize(
    ("choice", "release"),
    [
        ("latest", "2026f"),
        ("latest-0", "2026f"),
        ("latest-1", "2026e"),
        ("latest-2", "2026d"),
        ("stable", "2026d"),
        ("previous", "2026e"),
        ("lts", "2026d"),
        ("2020a", "2020a"),
    ],
)
def test_a_channel_means_one_release(choice: str, release: str) -> None:
    assert resolve_channel(choice, KNOWN, channels=CHANNELS) == release


@pytest.mark.parametrize("choice", ["latest-3", "nightly", "round", "latest-", "latest--1"])
def test_what_means_none_is_unknown(choice: str) -> None:
    with pytest.raises(UnknownRelease):
        resolve_channel(choice, KNOWN, channels=CHANNELS)


def test_the_error_tells_the_channels_there_are() -> None:
    with pytest.raises(UnknownRelease, match="latest, and-round, lts, previous, round, stable and latest-N"):
        resolve_channel("nightly", KNOWN, channels=CHANNELS)


def test_without_any_release_latest_is_unknown() -> None:
    with pytest.raises(UnknownRelease, match="no release at all"):
        resolve_channel("latest", (), channels={})
