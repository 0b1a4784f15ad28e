"""Timelines: the same local times as ``transitions`` gives, and differences found where a plain search finds them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from app.tzdb.changes.timeline import BEGINNING, Timeline, first_difference, make_timeline
from app.tzdb.tzif.decoder import TZif, decode_tzif
from app.tzdb.tzif.transitions import local_time_at, transitions_between
from tests.tzdb.tzif.tzif_files import Block, distinct_real_tzif, encode_tzif

DAY = 86_400
END = int(datetime(2110, 1, 1, tzinfo=UTC).timestamp())

FOOTERS = (
    *(b"", b"AAA0", b"BBB-1", b"AAA0BBB,M3.5.0,M10.5.0", b"AAA0BBB,M3.5.0/2,M10.5.0/2", b"AAA0BBB,M4.1.0,M10.5.0"),
    *(b"AAA0BBB,J60,J300", b"AAA0BBB,59,J300", b"BBB-1AAA0,M10.5.0,M3.5.0/1", b"CCC5BBB-1,0/0,J365/30"),
)
files = st.builds(
    lambda days, indices, footer: decode_tzif(
        encode_tzif(
            Block(
                transitions=tuple(day * DAY for day in sorted(days)),
                type_indices=tuple(indices[: len(days)]),
                types=((0, 0, 0), (3600, 0, 4), (3600, 1, 4)),
                designations=b"AAA\0BBB\0",
            ),
            footer=footer,
            version=b"3",
        )
    ),
    st.sets(st.integers(-20_000, 30_000) | st.integers(0, 5), min_size=1, max_size=6),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
    st.sampled_from(FOOTERS),
)


def boundaries(tzif: TZif) -> set[int]:
    return {transition.at for transition in transitions_between(tzif, start=-50_000 * DAY, end=END)}


def search(old: TZif, new: TZif, start: int) -> int | None:
    """Return the first difference up to ``END``, by looking at every instant at which either file changes."""
    instants = sorted({start, *(t for t in boundaries(old) | boundaries(new) if t > start)})
    return next((t for t in instants if local_time_at(old, t) != local_time_at(new, t)), None)


@given(old=files, new=files, start=st.integers(-25_000, 40_000).map(lambda day: day * DAY) | st.just(BEGINNING))
def test_the_first_difference_is_the_one_that_a_search_finds(old: TZif, new: TZif, start: int) -> None:
    found = first_difference(make_timeline(old), make_timeline(new), start=start)
    assert search(old, new, start) == (found if found is None or found < END else None)


@given(tzif=files, t=st.integers(-25_000, 40_000).map(lambda day: day * DAY))
def test_the_changes_around_an_instant_are_those_of_the_file(tzif: TZif, t: int) -> None:
    first, *later = make_timeline(tzif).around(t, count=4)
    assert first.local == local_time_at(tzif, t)
    passed = [each for each in sorted(boundaries(tzif)) if each <= t]
    assert first.at == (passed[-1] if passed else None)
    ahead = transitions_between(tzif, start=t + 1, end=END + 10 * 366 * DAY)
    assert [(change.at, change.local) for change in later] == [
        (each.at, each.after) for each, _ in zip(ahead, range(3), strict=False)
    ]


def test_every_real_file_has_its_local_times() -> None:
    for content in distinct_real_tzif():
        tzif = decode_tzif(content)
        timeline = make_timeline(tzif)
        for at in boundaries(tzif):
            assert [timeline.local_at(t) for t in (at - 1, at)] == [local_time_at(tzif, t) for t in (at - 1, at)]


def test_a_file_does_not_differ_from_itself() -> None:
    for content in distinct_real_tzif():
        timeline: Timeline = make_timeline(decode_tzif(content))
        assert first_difference(timeline, timeline, start=BEGINNING) is None
