"""The command ``tzdata-filter`` itself: its help, its version, and the list of its commands."""

import click

from app import __version__
from app.cli.commands.airgap import export, fetch, import_
from app.cli.commands.allowlist import allowlist
from app.cli.commands.changes.diff import diff
from app.cli.commands.changes.history import history
from app.cli.commands.extract import extract
from app.cli.commands.go.check import go_check
from app.cli.commands.go.sum import go_sum
from app.cli.commands.lock import lock
from app.cli.commands.releases import releases
from app.cli.commands.resolve import resolve
from app.cli.commands.serve import serve
from app.cli.commands.sync import sync
from app.cli.commands.verify import verify
from app.cli.commands.zone import zone
from app.cli.commands.zones import zones
from app.cli.errors import PROGRAM
from app.cli.group import CommandGroup
from app.cli.notices import shown_log
from app.cli.terminal.signals import stopping_at_signals

_HELP = """Give containers exactly the time zones they need, the same bytes every time.

\b
tzdata-filter extract Asia/Shanghai UTC -o zoneinfo/      a tree
tzdata-filter extract Asia/Shanghai UTC -o zoneinfo.zip   a zip for Go's ZONEINFO
tzdata-filter extract 'Europe/*' -o - | tar -tv           a tar on standard output
tzdata-filter zones berlin                                what is it called?
tzdata-filter serve                                       the same over HTTP
"""
_EPILOG = f"""
\b
Every setting of serve is also an environment variable: TZDATA_FILTER_HOST and so on.
Completion for bash: eval "$(_TZDATA_FILTER_COMPLETE=bash_source {PROGRAM})"; likewise for zsh and fish.
"""


@click.group(cls=CommandGroup, help=_HELP, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Hand the work to a command. The text of ``--help`` is ``_HELP``, so that its line breaks are kept."""
    if ctx.invoked_subcommand != serve.name:
        ctx.with_resource(shown_log())
        ctx.with_resource(stopping_at_signals())


for _command in (serve, extract, resolve, zones, zone, releases, diff, history, verify, lock, sync):
    cli.add_command(_command)
for _command in (allowlist, go_check, go_sum):
    cli.add_command(_command)
for _command in (fetch, export, import_):
    releases.add_command(_command)
