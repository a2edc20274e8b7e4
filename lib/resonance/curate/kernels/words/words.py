"""The set ``words``: how many words a text has, and how evenly it uses them, in any language.

A word is what it is where near duplicates are sought (``kernels/text/words.py``): one character, in scripts without blanks. Entropy
is Shannon's (1948), in nats as RedPajama-V2 has it, rounded to a millionth, so that logarithms of different machines agree.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text import words as forms
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import FULL, HASHES, INT, PLACES, ROOM, count_in_room, group
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, spans
from resonance.curate.kernels.text.words import folds, next_word

SCALE = 1e6
Value = float | None


def plainly(text: str) -> tuple[Value, ...]:
    """The values of the set for one text; entropy is not defined where there is no word."""
    counts = Counter(forms.words(text))
    total = counts.total()
    if not total:
        return (0, 0, None)
    entropy = math.log(total) - sum(count * math.log(count) for count in counts.values()) / total
    return (total, len(counts), math.floor(entropy * SCALE + 0.5) / SCALE)


@compiled(INT(BYTES, INT, INT, CODES, HASHES))
def read_words(data, at, end, table, tokens):  # type: ignore[no-untyped-def]
    """Fills ``tokens`` with the hashes of a text's words; how many there are, or ``FULL``."""
    count = 0
    word, at = next_word(data, at, end, table)
    while at >= 0:
        if count == len(tokens):
            return FULL
        tokens[count] = word
        count += 1
        word, at = next_word(data, at, end, table)
    return count


@compiled(types.void(PLACES, PLACES, INT, types.float64[::1]))
def sum_up(firsts, copies, count, into):  # type: ignore[no-untyped-def]
    """Fills in the values of the set, once copies are told apart."""
    logs, distinct = 0.0, 0
    for i in range(count):
        if firsts[i] == i:
            distinct += 1
            logs += copies[i] * math.log(copies[i])
    into[0], into[1] = count, distinct
    if count:
        into[2] = math.floor((math.log(count) - logs / count) * SCALE + 0.5) / SCALE


@compiled(INT(BYTES, POSITIONS, POSITIONS, CODES, INT, *ROOM, types.float64[:, ::1]))
def measure_all(data, starts, ends, table, row, tokens, sums, keys, places, firsts, copies, slots, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text from ``row`` on, until the room is too small; that text's row."""
    while row < len(starts):
        count = read_words(data, starts[row], ends[row], table, tokens)
        if count == FULL:
            return row
        group(tokens, count, slots, firsts, copies)
        sum_up(firsts, copies, count, found[row])
        row += 1
    return row


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row a text; NaN where one is not defined."""
    data, starts, ends = spans(texts)
    found = np.full((len(starts), 3), np.nan)
    count_in_room(len(starts), 4_096, lambda row, room: measure_all(data, starts, ends, folds(), row, *room, found))
    return found
