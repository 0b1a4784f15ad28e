"""Replicas: the same bytes for the same request, whatever the machine's settings, the Python, and the way one asks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import TypedDict

import httpx
import hypothesis
import hypothesis.strategies as st
import pytest

from app.digest import sha256_hex
from tests.consumers import tools
from tests.consumers.bundles import fetch
from tests.servers import ROOT, Service, StartService

SELECTORS = (
    "Asia/Shanghai", "Europe/Berlin", "Etc/GMT+5", "Asia/Calcutta", "UTC", "US/*", "country:CN", "country:NZ", "A*/M*",
)  # fmt: skip
TABLES = ("zone1970.tab", "iso3166.tab", "tzdata.zi", "leapseconds", "zone.tab")

# Two machines that have little in common: environment and umask.
HERE = ({"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "0"}, 0o000)
THERE = ({"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242", "HOME": "/"}, 0o077)


class Wanted(TypedDict):
    release: str
    zones: list[str]
    format: str
    aliases: str
    links: str
    tables: list[str]
    prefix: str


@st.composite
def requests(draw: st.DrawFn) -> Wanted:
    ending = draw(st.sampled_from(["tar", "tar.gz", "zip"]))
    return {
        "release": draw(st.sampled_from(["latest", "2026f", "2024a", "2020a"])),
        "zones": draw(st.lists(st.sampled_from(SELECTORS), min_size=1, max_size=6)),
        "format": ending,
        "aliases": draw(st.sampled_from(["exact", "target", "all"])),
        "links": "copy" if ending == "zip" else draw(st.sampled_from(["hard", "symbolic", "copy"])),
        "tables": draw(st.lists(st.sampled_from(TABLES), max_size=3)),
        "prefix": "" if ending == "zip" else draw(st.sampled_from(["", "usr/share/zoneinfo"])),
    }


def get(client: httpx.Client, wanted: Wanted) -> tuple[bytes, str]:
    """Return the bundle and the path of its artifact."""
    options = {"aliases": wanted["aliases"], "links": wanted["links"], "prefix": wanted["prefix"]}
    path = f"/v1/bundles/{wanted['release']}/{','.join(wanted['zones'])}.{wanted['format']}"
    answer = client.get(path, params={**options, "tables": ",".join(wanted["tables"])})
    assert answer.status_code == 200, answer.text
    return answer.content, answer.headers["content-location"]


def post(client: httpx.Client, wanted: Wanted) -> tuple[bytes, str]:
    """Ask for the same in a body; return the bytes at the URL that the answer names, and its path."""
    answer = client.post("/v1/bundles", json=wanted)
    assert answer.status_code == 200, answer.text
    url: str = answer.json()["url"]
    return client.get(url).content, httpx.URL(url).path


def start_with(start_service: StartService, environ: Mapping[str, str], umask: int, *, wheels_dir: Path) -> Service:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        before = os.umask(umask)
        try:
            return start_service(wheels_dir=wheels_dir)
        finally:
            os.umask(before)


def test_two_replicas_give_the_same_bytes_in_any_order_by_get_and_by_post(
    start_service: StartService, wheels_dir: Path
) -> None:
    here = start_with(start_service, *HERE, wheels_dir=wheels_dir)
    there = start_with(start_service, *THERE, wheels_dir=wheels_dir)
    with here.client() as one, there.client() as other:

        @hypothesis.settings(max_examples=25)
        @hypothesis.given(requests(), st.randoms(use_true_random=False))
        def check(wanted: Wanted, order: Random) -> None:
            zones, tables = [*wanted["zones"], wanted["zones"][0]], [*wanted["tables"]]
            order.shuffle(zones)
            order.shuffle(tables)
            content, place = get(one, wanted)
            assert place == f"/v1/artifacts/{sha256_hex(content)}.{wanted['format']}"
            assert post(other, {**wanted, "zones": zones, "tables": tables}) == (content, place)

        check()


@pytest.mark.parametrize("format", ["tar", "tar.gz", "zip"])
def test_the_command_line_writes_what_the_service_sends(service: Service, tmp_path: Path, format: str) -> None:
    content = fetch(service, f"/v1/bundles/latest/Asia/Shanghai,US/*,country:NZ.{format}?aliases=all")
    for number, (environ, umask) in enumerate((HERE, THERE)):
        path = tmp_path / f"{number}.{format}"
        zones = ["country:NZ", "US/*", "Asia/Shanghai", "Asia/Shanghai"]
        command = [sys.executable, "-W", "error", "-m", "app", "extract", "--quiet", "--aliases", "all"]
        subprocess.run(
            [*command, "--output", path, *zones], cwd=ROOT, env={**os.environ, **environ}, umask=umask, check=True
        )
        assert path.read_bytes() == content


# Takes a wheel, prints recipe → sha256 of the whole tree. The standard library is all it needs.
_WRITE_TREE = """
import hashlib, json, pathlib, sys
from app.artifact.plan import make_plan
from app.artifact.recipe import CURRENT
from app.artifact.spec import parse_spec
from app.sources.wheel import load_wheel

release = load_wheel(pathlib.Path(sys.argv[1]).read_bytes(), source="wheels", pool={})
written = {}
for format, recipe in CURRENT.items():
    plan = make_plan(release, parse_spec("2026f", ["*"], format=format, options={}), recipe=recipe.name)
    written[recipe.name] = hashlib.sha256(recipe.encode(plan.entries)).hexdigest()
print(json.dumps(written))
"""


def find_pythons() -> list[str]:
    """Return every Python on this machine that the project runs on, one of each version, this one among them."""
    own = Path(sys.base_prefix)
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for minor in range(11, 20):
        name = f"python3.{minor}"
        beside = sorted(map(str, own.parent.glob(f"*/bin/{name}")))
        for python in (*beside, shutil.which(name, path=tools.PATH)):
            if python is not None:
                found.setdefault(f"3.{minor}", python)
    return [*found.values()]


def write_tree(python: str, wheel: Path, environ: Mapping[str, str]) -> dict[str, str]:
    printed = subprocess.run(
        [python, "-S", "-c", _WRITE_TREE, wheel],
        env={**environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
    )
    written: dict[str, str] = json.loads(printed.stdout)
    return written


def test_every_python_on_the_machine_writes_the_same_bytes_by_the_same_recipe(wheels_dir: Path) -> None:
    wheel = wheels_dir / "tzdata-2026.6-py2.py3-none-any.whl"
    pythons: Sequence[str] = find_pythons()
    written = [write_tree(python, wheel, environ) for python in pythons for environ, _ in (HERE, THERE)]
    for one in written:
        # The recipe of a tar.gz names the compressor and its version, of which Pythons may have different ones.
        assert {"tar.1", "gozip.1"} <= one.keys()
        for recipe, sha256 in one.items():
            assert {other[recipe] for other in written if recipe in other} == {sha256}
