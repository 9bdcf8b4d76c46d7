"""What the commands print: tables and lines on standard output, progress on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

__all__ = ["Console"]

_WORTH_SAYING_S = 1.0


class Console:
    """Plain text that survives a redirect; names from data are printed as text, never as markup."""

    def __init__(self) -> None:
        # A redirected table must not be cut to 80 columns.
        width = None if sys.stdout.isatty() else 160
        self._out = RichConsole(markup=False, highlight=False, soft_wrap=True, width=width)
        self._errors = RichConsole(stderr=True, markup=False, highlight=False)
        self._stage = ""
        self._since = time.monotonic()

    def line(self, text: str = "") -> None:
        """Print one line."""
        self._out.print(Text(text))

    def heading(self, text: str) -> None:
        """Print a line that starts a part."""
        self._out.print()
        self._out.print(Text(text, style="bold"))

    def table(
        self, headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """Print rows under headers; `right` numbers the columns that hold figures."""
        table = Table(box=box.SIMPLE, pad_edge=False)
        for position, header in enumerate(headers):
            table.add_column(
                header,
                justify="right" if position in right else "left",
                no_wrap=position in right,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        self._out.print(table)

    def progress(self, stage: str) -> None:
        """Say what is going on; on a terminal the line is replaced, elsewhere one a stage."""
        now = time.monotonic()
        if sys.stderr.isatty():
            self._errors.file.write(f"\r\x1b[2K{stage}" if stage else "\r\x1b[2K")
            self._errors.file.flush()
        elif self._stage and now - self._since >= _WORTH_SAYING_S:
            self._errors.print(Text(f"{self._stage}: {now - self._since:.1f} s"))
        self._stage, self._since = stage, now
