"""The profile ``datatrove`` over the UTF-8 Arrow buffer: one pass a text, held to ``kernels/datatrove.py``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.c4_lines import CITATION, LABELS, gather, line_end, line_words, mark, strip
from resonance.curate.kernels.compiled import compiled
from resonance.curate.kernels.datatrove import COLUMNS, DUPLICATED_GRAMS, SHORT_LINE_CHARS, STOP_WORDS, TOP_GRAMS
from resonance.curate.kernels.english_tables import BIT, STORE, tables
from resonance.curate.kernels.repetition import COUNTS, HASHES, commonest, copies, join, later_copies, repeated, roll
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
_HASH, _DOT, _MINUS, _BULLET, _ELLIPSIS, _LINE_FEED = (ord(mark) for mark in "#.-•…\n")


def _packed(word: str) -> int:
    return int.from_bytes(word.encode(), "big")


_STOP_WORDS = np.array([_packed(word) for word in STOP_WORDS], np.int64)


@compiled(types.float64(types.float64, types.float64))
def ratio(part, whole):  # type: ignore[no-untyped-def]
    """``part / whole``; not a number where there is no whole."""
    return part / whole if whole > 0 else np.nan


@compiled(types.void(BYTES, POSITIONS, POSITIONS, INT, CODES, HASHES, HASHES, POSITIONS, ROW))
def weigh(data, starts, ends, count, flags, words, powers, sums, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the signals of tokens, and for each token its hash, the radix to its length, and ``sums``.

    The hash of a token is the polynomial of its bytes, so that tokens written together hash alike wherever they are cut.
    """
    plain, chars, lettered, stops = 0, 0, 0, 0
    sums[0] = 0
    for i in range(count):
        at, end = starts[i], ends[i]
        value, power, size, packed = np.uint64(0), np.uint64(1), 0, np.int64(0)
        either, every = np.uint32(0), ~np.uint32(0)
        while at < end:
            code, after = np.int64(data[at]), at + 1
            if code >= 0x80:
                code, after = code_point(data, at, end)
            bits = flags[code]
            either |= bits
            every &= bits
            size += 1
            for j in range(at, after):
                value = value * _PRIME + np.uint64(data[j]) + np.uint64(1)
                power *= _PRIME
            at = after
        words[i], powers[i], sums[i + 1] = value, power, sums[i] + size
        if not every & _SYMBOL:
            plain += 1
            chars += size
        lettered += (either & _LETTER) != 0
        if size <= 4 and ends[i] - starts[i] == size:
            for j in range(starts[i], ends[i]):
                packed = (packed << 8) | np.int64(data[j])
            for j in range(len(_STOP_WORDS)):
                stops |= np.int64(packed == _STOP_WORDS[j]) << j
    distinct = 0
    for j in range(len(_STOP_WORDS)):
        distinct += (stops >> j) & 1
    row[0], row[1], row[2] = count, plain, ratio(chars, plain)
    row[7], row[8] = ratio(lettered, count), distinct


