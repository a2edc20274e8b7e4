"""The profile ``datatrove`` over the UTF-8 Arrow buffer: one pass a text, held to ``kernels/datatrove/datatrove.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.datatrove.c4_lines import (
    ALL_LINES,
    BULLETS_FIRST,
    CITED,
    CURLY,
    ELLIPSES_LAST,
    FIELDS,
    FIRST,
    KEPT_LINES,
    LABELS,
    LAST,
    LINES,
    LOREM,
    TALLIES,
    gather,
    is_ellipsis,
    mark,
    rewritten,
    room_to_rewrite,
    strip,
    trim,
)
from resonance.curate.kernels.datatrove.datatrove import DUPLICATED_GRAMS, SHORT_LINE_CHARS, STOP_WORDS, TOP_GRAMS
from resonance.curate.kernels.datatrove.repetition import OPENINGS, commonest, copies, count_repeated, keep_openings, later_copies
from resonance.curate.kernels.english.english_kernel import sentences, tokenize
from resonance.curate.kernels.english.english_tables import BIT, STORE, tables
from resonance.curate.kernels.english.prefixes import TOTALS, Totals, between, name_of, name_of_bytes, read
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import HASHES, PLACES, SEEN
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, mix, spans
from resonance.curate.kernels.text.words import PRIME

INT = types.int64
ROW = types.float64[::1]

_BULLETS, _PARAGRAPHS, _TOP = 5, 9, 13
_DUPLICATED = _TOP + len(TOP_GRAMS)
_LORE = _DUPLICATED + len(DUPLICATED_GRAMS)
_LINES = _LORE + 4
_WIDTH = _LINES + 4
"""Places of values: nine of words and lines, four of repeated parts, n-grams, four of C4 and four of FineWeb."""
_FIRST_TOP, _LAST_TOP = TOP_GRAMS[0], TOP_GRAMS[-1]
_FIRST_DUPLICATED, _LAST_DUPLICATED = DUPLICATED_GRAMS[0], DUPLICATED_GRAMS[-1]

_SPACE, _LETTER, _SYMBOL, _TERMINAL = (np.uint32(BIT[name]) for name in ("SPACE", "LETTER", "SYMBOL", "TERMINAL"))


_HASH, _DOT, _LAST_OF_ELLIPSIS = ord("#"), ord("."), "…".encode()[-1]


def _hash(word: str) -> int:
    value = 0
    for byte in word.encode():
        value = (value * PRIME + byte + 1) % 2**64
    return value


_STOP_WORDS = np.array([_hash(word) for word in STOP_WORDS], np.uint64)


@compiled(types.float64(types.float64, types.float64))
def ratio(part, whole):  # type: ignore[no-untyped-def]
    """``part / whole``; not a number where there is no whole."""
    return part / whole if whole > 0 else np.nan


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


@compiled(
    types.void(BYTES, POSITIONS, POSITIONS, CODES, STORE, INT, types.float64[:, ::1], LABELS, LABELS, POSITIONS), allocates=True
)
def measure_all(data, starts, ends, flags, store, longest, found, labels, out, bounds):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text, and ``labels``, which is as long as the buffer; ``longest`` is the size of a text.

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
        mark(data, start, end, flags, labels, rest, lines, tally)
        kept = tally[KEPT_LINES]
        tokens, n_sentences = count_lines(data, lines, kept, flags, store, labels, rest, edges, token_starts, token_ends, count)
        strip(data, start, end, flags, labels, lines, kept)
        judge_lines(data, start, lines, kept, flags, labels, rest, totals, keys, sums, table, tokens, row)
        row[_BULLETS] = ratio(tally[BULLETS_FIRST], tally[ALL_LINES])
        row[_BULLETS + 1] = ratio(tally[ELLIPSES_LAST], tally[ALL_LINES])
        row[_LORE], row[_LORE + 1], row[_LORE + 2], row[_LORE + 3] = tally[LOREM], tally[CURLY], kept, n_sentences
        if len(out):
            left += gather(data, start, end, flags, labels, out[left:])
            bounds[number + 1] = left


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row each; NaN where a signal is not defined."""
    data, starts, ends = spans(texts)
    labels, none = np.empty(len(data), np.uint8), np.empty(0, np.uint8)
    return _measure(data, starts, ends, labels, none, np.zeros(1, np.int64))


def measure_and_rewrite(texts: Any) -> tuple[NDArray[np.float64], Any, Any]:
    """What ``measure`` gives, and what ``c4_lines.rewrite`` does: lines are read once for both."""
    data, starts, ends = spans(texts)
    room = room_to_rewrite(data, starts, ends)
    found = _measure(data, starts, ends, *room)
    return found, *rewritten(texts, data, starts, ends, room)


def _measure(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    labels: NDArray[np.uint8],
    out: NDArray[np.uint8],
    bounds: NDArray[np.int64],
) -> NDArray[np.float64]:
    found = np.full((len(starts), _WIDTH), np.nan)
    measure_all(data, starts, ends, *tables(), int((ends - starts).max(initial=0)), found, labels, out, bounds)
    return found
