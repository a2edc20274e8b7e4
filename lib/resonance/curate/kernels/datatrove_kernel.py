"""The profile ``datatrove`` over the UTF-8 Arrow buffer: one pass a text, held to ``kernels/datatrove.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.c4_lines import (
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
    strip,
    trim,
)
from resonance.curate.kernels.compiled import compiled
from resonance.curate.kernels.datatrove import COLUMNS, DUPLICATED_GRAMS, SHORT_LINE_CHARS, STOP_WORDS, TOP_GRAMS
from resonance.curate.kernels.english_tables import BIT, STORE, tables
from resonance.curate.kernels.ngrams import HASHES, PLACES
from resonance.curate.kernels.repetition import OPENING, commonest, copies, join, later_copies, may_repeat, repeated
from resonance.curate.kernels.scan import BYTES, CODES, POSITIONS, code_point, mix, spans
from resonance.curate.kernels.tokenizer import sentences, tokenize
from resonance.curate.kernels.words import BASIS, PRIME

INT = types.int64
ROW = types.float64[::1]

_AT = {name: number for number, name in enumerate(COLUMNS)}
_TOP, _DUPLICATED = _AT["top_2_gram"], _AT["duplicated_5_n_grams"]
_LORE, _LINES = _AT["c4_lorem_ipsum"], _AT["line_punct_ratio"]
_PARAGRAPHS, _BULLETS = _AT["dup_para_frac"], _AT["bullet_line_ratio"]
_FIRST_TOP, _LAST_TOP = TOP_GRAMS[0], TOP_GRAMS[-1]
_FIRST_DUPLICATED, _LAST_DUPLICATED = DUPLICATED_GRAMS[0], DUPLICATED_GRAMS[-1]

_SPACE, _LETTER, _SYMBOL, _TERMINAL = (np.uint32(BIT[name]) for name in ("SPACE", "LETTER", "SYMBOL", "TERMINAL"))
_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)
_OPENING = np.uint64(OPENING)
_POWERS = np.array([pow(PRIME, size, 1 << 64) for size in range(33)], np.uint64)
_HASH, _DOT = ord("#"), ord(".")


def _packed(word: str) -> int:
    return int.from_bytes(word.encode(), "big")


_STOP_WORDS = np.array([_packed(word) for word in STOP_WORDS], np.int64)


@compiled(types.float64(types.float64, types.float64))
def ratio(part, whole):  # type: ignore[no-untyped-def]
    """``part / whole``; not a number where there is no whole."""
    return part / whole if whole > 0 else np.nan


@compiled(types.uint64(INT))
def power_of(size):  # type: ignore[no-untyped-def]
    """The radix of the tokens' hash to a number of bytes."""
    power, last = np.uint64(1), len(_POWERS) - 1
    while size > last:
        power *= _POWERS[last]
        size -= last
    return power * _POWERS[size]


