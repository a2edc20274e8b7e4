"""The profile ``dolma``: the signals of Dolma 1.2's Gopher and C4 taggers, defined in plain Python, and their kernel.

Sources: allenai/dolma, python/dolma/taggers/gopher.py (tagger ``gopher_v2``) and c4.py (``c4_v2``). Words stand between white
space, the characters of a text are those of its words, lines are not stripped, an n-gram counts with all its copies. Where
``gopher_v1`` and ``c4_v1`` say something else, a second column ``…_v1`` has it: v1 counts empty lines as lines, and asks for
"javascript" as a word. Dolma writes no number for n-grams of texts that are too short for one; here that is 0, which passes
as an unwritten number does. All else is 0 where there is nothing to count, as with Dolma, so nothing is null but a null text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from statistics import median
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.dolma import dolma_c4
from resonance.curate.kernels.text.character_bits import ALPHA, SPACE, bits
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import (
    FULL,
    HASHES,
    INT,
    PLACES,
    ROOM,
    SUMS,
    count_in_room,
    every_copy,
    group,
    keep_repeated,
    pairs,
    top_first,
    widen,
)
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, mix, spans
from resonance.curate.kernels.text.stretches import before, digest, length
from resonance.curate.kernels.text.words import BASIS, PRIME, word_hash

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
SYMBOLS = ("#", "…")
BULLETS = ("*", "-")
ELLIPSIS = "…"
TOP_GRAMS = (2, 3, 4)
DUPLICATED_GRAMS = (5, 6, 7, 8, 9, 10)

_SYMBOLS = tuple(map(ord, SYMBOLS))
_BULLETS = tuple(map(ord, BULLETS))
_ELLIPSIS, _FEED = ord(ELLIPSIS), ord("\n")
_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)
_GRAMS = 5
_LINES = _GRAMS + len(TOP_GRAMS + DUPLICATED_GRAMS)
_GOPHER = _LINES + 7
"""Places of values: five of words, then those of n-grams, then seven of lines; C4's come after them."""
_MOST_GRAM, _WIDEST = max(TOP_GRAMS), max(DUPLICATED_GRAMS)


def plainly(text: str) -> tuple[float, ...]:
    """The values of the set ``dolma`` for one text."""
    words = text.split()
    chars = sum(map(len, words))
    return (*_of_words(words), *_of_grams(words, chars), *_of_lines(text, chars), *dolma_c4.plainly(text))


def _of_words(words: Sequence[str]) -> Iterator[float]:
    count = max(len(words), 1)
    yield len(words)
    yield median(map(len, words)) if words else 0
    yield sum(any(mark in word for mark in SYMBOLS) for word in words) / count
    yield sum(any(map(str.isalpha, word)) for word in words) / count
    yield sum(word in STOP_WORDS for word in words)


def _of_grams(words: Sequence[str], chars: int) -> Iterator[float]:
    for n in TOP_GRAMS + DUPLICATED_GRAMS:
        counts = Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
        sizes = {gram: copies * sum(map(len, gram)) for gram, copies in counts.items()}
        if n in TOP_GRAMS:
            yield sizes[counts.most_common(1)[0][0]] / chars if counts else 0
        else:
            yield sum(size for gram, size in sizes.items() if counts[gram] > 1) / max(sum(sizes.values()), 1)


def _of_lines(text: str, chars: int) -> Iterator[float]:
    lines, lines_v1 = re.split(r"\n+", text), text.split("\n")
    bullets = sum(line.startswith(BULLETS) for line in lines)
    ellipses = sum(line.endswith(ELLIPSIS) for line in lines)
    again, again_v1 = _copies(lines), _copies(lines_v1)
    yield bullets / len(lines)
    yield ellipses / len(lines)
    yield len(again) / len(lines)
    yield sum(map(len, again)) / max(chars, 1)
    yield bullets / len(lines_v1)
    yield ellipses / len(lines_v1)
    yield len(again_v1) / len(lines_v1)


def _copies(lines: Sequence[str]) -> list[str]:
    """All lines that stand more than once, each as often as it stands."""
    counts = Counter(lines)
    return [line for line in lines if counts[line] > 1]


@cache
def stop_hashes() -> NDArray[np.uint64]:
    """The hashes of the stop words."""
    return np.array([word_hash(word) for word in STOP_WORDS], np.uint64)


ROW = types.float64[::1]


@compiled(INT(SUMS, INT, INT))
def not_longer(sums, count, size):  # type: ignore[no-untyped-def]
    """How many of the first ``count`` words have at most ``size`` characters."""
    found = 0
    for i in range(count):
        found += sums[i + 1] - sums[i] <= size
    return found


@compiled(INT(SUMS, INT, INT))
def find_ranked(sums, count, rank):  # type: ignore[no-untyped-def]
    """The length of the word before which ``rank`` others stand when the first ``count`` are sorted by length."""
    low, high = 0, 8
    while not_longer(sums, count, high) <= rank:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if not_longer(sums, count, middle) > rank:
            high = middle
        else:
            low = middle
    return high


