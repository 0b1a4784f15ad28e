"""What every benchmark takes on its command line. No measuring lives here."""

import argparse
from dataclasses import dataclass

SMALLEST_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Arguments:
    """How much is measured.

    Attributes:
        smallest: Only see that everything runs; the numbers mean nothing.
        rounds: How often each thing is measured.
        seconds: How long one round under load takes.
    """

    smallest: bool
    rounds: int
    seconds: float


def read_arguments(bench: str, *, rounds: int = 1, seconds: float = 0.0) -> Arguments:
    """Return what the command line asks for; ``rounds`` and ``seconds`` are defaults, where a benchmark has them."""
    parser = argparse.ArgumentParser(prog=f"bench.{bench}")
    parser.add_argument("--smallest", action="store_true", help="one short round, to see that it runs")
    if rounds > 1:
        parser.add_argument("--rounds", type=int, default=rounds)
    if seconds:
        parser.add_argument("--seconds", type=float, default=seconds, help="length of a round")
    given = parser.parse_args(namespace=argparse.Namespace(rounds=rounds, seconds=seconds))
    if given.smallest:
        return Arguments(smallest=True, rounds=1, seconds=min(seconds, SMALLEST_SECONDS))
    return Arguments(smallest=False, rounds=given.rounds, seconds=given.seconds)
