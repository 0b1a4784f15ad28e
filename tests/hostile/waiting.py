"""Waiting for a service to notice."""

import time

import httpx


def until_status(client: httpx.Client, path: str, status: int) -> httpx.Response:
    """Return the first answer with this status; sources are looked at again only so often."""
    deadline = time.monotonic() + 10
    while (answer := client.get(path)).status_code != status:
        assert time.monotonic() < deadline, (answer.status_code, answer.text)
        time.sleep(0.1)
    return answer