@compiled(INT(BYTES, POSITIONS, POSITIONS, INT, CODES, HASHES, HASHES, HASHES, POSITIONS, ROW))
def weigh(data, starts, ends, count, flags, words, powers, openings, sums, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the signals of tokens, and for each token its hash, the radix to its length, and ``sums``.

    The hash of a token is the polynomial of its bytes, so that tokens written together hash alike wherever they are cut.
    ``openings`` gets the hash of the ``OPENING`` bytes from each token on; returns how many tokens have as many.
    """
    plain, chars, lettered, stops = 0, 0, 0, np.int64(0)
    known, written, older, newer = 0, np.uint64(0), np.uint64(0), np.uint64(0)
    sums[0] = 0
    for i in range(count):
        at, end = starts[i], ends[i]
        value, size, packed = np.uint64(0), 0, np.int64(0)
        either, every = np.uint32(0), ~np.uint32(0)
        openings[i] = written
        while at < end:
            code, after = np.int64(data[at]), at + 1
            if code >= 0x80:
                code, after = code_point(data, at, end)
            bits = flags[code]
            either |= bits
            every &= bits
            size += 1
            for j in range(at, after):
                byte = np.uint64(data[j])
                value = value * _PRIME + byte + np.uint64(1)
                older, newer = (older << np.uint64(8)) | (newer >> np.uint64(56)), (newer << np.uint64(8)) | byte
                written += np.uint64(1)
                if known <= i and written == openings[known] + _OPENING:
                    openings[known] = mix(older) + newer
                    known += 1
            at = after
        words[i], powers[i], sums[i + 1] = value, power_of(ends[i] - starts[i]), sums[i] + size
        if not every & _SYMBOL:
            plain += 1
            chars += size
        lettered += (either & _LETTER) != 0
        if size <= 4 and ends[i] - starts[i] == size:
            for j in range(starts[i], ends[i]):
                packed = (packed << 8) | np.int64(data[j])
            for j in range(len(_STOP_WORDS)):
                stops |= np.int64(packed == _STOP_WORDS[j]) << np.int64(j)
    distinct = np.int64(0)
    for j in range(len(_STOP_WORDS)):
        distinct += (stops >> j) & 1
    row[0], row[1], row[2] = count, plain, ratio(chars, plain)
    row[7], row[8] = ratio(lettered, count), distinct
    return known


@compiled(INT(BYTES, INT, INT, INT, ROW))
def scan(data, start, end, count, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the ratios of number signs and ellipses to words; how many characters the text has."""
    hashes, ellipses, chars, dots = 0, 0, 0, 0
    for i in range(start, end):
        byte = data[i]
        chars += (byte & 0xC0) != 0x80
        hashes += byte == _HASH
        dots = dots + 1 if byte == _DOT else 0
        if dots == 3:
            ellipses, dots = ellipses + 1, 0
        ellipses += byte == 0xA6 and is_ellipsis(data, start, i + 1)
    row[3], row[4] = ratio(hashes, count), ratio(ellipses, count)
    return chars


@compiled(types.void(BYTES, INT, INT, CODES, INT, HASHES, POSITIONS, HASHES, ROW))
def repeat_parts(data, start, end, flags, chars, hashes, sizes, table, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the shares of repeated paragraphs and lines."""
    first, last = trim(data, start, end, flags)
    for feeds in (2, 1):
        low, high = (first, last) if feeds == 2 else (start, end)
        parts, again, again_chars = copies(data, low, high, feeds, hashes, sizes, table)
        at = _PARAGRAPHS if feeds == 2 else _PARAGRAPHS + 2
        row[at] = ratio(again, parts) if end > start else np.nan
        row[at + 1] = ratio(again_chars, chars)


@compiled(types.void(INT, INT, INT, HASHES, HASHES, HASHES, POSITIONS, POSITIONS, HASHES, PLACES, PLACES, PLACES, PLACES, ROW))
def repeat_grams(count, known, chars, words, powers, keys, sums, top, table, slots, places, firsts, numbers, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the shares of the commonest and of repeated n-grams; ``keys`` comes with the openings of tokens."""
    size = may_repeat(keys, known, count, _FIRST_DUPLICATED, sums, places, firsts, numbers, slots)
    for i in range(size):
        keys[i] = words[places[i]]
    for n in range(2, _LAST_DUPLICATED + 1):
        join(keys, places, size, words, powers, count, n)
        if n >= _FIRST_DUPLICATED:
            row[_DUPLICATED + n - _FIRST_DUPLICATED] = ratio(repeated(keys, places, size, count, n, sums, table), chars)
    for i in range(count):
        words[i] = mix(words[i] + powers[i])  # from here on words stand apart
    commonest(words, count, _FIRST_TOP, _LAST_TOP, sums, keys, places, firsts, numbers, slots, top)
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


@compiled(types.UniTuple(types.uint64, 3)(BYTES, INT, INT, CODES))  # type: ignore[no-untyped-call]
def weigh_line(data, at, end, flags):  # type: ignore[no-untyped-def]
    """Hash of a line, its characters, and the bits of its last one; the hash is 0 if it is blank."""
    value, chars, last, either = _BASIS, np.uint64(0), np.uint32(0), ~np.uint32(0)
    while at < end:
        code, after = np.int64(data[at]), at + 1
        if code >= 0x80:
            code, after = code_point(data, at, end)
        for i in range(at, after):
            value = (value ^ np.uint64(data[i])) * _PRIME
        last = flags[code]
        either &= last
        chars += np.uint64(1)
        at = after
    return np.uint64(0) if either & _SPACE else max(mix(value), np.uint64(1)), chars, np.uint64(last)


@compiled(types.void(BYTES, LINES, INT, CODES, LABELS, LABELS, HASHES, POSITIONS, HASHES, INT, ROW))
def judge_lines(data, lines, kept, flags, labels, rest, hashes, chars, table, tokens, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with FineWeb's signals of the kept lines, after ``strip``."""
    held, terminal, short, feeds = 0, 0, 0, 0
    total, blank = np.int64(0), np.int64(0)
    for i in range(kept):
        if lines[i, CITED]:
            size = gather(data, lines[i, FIRST], lines[i, LAST], flags, labels, rest)
            value, length, last = weigh_line(rest, 0, size, flags)
        else:
            value, length, last = weigh_line(data, lines[i, FIRST], lines[i, LAST], flags)
        if value == 0:
            blank += np.int64(length)  # counts only between lines that are not blank
            feeds += held > 0
            continue
        total += np.int64(length) + (blank if held else np.int64(0))
        row[_LINES + 3] = feeds  # line feeds before this line
        feeds, blank = feeds + 1, np.int64(0)
        hashes[held], chars[held] = value, np.int64(length)
        held += 1
        terminal += (last & np.uint64(_TERMINAL)) != 0
        short += length <= np.uint64(SHORT_LINE_CHARS)
    _, again = later_copies(hashes, chars, held, table)
    row[_LINES], row[_LINES + 1], row[_LINES + 2] = ratio(terminal, held), ratio(short, held), ratio(again, total)
    row[_LINES + 3] = ratio(row[_LINES + 3] if held else 0, tokens)


@compiled(types.void(BYTES, POSITIONS, POSITIONS, CODES, STORE, INT, INT, types.float64[:, ::1]), allocates=True)
def measure_all(data, starts, ends, flags, store, size, longest, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text, in the order of ``COLUMNS``; ``size`` is that of the buffer, ``longest`` of a text."""
    room = longest + 2
    token_starts, token_ends = np.empty(2 * room, np.int64), np.empty(2 * room, np.int64)
    edges, sums, tally = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(TALLIES, np.int64)
    words, powers, keys = np.empty(room, np.uint64), np.empty(room, np.uint64), np.empty(room, np.uint64)
    places, firsts, numbers = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    table, slots, top = np.empty(4 * room + 32, np.uint64), np.empty(4 * room + 32, np.int32), np.empty(_LAST_TOP, np.int64)
    labels, rest, lines = np.empty(size, np.uint8), np.empty(room, np.uint8), np.empty((room, FIELDS), np.int64)
    for number in range(len(starts)):
        start, end, row = starts[number], ends[number], found[number]
        count = tokenize(data, start, end, flags, store, edges, token_starts, token_ends)
        known = weigh(data, token_starts, token_ends, count, flags, words, powers, keys, sums, row)
        chars = scan(data, start, end, count, row)
        repeat_grams(count, known, chars, words, powers, keys, sums, top, table, slots, places, firsts, numbers, row)
        repeat_parts(data, start, end, flags, chars, keys, sums, table, row)
        mark(data, start, end, flags, labels, rest, lines, tally)
        kept = tally[KEPT_LINES]
        tokens, n_sentences = count_lines(data, lines, kept, flags, store, labels, rest, edges, token_starts, token_ends, count)
        strip(data, start, end, flags, labels, lines, kept)
        judge_lines(data, lines, kept, flags, labels, rest, keys, sums, table, tokens, row)
        row[_BULLETS] = ratio(tally[BULLETS_FIRST], tally[ALL_LINES])
        row[_BULLETS + 1] = ratio(tally[ELLIPSES_LAST], tally[ALL_LINES])
        row[_LORE], row[_LORE + 1], row[_LORE + 2], row[_LORE + 3] = tally[LOREM], tally[CURLY], kept, n_sentences


def measure(texts: Any) -> NDArray[np.float64]:
    """``COLUMNS`` of each text of an Arrow string array, one row each; NaN where a signal is not defined."""
    data, starts, ends = spans(texts)
    found = np.full((len(starts), len(COLUMNS)), np.nan)
    measure_all(data, starts, ends, *tables(), len(data), int((ends - starts).max(initial=0)), found)
    return found
