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
    out = np.empty((64 + int((ends - starts).sum()) // 256, 6), np.int64)
    while (size := find_all(data, starts, ends, tuple(tables), room, out)) > len(out):
        out = np.empty((size, 6), np.int64)
    return Found(*np.ascontiguousarray(out[:size].T))


def count(found: Found, texts: int, own: tuple[Pattern, ...] = ()) -> NDArray[np.int64]:
    """How much is found of each signal of ``COUNTS`` in each of so many texts."""
    columns = build_plan(own).columns[found.patterns]
    counted = np.bincount(found.rows * len(COUNTS) + columns, minlength=texts * len(COUNTS))
    return counted.reshape(texts, len(COUNTS))
