"""Tables on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_WIDE = 240


def print_table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows below their titles; None is empty. The last column is never broken over lines.

    As wide as the terminal; where there is none, wide enough that nothing is cut.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles[:-1]:
        table.add_column(title, overflow="fold")
    table.add_column(titles[-1], no_wrap=True, overflow="ignore")
    for row in rows:
        # what comes from a peer is no markup
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
