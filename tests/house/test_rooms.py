"""Rooms: none is too full to keep in mind, and nothing in one leads round in a circle."""

import itertools
from collections import Counter
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from tests.house.source import Module, is_within, make_module, read_imports, read_modules

MOST_FILES = 12

APP = read_modules("app")


def find_circles(modules: Iterable[Module]) -> list[str]:
    """Return the circles among the files and rooms that lie side by side in a room, whatever the room."""
    arrows: dict[str, dict[str, set[str]]] = {}
    for module in modules:
        for _, name in read_imports(module):
            if not is_within(name, "app"):
                continue
            room = common_room(module.name, name)
            here, there = (child_of(room, each) for each in (module.name, name))
            if here != there:
                arrows.setdefault(room, {}).setdefault(here, set()).add(there)
    circles = []
    for graph in arrows.values():
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circles.append(" <- ".join(error.args[1]))
    return circles


def common_room(one: str, other: str) -> str:
    pairs = zip(one.split("."), other.split("."), strict=False)
    return ".".join(part for part, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def child_of(room: str, name: str) -> str:
    return ".".join(name.split(".")[: room.count(".") + 2])


def find_full_rooms(modules: Iterable[Module]) -> list[str]:
    """Return the rooms with more files than one can keep in mind."""
    files = Counter(module.path.rpartition("/")[0] for module in modules)
    return [room for room, count in files.items() if count > MOST_FILES]


def test_no_room_has_a_circle() -> None:
    assert find_circles(APP) == []


def test_no_room_is_too_full() -> None:
    assert find_full_rooms(APP) == []


class TestTheChecksThemselves:
    """Each check flags a bad example and leaves a good one alone."""

    def test_a_circle_is_flagged_between_files_and_between_rooms(self) -> None:
        files = [make_module("app.x.a", "from app.x import b"), make_module("app.x.b", "from app.x.a import f")]
        rooms = [
            make_module("app.x.r.a", "from app.x.s.c import f"),
            make_module("app.x.s.b", "from app.x.r.d import f"),
        ]
        assert len(find_circles(files)) == len(find_circles(rooms)) == 1
        assert find_circles([files[0], rooms[0]]) == []

    def test_a_room_is_flagged_with_one_file_too_many(self) -> None:
        files = [make_module(f"app.x.m{number}", "") for number in range(MOST_FILES + 1)]
        assert find_full_rooms(files) == ["app/x"]
        assert find_full_rooms(files[1:]) == []
