"""How often a bundle really changes: the distinct artifacts of a selection over every release there is."""

import dev
from app.artifact.plan import make_plan
from app.artifact.recipe import CURRENT
from app.artifact.spec import parse_spec
from app.sources.wheel import load_wheel
from app.tzdb.release import TzifPool
from bench._arguments import read_arguments
from bench._table import print_table

SELECTIONS = (
    ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Etc/UTC"),
    ("Africa/Cairo", "Etc/UTC"),
    ("America/Mexico_City", "Etc/UTC"),
    ("*",),
)


def main() -> None:
    """Print one table."""
    pool: TzifPool = {}
    wheels = sorted(dev.read_wheels())[-2 if read_arguments("stability").smallest else 0 :]
    releases = [load_wheel(path.read_bytes(), source="wheels", pool=pool) for path in wheels]
    recipe = CURRENT["tar"].name
    rows = []
    for zones in SELECTIONS:
        spec = parse_spec("latest", zones, format="tar", options={})
        keys = {make_plan(release, spec, recipe=recipe).content_key for release in releases}
        rows.append((", ".join(zones), str(len(keys))))
    print_table(f"Distinct artifacts over {len(releases)} packages", ("zones", "artifacts"), rows)


if __name__ == "__main__":
    main()
