"""Columns for a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from app.text import one_line


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table. Columns are as wide as their widest cell, two spaces apart; the last is unpadded."""
    # Escaped here as well, so that columns stay columns.
    lines = [[one_line(cell) for cell in line] for line in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header) - 1)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        yield "  ".join([*cells, line[-1]]).rstrip()
