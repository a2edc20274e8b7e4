"""Lines and tables that calls return."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO

from rich.console import Console
from rich.table import Table

PAGE_WIDTH = 160
"""Columns of a view in a notebook."""


@dataclass(frozen=True)
class View:
    """Lines and tables for people: text in a terminal, tables in a notebook."""

    parts: tuple[str | Table, ...]

    def __str__(self) -> str:
        console = Console(file=StringIO(), width=PAGE_WIDTH)
        self.show(console)
        return console.file.getvalue().rstrip("\n")  # type: ignore[attr-defined, no-any-return]

    __repr__ = __str__

    def _repr_html_(self) -> str:
        console = Console(file=StringIO(), width=PAGE_WIDTH, record=True)
        self.show(console)
        return console.export_html(inline_styles=True, code_format='<pre style="font-family:monospace">{code}</pre>')

    def show(self, console: Console) -> None:
        """Print all parts; long lines are left to the terminal to fold."""
        for part in self.parts:
            if isinstance(part, str):
                console.print(part, markup=False, highlight=False, soft_wrap=True)
            else:
                console.print(part)
