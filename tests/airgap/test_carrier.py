"""Carriers that were damaged or forged: nothing of them is imported."""

import io
import random
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.airgap.carrier import CarriedArtifact, Carrier, decode_carrier, encode_carrier
from app.airgap.transfer import admit, pack
from app.builder.artifacts import ORIGIN, RECORD
from app.errors import UntrustedRelease
from app.releases.ledger import Ledger
from app.releases.lines import RELEASE
from app.sources.wheel import load_wheel
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from tests.cli.program import invoke

FLIPS = 300


def carrier_of(data_dir: Path) -> Carrier:
    store = DiskStore(data_dir)
    ledger = Ledger(store)
    releases = [
        load_wheel(ledger.wheel(pin) or b"", source=pin.source, pool={})
        for version, pin in ledger.pins().items()
        if pin.sha256 and version != "2026f"
    ]
    return pack(releases, ledger=ledger, store=store, artifacts=True)


def boundaries(content: bytes) -> list[tuple[int, int]]:
    """Return the regions of a carrier: each header, each file, each padding, and the end."""
    regions: list[tuple[int, int]] = []
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            data = member.offset_data
            regions += [
                (member.offset, data),
                (data, data + member.size),
                (data + member.size, data + -(-member.size // 512) * 512),
            ]
    regions.append((regions[-1][1], len(content)))
    return [region for region in regions if region[0] < region[1]]


def forgeries(honest: Carrier) -> Iterator[Carrier]:
    """Yield carriers that are whole as files, and hold what must not be imported."""
    first, second = honest.releases
    for pin in (
        replace(first.pin, tree_digest=second.pin.tree_digest),
        replace(first.pin, sha256=second.pin.sha256),
        replace(first.pin, release="2099a"),
        replace(first.pin, package_version="2099.1"),
        replace(first.pin, source="../etc"),
        replace(first.pin, sha256=None),
    ):
        yield replace(honest, releases=(replace(first, pin=pin), second))
    yield replace(honest, releases=(replace(first, wheel=second.wheel), second))
    yield replace(honest, releases=(replace(first, wheel=b"no wheel"), second))
    yield replace(honest, releases=(first,))  # artifacts without their release
    for artifact in honest.artifacts:
        others = tuple(other for other in honest.artifacts if other is not artifact)
        for forged in forged_artifacts(artifact):
            yield replace(honest, artifacts=(*others, forged))


def forged_artifacts(artifact: CarriedArtifact) -> Iterator[CarriedArtifact]:
    """Yield the artifact with other bytes under its digest, and with another request or recipe for its bytes."""
    yield replace(artifact, content=artifact.content + b"\0")
    yield replace(artifact, content=bytes(len(artifact.content)))
    request = artifact.record.row["request"]
    rows = (
        {**artifact.record.row, "request": {**request, "zones": ["Etc/UTC"]}},
        {**artifact.record.row, "request": {**request, "release": "latest"}},
        {**artifact.record.row, "request": None},
        {**artifact.record.row, "recipe": "tar.2"},
        {**artifact.record.row, "recipe": 7},
    )
    for row in rows:
        yield replace(artifact, record=replace(artifact.record, row=row))  # type: ignore[arg-type]  # as JSON may be


def test_a_carrier_with_a_flipped_bit_is_refused(data_dir: Path) -> None:
    content = encode_carrier(carrier_of(data_dir))
    chance = random.Random(2026)
    regions = boundaries(content)
    for number in range(FLIPS):
        low, high = regions[number % len(regions)]
        damaged = bytearray(content)
        damaged[chance.randrange(low, high)] ^= 1 << chance.randrange(8)
        with pytest.raises(UntrustedRelease):
            decode_carrier(bytes(damaged))


def test_a_carrier_that_was_cut_or_lengthened_is_refused(data_dir: Path) -> None:
    content = encode_carrier(carrier_of(data_dir))
    for damaged in (content[:-512], content[:-1], content[: len(content) // 2], content + bytes(512), content * 2):
        with pytest.raises(UntrustedRelease):
            decode_carrier(damaged)


def test_a_forger_who_rewrites_the_sums_gets_nowhere(data_dir: Path) -> None:
    honest = carrier_of(data_dir)
    for forged in forgeries(honest):
        store = MemoryStore()
        with pytest.raises(UntrustedRelease):
            admit(decode_carrier(encode_carrier(forged)), ledger=Ledger(store), store=store)
        assert store.note_keys(RELEASE) == store.note_keys(RECORD) == store.note_keys(ORIGIN) == []
    store = MemoryStore()
    admit(decode_carrier(encode_carrier(honest)), ledger=Ledger(store), store=store)
    assert store.note_keys(RELEASE) == ["2022g", "2024a"]
    assert len(store.note_keys(RECORD)) == 3


def test_what_another_compressor_wrote_is_accepted_if_it_unpacks_to_the_same(data_dir: Path) -> None:
    honest = carrier_of(data_dir)
    (gzipped,) = (artifact for artifact in honest.artifacts if artifact.record.format == "tar.gz")
    for recipe, let_in in (("tar.1+gzip.1+zlib-9.9.9", True), ("tar.1", False), ("gozip.1", False), ("", False)):
        row = {**gzipped.record.row, "recipe": recipe}
        other = replace(gzipped, record=replace(gzipped.record, row=row))  # type: ignore[arg-type]  # as JSON may be
        store = MemoryStore()
        carrier = replace(honest, artifacts=(other,))
        if not let_in:
            with pytest.raises(UntrustedRelease):
                admit(carrier, ledger=Ledger(store), store=store)
            continue
        admit(carrier, ledger=Ledger(store), store=store)
        assert store.read_blob(gzipped.record.sha256) == gzipped.content


def test_a_go_package_of_another_compressor_is_accepted_as_well(data_dir: Path, tmp_path: Path) -> None:
    made = invoke(
        "extract", "Africa/Cairo", "--release", "2024a", "--data-dir", data_dir, "-o", tmp_path / "x.go.tar.gz"
    )
    assert made.exit_code == 0
    honest = carrier_of(data_dir)
    (package,) = (artifact for artifact in honest.artifacts if artifact.record.format == "go.tar.gz")
    row = {**package.record.row, "recipe": "gopackage.1+tar.1+gzip.1+zlib-9.9.9"}
    other = replace(package, record=replace(package.record, row=row))  # type: ignore[arg-type]  # as JSON may be
    store = MemoryStore()
    admit(replace(honest, artifacts=(other,)), ledger=Ledger(store), store=store)
    assert store.read_blob(package.record.sha256) == package.content
