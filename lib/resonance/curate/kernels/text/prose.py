"""Words and lines of a text, counted over the UTF-8 Arrow buffer: what the quality score rests on.

Words stand between white space, lines between line feeds (white space around a line is no part of it), and what counts as
white space is Python's ``str.isspace``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, mix, spans
from resonance.curate.kernels.text.words import BASIS, PRIME

TERMINAL = ".!?…\"'”’»。！？｡」』।։؟۔"
"""What a sentence may end in: C4's marks (Raffel et al. 2020) and those of other scripts."""

LAST_SPACE = 0x3000

COUNTS = ("words", "distinct_words", "lines", "distinct_lines", "terminal_lines")

_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)
_LINE_FEED = 10


def counts_plainly(text: str, head_words: int) -> tuple[int, ...]:
    """``COUNTS`` of one text, its words being the first ``head_words``; the definition that the kernel is held to."""
    words = text.split()[:head_words]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return len(words), len(set(words)), len(lines), len(set(lines)), sum(line[-1] in TERMINAL for line in lines)


@compiled(types.int64(types.uint64[::1], types.int64, types.uint64[::1]))
def distinct(hashes, count, table):  # type: ignore[no-untyped-def]
    """How many of the first ``count`` hashes differ; ``table`` is room for an open-addressed set of twice as many."""
    size = 2
    while size < 2 * count:
        size *= 2
    table[:size] = np.uint64(0)
    found = 0
    for i in range(count):
        value = max(hashes[i], np.uint64(1))
        slot = np.int64(value & np.uint64(size - 1))
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + 1) & (size - 1)
        if table[slot] == 0:
            table[slot] = value
            found += 1
    return found


@compiled(types.void(BYTES, POSITIONS, POSITIONS, BYTES, CODES, types.int64, types.int64[:, ::1]), allocates=True)
def count(data, starts, ends, spaces, terminal, head_words, counts):  # type: ignore[no-untyped-def]
    """Fills ``counts`` text by text, in the order of ``COUNTS``."""
    longest = 0
    for row in range(len(starts)):
        feeds = 1
        for at in range(starts[row], ends[row]):
            feeds += data[at] == _LINE_FEED
        longest = max(longest, feeds, min(head_words, ends[row] - starts[row]))
    words, lines = np.empty(longest, np.uint64), np.empty(longest, np.uint64)
    table = np.empty(4 * longest + 2, np.uint64)
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        n_words, n_lines, n_terminal, last = 0, 0, 0, np.int64(-1)
        word, line, trimmed = _BASIS, _BASIS, _BASIS
        in_word = False
        while at <= end:
            code, after = np.int64(_LINE_FEED), at + 1
            if at < end:
                code, after = code_point(data, at, end)
            if code >= len(spaces) or not spaces[code]:
                word = (word ^ np.uint64(code)) * _PRIME
                line = (line ^ np.uint64(code)) * _PRIME
                trimmed, last, in_word = line, code, True
            else:
                if in_word and n_words < head_words:
                    words[n_words] = mix(word)
                    n_words += 1
                word, in_word = _BASIS, False
                if last >= 0:
                    line = (line ^ np.uint64(code)) * _PRIME
                if code == _LINE_FEED:
                    if last >= 0:
                        lines[n_lines] = mix(trimmed)
                        n_lines += 1
                        for mark in terminal:
                            n_terminal += last == mark
                    line, last = _BASIS, np.int64(-1)
            at = after
        counts[row, 0], counts[row, 1] = n_words, distinct(words, n_words, table)
        counts[row, 2], counts[row, 3] = n_lines, distinct(lines, n_lines, table)
        counts[row, 4] = n_terminal


def counts(texts: Any, head_words: int) -> NDArray[np.int64]:
    """``COUNTS`` of each text of an Arrow string array, one row each."""
    data, starts, ends = spans(texts)
    found = np.zeros((len(starts), len(COUNTS)), np.int64)
    spaces = np.array([chr(code).isspace() for code in range(LAST_SPACE + 1)], np.uint8)
    terminal = np.array([ord(mark) for mark in TERMINAL], np.uint32)
    count(data, starts, ends, spaces, terminal, head_words, found)
    return found
