"""Many clients of one service, in a process of their own, so that they and those who measure do not hold each other up.

It is started with a port, how many clients there are and for how many seconds they ask. A line on its input holds what
they ask for: method, path and body, where ``{}`` in the path is another number each time. At the end it prints how many
answers had which status, and the seconds of the longest.
"""

import asyncio
import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAUSE_SECONDS = 0.02
"""Between two requests of one client."""
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What all clients ask for; ``{}`` in the path is another number each time."""

    path: str
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the clients saw. Units: ``longest`` in seconds."""

    statuses: dict[int, int]
    longest: float


class Attack:
    """Clients that are at work."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def end(self) -> Seen:
        """Wait until all clients have their last answer, and return what they saw."""
        output, _ = self._process.communicate(timeout=60)
        statuses, longest = json.loads(output)
        return Seen({int(status): count for status, count in statuses.items()}, longest)


@contextlib.contextmanager
def attacking(port: int, request: Request, *, clients: int, seconds: float) -> Iterator[Attack]:
    """Ask over and over, for so long, from that many connections."""
    command = [sys.executable, "-m", "tests.hostile.attackers", str(port), str(clients), str(seconds)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps([request.method, request.path, request.body]) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "begun\n"
        yield Attack(process)
    finally:
        process.kill()
        process.wait()


async def _ask(port: int, request: Request, *, clients: int, seconds: float) -> tuple[Counter[int], float]:
    ends = time.monotonic() + seconds
    statuses: Counter[int] = Counter()
    numbers = itertools.count(1)
    longest = 0.0

    async def work() -> None:
        nonlocal longest
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < ends:
            body = request.body.encode()
            path = request.path.format(next(numbers))
            head = f"{request.method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            started = time.monotonic()
            writer.write(head.encode() + body)
            fields = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(fields)
            await reader.readexactly(int(length[1]) if length is not None else 0)
            longest = max(longest, time.monotonic() - started)
            statuses[int(fields.split(b" ", 2)[1])] += 1
            await asyncio.sleep(PAUSE_SECONDS)
        writer.close()

    await asyncio.gather(*(work() for _ in range(clients)))
    return statuses, longest


def main() -> None:
    """Do what the module says."""
    os.nice(5)  # whoever measures, on the same machine, goes first
    port, clients, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    method, path, body = json.loads(sys.stdin.readline())
    print("begun", flush=True)
    result = asyncio.run(_ask(port, Request(path, method, body), clients=clients, seconds=seconds))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
