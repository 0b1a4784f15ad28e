"""The command group: how errors, Ctrl-C and a closed pipe end the program, and the command line of former versions."""

import os
import sys
from collections.abc import Sequence

import click

from app.cli.errors import EXIT_CODES, INTERRUPTED, READER_LEFT, UNEXPECTED, exit_code, format_message

_FORMER_COMMAND = "extract"
_FORMER_OPTIONS = ("--input", "--output")
_FORMER_NAMES = {"whitelist": "allowlist"}
"""Former names of commands → what they are called now. They work, and no help or completion shows them."""


class CommandGroup(click.Group):
    """A group whose commands may raise any error of the project."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name or a former one."""
        return super().get_command(ctx, _FORMER_NAMES.get(cmd_name, cmd_name))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; those of a former version (``--input`` and ``--output``, no command) go to extract."""
        try:
            return super().parse_args(ctx, [_FORMER_COMMAND, *args] if self._is_former(ctx, args) else args)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise _ended(error) from error

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            Exit: Click's own, with a code of ``EXIT_CODES``, once the message has been printed.
        """
        try:
            result: object = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            _close_standard_output()
            raise click.exceptions.Exit(READER_LEFT) from error
        except (KeyboardInterrupt, click.Abort) as error:
            click.echo(err=True)  # so that what follows starts on a line of its own, after the terminal's ^C
            raise click.exceptions.Exit(INTERRUPTED) from error
        except click.exceptions.NoArgsIsHelpError:
            raise
        except Exception as error:
            if exit_code(error) == UNEXPECTED:
                raise
            raise _ended(error) from error
        return result

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the exit codes and a note on completion below the list of commands."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code.number), code.meaning) for code in EXIT_CODES])
        super().format_epilog(ctx, formatter)

    def _is_former(self, ctx: click.Context, args: Sequence[str]) -> bool:
        if not args or self.get_command(ctx, args[0]) is not None:
            return False
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if args[0] in own:
            return False
        options = {name for parameter in self.commands[_FORMER_COMMAND].params for name in parameter.opts}
        starts_with_option = args[0].startswith("-") and args[0].partition("=")[0] in options
        return starts_with_option or any(arg.partition("=")[0] in _FORMER_OPTIONS for arg in args)


def _ended(error: Exception) -> click.exceptions.Exit:
    click.echo(format_message(error), err=True)
    return click.exceptions.Exit(exit_code(error))


def _close_standard_output() -> None:
    """Point standard output at the null device: what is left in its buffer would raise again when Python exits."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
