"""Capacity: who makes room, who is refused, and what all connections may hold together."""

from dataclasses import dataclass

import pytest

from app.web.edge.capacity import Capacity, Limits
from app.web.edge.front import Tally


@dataclass(eq=False, slots=True)
class Visitor:
    """A connection that does what a test says."""

    waits: float | None = None
    received_bytes: int = 0
    is_cut_off: bool = False

    def waits_for(self, now: float) -> float | None:  # noqa: ARG002 - a test says how long it has been
        return self.waits

    def cut_off(self) -> None:
        self.is_cut_off = True


def make(tally: Tally | None = None, **limits: int) -> Capacity:
    usual = {"max_connections": 3, "spare_connections": 2, "max_received_bytes": 100, "max_unsent_bytes": 100}
    return Capacity(tally or Tally(), **{**usual, **limits})


def test_the_one_that_waited_longest_makes_room() -> None:
    capacity = make()
    waits = (5.0, 9.0, None)
    visitors = [Visitor(seconds) for seconds in waits]
    assert all(capacity.admit(visitor, 0.0) for visitor in visitors)
    assert capacity.admit(Visitor(), 1.0)
    assert [visitor.is_cut_off for visitor in visitors] == [False, True, False]
    assert capacity.admit(Visitor(), 1.0)
    assert [visitor.is_cut_off for visitor in visitors] == [True, True, False]


def test_one_that_has_become_busy_keeps_its_place() -> None:
    capacity = make()
    visitors = [Visitor(5.0), Visitor(9.0), Visitor(7.0)]
    for visitor in visitors:
        capacity.admit(visitor, 0.0)
    assert capacity.admit(Visitor(), 1.0)
    visitors[2].waits = None
    assert capacity.admit(Visitor(), 1.0)
    assert [visitor.is_cut_off for visitor in visitors] == [True, True, False]


def test_when_nobody_waits_the_newest_spare_ones_stay() -> None:
    tally = Tally()
    capacity = make(tally)
    for _ in range(3):
        capacity.admit(Visitor(), 0.0)
    spare = [Visitor() for _ in range(4)]
    assert not any(capacity.admit(visitor, 1.0) for visitor in spare)
    assert [visitor.is_cut_off for visitor in spare] == [True, True, False, False]
    assert (tally.connections, tally.refused) == (5, 2)


def test_a_spare_one_gets_a_place_that_came_free() -> None:
    capacity = make(max_connections=1)
    first, second = Visitor(), Visitor()
    capacity.admit(first, 0.0)
    capacity.admit(second, 0.0)
    assert not capacity.promote(second)
    capacity.forget(first)
    assert capacity.promote(second)
    assert capacity.is_full


def test_who_holds_most_goes_when_too_much_was_received() -> None:
    capacity = make()
    small, large = Visitor(received_bytes=30), Visitor(received_bytes=70)
    for visitor in (small, large):
        capacity.admit(visitor, 0.0)
        capacity.note_received(visitor.received_bytes)
    assert not large.is_cut_off
    capacity.note_received(1)
    assert (small.is_cut_off, large.is_cut_off) == (False, True)
    capacity.note_received(-71)
    assert not small.is_cut_off


def test_one_past_the_limit_is_not_held_against_the_others() -> None:
    tally = Tally()
    capacity = make(tally, max_connections=1)
    capacity.note_received(1_000)
    assert tally.refused == 0


def test_the_slowest_goes_when_too_much_is_unsent() -> None:
    capacity = make()
    visitors = [Visitor() for _ in range(3)]
    for number, visitor in enumerate(visitors):
        capacity.admit(visitor, 0.0)
        capacity.note_slow(visitor, number, 45)
    assert [visitor.is_cut_off for visitor in visitors] == [True, False, False]
    capacity.note_taken(visitors[0])
    capacity.note_taken(visitors[1])
    capacity.note_slow(visitors[1], "other", 45)
    assert not visitors[2].is_cut_off


def test_answers_that_are_the_same_in_memory_count_once() -> None:
    capacity = make()
    visitors = [Visitor() for _ in range(10)]
    for visitor in visitors:
        capacity.note_slow(visitor, "one answer", 90)
    assert not any(visitor.is_cut_off for visitor in visitors)
    for visitor in visitors:
        capacity.note_taken(visitor)
    capacity.note_slow(visitors[0], "another", 90)
    assert not visitors[0].is_cut_off


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [(Limits(), 10.0), (Limits(keep_alive_seconds=2), 2), (Limits(write_seconds=3), 3), (Limits(answer_seconds=4), 4)],
)
def test_no_deadline_can_begin_and_end_between_two_looks(limits: Limits, seconds: float) -> None:
    assert limits.look_seconds == seconds
