"""Blocks as Markdown: text from data stays text, whatever signs it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resonance.report.parts import Block, Grid

_SIGNS = re.compile(r"([\\\[\]<>&|*_~#!])")
_CODE = re.compile(r"(`[^`]*`)")


def write_markdown(title: str, lead: Sequence[str], lists: Mapping[str, Sequence[str]], blocks: Iterable[Block]) -> str:
    """A document of a title, paragraphs, lists by their headings, and blocks; pictures are left out."""
    parts = [f"# {escape_signs(title)}", *map(escape_signs, lead)]
    for heading, items in lists.items():
        parts += [f"## {escape_signs(heading)}", "\n".join(f"- {escape_signs(item)}" for item in items)]
    for block in blocks:
        parts += _write_block(block)
    return "\n\n".join(parts) + "\n"


def escape_signs(text: str) -> str:
    """The text with every sign escaped that Markdown or HTML reads; what stands between backticks is a command of ours."""
    pieces = _CODE.split(" ".join(text.split()))
    return "".join(piece if place % 2 else _SIGNS.sub(r"\\\1", piece).replace("://", ":\\//") for place, piece in enumerate(pieces))


def _write_block(block: Block) -> Iterator[str]:
    yield f"## {escape_signs(block.title)}"
    yield from map(escape_signs, block.text)
    for grid in block.grids:
        yield f"### {escape_signs(grid.title)}"
        if grid.note:
            yield escape_signs(grid.note)
        yield _write_grid(grid)


def _write_grid(grid: Grid) -> str:
    rule = ["---:" if column in grid.numbers else "---" for column in grid.columns]
    lines = [list(map(_write_cell, grid.columns)), rule, *(list(map(_write_cell, row)) for row in grid.rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _write_cell(text: str) -> str:
    return _CODE.sub(lambda code: code[0].replace("|", "\\|"), escape_signs(text))
