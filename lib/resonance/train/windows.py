"""How documents become rows of the model: cut into windows, none dropped, and packed side by side.

Packing with attention that does not cross segments: Krell et al., "Efficient Sequence Packing without
Cross-contamination" (arXiv 2107.02027).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resonance.train.tokenizer import Tokens

Ints = NDArray[np.int64]
NOTHING = -1


@dataclass(frozen=True)
class Rows:
    """Packed windows, one array element a position; where nothing stands, target, segment and owner are ``NOTHING``.

    Args:
        inputs: what the model sees.
        targets: what it must say next.
        positions: place within the window, from 0.
        segments: number of the window; attention stays within it.
        owners: number of the document that the target belongs to.
    """

    inputs: Ints
    targets: Ints
    positions: Ints
    segments: Ints
    owners: Ints

    def passes(self, rows: int) -> Iterator[Rows]:
        """The same in groups of at most ``rows`` rows."""
        arrays = (self.inputs, self.targets, self.positions, self.segments, self.owners)
        for begin in range(0, len(self.inputs), rows):
            yield Rows(*(array[begin : begin + rows] for array in arrays))


def windows(tokens: Tokens, start: int, width: int) -> Iterator[tuple[Tokens, Tokens]]:
    """(inputs, targets) of each window: every token is a target once, after its forerunner or, at first, the start mark."""
    inputs = np.concatenate(([np.int32(start)], tokens[:-1]))
    for begin in range(0, len(tokens), width):
        yield inputs[begin : begin + width], tokens[begin : begin + width]


def pack(documents: Sequence[Tokens], start: int, width: int, *, together: bool = True) -> Rows:
    """The windows of all documents in rows of ``width``."""
    cut = ((owner, *window) for owner, tokens in enumerate(documents) for window in windows(tokens, start, width))
    return arrange(cut, width, together=together)


def arrange(pieces: Iterable[tuple[int, Tokens, Tokens]], width: int, *, together: bool = True) -> Rows:
    """Pieces (owner, inputs, targets) of at most ``width`` tokens in rows: each in the first row with room for it, in order.

    Where they are not to be ``together``, each has a row of its own.
    """
    placed: list[tuple[int, int, int, Tokens, Tokens]] = []
    used: list[int] = []
    opened: list[int] = []
    for owner, inputs, targets in pieces:
        row = next((row for row in opened if together and used[row] + len(targets) <= width), len(used))
        if row == len(used):
            used.append(0)
            opened.append(row)
        placed.append((row, used[row], owner, inputs, targets))
        used[row] += len(targets)
        if used[row] == width:
            opened.remove(row)
    rows = _blank(len(used), width)
    for segment, (row, at, owner, inputs, targets) in enumerate(placed):
        here = (row, slice(at, at + len(targets)))
        rows.inputs[here] = inputs
        rows.targets[here] = targets
        rows.positions[here] = np.arange(len(targets))
        rows.segments[here] = segment
        rows.owners[here] = owner
    return rows


def _blank(rows: int, width: int) -> Rows:
    shape = (rows, width)
    zeros, nothing = np.zeros(shape, np.int64), np.full(shape, NOTHING, np.int64)
    return Rows(zeros, nothing, zeros.copy(), nothing.copy(), nothing.copy())
