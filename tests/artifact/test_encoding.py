"""Plans with ``encoding=fat``: other content under the same paths, and so another artifact."""

import io
import zipfile

from app.digest import sha256_hex
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.fat import encode_fat
from tests.artifact.plans import INVENTED, bundle, plan

ASKED = ("Test/Zone", "Test/Merged", "Etc/Test+1")


def test_fat_entries_are_the_same_files_written_fat() -> None:
    for slim, fat in zip(plan(ASKED).entries, plan(ASKED, encoding="fat").entries, strict=True):
        assert (fat.path, fat.kind, fat.target_path, fat.reason) == (
            slim.path,
            slim.kind,
            slim.target_path,
            slim.reason,
        )
        assert fat.content == encode_fat(decode_tzif(slim.content))
        assert fat.sha256 == sha256_hex(fat.content)


def test_a_link_has_the_content_of_its_zone() -> None:
    content = {entry.path: entry.content for entry in plan(ASKED, encoding="fat", links="copy").entries}
    assert content["Test/Merged"] == content["Test/Zone"] != INVENTED.files["Test/Zone"].content


def test_fat_and_slim_are_different_artifacts() -> None:
    slim, fat = plan(ASKED), plan(ASKED, encoding="fat")
    assert slim.content_key != fat.content_key
    assert slim.tree_digest != fat.tree_digest


def test_the_sums_of_a_fat_zip_hold() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(ASKED, format="zip", encoding="fat"))) as archive:
        assert archive.testzip() is None
        assert archive.read("Test/Zone") == encode_fat(decode_tzif(INVENTED.files["Test/Zone"].content))
