"""What every benchmark takes on its command line. No measuring lives here."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

SMALLEST_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Arguments:
    """How much is measured.

    Attributes:
        smallest: Only see that everything runs; the numbers mean nothing.
        rounds: How often each thing is measured.
        seconds: How long one round under load takes.
        names: Which parts are measured.
    """

    smallest: bool
    rounds: int
    seconds: float
    names: Sequence[str]


def read_arguments(bench: str, *, rounds: int = 1, seconds: float = 0.0, names: Sequence[str] = ()) -> Arguments:
    """Return what the command line asks for; the others are defaults, where a benchmark has them."""
    parser = argparse.ArgumentParser(prog=f"bench.{bench}")
    parser.add_argument("--smallest", action="store_true", help="one short round, to see that it runs")
    if rounds > 1:
        parser.add_argument("--rounds", type=int, default=rounds)
    if seconds:
        parser.add_argument("--seconds", type=float, default=seconds, help="length of a round")
    if names:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"only some of {', '.join(names)}")
    given = parser.parse_args(namespace=argparse.Namespace(rounds=rounds, seconds=seconds, names=()))
    chosen = given.names or names
    if unknown := set(chosen) - set(names):
        parser.error(f"there is no {' and no '.join(sorted(unknown))}; there are {', '.join(names)}")
    if given.smallest:
        return Arguments(smallest=True, rounds=1, seconds=min(seconds, SMALLEST_SECONDS), names=chosen)
    return Arguments(smallest=False, rounds=given.rounds, seconds=given.seconds, names=chosen)
