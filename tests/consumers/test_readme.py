"""The README's lines are run as they are written.

A fenced ``sh`` block right after the line ``<!-- run -->`` is run as a whole, in an empty folder, with a system tree of
its own. Nothing in it is changed but the address it names, which becomes that of the service in the test.
"""

import os
import re
import sys
from pathlib import Path

from tests.consumers.tools import PATH, run_lines
from tests.servers import ROOT, Service

ADDRESS = "http://127.0.0.1:8080"
_BLOCK = re.compile(r"^<!-- run -->\n+```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read_blocks(text: str) -> list[str]:
    """Return the blocks that are marked for running."""
    return _BLOCK.findall(text)


def test_the_marked_blocks_of_the_readme_run_as_they_are_written(every_release: Service, tmp_path: Path) -> None:
    blocks = read_blocks((ROOT / "README.md").read_text(encoding="utf-8"))
    assert blocks, "README.md has no block that is marked for running"
    for number, block in enumerate(blocks):
        (scratch := tmp_path / str(number)).mkdir()
        (zoneinfo := tmp_path / f"{number}-zoneinfo").mkdir()
        environ = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{PATH}"}
        run_lines(
            block.replace(ADDRESS, every_release.base_url),
            scratch,
            zoneinfo=zoneinfo,
            environ=environ,
            reports="tzdata-filter" in block,
        )


def test_every_marker_of_the_readme_stands_before_a_block() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("<!-- run -->") == len(read_blocks(text))


def test_only_blocks_right_after_a_marker_are_read() -> None:
    text = (
        "```sh\nno\n```\n<!-- run -->\n```sh\ncurl a |\n  tar b\n```\n<!-- run -->\n\n```sh\nyes\n```\n```sh\nno\n```\n"
    )
    assert read_blocks(text) == ["curl a |\n  tar b\n", "yes\n"]
