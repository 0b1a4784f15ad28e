"""A first bundle, fetched from a running service through its own port as a build would, and the lines to paste.

Starting the service does not live here: whoever does that calls ``Demonstration.visit`` once the port is open.
"""

import hashlib
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from app.cli.terminal.printing import print_lines
from app.errors import SourceUnreachable
from app.settings import Settings

ZONES = "Asia/Shanghai,Etc/UTC"
READY_SECONDS = 30.0
_SILENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBundle:
    """The same zones in two formats, and the release they are from."""

    release: str
    tar_gz: bytes
    zip: bytes


@dataclass(slots=True, kw_only=True)
class Demonstration:
    """What happens beside the service while it serves.

    Attributes:
        once: Whether to end the service after the first bundle has been shown.
        failure: Why no bundle was shown. The service was then ended, and whoever started it raises this.
    """

    settings: Settings
    once: bool
    ready_seconds: float = READY_SECONDS
    failure: Exception | None = None

    def visit(self, port: int, stop: Callable[[], None]) -> None:
        """Fetch a first bundle as soon as the service is ready, and print it. Blocks; runs in a thread of its own."""
        try:
            bundle = fetch_first_bundle(_local_url(self.settings.host, port), ready_seconds=self.ready_seconds)
            base_url = printed_url(self.settings, port)
            print_lines(*format_first_bundle(bundle, base_url, hint=build_hint(self.settings)).split("\n"))
            if not self.once:
                print_lines(f"serving on {base_url} until Ctrl-C")
        except Exception as error:  # noqa: BLE001 - nobody would see it in this thread
            self.failure = error
        if self.once or self.failure:
            stop()


def fetch_first_bundle(url: str, *, ready_seconds: float) -> FirstBundle:
    """Return bundles of the newest release, once the service at ``url`` is ready.

    Raises:
        SourceUnreachable: If the service was not ready in time, or did not give a bundle.
    """
    # Without the proxies that the environment names: the service is on this machine.
    with httpx.Client(base_url=url, trust_env=False, timeout=_SILENCE_SECONDS) as client:
        _wait_until_ready(client, ready_seconds)
        tar_gz, zip_ = (_get(client, f"/v1/bundles/latest/{ZONES}.{form}") for form in ("tar.gz", "zip"))
    return FirstBundle(release=tar_gz.headers["tzdata-release"], tar_gz=tar_gz.content, zip=zip_.content)


def format_first_bundle(bundle: FirstBundle, base_url: str, *, hint: str = "") -> str:
    """Return what the bundles are, and lines that fetch them; ``hint`` says how a build reaches the service."""
    url = f"{base_url}/v1/bundles/{bundle.release}/{ZONES}"
    tar_gz, zip_ = (hashlib.sha256(content).hexdigest() for content in (bundle.tar_gz, bundle.zip))
    return f"""
{ZONES.replace(",", " and ")} from tzdata {bundle.release}:
  tar.gz  {len(bundle.tar_gz):>6,} bytes  sha256:{tar_gz}
  zip     {len(bundle.zip):>6,} bytes  sha256:{zip_}

In a Dockerfile, one of these{hint and f" ({hint})"}:
  RUN mkdir -p /usr/share/zoneinfo && curl -fsSL {url}.tar.gz | tar -xz -C /usr/share/zoneinfo
  ADD --unpack=true --checksum=sha256:{tar_gz} \\
      {url}.tar.gz /usr/share/zoneinfo/
In a shell:
  mkdir -p zoneinfo && curl -fsSL {url}.tar.gz | tar -xz -C zoneinfo
For a Go program:
  curl -fsSLo zoneinfo.zip {url}.zip && ZONEINFO=$PWD/zoneinfo.zip ./your-program
"""


def printed_url(settings: Settings, port: int) -> str:
    """Return what the printed URLs start with: the public URL, else an address that reaches ``port`` from here."""
    return settings.base_url if settings.public_url else _local_url(settings.host, port)


def build_hint(settings: Settings) -> str:
    """Return how a container build reaches the service, where the printed URLs alone do not say it."""
    if settings.public_url:
        return ""
    address = _address(settings.host)
    if address is not None and address.is_unspecified:
        return f"with this machine's name in place of {_local_host(settings.host)}"
    if settings.host == "localhost" or (address is not None and address.is_loopback):
        return f"`docker build --network host` reaches this machine's {settings.host}"
    return ""


def _local_url(host: str, port: int) -> str:
    host = _local_host(host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _local_host(host: str) -> str:
    """Return what reaches a service that listens on ``host``, which may stand for every address of this machine."""
    address = _address(host)
    if address is None or not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _wait_until_ready(client: httpx.Client, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            _get(client, "/readyz")
        except SourceUnreachable as error:
            if time.monotonic() > deadline:
                raise SourceUnreachable(f"the service was not ready after {seconds:g} s: {error.detail}") from error
            time.sleep(0.05)
        else:
            return


def _get(client: httpx.Client, path: str) -> httpx.Response:
    try:
        response = client.get(path)
    except httpx.HTTPError as error:
        raise SourceUnreachable(f"{client.base_url} cannot be reached: {error}") from error
    if not response.is_success:
        raise SourceUnreachable(f"{client.base_url} answers {path} with status {response.status_code}")
    return response
