"""Texts with every value that was found replaced: by the name of its type, or by a pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.core.pseudonyms import make_pseudonym
from resonance.curate.kernels.privacy.find import Found
from resonance.curate.kernels.privacy.patterns import PATTERNS, Pattern
from resonance.curate.kernels.privacy.plain import find_plainly
from resonance.curate.kernels.privacy.tables import build_plan
from resonance.curate.kernels.privacy.words_kernel import LONGS, lay_words
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, spans


def mask_plainly(text: str, key: bytes | None = None, own: Sequence[Pattern] = ()) -> str:
    """One text with placeholders, or with pseudonyms where there is a key."""
    masks = {pattern.name: pattern.mask for pattern in (*own, *PATTERNS)}
    at, parts = 0, []
    for span in find_plainly(text, own):
        value = text[span.start : span.end]
        parts += [text[at : span.start], write_mask(masks[span.type], value, key)]
        at = span.end
    return "".join([*parts, text[at:]])


def write_mask(mask: str, value: str, key: bytes | None) -> str:
    """What stands in place of a value."""
    return f"<{mask}>" if key is None else make_pseudonym(key, mask, value)


@compiled(types.void(BYTES, POSITIONS, POSITIONS, LONGS, LONGS, LONGS, LONGS, BYTES, LONGS, types.uint8[::1], POSITIONS))
def replace_all(data, starts, ends, rows, firsts, lasts, choices, words, word_bounds, out, bounds):  # type: ignore[no-untyped-def]
    """Writes each text to ``out`` with words in place of spans, text i from ``bounds[i]`` to ``bounds[i + 1]``."""
    size, span = 0, 0
    for row in range(len(starts)):
        at = starts[row]
        while at < ends[row] or (span < len(rows) and rows[span] == row):
            stop = ends[row]
            if span < len(rows) and rows[span] == row:
                stop = starts[row] + firsts[span]
            for i in range(at, stop):
                out[size] = data[i]
                size += 1
            at = stop
            if span < len(rows) and rows[span] == row:
                for i in range(word_bounds[choices[span]], word_bounds[choices[span] + 1]):
                    out[size] = words[i]
                    size += 1
                at = starts[row] + lasts[span]
                span += 1
        bounds[row + 1] = size


def mask(texts: Any, found: Found, key: bytes | None = None, own: tuple[Pattern, ...] = ()) -> Any:
    """Each text of an Arrow string array with what was found in it replaced; a null stays null."""
    if not len(found.rows):
        return texts
    data, starts, ends = spans(texts)
    masks = build_plan(own).masks
    if key is None:
        words, choices = [f"<{name}>" for name in masks], found.patterns
    else:
        words, choices = _write_pseudonyms(data, starts, found, masks, key)
    held, word_bounds = lay_words(words)
    room = int((ends - starts).sum() + np.diff(word_bounds)[choices].sum())
    out, bounds = np.empty(room, np.uint8), np.zeros(len(starts) + 1, np.int64)
    replace_all(data, starts, ends, found.rows, found.starts, found.ends, choices, held, word_bounds, out, bounds)
    masked = pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(bounds), pa.py_buffer(out[: bounds[-1]])).cast(texts.type)
    return pa.compute.if_else(texts.is_null(), pa.scalar(None, texts.type), masked) if texts.null_count else masked


def _write_pseudonyms(
    data: NDArray[np.uint8], starts: NDArray[np.int64], found: Found, masks: Sequence[str], key: bytes
) -> tuple[list[str], NDArray[np.int64]]:
    """The pseudonyms of all values, each once, and which of them stands for each value."""
    known: dict[str, int] = {}
    choices = []
    first, last = starts[found.rows] + found.starts, starts[found.rows] + found.ends
    for number, at, end in zip(found.patterns, first, last, strict=True):
        word = make_pseudonym(key, masks[number], data[at:end].tobytes().decode(errors="replace"))
        choices.append(known.setdefault(word, len(known)))
    return list(known), np.array(choices, np.int64)
