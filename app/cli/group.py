"""The command group: how errors, signals and a closed pipe end the program, and the command line of former versions."""

import contextlib
import sys
import traceback
from collections.abc import Iterator, Sequence

import click

from app.cli.errors import BY_SIGNAL, EXIT_CODES, INTERRUPTED, READER_LEFT, UNEXPECTED, exit_code, message_lines
from app.cli.terminal.printing import close_standard_output, output_error, print_error
from app.cli.terminal.signals import Stopped

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
        with _ending():
            return super().parse_args(ctx, [_FORMER_COMMAND, *args] if self._is_former(ctx, args) else args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            Exit: Click's own, with a code of ``EXIT_CODES``, once the message has been printed.
        """
        with _ending():
            result: object = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
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


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """Print the message of what ends the command meanwhile, and turn it into click's ``Exit``."""
    try:
        yield
    except (click.exceptions.Exit, click.exceptions.NoArgsIsHelpError):
        raise
    except BrokenPipeError as error:
        close_standard_output()
        raise click.exceptions.Exit(READER_LEFT) from error
    except Stopped as error:
        raise click.exceptions.Exit(BY_SIGNAL + error.number) from error
    except (KeyboardInterrupt, click.Abort) as error:
        print_error("")  # so that what follows starts on a line of its own, after the terminal's ^C
        raise click.exceptions.Exit(INTERRUPTED) from error
    except Exception as error:
        shown = output_error(error) or error
        _print(shown)
        raise click.exceptions.Exit(exit_code(shown)) from error


def _print(error: Exception) -> None:
    if exit_code(error) == UNEXPECTED:
        # The text of an exception may be a stranger's, and Python would print it as it is.
        print_error(*"".join(traceback.format_exception(error)).splitlines())
    else:
        print_error(*message_lines(error))
