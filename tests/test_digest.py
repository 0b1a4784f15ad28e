"""Digests in their spellings, and the tree digest against the coreutils command that its docstring gives."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import digest
from app.digest import format_digest, is_sha256_hex, sha256_hex, tree_digest
from tests.artifact.plans import bundle, plan
from tests.data.real_releases import real_release

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def documented_command() -> str:
    """Return the shell command that the docstring of ``tree_digest`` gives."""
    command = re.search(r"cd TREE && (find .+)", digest.tree_digest.__doc__ or "")
    assert command is not None
    return command[1]


def run_documented_command(folder: Path) -> str:
    done = subprocess.run(["sh", "-c", documented_command()], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def unpack(archive: bytes, folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(["tar", "-xf", "-", "-C", folder], input=archive, check=True)
    return folder


def test_a_hex_is_the_sha256() -> None:
    assert sha256_hex(b"") == EMPTY
    assert sha256_hex(b"TZif") == hashlib.sha256(b"TZif").hexdigest()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EMPTY, True),
        (EMPTY.upper(), False),
        (EMPTY[1:], False),
        (EMPTY + "0", False),
        (EMPTY + "\n", False),
        ("", False),
    ],
    ids=["right", "capitals", "short", "long", "line-end", "empty"],
)
def test_what_a_hex_looks_like(text: str, expected: bool) -> None:
    assert is_sha256_hex(text) is expected


def test_a_digest_is_written_as_oci_writes_it() -> None:
    assert format_digest(EMPTY) == f"sha256:{EMPTY}"


@given(st.dictionaries(st.text(alphabet="abAB/+-_.0", min_size=1), st.binary().map(sha256_hex)), st.data())
def test_the_order_of_the_files_makes_no_difference(files: dict[str, str], data: st.DataObject) -> None:
    assert tree_digest(data.draw(st.permutations([*files.items()]))) == tree_digest(files.items())


@pytest.mark.parametrize("links", ["hard", "symbolic", "copy"])
@pytest.mark.parametrize(
    "options", [{}, {"prefix": "usr/share/zoneinfo", "tables": "zone.tab,tzdata.zi"}], ids=["", "more"]
)
def test_coreutils_prints_the_tree_digest(tmp_path: Path, links: str, options: dict[str, str]) -> None:
    tree = unpack(bundle(["*"], links=links, **options), tmp_path / "tree")
    expected = plan(["*"], links=links, **options).tree_digest
    assert run_documented_command(tree) == f"{expected.removeprefix('sha256:')}  -\n"


def test_coreutils_prints_the_tree_digest_of_a_whole_release(wheels_dir: Path, tmp_path: Path) -> None:
    release = real_release(wheels_dir, "2026.6")
    tree = unpack(bundle(["*"], release), tmp_path / "tree")
    assert format_digest(run_documented_command(tree).split()[0]) == release.tree_digest


def test_the_tree_digest_is_that_of_the_text_sha256sum_prints_in_the_order_of_bytes() -> None:
    # By component A/c would stand before A+1.
    text = f"{EMPTY}  A+1\n{EMPTY}  A/c\n{EMPTY}  B\n{EMPTY}  a\n"
    files = [("a", EMPTY), ("B", EMPTY), ("A/c", EMPTY), ("A+1", EMPTY)]
    assert tree_digest(files) == format_digest(sha256_hex(text.encode()))
    assert tree_digest([]) == format_digest(EMPTY)
