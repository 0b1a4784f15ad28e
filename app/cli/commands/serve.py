"""``serve``: the service over HTTP, until it is stopped."""

import errno
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from app.cli.errors import PortUnavailable
from app.cli.parts import Parts
from app.settings import Settings, read_settings

if TYPE_CHECKING:
    from app.cli.first_bundle import Demonstration

_LAST_PORT = 65_535


class _Options(TypedDict):
    host: str | None
    port: str | None
    data_dir: str | None
    wheels_dir: str | None
    public_url: str | None
    index_url: str | None
    offline: bool | None
    log_format: str | None
    log_level: str | None
    request_log: bool | None


@click.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", help="The port to listen on.")
@click.option("--data-dir", metavar="DIR", help="Where bundles are kept; by default in memory.")
@click.option(
    "--wheels-dir", metavar="DIR", help="A directory of tzdata wheels, for more releases than the installed one."
)
@click.option("--public-url", metavar="URL", help="What absolute links start with.")
@click.option("--index-url", metavar="URL", help="The package index to fetch releases from; by default pip's.")
@click.option("--offline/--no-offline", default=None, help="Never make an outbound call.")
@click.option("--log-format", help="text or json.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--request-log/--no-request-log", default=None, help="Log a line for each request.")
@click.option("--demo", is_flag=True, help="Once the service is ready, make a first bundle and print lines to paste.")
@click.option("--once", is_flag=True, help="The same, and then stop the service.")
@click.pass_obj
def serve(parts: Parts, /, *, demo: bool, once: bool, **options: Unpack[_Options]) -> None:
    """Serve bundles over HTTP.

    Each option from --host to --request-log is also a setting (TZDATA_FILTER_HOST for --host). The command line wins.
    Every wrong value is reported before the port opens.
    """
    settings = read_settings(options)
    demonstration = _make_demonstration(settings, once=once) if demo or once else None
    try:
        parts.serve(settings, demonstration.visit if demonstration else None)
    except OSError as error:
        raise _port_unavailable(settings, error) from error
    if demonstration is not None and demonstration.failure is not None:
        raise demonstration.failure


def _make_demonstration(settings: Settings, *, once: bool) -> "Demonstration":
    from app.cli.first_bundle import Demonstration  # noqa: PLC0415 - on demand: --help needs no HTTP client

    return Demonstration(settings=settings, once=once)


def _port_unavailable(settings: Settings, error: OSError) -> PortUnavailable:
    advice = (
        f"; try --port {settings.port + 1}" if error.errno == errno.EADDRINUSE and settings.port < _LAST_PORT else ""
    )
    where = f"{settings.host} port {settings.port}"
    return PortUnavailable(f"cannot listen on {where}: {error.strerror or error}{advice}")
