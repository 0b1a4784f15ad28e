"""Pages of a package index: which release the version of a package suggests; ``test_index`` reads whole pages."""

import json

import pytest

from app.sources.index_page import JSON_TYPE, parse_index_page


@pytest.mark.parametrize(
    ("package_version", "release"),
    [
        ("2026.1", "2026a"),
        ("2026.6", "2026f"),
        ("2026.6.post0", "2026f"),
        ("2026.26", "2026z"),
        ("2026.27", "2026za"),
        ("2026.52", "2026zz"),
        ("2026.0", "2026a"),
    ],
)
def test_a_package_is_presumed_to_be_the_nth_release_of_its_year(package_version: str, release: str) -> None:
    name = f"tzdata-{package_version}-py2.py3-none-any.whl"
    page = json.dumps({"files": [{"filename": name, "url": name}]}).encode()
    (wheel,) = parse_index_page(page, content_type=JSON_TYPE, url="http://127.0.0.1/simple/tzdata/").wheels
    assert (wheel.package_version, wheel.presumed) == (package_version, release)
