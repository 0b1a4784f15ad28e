"""Images: index, manifests and configs around one layer, as bytes that depend on the layer and its release alone.

Every byte of the OCI image format that this project writes is written here. Nothing here knows who asks for an image or
where it is kept. Source: OCI image specification 1.1.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.artifact.entry import Entry
from app.artifact.formats import FORMATS
from app.artifact.plan import Plan
from app.artifact.tarball import encode_tar
from app.digest import format_digest, sha256_hex

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
"""Uncompressed, which every client takes: the layer's digest is its diff id, and no compressor shapes it."""

PLATFORMS: tuple[tuple[str, str | None], ...] = (
    ("amd64", None),
    ("arm64", "v8"),
    ("arm", "v7"),
    ("arm", "v6"),
    ("arm", "v5"),
    ("386", None),
    ("ppc64le", None),
    ("s390x", None),
    ("riscv64", None),
    ("mips64le", None),
    ("loong64", None),
)
"""Architecture and variant of every Linux that Docker knows: to a client, an index without its own is an error."""

GO_ZIP_PATH = "usr/local/go/lib/time/zoneinfo.zip"
"""Where a Go program from the official toolchain image looks by itself; ``ZONEINFO`` points all others to it."""

CREATED = "1980-01-01T00:00:00Z"
"""The time of everything, as in the layer."""
_LICENSE = "LicenseRef-Public-Domain"
"""An SPDX expression, as the annotation asks for; the SPDX list has no entry for tzdata's dedication."""
_URL = "https://www.iana.org/time-zones"
_TITLED = 8


@dataclass(frozen=True, slots=True)
class Image:
    """One image for every platform.

    Attributes:
        index_sha256: Of ``index``, in hex.
        index: Its bytes.
        manifests: sha256 → bytes, in the order of ``PLATFORMS``.
        configs: sha256 → bytes, in the order of ``PLATFORMS``.
        layer_sha256: Of the one layer they share, in hex.
    """

    release: str
    index_sha256: str
    index: bytes
    manifests: Mapping[str, bytes]
    configs: Mapping[str, bytes]
    layer_sha256: str

    def parts(self) -> frozenset[str]:
        """Return the sha256 of everything a client may ask for."""
        return frozenset({self.index_sha256, self.layer_sha256, *self.manifests, *self.configs})


def make_image(plan: Plan, layer: bytes) -> Image:
    """Return the image of ``layer``, which was made from ``plan``.

    It contains no time but ``CREATED`` and no repository name: whatever the selection was called, equal files of one
    release are one image.
    """
    layer_sha256 = sha256_hex(layer)
    annotations = _annotations(plan)
    manifests: dict[str, bytes] = {}
    configs: dict[str, bytes] = {}
    rows = []
    for architecture, variant in PLATFORMS:
        platform = {"architecture": architecture, "os": "linux", **({"variant": variant} if variant else {})}
        config = _encode_json(_config(platform, layer_sha256, environment=_environment(plan)))
        manifest = _encode_json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": _descriptor(CONFIG_TYPE, sha256_hex(config), len(config)),
                "layers": [_descriptor(LAYER_TYPE, layer_sha256, len(layer))],
                "annotations": annotations,
            }
        )
        sha256 = sha256_hex(manifest)
        configs[sha256_hex(config)] = config
        manifests[sha256] = manifest
        rows.append({**_descriptor(MANIFEST_TYPE, sha256, len(manifest)), "platform": platform})
    index = encode_index(rows, annotations)
    return Image(plan.release, sha256_hex(index), index, manifests, configs, layer_sha256)


def encode_layer(plan: Plan, bundle: bytes) -> bytes:
    """Return the layer that holds a bundle: a tar is one as it stands, a zip for Go goes into one by itself."""
    if not _is_for_go(plan):
        return bundle
    return encode_tar([Entry.plain(GO_ZIP_PATH, bundle, reason="the zip for Go")])


def encode_index(rows: Sequence[object] = (), annotations: Mapping[str, str] | None = None) -> bytes:
    """Return an index. Without rows it is the answer to a request for referrers."""
    index: dict[str, object] = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(rows)}
    return _encode_json({**index, **({"annotations": annotations} if annotations else {})})


def _annotations(plan: Plan) -> Mapping[str, str]:
    names = [entry.zone for entry in plan.entries if entry.zone is not None]
    more = f" and {len(names) - _TITLED} more" if len(names) > _TITLED else ""
    kind = "Go's zoneinfo.zip" if _is_for_go(plan) else "tzdata"
    members = {
        "title": f"{kind}: {', '.join(names[:_TITLED])}{more}",
        "description": f"Time zones of tzdata {plan.release}, which is in the public domain, and nothing else.",
        "version": plan.release,
        "revision": plan.content_key,
        "source": _URL,
        "licenses": _LICENSE,
    }
    return {f"org.opencontainers.image.{name}": text for name, text in members.items()}


def _environment(plan: Plan) -> Mapping[str, Sequence[str]]:
    """Return what images built FROM this one inherit; the annotations are not here, so that they are not inherited."""
    return {"Env": [f"ZONEINFO=/{GO_ZIP_PATH}"]} if _is_for_go(plan) else {}


def _is_for_go(plan: Plan) -> bool:
    return FORMATS[plan.spec.format].image == "go-zip"


def _config(platform: Mapping[str, str], layer_sha256: str, *, environment: Mapping[str, Sequence[str]]) -> object:
    return {
        "created": CREATED,
        **platform,
        "config": environment,
        "rootfs": {"type": "layers", "diff_ids": [format_digest(layer_sha256)]},
        "history": [{"created": CREATED, "created_by": "tzdata-filter"}],
    }


def _descriptor(media_type: str, sha256: str, size: int) -> Mapping[str, object]:
    return {"mediaType": media_type, "digest": format_digest(sha256), "size": size}


def _encode_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
