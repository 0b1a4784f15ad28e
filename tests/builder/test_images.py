"""Images over the builder: what was just built is not built again for its next part."""

from pathlib import Path

import pytest

from app.builder.builder import Builder, Outcome
from app.builder.images import BuiltImage, Images, _Built
from app.errors import UnknownArtifact
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.sources.directory import WheelDirectory
from app.store.memory import MemoryStore
from tests.builder.parts import put_wheel

pytestmark = pytest.mark.anyio

NAME = "asia/tokyo"


class Observed:
    """Images, and the outcomes that their builder reported."""

    def __init__(self, wheels: Path) -> None:
        store = MemoryStore()
        self.outcomes: list[Outcome] = []
        library = Library([WheelDirectory(wheels)], ledger=Ledger(MemoryStore()))
        builder = Builder(library, store, observe=lambda outcome, _: self.outcomes.append(outcome))
        self.images = Images(library, builder, store)


@pytest.fixture
def observed(tmp_path: Path) -> Observed:
    put_wheel(tmp_path)
    return Observed(tmp_path)


async def test_one_build_answers_for_every_part_and_for_the_tag_again(observed: Observed) -> None:
    image = await observed.images.image(NAME, "latest")
    for sha256, content in image.manifests.items():
        assert (await observed.images.manifest(NAME, sha256))[1] == content
    for sha256, content in image.configs.items():
        assert await observed.images.blob(NAME, sha256) == content
    assert await observed.images.image(NAME, "2026f") == image
    assert observed.outcomes == ["built"]


async def test_a_part_of_another_kind_is_not_taken_for_it(observed: Observed) -> None:
    image = await observed.images.image(NAME, "latest")
    with pytest.raises(UnknownArtifact):
        await observed.images.manifest(NAME, image.layer_sha256)
    with pytest.raises(UnknownArtifact):
        await observed.images.blob(NAME, image.index_sha256)


async def test_the_oldest_image_goes_first_once_too_much_is_held(observed: Observed) -> None:
    image = await observed.images.image(NAME, "latest")
    whole = BuiltImage(image, bytes(1_000))
    built = _Built(max_bytes=2 * whole.size)
    for repository in ("a", "b", "b", "c"):
        built.keep(repository, "2026f", whole)
    kept = [repository for repository in "abc" if built.find(repository, "2026f") is not None]
    assert kept == ["b", "c"]
