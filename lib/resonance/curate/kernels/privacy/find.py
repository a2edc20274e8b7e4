"""Finds what names a person or opens a door in texts, and counts it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.privacy.patterns import COUNTS, Pattern
from resonance.curate.kernels.privacy.scan import find_all
from resonance.curate.kernels.privacy.tables import build_plan
from resonance.curate.kernels.text.scan import spans


class Found(NamedTuple):
    """What is found in texts, in their order: each with text, pattern, and its ends in bytes and in code points."""

    rows: NDArray[np.int64]
    patterns: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    first_points: NDArray[np.int64]
    last_points: NDArray[np.int64]


def find(texts: Any, own: tuple[Pattern, ...] = ()) -> Found:
    """What is found in each text of an Arrow string array; ``patterns`` are places in those of ``build_plan(own)``."""
    data, starts, ends = spans(texts)
    tables, patterns, _ = build_plan(own)
    room = (np.zeros(2 * len(patterns), np.int64), np.zeros(256, np.int64), np.zeros(3, np.int64))
    marks = np.empty(int((ends - starts).max(initial=0)), np.uint8)
    out = np.empty((64 + int((ends - starts).sum()) // 256, 6), np.int64)
    while (size := find_all(data, starts, ends, tuple(tables), room, marks, out)) > len(out):
        out = np.empty((size, 6), np.int64)
    return Found(*np.ascontiguousarray(out[:size].T))


def add_found(found: Found, more: tuple[NDArray[np.int64], ...], own: tuple[Pattern, ...] = ()) -> Found:
    """``found`` with what a model found besides: where both overlap, what a pattern found stays.

    Args:
        found: what patterns found.
        more: what a model found, as ``Found`` has it, but with the number of its type among those of models.
        own: the user's patterns that were looked for.
    """
    rows, kinds, starts, ends, *points = more
    length = 1 + max((int(each.max()) for each in (found.ends, ends) if len(each)), default=0)
    after = np.searchsorted(found.rows * length + found.ends, rows * length + starts, side="right")
    follows = np.append(found.rows * length + found.starts, np.iinfo(np.int64).max)[after]
    free = follows >= rows * length + ends
    more = rows, kinds + len(build_plan(own).patterns), starts, ends, *points
    both = [np.concatenate([one, other[free]]) for one, other in zip(found, more, strict=True)]
    order = np.lexsort((both[2], both[0]))
    return Found(*(each[order] for each in both))


def count(found: Found, texts: int, own: tuple[Pattern, ...] = ()) -> NDArray[np.int64]:
    """How much is found of each signal of ``COUNTS`` in each of so many texts."""
    columns = build_plan(own).columns[found.patterns]
    counted = np.bincount(found.rows * len(COUNTS) + columns, minlength=texts * len(COUNTS))
    return counted.reshape(texts, len(COUNTS))
