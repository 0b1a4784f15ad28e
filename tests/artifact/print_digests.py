"""Build a few bundles from a wheel and print their digests as JSON; needs a bare Python and nothing else.

Run as ``python -m tests.artifact.print_digests WHEEL``. It prints recipe, or ``image of`` it, → request → sha256.
"""

import json
import sys
from pathlib import Path

from app.artifact.formats import FORMATS
from app.artifact.oci.image import encode_layer, make_image
from app.artifact.plan import make_plan
from app.artifact.spec import parse_spec
from app.digest import sha256_hex
from app.sources.wheel import load_wheel
from app.tzdb.release import Release

REQUESTS: tuple[tuple[list[str], dict[str, str]], ...] = (
    (["Europe/*", "country:IN", "Asia/Shanghai"], {"aliases": "all"}),
    (["Europe/Kiev", "UTC"], {"aliases": "target", "tables": "iso3166.tab,tzdata.zi,zone.tab,zone1970.tab"}),
)


def digests(release: Release) -> dict[str, dict[str, str]]:
    """Return the digest of every request in every format."""
    found: dict[str, dict[str, str]] = {}
    for each, row in FORMATS.items():
        recipe = row.recipe
        for zones, options in REQUESTS:
            fitting = {name: text for name, text in options.items() if row.holds == "tree" or name != "tables"}
            spec = parse_spec(release.version, zones, format=each, options=fitting)
            plan = make_plan(release, spec, recipe=recipe.name)
            content = recipe.encode(plan.entries)
            found.setdefault(recipe.name, {})[",".join(zones)] = sha256_hex(content)
            if row.image is not None:
                image = make_image(plan, encode_layer(plan, content))
                found.setdefault(f"image of {recipe.name}", {})[",".join(zones)] = image.index_sha256
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digests(load_wheel(Path(sys.argv[1]).read_bytes(), source="wheels", pool={}))))
