"""Attacks by well-formed requests that cost the service much more than they cost the client."""

import itertools
import json
import random
from collections.abc import Iterator, Mapping

from bench._attack import Attack
from bench._service import request_row

PAUSE_SECONDS = 0.05
SELECTORS = 2_000
MOST_PREFIXES = 480
MOST_SETS = 1_000
_RELEASES = tuple(f"{year}{letter}" for year in range(2020, 2026) for letter in "abcde")
_ZONES = ("Etc/UTC", "Asia/Tokyo", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo")


def ask_for_fat_trees(attack: Attack) -> None:
    """Let 64 clients ask for the whole tree, fat and compressed, each time below another directory."""

    def requests(client: int) -> Iterator[bytes]:
        for number in itertools.count():
            yield request_row(f"/v1/bundles/2026f/*.tar.gz?encoding=fat&prefix=c{client}/{number}")

    attack.ask(64, requests, rest=PAUSE_SECONDS)


def fill_the_store(attack: Attack) -> None:
    """Let 4 clients ask for the whole tree below other directories: 600 KB to store for each request, 480 in all."""

    def requests(client: int) -> Iterator[bytes]:
        for number in range(MOST_PREFIXES // 4):
            yield request_row(f"/v1/bundles/2026f/*.tar?prefix=c{client}/{number}")

    attack.ask(4, requests, rest=0.03)


def post_sets(attack: Attack) -> None:
    """Let 2 clients post selections nobody has posted, and ask for their images: 1,000 in all."""

    def requests(client: int) -> Iterator[bytes]:
        combinations = itertools.product(_ZONES, _ZONES, ("exact", "target", "all"), range(MOST_SETS))
        for one, other, aliases, number in itertools.islice(combinations, MOST_SETS // 2):
            prefix = f"c{client}/{number}"
            yield _post("/v1/sets", {"zones": [one, other], "aliases": aliases, "prefix": prefix, "release": "2026f"})

    attack.ask(2, requests, rest=0.01)


def ask_for_slow_releases(attack: Attack) -> None:
    """Let 16 clients ask for releases which the index sends at 10 KB a second."""

    def requests(client: int) -> Iterator[bytes]:
        for release in itertools.islice(itertools.cycle(_RELEASES), client, None):
            yield request_row(f"/v1/bundles/{release}/Etc/UTC.tar.gz")

    attack.ask(16, requests, rest=PAUSE_SECONDS)


def ask_for_the_bomb(attack: Attack) -> None:
    """Let 4 clients make the service read an index page which unfolds to a gibibyte: it is compressed twice."""

    def requests(client: int) -> Iterator[bytes]:
        for number in itertools.count():
            yield request_row(f"/v1/bundles/20{30 + client}{'abcdefgh'[number % 8]}/Etc/UTC.tar.gz")
            yield request_row("/v1/releases")

    attack.ask(4, requests, rest=PAUSE_SECONDS)


def post_selectors(attack: Attack) -> None:
    """Let 2 clients post 2,000 globs, 2,000 names that no release has, and names that nearly match, by turns."""
    posts = [
        _post("/v1/bundles", {"zones": [f"*a*{number}*e*" for number in range(SELECTORS)]}),
        _post("/v1/bundles", {"zones": [f"Europe/Berlin{number}" for number in range(SELECTORS)]}),
        _post("/v1/bundles", {"zones": ["*" * (1 + number % 90) + "/" for number in range(SELECTORS)]}),
    ]
    attack.ask(2, lambda client: itertools.islice(itertools.cycle(posts), client, None), rest=PAUSE_SECONDS)


def ask_for_readings(attack: Attack) -> None:
    """Let 16 clients ask for diffs, feeds, plans, lists and searches of whole releases: nothing that is stored."""

    def requests(client: int) -> Iterator[bytes]:
        for number in itertools.count(client):
            release = _RELEASES[number % len(_RELEASES)]
            yield request_row(f"/v1/releases/{release}/diff/2026f?zones=*&aliases=all")
            yield request_row(f"/v1/bundles/2026f/*.json?encoding=fat&prefix=c{number}")
            yield request_row(f"/v1/feeds/{_ZONES[number % len(_ZONES)]},Europe/*.atom")
            yield request_row(f"/v1/releases/latest/zones?q={'aeiou'[number % 5]}")
            yield request_row(f"/v1/releases/{release}/zones")

    attack.ask(16, requests, rest=PAUSE_SECONDS)


def ask_for_unknown_digests(attack: Attack) -> None:
    """Let 8 clients ask for images and artifacts by digests that are none, which makes the service search for them."""
    chance = random.Random(0)

    def requests(client: int) -> Iterator[bytes]:
        for number in itertools.count(client):
            name = _ZONES[number % len(_ZONES)].lower()
            digest = chance.randbytes(32).hex()
            yield request_row(f"/v2/{name}/manifests/sha256:{digest}")
            yield request_row(f"/v2/{name}/blobs/sha256:{digest}")
            yield request_row(f"/v1/artifacts/{digest}.tar.gz")

    attack.ask(8, requests, rest=PAUSE_SECONDS)


def _post(path: str, body: Mapping[str, object]) -> bytes:
    content = json.dumps(body).encode("ascii")
    fields = {"content-type": "application/json", "content-length": str(len(content))}
    return request_row(path, method="POST", headers=fields) + content
