"""The profile ``datatrove`` over the UTF-8 Arrow buffer: one pass a text, held to ``kernels/datatrove/datatrove.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.datatrove.c4_lines import (
    ALL_LINES,
    BULLETS_FIRST,
    ELLIPSES_LAST,
    FIELDS,
    LABELS,
    TALLIES,
    gather,
    is_ellipsis,
    rewritten,
    room_to_rewrite,
    trim,
)
from resonance.curate.kernels.datatrove.datatrove import DUPLICATED_GRAMS, STOP_WORDS, TOP_GRAMS
from resonance.curate.kernels.datatrove.line_signals import INT, LORE, ROW, count_edges, ratio, weigh_lines
from resonance.curate.kernels.datatrove.repetition import OPENINGS, commonest, copies, count_repeated, keep_openings
from resonance.curate.kernels.english.english_kernel import tokenize
from resonance.curate.kernels.english.english_tables import BIT, STORE, tables
from resonance.curate.kernels.english.prefixes import TOTALS, Totals, between, read
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import HASHES, PLACES, SEEN
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, mix, spans
from resonance.curate.kernels.text.words import PRIME

_BULLETS, _PARAGRAPHS, _TOP = 5, 9, 13
_DUPLICATED = _TOP + len(TOP_GRAMS)
_WIDTH = LORE + 8
"""Places of values: nine of words and lines, four of repeated parts, n-grams, four of C4 and four of FineWeb."""
_FIRST_TOP, _LAST_TOP = TOP_GRAMS[0], TOP_GRAMS[-1]
_FIRST_DUPLICATED, _LAST_DUPLICATED = DUPLICATED_GRAMS[0], DUPLICATED_GRAMS[-1]

_LETTER, _SYMBOL = (np.uint32(BIT[name]) for name in ("LETTER", "SYMBOL"))
_HASH, _DOT, _LAST_OF_ELLIPSIS = ord("#"), ord("."), "…".encode()[-1]


def _hash(word: str) -> int:
    value = 0
    for byte in word.encode():
        value = (value * PRIME + byte + 1) % 2**64
    return value


_STOP_WORDS = np.array([_hash(word) for word in STOP_WORDS], np.uint64)


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT))  # type: ignore[no-untyped-call]
def count_marks(data, start, end):  # type: ignore[no-untyped-def]
    """How many number signs and how many ellipses, of one character or of three, a text has."""
    text = data[start:end]
    hashes, thirds, pairs = np.int64(0), np.int64(0), np.int64(0)
    for i in range(len(text)):
        hashes += text[i] == _HASH
    for i in range(len(text)):
        thirds += text[i] == _LAST_OF_ELLIPSIS
    for i in range(len(text) - 1):
        pairs += (text[i] == _DOT) & (text[i + 1] == _DOT)
    ellipses, dots = np.int64(0), 0
    if thirds or pairs > 1:
        for i in range(len(text)):
            dots = dots + 1 if text[i] == _DOT else 0
            if dots == 3:
                ellipses, dots = ellipses + 1, 0
            ellipses += text[i] == _LAST_OF_ELLIPSIS and is_ellipsis(text, 0, i + 1)
    return hashes, ellipses


@compiled(types.UniTuple(types.boolean, 2)(BYTES, INT, INT, CODES))  # type: ignore[no-untyped-call]
def looks(data, at, end, flags):  # type: ignore[no-untyped-def]
    """Whether a token holds a letter, and whether it holds anything but symbols."""
    lettered, plain = False, False
    while at < end and not (lettered and plain):
        code, at = code_point(data, at, end)
        lettered = lettered or (flags[code] & _LETTER) != 0
        plain = plain or (flags[code] & _SYMBOL) == 0
    return lettered, plain


@compiled(types.void(BYTES, POSITIONS, POSITIONS, INT, INT, CODES, TOTALS, HASHES, PLACES, POSITIONS, ROW))
def weigh(data, starts, ends, count, base, flags, totals, words, inks, sums, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the signals of tokens, and for each token its hash, where it starts in ``inks`` (the bytes that are no
    white space) and in ``sums`` (the characters of tokens); both end with the end of the last token.
    """
    plain, chars, lettered, stops = 0, np.int64(0), 0, np.int64(0)
    inks[0], sums[0] = 0, 0
    for i in range(count):
        at, end = starts[i] - base, ends[i] - base
        size = np.int64(totals.chars[end] - totals.chars[at])
        inks[i + 1], sums[i + 1] = totals.spots[end], sums[i] + size
        value = between(totals.solid, inks[i], inks[i + 1])
        words[i] = mix(value)
        letter, other = looks(data, starts[i], ends[i], flags)
        lettered += letter
        plain += other
        chars += size * np.int64(other)
        for j in range(len(_STOP_WORDS)):
            stops |= np.int64(value == _STOP_WORDS[j]) << np.int64(j)
    distinct = np.int64(0)
    for j in range(len(_STOP_WORDS)):
        distinct += (stops >> j) & 1
    row[0], row[1], row[2] = count, plain, ratio(chars, plain)
    row[7], row[8] = ratio(lettered, count), distinct