@compiled(INT(BYTES, INT, INT, CODES, INT, ROW))
def scan_lines(data, start, end, flags, count, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the ratios of number signs, ellipses and lines; how many characters the text has."""
    hashes, ellipses, lines, bullets, trailing, chars, at = 0, 0, 0, 0, 0, 0, start
    dots = 0
    for i in range(start, end):
        byte = data[i]
        chars += (byte & 0xC0) != 0x80
        hashes += byte == _HASH
        dots = dots + 1 if byte == _DOT else 0
        if dots == 3:
            ellipses, dots = ellipses + 1, 0
        if byte == 0xE2:
            code, _ = code_point(data, i, end)
            ellipses += code == _ELLIPSIS
    while at < end:
        stop, after = line_end(data, at, end, flags)
        first, last, _, _ = line_words(data, at, stop, flags)
        lines += 1
        if first < last:
            code, _ = code_point(data, first, last)
            bullets += code in (_MINUS, _BULLET)
            dotted = last - first >= 3 and data[last - 1] == _DOT and data[last - 2] == _DOT and data[last - 3] == _DOT
            if not dotted and last - first >= 3:
                code, stop = code_point(data, last - 3, last)
                dotted = code == _ELLIPSIS
            trailing += dotted
        at = after
    row[3], row[4] = ratio(hashes, count), ratio(ellipses, count)
    row[_BULLETS], row[_BULLETS + 1] = ratio(bullets, lines), ratio(trailing, lines)
    return chars


@compiled(types.void(BYTES, INT, INT, CODES, INT, HASHES, POSITIONS, HASHES, ROW))
def repeat_parts(data, start, end, flags, chars, hashes, sizes, table, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the shares of repeated paragraphs and lines."""
    first, last, _, _ = line_words(data, start, end, flags)  # the text without white space around it
    for feeds in (2, 1):
        low, high = (first, last) if feeds == 2 else (start, end)
        parts, again, again_chars = copies(data, low, high, feeds, hashes, sizes, table)
        at = _PARAGRAPHS if feeds == 2 else _PARAGRAPHS + 2
        row[at] = ratio(again, parts) if end > start else np.nan
        row[at + 1] = ratio(again_chars, chars)


@compiled(types.void(INT, INT, HASHES, HASHES, POSITIONS, HASHES, HASHES, COUNTS, COUNTS, ROW))
def repeat_grams(count, chars, words, powers, sums, rolled, table, tallies, firsts, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the shares of the commonest and of repeated n-grams."""
    for i in range(count):
        rolled[i] = words[i]
    for n in range(2, _LAST_DUPLICATED + 1):
        join(rolled, words, powers, count, n)
        if n >= _FIRST_DUPLICATED:
            row[_DUPLICATED + n - _FIRST_DUPLICATED] = ratio(repeated(rolled, sums, count, n, table), chars)
    for i in range(count):
        words[i] = mix(words[i] + powers[i])  # from here on words stand apart
        rolled[i] = words[i]
    for n in range(2, _LAST_TOP + 1):
        roll(rolled, words, count, n)
        if n >= _FIRST_TOP:
            row[_TOP + n - _FIRST_TOP] = ratio(commonest(rolled, sums, count, n, table, tallies, firsts), chars)


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, CODES, STORE, LABELS, LABELS, POSITIONS, POSITIONS, POSITIONS))  # type: ignore[no-untyped-call]
def count_anew(data, start, end, flags, store, labels, line, edges, starts, ends):  # type: ignore[no-untyped-def]
    """Tokens and sentences of a line that lost citations."""
    size = gather(data, start, end, flags, labels, line)
    count = tokenize(line, 0, size, flags, store, edges, starts, ends)
    return count, sentences(line, 0, size, flags, starts, ends, 0, count)


@compiled(types.void(BYTES, INT, CODES, HASHES, POSITIONS, HASHES, INT, ROW))
def judge_lines(left, size, flags, hashes, chars, table, tokens, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with FineWeb's signals of the text that C4's rules left."""
    lines, terminal, short, feeds, total, at = 0, 0, 0, 0, 0, 0
    while at <= size and size > 0:
        value, length, last, blank = _BASIS, 0, np.int64(0), True
        while at < size and left[at] != _LINE_FEED:
            code, after = code_point(left, at, size)
            for i in range(at, after):
                value = (value ^ np.uint64(left[i])) * _PRIME
            blank = blank and (flags[code] & _SPACE) != 0
            last, length, at = code, length + 1, after
        feeds += at < size
        at += 1
        total += length
        if not blank:
            hashes[lines], chars[lines] = max(mix(value), np.uint64(1)), length
            lines += 1
            terminal += (flags[last] & _TERMINAL) != 0
            short += length <= SHORT_LINE_CHARS
    _, again = later_copies(hashes, chars, lines, table)
    row[_LINES], row[_LINES + 1] = ratio(terminal, lines), ratio(short, lines)
    row[_LINES + 2], row[_LINES + 3] = ratio(again, total), ratio(feeds, tokens)


@compiled(types.void(BYTES, POSITIONS, POSITIONS, CODES, STORE, INT, INT, types.float64[:, ::1]))
def measure_all(data, starts, ends, flags, store, size, longest, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text, in the order of ``COLUMNS``; ``size`` is that of the buffer, ``longest`` of a text."""
    room = longest + 2
    token_starts, token_ends, edges = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    line_starts, line_ends, sums = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    own_starts, own_ends = np.empty(room, np.int64), np.empty(room, np.int64)
    words, powers, rolled = np.empty(room, np.uint64), np.empty(room, np.uint64), np.empty(room, np.uint64)
    table = np.empty(4 * room + 32, np.uint64)
    tallies, firsts = np.empty(4 * room + 32, np.int32), np.empty(4 * room + 32, np.int32)
    labels, line, left = np.empty(size, np.uint8), np.empty(room, np.uint8), np.empty(room, np.uint8)
    for number in range(len(starts)):
        start, end, row = starts[number], ends[number], found[number]
        count = tokenize(data, start, end, flags, store, edges, token_starts, token_ends)
        weigh(data, token_starts, token_ends, count, flags, words, powers, sums, row)
        chars = scan_lines(data, start, end, flags, count, row)
        repeat_grams(count, chars, words, powers, sums, rolled, table, tallies, firsts, row)
        repeat_parts(data, start, end, flags, chars, rolled, sums, table, row)
        kept, lorem, curly = mark(data, start, end, flags, labels, line, line_starts, line_ends)
        token, tokens, n_sentences = 0, 0, 0
        for i in range(kept):
            low, high = line_starts[i], line_ends[i]
            while token < count and token_starts[token] < low:
                token += 1
            first, cited = token, False
            while token < count and token_starts[token] < high:
                token += 1
            for at in range(low, high):
                cited = cited or labels[at] == CITATION
            if cited:
                fresh, said = count_anew(data, low, high, flags, store, labels, line, edges, own_starts, own_ends)
                tokens, n_sentences = tokens + fresh, n_sentences + said
            else:
                tokens += token - first
                n_sentences += sentences(data, low, high, flags, token_starts, token_ends, first, token)
        strip(data, start, end, flags, labels)
        judge_lines(left, gather(data, start, end, flags, labels, left), flags, rolled, sums, table, tokens, row)
        row[_LORE], row[_LORE + 1], row[_LORE + 2], row[_LORE + 3] = lorem, curly, kept, n_sentences


def measure(texts: Any) -> NDArray[np.float64]:
    """``COLUMNS`` of each text of an Arrow string array, one row each; NaN where a signal is not defined."""
    data, starts, ends = spans(texts)
    found = np.full((len(starts), len(COLUMNS)), np.nan)
    measure_all(data, starts, ends, *tables(), len(data), int((ends - starts).max(initial=0)), found)
    return found
