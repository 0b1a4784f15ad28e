"""Archives, trees and files that would take a machine's memory or never end: each is refused, in little memory.

The gallery of what is merely wrong (paths, links, sums) is in ``tests/cli/commands/test_verify.py``.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.airgap.carrier import LIMITS as CARRIER_LIMITS
from app.airgap.carrier import ROOT
from app.artifact.formats import FORMATS, artifact_path
from app.artifact.plan import make_plan
from app.artifact.record import make_record
from app.artifact.spec import parse_spec
from app.digest import sha256_hex
from app.sources.tree import MAX_ENTRIES
from tests.cli.pretender import Pretender, Reply, pretender
from tests.cli.program import COMMAND, environment, installed_release, invoke
from tests.hostile.archives import HOSTILE, MIB, TOO_MANY, Make, pax_records, tar_member
from tests.hostile.commands import MOST_BYTES, Ended, run_bounded

ONLINE = {"TZDATA_FILTER_OFFLINE": "false"}


def assert_refused(ended: Ended, *said: str, code: int = 4) -> None:
    """Check that a command refused what it was given: in a few lines that say why, and in little memory."""
    shown = ended.stderr.decode()
    assert ended.code == code, shown[-2_000:]
    assert shown.startswith("tzdata-filter: ")
    assert all(each in shown for each in said), shown[:2_000]
    assert len(shown) < 10_000
    assert "Traceback" not in shown
    assert ended.peak_bytes < MOST_BYTES


class TestArchives:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_verify_refuses_it_in_little_memory(self, name: str, tmp_path: Path) -> None:
        make, said = HOSTILE[name]
        (tmp_path / "bundle").write_bytes(make())
        assert_refused(
            run_bounded("verify", tmp_path / "bundle", "--release", "latest"), said, "bundle does not verify"
        )

    def test_the_largest_bundles_of_our_own_are_within_the_limits(self, tmp_path: Path) -> None:
        for ending in ("tar", "tar.gz", "zip"):
            assert invoke("extract", "*", "--encoding", "fat", "-o", tmp_path / f"x.{ending}").exit_code == 0
            assert run_bounded("verify", tmp_path / f"x.{ending}", "--release", "latest").code == 0

    @pytest.mark.parametrize("ending", ["tar.gz", "go.tar.gz"])
    def test_a_lock_of_everything_is_fetched_into_a_directory(self, ending: str, tmp_path: Path) -> None:
        lock = tmp_path / "tzdata.lock"
        assert invoke("lock", "*", "--format", ending, "--encoding", "fat", "-o", lock).exit_code == 0
        assert run_bounded("sync", lock, "-o", tmp_path / "tree").code == 0
        assert run_bounded("sync", lock, "-o", tmp_path / "tree", "--check").code == 0


@pytest.fixture
def liar() -> Iterator[Pretender]:
    with pretender() as running:
        yield running


class TestServers:
    """A server may say what it likes; what it sends is bounded like a file."""

    @pytest.mark.parametrize(
        "name", ["zip: one stream that unfolds to 1.2 GB", "zip: 65,535 tiny entries", "zip: fewer such names"]
    )
    def test_lock_refuses_what_it_sends(self, name: str, liar: Pretender, tmp_path: Path) -> None:
        content = HOSTILE[name][0]()
        release, form = installed_release(), FORMATS["zip"]
        spec = parse_spec(release.version, ["UTC"], format="zip", options={})
        row = make_record(make_plan(release, spec, recipe=form.recipe.name), content).row
        liar.replies["POST /v1/bundles"] = Reply(json.dumps(row).encode())
        liar.replies[f"GET {artifact_path(sha256_hex(content), 'zip')}"] = Reply(content)
        ended = run_bounded("lock", "UTC", "--format", "zip", "--server", liar.url, "-o", tmp_path / "lock", env=ONLINE)
        assert_refused(ended, "does not match the lock")
        assert not (tmp_path / "lock").exists()

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (b"[" * 100_000, 4),
            (b"[" + b"[]," * 1_300_000 + b"[]]", 4),
            (b'{"a":' * 50_000, 4),
            (b"1" * 1_000_000, 4),
            (b" " * (20 * MIB), 4),
        ],
        ids=["deep", "wide", "deep objects", "a number of a million digits", "20 MB of blanks"],
    )
    def test_an_answer_of_json_is_bounded(self, answer: bytes, code: int, liar: Pretender) -> None:
        liar.replies["POST /v1/bundles"] = Reply(answer)
        assert_refused(run_bounded("lock", "UTC", "--server", liar.url, env=ONLINE), "answer", code=code)


PLACES: dict[str, tuple[str, ...]] = {
    "verify": ("verify", "PLACE"),
    "verify a directory with it": ("verify", "DIR"),
    "sync": ("sync", "PLACE", "-o", "out"),
    "sync onto it": ("sync", "LOCK", "-o", "PLACE.tar", "--check"),
    "lock --update": ("lock", "--update", "PLACE", "--offline"),
    "a file of zones": ("resolve", "--zones-file", "PLACE"),
    "a list to check": ("allowlist", "--check", "PLACE"),
    "releases import": ("releases", "import", "PLACE", "--data-dir", "DATA"),
    "--input": ("extract", "UTC", "-o", "-", "--input", "DIR"),
    "--wheels-dir": ("extract", "UTC", "-o", "-", "--wheels-dir", "DIR", "--release", "2024a"),
}
KINDS: dict[str, Callable[[Path], object]] = {
    "a pipe that nobody writes to": os.mkfifo,
    "endless zeros": lambda path: path.symlink_to("/dev/zero"),
    "endless chance": lambda path: path.symlink_to("/dev/urandom"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a directory": lambda path: path.mkdir(),
    "1 GB of a sparse file": lambda path: _write_hole(path, 1 << 30),
}


def _write_hole(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


class TestPlaces:
    """Whatever stands where a file should: no command waits for it, or reads it to an end that it does not have."""

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("place", PLACES)
    def test_what_is_not_a_file_of_ours_ends_the_command(self, place: str, kind: str, tmp_path: Path) -> None:
        directory = tmp_path / "dir"
        directory.mkdir()
        for name in ("tzdata-2024.1-py2.py3-none-any.whl", "UTC", "tzdata.zi", "PLACE.tar"):
            KINDS[kind](directory / name)
        invoke("lock", "UTC", "-o", tmp_path / "LOCK")
        names = {
            "PLACE": str(directory / "UTC"),
            "PLACE.tar": str(directory / "PLACE.tar"),
            "DIR": str(directory),
            "DATA": str(tmp_path / "data"),
            "LOCK": str(tmp_path / "LOCK"),
            "out": str(tmp_path / "out"),
        }
        ended = run_bounded(*(names.get(each, each) for each in PLACES[place]))
        assert ended.code in {2, 3, 4, 5}, ended.stderr
        assert ended.stderr.startswith(b"tzdata-filter: ")
        assert len(ended.stderr) < 5_000
        assert b"Traceback" not in ended.stderr
        assert ended.peak_bytes < MOST_BYTES

    def test_a_pipe_that_is_written_is_read(self, tmp_path: Path) -> None:
        invoke("extract", "UTC", "-o", tmp_path / "x.tar")
        line = 'exec "$@" verify <(sleep 0.3; cat "$BUNDLE")'
        command = ["bash", "-c", line, "bash", *COMMAND]
        done = subprocess.run(
            command, env=environment(BUNDLE=str(tmp_path / "x.tar")), capture_output=True, check=False
        )
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, b"verdict      verified")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("verify", "TREE"), TOO_MANY),
            (("extract", "UTC", "-o", "-", "--input", "TREE"), f"holds more than {MAX_ENTRIES} files"),
            (("extract", "UTC", "-o", "TREE", "--replace"), "it is not replaced"),
        ],
    )
    def test_a_directory_of_very_many_files(self, arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
        tree = tmp_path / "tzdata2024a"
        tree.mkdir()
        for number in range(MAX_ENTRIES + 1):
            (tree / f"{number}").symlink_to("x")
        ended = run_bounded(*(str(tree) if each == "TREE" else each for each in arguments))
        assert_refused(ended, said, code=2 if "--replace" in arguments else 4)

    def test_a_tree_of_more_zones_than_there_are(self, tmp_path: Path) -> None:
        tree = tmp_path / "tzdata2024a"
        tree.mkdir()
        for number in range(600):
            (tree / f"Z{number}").write_bytes(b"TZif".ljust(65_000, b"\0"))
        assert_refused(run_bounded("extract", "Z1", "-o", "-", "--input", tree), "bytes of zones")


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b"a." * 120_000 + b"a = 1", "dots"),
            (b"a = " + b"[" * 100_000, "not TOML"),
            (b"a = " + b"1" * 200_000, "not TOML"),
            (b"\n".join(b"[a%d]" % n for n in range(20_000)), "lacks version"),
            (b"#" * (1 << 20), "longer than"),
            (b"\xff" * 1_000, "not UTF-8"),
        ],
        ids=["deep keys", "deep lists", "a huge number", "many tables", "too long", "no text"],
    )
    def test_a_lock_is_bounded(self, text: bytes, said: str, tmp_path: Path) -> None:
        (tmp_path / "tzdata.lock").write_bytes(text)
        assert_refused(run_bounded("sync", tmp_path / "tzdata.lock", "-o", tmp_path / "out"), said, code=2)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: tar_member(b"x", pax_records(500_000)),
            lambda: tar_member(b"0", bytes(CARRIER_LIMITS.archive_bytes - 4_096)),
            lambda: b"".join(tar_member(b"0", b"", name=f"{ROOT}{n}") for n in range(CARRIER_LIMITS.entries)),
            lambda: bytes(CARRIER_LIMITS.archive_bytes + 1),
        ],
        ids=["headers", "one file", "many files", "too large"],
    )
    def test_a_carrier_is_bounded(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "carrier").write_bytes(make())
        assert_refused(run_bounded("releases", "import", tmp_path / "carrier", "--data-dir", tmp_path / "data"), "the ")

    @pytest.mark.parametrize("name", ["zip: 65,535 tiny entries", "zip: one stream that unfolds to 1.2 GB"])
    def test_a_wheel_is_bounded(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "tzdata-2024.1-py2.py3-none-any.whl").write_bytes(HOSTILE[name][0]())
        ended = run_bounded("releases", "--wheels-dir", tmp_path)
        assert (ended.code, b"is refused" in ended.stdout) == (0, True)
        assert ended.peak_bytes < MOST_BYTES
