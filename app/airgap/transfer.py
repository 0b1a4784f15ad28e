"""Packing a carrier from a store, and letting one in: everything is checked before anything is kept.

What was let in is as good as what was fetched: the same checks, the same ledger. How a carrier looks as bytes is not
known here.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from app.airgap.carrier import CarriedArtifact, CarriedRelease, Carrier
from app.artifact.formats import FORMATS
from app.artifact.plan import Plan, make_plan
from app.artifact.record import Record, make_record, parse_request
from app.artifact.tarball import encode_gzip
from app.builder.artifacts import StoredArtifact, StoredArtifacts
from app.errors import NotFound, TzdataFilterError, UntrustedRelease
from app.files.archives import decode_gzip
from app.releases.ledger import Ledger
from app.sources.wheel import load_wheel
from app.store.base import Store
from app.tzdb.release import Release, TzifPool

_log = logging.getLogger(__name__)


def pack(releases: Collection[Release], *, ledger: Ledger, store: Store, artifacts: bool) -> Carrier:
    """Return a carrier of releases whose wheels the ledger has.

    Args:
        artifacts: Whether to pack all artifacts made from these releases, too.

    Raises:
        NotFound: A release did not come in a wheel, or its wheel is lost.
        StoreUnavailable: The store cannot be read.
    """
    carried = tuple(_carried(release, ledger) for release in releases)
    made = _stored_artifacts(store, {release.version: release for release in releases}) if artifacts else ()
    return Carrier(carried, tuple(made))


def admit(carrier: Carrier, *, ledger: Ledger, store: Store) -> list[Release]:
    """Check everything in a carrier, then keep it; return its releases.

    Releases are kept first, then the artifacts made from them, so that whatever can be read at any moment is whole and
    checked.

    Raises:
        UntrustedRelease: Something does not verify, or the ledger has it with other bytes; nothing is kept then.
        StoreUnavailable: The store cannot be read or written.
    """
    pool: TzifPool = {}
    releases: dict[str, Release] = {}
    for carried in carrier.releases:
        ledger.check_agrees(carried.pin)
        releases[carried.pin.release] = _check_release(carried, pool)
    stored = StoredArtifacts(store)
    artifacts = [StoredArtifact(_check_artifact(each, releases), each.content) for each in carrier.artifacts]
    for carried in carrier.releases:
        ledger.admit(carried.pin, carried.wheel)
    for artifact in artifacts:
        if stored.read(artifact.record.row["content_key"]) is None:
            stored.keep(artifact)
    return list(releases.values())


def _carried(release: Release, ledger: Ledger) -> CarriedRelease:
    pin = ledger.pins().get(release.version)
    wheel = ledger.wheel(pin) if pin is not None else None
    if pin is None or wheel is None:
        raise NotFound(
            f"release {release.version} is here, but not as a wheel, and only wheels can be verified when they are"
            " imported: run `releases fetch` for it first",
            release=release.version,
        )
    return CarriedRelease(pin, wheel)


def _stored_artifacts(store: Store, releases: Mapping[str, Release]) -> Iterator[CarriedArtifact]:
    for stored in StoredArtifacts(store).all():
        if stored.record.row["release"] not in releases:
            continue
        carried = CarriedArtifact(stored.record, stored.content)
        try:
            yield replace(carried, record=_check_artifact(carried, releases))
        except UntrustedRelease as error:
            _log.warning("left out: %s", error.detail)


def _check_release(carried: CarriedRelease, pool: TzifPool) -> Release:
    """Return the release in a carried wheel, verified like one that was fetched.

    Raises:
        UntrustedRelease: It does not verify, or is not what its pin says.
    """
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
    """Return the record of an artifact, made again by resolving its request in its release.

    Raises:
        UntrustedRelease: Its bytes are not what a build gives.
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
    """Return whether the bytes are the plan's; those of a compressor that is not here are compared unpacked."""
    recipe = FORMATS[plan.spec.format].recipe
    if plan.recipe == recipe.name:
        return recipe.encode(plan.entries) == content
    if recipe.encode_inside is None or not recipe.is_but_for_compressor(plan.recipe):
        return False
    inside = recipe.encode_inside(plan.entries)
    unpacked = decode_gzip(content, max_bytes=len(inside), subject="the artifact")
    return unpacked == inside and content.startswith(encode_gzip(b"")[:10])
