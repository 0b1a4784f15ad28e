"""The entry point of the command ``tzdata-filter`` and of ``python -m app``. No command lives here."""

from pathlib import Path

from app.cli.errors import PROGRAM
from app.cli.parts import Local, Parts, Visitor
from app.cli.root import cli
from app.settings import Settings
from app.sources.base import Source


def main() -> None:
    """Run the command line; it ends the process with one of the codes in ``cli.errors``."""
    cli(prog_name=PROGRAM, obj=Parts(local=_local, index=_index, serve=_serve))


def _local(settings: Settings, tree: Path | None, *, online: bool) -> Local:
    from app.wiring import make_local  # noqa: PLC0415 - on demand: --help needs no sources and no stores

    return make_local(settings, tree, online=online)


def _index(settings: Settings) -> Source:
    from app.wiring import make_index  # noqa: PLC0415 - on demand, as above

    return make_index(settings)


def _serve(settings: Settings, visitor: Visitor | None) -> None:
    from app.wiring import serve  # noqa: PLC0415 - on demand: only this command pays for the web framework

    serve(settings, visitor)


if __name__ == "__main__":
    main()
