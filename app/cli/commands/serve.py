"""``serve``: the service over HTTP, until it is told to stop."""

from typing import TypedDict, Unpack

import click

from app.cli.errors import PortUnavailable
from app.cli.parts import Parts
from app.settings import read_settings


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
@click.option("--host", help="Address to listen on.")
@click.option("--port", help="Port to listen on.")
@click.option("--data-dir", metavar="DIR", help="Where bundles are kept; without it in memory.")
@click.option("--wheels-dir", metavar="DIR", help="Directory of tzdata wheels: more releases than the installed one.")
@click.option("--public-url", metavar="URL", help="What absolute links start with.")
@click.option("--index-url", metavar="URL", help="Package index to fetch releases from; by default the one of pip.")
@click.option("--offline/--no-offline", default=None, help="Make no outbound call, ever.")
@click.option("--log-format", help="text or json.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--request-log/--no-request-log", default=None, help="Log a line for each request.")
@click.pass_obj
def serve(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Serve bundles over HTTP.

    Each option is also a setting (TZDATA_FILTER_HOST for --host); the command line wins. Every wrong value is reported
    before the port opens.
    """
    settings = read_settings(options)
    try:
        parts.serve(settings)
    except OSError as error:
        where = f"{settings.host} port {settings.port}"
        raise PortUnavailable(f"{where} cannot be listened on: {error.strerror or error}") from error