@compiled(INT(BYTES, INT, INT, BYTES, HASHES, HASHES, SUMS, ROW))
def read_words(data, at, end, bits, stops, tokens, sums, row):  # type: ignore[no-untyped-def]
    """The words of a text: how many, their hashes, the characters before each; and what ``row`` holds of them. Or ``FULL``."""
    count, symbols, alphas, stop = 0, 0, 0, 0
    sums[0] = 0
    while at < end:
        value, size, seen, symbol = _BASIS, 0, 0, False
        while at < end:
            code, after = np.int64(data[at]), at + 1
            if code >= 0x80:
                code, after = code_point(data, at, end)
            held = bits[code]
            at = after
            if held & SPACE:
                break
            value = (value ^ np.uint64(code)) * _PRIME
            size += 1
            seen |= held
            symbol |= code in _SYMBOLS
        if size:
            if count == len(tokens):
                return FULL
            tokens[count] = mix(value)
            sums[count + 1] = sums[count] + size
            symbols += symbol
            alphas += seen & ALPHA != 0
            if size <= 4:
                for known in stops:
                    stop += tokens[count] == known
            count += 1
    row[0], row[1] = count, 0.0
    if count:
        row[1] = (find_ranked(sums, count, (count - 1) // 2) + find_ranked(sums, count, count // 2)) / 2
    row[2], row[3], row[4] = symbols / max(count, 1), alphas / max(count, 1), stop
    return count


@compiled(types.void(HASHES, SUMS, INT, HASHES, PLACES, PLACES, PLACES, PLACES, ROW))
def count_grams(tokens, sums, count, keys, places, table, firsts, copies, row):  # type: ignore[no-untyped-def]
    """Fills in what ``row`` holds of n-grams; all arrays have room for ``count`` words, ``table`` for their slots."""
    size = pairs(tokens, count, keys, places)
    upper, lower = np.int64(0), np.int64(0)
    for i in range(count):
        upper += sums[i + 1]
        lower += sums[i]
    for n in range(2, _WIDEST + 1):
        if n > 2:
            size = widen(tokens, keys, places, size, n)
        group(keys, size, table, firsts, copies)
        column = _GRAMS + n - 2
        row[column] = 0.0
        if n <= count:
            upper -= sums[n - 1]
            lower -= sums[count - n + 1]
            if n <= _MOST_GRAM:
                most, number = top_first(firsts, size, copies)
                place = np.int64(places[number]) if most > 1 else 0
                row[column] = max(most, 1) * (sums[place + n] - sums[place]) / sums[count]
        size = keep_repeated(keys, places, size, firsts, copies)
        if n > _MOST_GRAM and n <= count:
            row[column] = every_copy(places, size, sums, n) / (upper - lower)


@compiled(INT(BYTES, INT, INT, HASHES, SUMS, ROW))
def read_lines(data, start, end, keys, sizes, row):  # type: ignore[no-untyped-def]
    """The lines that are not empty: how many, their hashes, their characters; ``row`` gets counts yet. Or ``FULL``."""
    count, feeds, bullets, ellipses, at = 0, 0, 0, 0, start
    while at < end:
        first = at
        while at < end and data[at] != _FEED:
            at += 1
        if at > first:
            if count == len(keys):
                return FULL
            keys[count], sizes[count] = digest(data, first, at), length(data, first, at)
            bullets += np.int64(data[first]) in _BULLETS
            ellipses += code_point(data, before(data, first, at), at)[0] == _ELLIPSIS
            count += 1
        feeds += at < end
        at += 1
    row[_LINES], row[_LINES + 1], row[_LINES + 2] = bullets, ellipses, feeds
    return count


@compiled(types.void(BYTES, INT, INT, SUMS, INT, INT, PLACES, PLACES, ROW))
def count_lines(data, start, end, sizes, count, chars, firsts, copies, row):  # type: ignore[no-untyped-def]
    """Turns the counts of ``read_lines`` into what ``row`` holds of lines, once copies are told apart."""
    again, again_chars = 0, 0
    for i in range(count):
        if copies[firsts[i]] > 1:
            again += 1
            again_chars += sizes[i]
    bullets, ellipses, feeds = row[_LINES], row[_LINES + 1], np.int64(row[_LINES + 2])
    edges = np.int64(0)
    if end > start:
        edges = np.int64(data[start] == _FEED) + np.int64(data[end - 1] == _FEED)
    empty = feeds + 1 - count
    lines, lines_v1 = max(count + edges, 1), feeds + 1
    row[_LINES], row[_LINES + 1] = bullets / lines, ellipses / lines
    row[_LINES + 2] = (again + (edges if edges > 1 else 0)) / lines
    row[_LINES + 3] = again_chars / max(chars, 1)
    row[_LINES + 4], row[_LINES + 5] = bullets / lines_v1, ellipses / lines_v1
    row[_LINES + 6] = (again + (empty if empty > 1 else 0)) / lines_v1


@compiled(INT(BYTES, POSITIONS, POSITIONS, BYTES, HASHES, INT, *ROOM, types.float64[:, ::1]))
def count_all(data, starts, ends, bits, stops, row, tokens, sums, keys, places, firsts, copies, table, found):  # type: ignore[no-untyped-def]
    """Fills Gopher's columns of ``found`` text by text from ``row`` on, until the room is too small; that text's row."""
    while row < len(starts):
        start, end, into = starts[row], ends[row], found[row]
        count = read_words(data, start, end, bits, stops, tokens, sums, into)
        if count == FULL:
            return row
        chars = sums[count]
        count_grams(tokens, sums, count, keys, places, table, firsts, copies, into)
        count = read_lines(data, start, end, tokens, sums, into)
        if count == FULL:
            return row
        group(tokens, count, table, firsts, copies)
        count_lines(data, start, end, sums, count, chars, firsts, copies, into)
        row += 1
    return row


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row each; NaN for a null."""
    data, starts, ends = spans(texts)
    gopher, c4 = np.zeros((len(starts), _GOPHER)), np.zeros((len(starts), dolma_c4.WIDTH))
    tables = bits(), stop_hashes()
    count_in_room(len(starts), 2_048, lambda row, room: count_all(data, starts, ends, *tables, row, *room, gopher))
    text = np.empty(int((ends - starts).max(initial=0)), np.uint8)
    dolma_c4.count_all(data, starts, ends, *dolma_c4.tables(), text, c4)
    found = np.hstack([gopher, c4])
    found[texts.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return found
