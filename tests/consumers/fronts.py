"""nginx as the project ships its site, in front of services that a test has started.

Its main file is like Debian's, ``tcp_nopush on`` and ``gzip on`` included: the site must do well below it.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.consumers.images.engines import running, wait_until_up
from tests.consumers.tools import find
from tests.servers import HOST, ROOT, free_port

SITE = ROOT / "deploy" / "nginx" / "tzdata-filter.conf"
UPSTREAM = ROOT / "deploy" / "nginx" / "upstream.conf"
_MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    gzip on;
    access_log off;
    default_type application/octet-stream;
    {temporary}
    {sites}
}}
"""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True, slots=True)
class RunningFront:
    """A running nginx.

    Attributes:
        port: Of the site.
        cache: Where the site keeps what it may.
    """

    port: int
    cache: Path

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        return f"http://{HOST}:{self.port}"

    @property
    def cached(self) -> list[Path]:
        """The files in its cache."""
        return [path for path in self.cache.rglob("*") if path.is_file()]

    def client(self, **fields: str) -> httpx.Client:
        """A client for the site. Args: fields: Header fields of every request; _ stands for -."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        return httpx.Client(base_url=self.base_url, trust_env=False, timeout=30, headers=headers)


@contextlib.contextmanager
def running_front(folder: Path, *ports: int, site: str | None = None, more: str = "") -> Iterator[RunningFront]:
    """Run nginx with the project's site over services on ``ports`` while the context lasts.

    Args:
        site: In place of the one that is shipped.
        more: Further configuration of its ``http``.
    """
    port = free_port()
    cache = folder / "cache"
    upstream, (line, *_) = UPSTREAM.read_text(), re.findall(r"^ +server .*\n", UPSTREAM.read_text(), re.MULTILINE)
    replicas = "".join(line.replace("127.0.0.1:8080", f"{HOST}:{each}") for each in ports)
    (folder / "upstream.conf").write_text(upstream.replace(line, replicas))
    moved = {
        "/etc/nginx/tzdata-filter-upstream.conf": str(folder / "upstream.conf"),
        "/var/cache/nginx/tzdata-filter": str(cache),
        "listen 80;": f"listen {HOST}:{port};",
    }
    text = site or SITE.read_text()
    for old, new in moved.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    (folder / "more.conf").write_text(more)
    main = _MAIN.format(
        folder=folder,
        user="user root;" if os.geteuid() == 0 else "",  # pytest's folders are for their owner only
        temporary=" ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY),
        sites=f"include {folder}/site.conf; include {folder}/more.conf;",
    )
    (folder / "nginx.conf").write_text(main)
    command = (find("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"))
    front = RunningFront(port, cache)
    with running(command, folder / "log", environ={}) as process:
        wait_until_up(process, folder / "log", lambda: _answers(front.base_url))
        yield front


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/metrics", trust_env=False).status_code == 404
    except httpx.TransportError:
        return False
