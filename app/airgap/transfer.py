"""Packing a carrier from a store, and letting one in: everything is checked before anything is kept.

What is let in is then as good as what was fetched: the same checks, the same ledger.
"""

import logging
from collections.abc import Collection, Iterator, Mapping

from app.airgap.carrier import CarriedArtifact, CarriedRelease, Carrier
from app.archives import decode_gzip
from app.artifact.plan import Plan, make_plan
from app.artifact.recipe import CURRENT, recipe_named
from app.artifact.record import Record, decode_record, encode_record, make_record, parse_request
from app.artifact.tarball import encode_gzip, encode_tar
from app.digest import sha256_hex
from app.errors import NotFound, TzdataFilterError, UnknownArtifact, UntrustedRelease
from app.releases.ledger import Ledger, Pin, encode_pin
from app.sources.wheel import load_wheel
from app.store.base import Store
from app.tzdb.release import Release, TzifPool

_log = logging.getLogger(__name__)


def pack(releases: Collection[Release], *, ledger: Ledger, store: Store, artifacts: bool) -> Carrier:
    """Return a carrier of releases that the ledger has wheels of, and if wanted of all artifacts made of them.

    Errors: NotFound for a release that came in no wheel; StoreUnavailable.
    """
    carried = tuple(_carried(release, ledger) for release in releases)
    made = _stored_artifacts(store, {release.version: release for release in releases}) if artifacts else ()
    return Carrier(carried, tuple(made))


def admit(carrier: Carrier, *, ledger: Ledger, store: Store) -> list[Release]:
    """Check all that a carrier holds, then keep it; return its releases.

    What can be read at any moment is whole and checked: the bytes are written first, what leads to them last.
    Errors: UntrustedRelease for anything that does not verify or that the ledger knows otherwise, and nothing is kept
    then; StoreUnavailable.
    """
    pool: TzifPool = {}
    known = ledger.pins()
    releases: dict[str, Release] = {}
    for carried in carrier.releases:
        _check_agrees(known.get(carried.pin.release), carried.pin)
        releases[carried.pin.release] = _check_release(carried, pool)
    records = [(_check_artifact(artifact, releases), artifact.content) for artifact in carrier.artifacts]
    for carried in carrier.releases:
        store.write_blob(sha256_hex(carried.wheel), carried.wheel)
    for record, content in records:
        store.write_blob(record.sha256, content)
    for record, _ in records:
        key = record.row["content_key"]
        if store.read_note("record", key) is None:
            store.write_note("origin", record.sha256, key.encode())
            store.write_note("record", key, encode_record(record))
    for carried in carrier.releases:
        pin = known.get(carried.pin.release)
        if pin is None or pin.sha256 is None:
            store.write_note("release", carried.pin.release, encode_pin(carried.pin))
    return [*releases.values()]


def _carried(release: Release, ledger: Ledger) -> CarriedRelease:
    pin = ledger.pins().get(release.version)
    wheel = ledger.wheel(pin) if pin is not None else None
    if pin is None or wheel is None:
        raise NotFound(
            f"release {release.version} is here, but not as a wheel, and only wheels can be checked on entry:"
            " `releases fetch` it first",
            release=release.version,
        )
    return CarriedRelease(pin, wheel)


def _stored_artifacts(store: Store, releases: Mapping[str, Release]) -> Iterator[CarriedArtifact]:
    for key in store.note_keys("record"):
        note = store.read_note("record", key)
        record = decode_record(note) if note is not None else None
        content = store.read_blob(record.sha256) if record is not None else None
        if record is None or content is None or record.row["release"] not in releases:
            continue
        try:
            yield CarriedArtifact(_check_artifact(CarriedArtifact(record, content), releases), content)
        except UntrustedRelease as error:
            _log.warning("left out: %s", error.detail)


def _check_agrees(known: Pin | None, brought: Pin) -> None:
    if known is None or (known.tree_digest == brought.tree_digest and known.sha256 in (None, brought.sha256)):
        return
    raise UntrustedRelease(
        f"release {brought.release} is pinned here with other bytes than the carrier brings:"
        f" {known.tree_digest} from {known.source}, not {brought.tree_digest}",
        release=brought.release,
    )


def _check_release(carried: CarriedRelease, pool: TzifPool) -> Release:
    """Return the release in a carried wheel, verified as one that was fetched. Errors: UntrustedRelease."""
    pin = carried.pin
    try:
        release = load_wheel(carried.wheel, source=pin.source, pool=pool)
    except UntrustedRelease as error:
        raise UntrustedRelease(f"release {pin.release} in the carrier: {error.detail}", release=pin.release) from error
    origin = release.origin
    if (release.version, origin.package_version, origin.sha256, release.tree_digest) != (
        pin.release, pin.package_version, pin.sha256, pin.tree_digest,
    ):  # fmt: skip
        raise UntrustedRelease(
            f"release {pin.release} in the carrier is not what its line in the ledger says", release=pin.release
        )
    return release


def _check_artifact(artifact: CarriedArtifact, releases: Mapping[str, Release]) -> Record:
    """Return the record of an artifact, made anew from what its request gives in its release.

    Errors: UntrustedRelease if its bytes are not what building it gives.
    """
    try:
        spec, recipe = parse_request(artifact.record.row["request"]), artifact.record.row["recipe"]
        plan = make_plan(releases[spec.release], spec, recipe=recipe)
        right = _is_written_from(plan, artifact.content)
    except (TzdataFilterError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UntrustedRelease(f"artifact {artifact.record.sha256} has a record that makes no sense") from error
    if not right:
        raise UntrustedRelease(f"artifact {artifact.record.sha256} is not what its record says")
    return make_record(plan, artifact.content)


def _is_written_from(plan: Plan, content: bytes) -> bool:
    """Tell whether the bytes are the plan's; those of a compressor that is not here are unpacked and compared."""
    gzipped = plan.spec.format == "tar.gz" and plan.recipe.startswith("tar.1+gzip.1+")
    if plan.recipe != CURRENT[plan.spec.format].name and not gzipped:
        return False
    try:
        return recipe_named(plan.recipe).write(plan.entries) == content
    except UnknownArtifact:
        tar = encode_tar(plan.entries)
        unpacked = decode_gzip(content, max_bytes=len(tar), subject="the artifact")
        return unpacked == tar and content.startswith(encode_gzip(b"")[:10])
