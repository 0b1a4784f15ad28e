"""Every route that answers a GET, with an example of each: the table that the tests of headers and HEAD go through."""

from dataclasses import dataclass

BUNDLE = "Asia/Shanghai,Etc/UTC"


@dataclass(frozen=True, slots=True)
class Example:
    """One URL.

    Attributes:
        url: ``at`` fills in ``{release}`` and ``{hex}``, the sha256 of the tar.gz of ``BUNDLE``.
    """

    name: str
    url: str
    media_type: str
    cache_control: str
    identified: bool = True
    """Whether ETag, Repr-Digest and ranges are there."""
    located: bool = False
    """Whether Content-Location names the artifact."""
    released: bool = False
    """Whether Tzdata-Release names the release."""
    steady: bool = True
    """Whether the next answer is the same."""

    def at(self, *, release: str, sha256: str) -> str:
        """Return the URL's path."""
        return self.url.format(release=release, hex=sha256)


_PINNED = "max-age=3600, no-transform"
_IMMUTABLE = "max-age=31536000, immutable, no-transform"
_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"


def _bytes(name: str, url: str, media_type: str, cache_control: str, *, located: bool = False) -> Example:
    return Example(name, url, media_type, cache_control, located=located, released=True)


def _plain(name: str, url: str, media_type: str = _TEXT, *, steady: bool = True) -> Example:
    return Example(name, url, media_type, "no-store", identified=False, steady=steady)


EXAMPLES = (
    _bytes("tar", f"/v1/bundles/{{release}}/{BUNDLE}.tar", "application/x-tar", _PINNED, located=True),
    _bytes("tar.gz", f"/v1/bundles/{{release}}/{BUNDLE}.tar.gz", "application/gzip", _PINNED, located=True),
    _bytes("zip", f"/v1/bundles/{{release}}/{BUNDLE}.zip", "application/zip", _PINNED, located=True),
    _bytes("latest", f"/v1/bundles/latest/{BUNDLE}.zip", "application/zip", "no-cache", located=True),
    _bytes("checksum", f"/v1/bundles/{{release}}/{BUNDLE}.zip.sha256", _TEXT, _PINNED),
    _bytes("latest checksum", f"/v1/bundles/latest/{BUNDLE}.zip.sha256", _TEXT, "no-cache"),
    _bytes("plan", f"/v1/bundles/{{release}}/{BUNDLE}.json", _JSON, _PINNED),
    _bytes("latest plan", f"/v1/bundles/latest/{BUNDLE}.json", _JSON, "no-cache"),
    Example("artifact", "/v1/artifacts/{hex}.tar.gz", "application/gzip", _IMMUTABLE),
    Example("artifact checksum", "/v1/artifacts/{hex}.tar.gz.sha256", _TEXT, _IMMUTABLE),
    Example("record", "/v1/artifacts/{hex}.json", _JSON, _PINNED),
    Example("releases", "/v1/releases", _JSON, "no-cache"),
    _bytes("release", "/v1/releases/{release}", _JSON, "no-cache"),
    _bytes("search", "/v1/releases/{release}/zones?q=berlin", _JSON, _PINNED),
    _bytes("latest search", "/v1/releases/latest/zones?country=CN", _JSON, "no-cache"),
    Example("zone", "/v1/releases/{release}/zones/Europe/Berlin", _JSON, "no-cache", released=True, steady=False),
    _bytes("tzif", "/v1/releases/{release}/tzif/Europe/Berlin", "application/tzif", _PINNED),
    _bytes("latest tzif", "/v1/releases/latest/tzif/Europe/Berlin", "application/tzif", "no-cache"),
    _bytes("diff", "/v1/releases/{release}/diff/{release}?zones=Etc/UTC", _JSON, _PINNED),
    _bytes("latest diff", "/v1/releases/{release}/diff/latest?zones=Etc/UTC", _JSON, "no-cache"),
    _bytes("feed", "/v1/feeds/Etc/UTC.atom", "application/atom+xml", "no-cache"),
    Example("openapi", "/openapi.json", _JSON, "no-cache"),
    Example("help", "/", _TEXT, "no-cache"),
    _plain("health", "/healthz"),
    _plain("readiness", "/readyz"),
    _plain("metrics", "/metrics", "text/plain; version=0.0.4; charset=utf-8", steady=False),
    Example("problems", "/problems", _TEXT, "no-cache"),
    Example("problem", "/problems/not-found", _TEXT, "no-cache"),
    Example("docs", "/docs", "text/html; charset=utf-8", "no-cache"),
)
