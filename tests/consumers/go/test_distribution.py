"""The zip of a whole release is, byte for byte, the one that the Go distribution carries for it."""

import hashlib

import pytest

from tests.consumers.bundles import fetch
from tests.servers import Service

# IANA release → the Go release that carries it, and size and sha256 of lib/time/zoneinfo.zip there. Later ones are
# not available: from 2025b on Go compiles its zones with pre-1970 data that the published package leaves out.
ZIPS = {
    "2023c": ("1.21.13", 400_280, "3fe2fe0c5897093e4965480de18722eabc224a1b7ac4dcb1ceb6943d62c01efe"),
    "2023d": ("1.22.10", 401_728, "19ffc039dc3fd174849b8d18b1420c48a7b0d97a1ddaaa6d14e9216da6c11597"),
    "2024a": ("1.23.9", 401_710, "2359012e2cf90a23bf4e9eeaeecc06b7936e9f37b76af97e9dc904b95d6a944a"),
    "2025a": ("1.24.11", 406_409, "58b3770b2c2216eaa856c18464dcac90bcb8547764e40ef660ef3b0f19cd43d0"),
}


@pytest.mark.parametrize("release", ZIPS)
def test_the_zip_of_all_names_is_the_one_of_the_go_distribution(every_release: Service, release: str) -> None:
    _, size, sha256 = ZIPS[release]
    content = fetch(every_release, f"/v1/bundles/{release}/*.zip")
    assert (len(content), hashlib.sha256(content).hexdigest()) == (size, sha256)
