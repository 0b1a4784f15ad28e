"""The store that carriers are packed from, which the command line's tests fill."""

from tests.cli.conftest import data_dir

__all__ = ["data_dir"]
