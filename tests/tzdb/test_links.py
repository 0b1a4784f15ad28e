"""Following Links: chains, loops, the bound, targets that do not exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidTable
from app.tzdb.links import MAX_LINK_CHAIN, resolve_links

ZONES = frozenset({"Zone", "Other"})


def chain(hops: int) -> dict[str, str]:
    """Return a chain of Links whose first, ``L1``, needs ``hops`` hops to its Zone."""
    return {f"L{at}": f"L{at + 1}" if at < hops else "Zone" for at in range(1, hops + 1)}


def test_without_links_there_is_nothing_to_resolve() -> None:
    assert resolve_links({}, zones=ZONES) == {}


def test_each_link_leads_to_its_zone() -> None:
    assert resolve_links({"A": "Zone", "B": "Other", "C": "Zone"}, zones=ZONES) == {
        "A": "Zone",
        "B": "Other",
        "C": "Zone",
    }


def test_a_chain_leads_to_the_zone_at_its_end() -> None:
    assert set(resolve_links(chain(MAX_LINK_CHAIN), zones=ZONES).values()) == {"Zone"}


def test_a_chain_past_the_bound_is_refused() -> None:
    with pytest.raises(InvalidTable, match=r"'L1' is part of a loop or of a chain longer than 8"):
        resolve_links(chain(MAX_LINK_CHAIN + 1), zones=ZONES)


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param({"A": "A"}, id="itself"),
        pytest.param({"A": "B", "B": "A"}, id="two"),
        pytest.param({"A": "B", "B": "C", "C": "B"}, id="a-tail-into-a-loop"),
    ],
)
def test_a_loop_is_refused(loop: dict[str, str]) -> None:
    with pytest.raises(InvalidTable, match="'A' is part of a loop"):
        resolve_links(loop, zones=ZONES)


@pytest.mark.parametrize("targets", [{"A": "Nowhere"}, {"A": "B", "B": "Nowhere"}])
def test_a_target_that_is_no_name_is_refused(targets: dict[str, str]) -> None:
    with pytest.raises(InvalidTable, match="'A' leads to 'Nowhere', which is neither a Zone nor a Link"):
        resolve_links(targets, zones=ZONES)


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from(["A", "B", "C", "D", "E", "F", "Zone", "Other"])))
def test_any_graph_is_resolved_to_zones_or_refused(targets: dict[str, str]) -> None:
    try:
        links = resolve_links(targets, zones=ZONES)
    except InvalidTable:
        assert any(target not in ZONES for target in targets.values())
    else:
        assert links.keys() == targets.keys()
        assert set(links.values()) <= ZONES
