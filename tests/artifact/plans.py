"""Plans and bundles in one call, for the tests of everything that is made of them."""

import zlib
from collections.abc import Iterable

from app.artifact.entry import Entry
from app.artifact.plan import Plan, make_plan
from app.artifact.recipe import CURRENT
from app.artifact.spec import parse_spec
from app.digest import sha256_hex
from app.tzdb.release import Release
from tests.data.invented_release import make_invented_release

INVENTED = make_invented_release()
INVENTED_NAMES = tuple(INVENTED.files)


def plan(zones: Iterable[str], release: Release = INVENTED, /, *, format: str = "tar", **options: str) -> Plan:
    """Return the plan of a request for ``release``, written as a client writes it."""
    spec = parse_spec(release.version, zones, format=format, options=options)
    return make_plan(release, spec, recipe=CURRENT[spec.format].name)


def bundle(zones: Iterable[str], release: Release = INVENTED, /, *, format: str = "tar", **options: str) -> bytes:
    """Return the bytes of a request for ``release``."""
    made = plan(zones, release, format=format, **options)
    return CURRENT[made.spec.format].encode(made.entries)


def entry(path: str, content: bytes = b"TZif") -> Entry:
    """Return a plain file's entry; writers ask for no more than what stands in it."""
    return Entry(path, "file", path, None, None, sha256_hex(content), zlib.crc32(content), "requested", content)