@compiled(types.void(BYTES, INT, INT, CODES, TOTALS, HASHES, POSITIONS, HASHES, ROW))
def repeat_parts(data, start, end, flags, totals, hashes, sizes, table, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the shares of repeated paragraphs and lines."""
    first, last = trim(data, start, end, flags)
    for feeds in (2, 1):
        low, high = (first, last) if feeds == 2 else (start, end)
        parts, again, again_chars = copies(data, start, low, high, feeds, totals, hashes, sizes, table)
        at = _PARAGRAPHS if feeds == 2 else _PARAGRAPHS + 2
        row[at] = ratio(again, parts) if end > start else np.nan
        row[at + 1] = ratio(again_chars, totals.chars[end - start])


@compiled(
    types.void(INT, INT, TOTALS, HASHES, PLACES, POSITIONS, HASHES, POSITIONS, HASHES, PLACES, PLACES, PLACES, PLACES, SEEN, ROW)
)
def repeat_grams(count, chars, totals, words, inks, sums, keys, top, table, slots, places, firsts, numbers, seen, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the shares of the commonest and of repeated n-grams."""
    size = max(count - _FIRST_DUPLICATED + 1, 0)
    for i in range(size):
        places[i] = i
    for n in range(_FIRST_DUPLICATED, _LAST_DUPLICATED + 1):
        for words_on, opening in OPENINGS:
            if words_on == n:
                size = keep_openings(totals.solid, inks, count, n, opening, keys, places, size, seen)
        again = count_repeated(totals.solid, inks, places, size, count, n, sums, table)
        row[_DUPLICATED + n - _FIRST_DUPLICATED] = ratio(again, chars)
    commonest(words, count, _FIRST_TOP, _LAST_TOP, sums, keys, places, firsts, numbers, slots, seen, top)
    for n in range(_FIRST_TOP, _LAST_TOP + 1):
        row[_TOP + n - _FIRST_TOP] = ratio(top[n - _FIRST_TOP], chars)


@compiled(
    types.void(BYTES, POSITIONS, POSITIONS, CODES, STORE, INT, types.float64[:, ::1], LABELS, LABELS, POSITIONS, types.boolean),
    allocates=True,
)
def measure_all(data, starts, ends, flags, store, longest, found, labels, out, bounds, told):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text, and ``labels``, which is as long as the buffer; ``longest`` is the size of a text.

    Signals of C4's lines and FineWeb's, and ``labels``, are told where ``told`` is set.

    Where ``out`` is as long as all texts, what C4's lines leave of text i goes there, from ``bounds[i]`` to ``bounds[i + 1]``.
    """
    room = longest + 2
    whole, solid, spots = np.empty(room, np.uint64), np.empty(room, np.uint64), np.empty(room, np.int32)
    totals = Totals(whole, solid, spots, np.empty(room, np.int32))
    token_starts, token_ends = np.empty(2 * room, np.int64), np.empty(2 * room, np.int64)
    edges, sums, tally = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(TALLIES, np.int64)
    words, keys, inks = np.empty(room, np.uint64), np.empty(room, np.uint64), np.empty(room, np.int32)
    places, firsts, numbers = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    table, slots, top = np.empty(4 * room + 32, np.uint64), np.empty(4 * room + 32, np.int32), np.empty(_LAST_TOP, np.int64)
    seen = np.empty(16 * room, np.uint8)
    rest, lines, left = np.empty(room, np.uint8), np.empty((room, FIELDS), np.int64), 0
    for number in range(len(starts)):
        start, end, row = starts[number], ends[number], found[number]
        size = read(data, start, end, flags, totals)
        hashes, ellipses = count_marks(data, start, end)
        count = tokenize(data, start, end, flags, store, edges, token_starts, token_ends)
        weigh(data, token_starts, token_ends, count, start, flags, totals, words, inks, sums, row)
        row[3], row[4] = ratio(hashes, count), ratio(ellipses, count)
        repeat_grams(count, size, totals, words, inks, sums, keys, top, table, slots, places, firsts, numbers, seen, row)
        repeat_parts(data, start, end, flags, totals, keys, sums, table, row)
        if told:
            rooms = labels, rest, lines, totals, keys, sums, table, edges, token_starts, token_ends
            weigh_lines(data, start, end, flags, store, *rooms, count, tally, row)
        else:
            tally[ALL_LINES], tally[BULLETS_FIRST], tally[ELLIPSES_LAST] = count_edges(data, start, end, flags)
        row[_BULLETS] = ratio(tally[BULLETS_FIRST], tally[ALL_LINES])
        row[_BULLETS + 1] = ratio(tally[ELLIPSES_LAST], tally[ALL_LINES])
        if len(out):
            left += gather(data, start, end, flags, labels, out[left:])
            bounds[number + 1] = left


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row each; NaN where a signal is not defined."""
    data, starts, ends = spans(texts)
    labels, none = np.empty(len(data), np.uint8), np.empty(0, np.uint8)
    return _measure(data, starts, ends, labels, none, np.zeros(1, np.int64), True)


def measure_words(texts: Any) -> NDArray[np.float64]:
    """What ``measure`` gives but for the signals of C4's lines and FineWeb's, which are NaN; in four fifths of its time."""
    none = np.empty(0, np.uint8)
    return _measure(*spans(texts), none, none, np.zeros(1, np.int64), False)


def measure_and_rewrite(texts: Any) -> tuple[NDArray[np.float64], Any, Any]:
    """What ``measure`` gives, and what ``c4_lines.rewrite`` does: lines are read once for both."""
    data, starts, ends = spans(texts)
    room = room_to_rewrite(data, starts, ends)
    found = _measure(data, starts, ends, *room, True)
    return found, *rewritten(texts, data, starts, ends, room)


def _measure(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    labels: NDArray[np.uint8],
    out: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    told: bool,
) -> NDArray[np.float64]:
    found = np.full((len(starts), _WIDTH), np.nan)
    measure_all(data, starts, ends, *tables(), int((ends - starts).max(initial=0)), found, labels, out, bounds, told)
    return found
