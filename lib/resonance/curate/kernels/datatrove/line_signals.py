"""The signals of lines over UTF-8 bytes: those that C4's line rules keep, and FineWeb's of these; held to ``datatrove.py``."""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.datatrove.c4_lines import (
    CITED,
    CURLY,
    FIRST,
    KEPT_LINES,
    LABELS,
    LAST,
    LINES,
    LOREM,
    gather,
    is_ellipsis,
    mark,
    strip,
    trim,
)
from resonance.curate.kernels.datatrove.datatrove import DUPLICATED_GRAMS, SHORT_LINE_CHARS, TOP_GRAMS
from resonance.curate.kernels.datatrove.repetition import later_copies
from resonance.curate.kernels.english.english_kernel import sentences, tokenize
from resonance.curate.kernels.english.english_tables import BIT, STORE
from resonance.curate.kernels.english.prefixes import TOTALS, name_of, name_of_bytes
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import HASHES
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point

INT = types.int64
ROW = types.float64[::1]
LINE_ARRAYS = (LABELS, LABELS, LINES, TOTALS, HASHES, POSITIONS, HASHES, POSITIONS, POSITIONS, POSITIONS)
"""Room to work in: labels, the rest of a line, lines, running totals, hashes and sizes of lines, their table, affixes, tokens."""
LORE = 13 + len(TOP_GRAMS) + len(DUPLICATED_GRAMS)
"""The place of C4's four signals among all of the set; FineWeb's four follow."""
_LORE, _LINES = LORE, LORE + 4
_SPACE, _LINE_END, _TERMINAL = (np.uint32(BIT[name]) for name in ("SPACE", "LINE_END", "TERMINAL"))
_MINUS, _BULLET, _RETURN, _LINE_FEED = (ord(sign) for sign in "-•\r\n")
_NEXT_LINE, _SEPARATORS = "\u0085".encode()[0], "\u2028".encode()[0]
"""The first bytes of the line ends beyond ASCII."""


@compiled(types.float64(types.float64, types.float64))
def ratio(part, whole):  # type: ignore[no-untyped-def]
    """``part / whole``; not a number where there is no whole."""
    return part / whole if whole > 0 else np.nan


@compiled(types.UniTuple(INT, 2)(BYTES, LINES, INT, CODES, STORE, LABELS, LABELS, POSITIONS, POSITIONS, POSITIONS, INT))  # type: ignore[no-untyped-call]
def count_lines(data, lines, kept, flags, store, labels, rest, edges, starts, ends, count):  # type: ignore[no-untyped-def]
    """Tokens and sentences of the kept lines, from the tokens of the text; a line that lost citations is cut anew."""
    token, tokens, found = 0, 0, 0
    for i in range(kept):
        low, high = lines[i, FIRST], lines[i, LAST]
        while token < count and starts[token] < low:
            token += 1
        first = token
        while token < count and starts[token] < high:
            token += 1
        if lines[i, CITED]:
            size = gather(data, low, high, flags, labels, rest)
            fresh = tokenize(rest, 0, size, flags, store, edges, starts[count:], ends[count:])
            tokens += fresh
            found += sentences(rest, 0, size, flags, starts, ends, count, count + fresh)
        else:
            tokens += token - first
            found += sentences(data, low, high, flags, starts, ends, first, token)
    return tokens, found


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, CODES))  # type: ignore[no-untyped-call]
def weigh_line(data, at, end, flags):  # type: ignore[no-untyped-def]
    """How many characters a line has, and the bits of its last one; -1 characters if it is blank."""
    chars, last, either = np.int64(0), np.uint32(0), ~np.uint32(0)
    while at < end:
        code, at = code_point(data, at, end)
        last = flags[code]
        either &= last
        chars += 1
    return np.int64(-1) if either & _SPACE else chars, np.int64(last)


@compiled(types.void(BYTES, INT, LINES, INT, CODES, LABELS, LABELS, TOTALS, HASHES, POSITIONS, HASHES, INT, ROW))
def judge_lines(data, base, lines, kept, flags, labels, rest, totals, hashes, sizes, table, tokens, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with FineWeb's signals of the kept lines, after ``strip``."""
    held, terminal, short, feeds = 0, 0, 0, 0
    total, blank = np.int64(0), np.int64(0)
    for i in range(kept):
        first, last = lines[i, FIRST], lines[i, LAST]
        if lines[i, CITED]:
            size = gather(data, first, last, flags, labels, rest)
            chars, bits = weigh_line(rest, 0, size, flags)
            if chars < 0:
                blank += size  # counts only between lines that are not blank
                feeds += held > 0
                continue
            hashes[held] = name_of_bytes(rest, 0, size)
        else:
            chars = np.int64(totals.chars[last - base] - totals.chars[first - base])
            low = last - 1
            while low > first and data[low] & 0xC0 == 0x80:
                low -= 1
            bits = np.int64(flags[code_point(data, low, last)[0]])
            hashes[held] = name_of(totals.whole, first - base, last - base)
        total += chars + (blank if held else np.int64(0))
        row[_LINES + 3] = feeds  # line feeds before this line
        feeds, blank = feeds + 1, np.int64(0)
        sizes[held] = chars
        held += 1
        terminal += (bits & _TERMINAL) != 0
        short += chars <= SHORT_LINE_CHARS
    _, again = later_copies(hashes, sizes, held, table)
    row[_LINES], row[_LINES + 1], row[_LINES + 2] = ratio(terminal, held), ratio(short, held), ratio(again, total)
    row[_LINES + 3] = ratio(row[_LINES + 3] if held else 0, tokens)


@compiled(types.UniTuple(INT, 3)(BYTES, INT, INT, CODES))  # type: ignore[no-untyped-call]
def count_edges(data, start, end, flags):  # type: ignore[no-untyped-def]
    """How many lines a text has, how many of them start with a bullet, and how many end in an ellipsis: what ``mark`` tells too."""
    lines, bullets, ellipses, at = 0, 0, 0, start
    while at < end:
        stop, after = at, end
        while stop < end:
            code, step = np.int64(data[stop]), stop + 1
            if code in (_NEXT_LINE, _SEPARATORS):
                code, step = code_point(data, stop, end)
            if (code < 0x80 or step > stop + 1) and flags[code] & _LINE_END:
                after = step + int(code == _RETURN and step < end and data[step] == _LINE_FEED)
                break
            stop += 1
        first, last = trim(data, at, stop, flags)
        lines += 1
        if first < last:
            code, _ = code_point(data, first, last)
            bullets += code in (_MINUS, _BULLET)
            ellipses += is_ellipsis(data, first, last)
        at = after
    return lines, bullets, ellipses


@compiled(types.void(BYTES, INT, INT, CODES, STORE, *LINE_ARRAYS, INT, POSITIONS, ROW))
def weigh_lines(  # type: ignore[no-untyped-def]
    data, start, end, flags, store, labels, rest, lines, totals, keys, sums, table, edges, starts, ends, count, tally, row
):
    """Fills ``tally`` and ``labels``, and ``row`` with the signals of C4's lines and FineWeb's."""
    mark(data, start, end, flags, labels, rest, lines, tally)
    kept = tally[KEPT_LINES]
    tokens, n_sentences = count_lines(data, lines, kept, flags, store, labels, rest, edges, starts, ends, count)
    strip(data, start, end, flags, labels, lines, kept)
    judge_lines(data, start, lines, kept, flags, labels, rest, totals, keys, sums, table, tokens, row)
    row[_LORE], row[_LORE + 1], row[_LORE + 2], row[_LORE + 3] = tally[LOREM], tally[CURLY], kept, n_sentences
