"""One zone as JSON: what is known of its name, and its clocks from an instant on."""

import pytest

from app.tzdb.search import fact_row, zone_fact
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.outlook import outlook_row
from app.tzdb.zone_row import zone_row
from tests.data.invented_release import make_invented_release

NOW = 1_782_864_000


def test_it_is_the_facts_and_the_outlook_of_the_name() -> None:
    release = make_invented_release()
    tzif = decode_tzif(release.files["Test/Zone"].content)
    assert zone_row(release, "Test/Zone", now=NOW) == {
        "release": release.version,
        **fact_row(zone_fact(release, "Test/Zone")),
        **outlook_row(tzif, now=NOW),
    }


def test_a_link_has_the_clocks_of_its_zone() -> None:
    release = make_invented_release()
    link, zone = (zone_row(release, name, now=NOW) for name in ("Test/Merged", "Test/Zone"))
    assert (link["kind"], link["canonical"]) == ("link", "Test/Zone")
    assert link["transitions_ahead"] == zone["transitions_ahead"]


def test_a_name_that_the_release_lacks_has_no_row() -> None:
    with pytest.raises(KeyError):
        zone_row(make_invented_release(), "Test/Nowhere", now=NOW)
