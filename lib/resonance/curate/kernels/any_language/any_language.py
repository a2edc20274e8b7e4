"""The set ``any_language``: what can be asked of a text without knowing its language, defined in plain Python, and its kernel.

Characters are code points that are no white space. Repetition is counted over sequences of characters, so no words are needed:
8 and 16 characters are about 5 and 10 Chinese words, 30 and 60 as many of a language that is spelled with letters. What counts
is datatrove's: of the commonest sequence all copies; of repeated ones those that repeat an earlier one, which are jumped over.
Mojibake is text decoded by a wrong encoding; which sequences are told by ``mojibake.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.any_language.mojibake import BROKEN, count_broken
from resonance.curate.kernels.text.character_bits import bits
from resonance.curate.kernels.text.character_classes import BEYOND, CLASSES, TABLE, class_of, classes
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import (
    FULL,
    HASHES,
    INT,
    PLACES,
    ROOM,
    SUMS,
    count_in_room,
    group,
    keep_repeated,
    top_first,
)
from resonance.curate.kernels.text.prose import TERMINAL
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, mix, spans
from resonance.curate.kernels.text.stretches import before, digest, length, trim_stretch

LETTERS = CLASSES.index("latin"), CLASSES.index("han"), CLASSES.index("other_letter")
BULLETS = "-*•·●○■□▪◆►–—※"
ELLIPSES = ("…", "...")
TOP_GRAMS = (3, 7)
REPEATED_GRAMS = (8, 16, 30, 60)
GRAMS = TOP_GRAMS + REPEATED_GRAMS
WIDTH = 10 + len(GRAMS)

Value = float | None
ROW = types.float64[::1]
_HAN, _OTHER, _SPACE = CLASSES.index("han"), CLASSES.index("other"), CLASSES.index("space")
_LAST_LETTER = max(LETTERS)
_LINES, _GRAMS = 3, 10
_TOP, _GRAM_SIZES = len(TOP_GRAMS), GRAMS
_ENDS, _BULLETS = tuple(map(ord, TERMINAL)), tuple(map(ord, BULLETS))
_ELLIPSIS, _DOT, _FEED = ord("…"), ord("."), ord("\n")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def plainly(text: str) -> tuple[Value, ...]:
    """The values of the set for one text; shares are not defined where there is white space alone."""
    signs = [sign for sign in text if not sign.isspace()]
    if not signs:
        return (0, *[None] * (WIDTH - 1))
    letters = sum(class_of(ord(sign)) in LETTERS for sign in signs)
    broken = sum(len(found.group()) for found in BROKEN.finditer(text))
    repeated = (count_repeats(signs, n) / len(signs) for n in REPEATED_GRAMS)
    return (
        letters,
        letters / len(signs),
        broken / len(signs),
        *_of_lines(text),
        *(count_top(signs, n) / len(signs) for n in TOP_GRAMS),
        *repeated,
    )


def _of_lines(text: str) -> Iterator[float]:
    lines = [line.strip() for line in text.split("\n") if not line.isspace() and line]
    seen: set[str] = set()
    again = [line for line in lines if line in seen or seen.add(line)]  # type: ignore[func-returns-value]
    chars = sum(map(len, lines))
    yield len(lines)
    yield chars / len(lines)
    yield sum(line[-1] in TERMINAL for line in lines) / len(lines)
    yield sum(line[0] in BULLETS for line in lines) / len(lines)
    yield sum(line.endswith(ELLIPSES) for line in lines) / len(lines)
    yield len(again) / len(lines)
    yield sum(map(len, again)) / chars


def count_top(signs: Sequence[str], n: int) -> int:
    """The characters of the commonest sequence of ``n`` times how often it occurs; 0 where none does twice."""
    copies = Counter(tuple(signs[i : i + n]) for i in range(len(signs) - n + 1))
    most = max(copies.values(), default=0)
    return n * most if most > 1 else 0


def count_repeats(signs: Sequence[str], n: int) -> int:
    """The characters of sequences of ``n`` that occurred before; one that did is jumped over."""
    known, at, chars = set(), 0, 0
    while at + n <= len(signs):
        gram = tuple(signs[at : at + n])
        if gram in known:
            chars += n
            at += n
        else:
            known.add(gram)
            at += 1
    return chars


@compiled(INT(BYTES, INT, INT, BYTES, HASHES, ROW))
def read_signs(data, at, end, table, sums, row):  # type: ignore[no-untyped-def]
    """Fills ``sums`` with the hash of all characters before each, and ``row`` with letters; how many characters, or ``FULL``."""
    count, letters = 0, np.int64(0)
    sums[0] = 0
    while at < end:
        code, at = code_point(data, at, end)
        kind = np.int64(table[code]) if code < TABLE else np.int64(_HAN if code < BEYOND else _OTHER)
        if kind == _SPACE:
            continue
        if count + 1 == len(sums):
            return FULL
        sums[count + 1] = sums[count] * _FACTOR + mix(np.uint64(code))
        letters += kind <= _LAST_LETTER
        count += 1
    row[0] = letters
    return count


@compiled(INT(HASHES, PLACES, INT, INT, INT, HASHES))
def name_grams(sums, places, size, n, count, keys):  # type: ignore[no-untyped-def]
    """Fills ``keys`` with the hashes of the sequences of ``n`` at ``places``, which then hold those alone; how many there are."""
    power, kept = np.uint64(1), 0
    for _ in range(n):
        power *= _FACTOR
    for i in range(size):
        place = np.int64(places[i])
        if place + n <= count:
            keys[kept] = sums[place + n] - sums[place] * power
            places[kept] = place
            kept += 1
    return kept


@compiled(INT(PLACES, INT, INT, PLACES, PLACES))
def sum_repeats(places, size, n, firsts, copies):  # type: ignore[no-untyped-def]
    """Characters of sequences of ``n`` that repeat an earlier one that was not jumped over; takes back what ``copies`` tell."""
    chars, at = np.int64(0), np.int64(0)
    for i in range(size):
        place = np.int64(places[i])
        if place < at:
            continue
        if copies[firsts[i]] < 0:
            chars += n
            at = place + n
        else:
            copies[firsts[i]] = -copies[firsts[i]]
    return chars


@compiled(types.void(HASHES, INT, HASHES, PLACES, PLACES, PLACES, PLACES, ROW))
def count_grams(sums, count, keys, places, firsts, copies, table, row):  # type: ignore[no-untyped-def]
    """Fills in what ``row`` holds of sequences. A longer one that occurs twice begins with a shorter one that does."""
    size = count
    for i in range(count):
        places[i] = i
    for number in range(len(_GRAM_SIZES)):
        n = _GRAM_SIZES[number]
        size = name_grams(sums, places, size, n, count, keys)
        group(keys, size, table, firsts, copies)
        if number < _TOP:
            most, _ = top_first(firsts, size, copies)
            row[_GRAMS + number] = n * most / count if most > 1 else 0.0
            size = keep_repeated(keys, places, size, firsts, copies)
        else:
            size = keep_repeated(keys, places, size, firsts, copies)
            group(keys, size, table, firsts, copies)
            row[_GRAMS + number] = sum_repeats(places, size, n, firsts, copies) / count


@compiled(INT(BYTES, INT, INT, BYTES, HASHES, SUMS, ROW))
def read_lines(data, at, end, held, keys, sizes, row):  # type: ignore[no-untyped-def]
    """The hashes and characters of the lines that are not blank, and counts of them in ``row``; how many there are, or ``FULL``."""
    count, chars, ended, bullets, ellipses = 0, np.int64(0), 0, 0, 0
    while at <= end:
        stop = at
        while stop < end and data[stop] != _FEED:
            stop += 1
        first, last = trim_stretch(data, at, stop, held)
        at = stop + 1
        if first == last:
            continue
        if count == len(keys):
            return FULL
        keys[count], sizes[count] = digest(data, first, last), length(data, first, last)
        chars += sizes[count]
        count += 1
        code, _ = code_point(data, before(data, first, last), last)
        ended += code in _ENDS
        ellipses += code == _ELLIPSIS or (last - first >= 3 and data[last - 1] == data[last - 2] == data[last - 3] == _DOT)
        opening, _ = code_point(data, first, last)
        bullets += opening in _BULLETS
    row[_LINES], row[_LINES + 1], row[_LINES + 2] = count, chars / max(count, 1), ended / max(count, 1)
    row[_LINES + 3], row[_LINES + 4] = bullets / max(count, 1), ellipses / max(count, 1)
    return count


@compiled(types.void(SUMS, INT, PLACES, ROW))
def count_lines(sizes, count, firsts, row):  # type: ignore[no-untyped-def]
    """Fills in which lines repeat an earlier one, once copies are told apart."""
    again, again_chars, chars = 0, np.int64(0), np.int64(0)
    for i in range(count):
        chars += sizes[i]
        if firsts[i] != i:
            again += 1
            again_chars += sizes[i]
    row[_LINES + 5], row[_LINES + 6] = again / max(count, 1), again_chars / chars if chars else 0.0


@compiled(INT(BYTES, POSITIONS, POSITIONS, BYTES, BYTES, INT, *ROOM, types.float64[:, ::1]))
def count_all(data, starts, ends, table, held, row, tokens, sums, keys, places, firsts, copies, slots, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text from ``row`` on, until the room is too small; that text's row."""
    while row < len(starts):
        start, end, into = starts[row], ends[row], found[row]
        count = read_signs(data, start, end, table, tokens, into)
        if count == FULL:
            return row
        if count == 0:
            into[1:] = np.nan
            row += 1
            continue
        into[1], into[2] = into[0] / count, count_broken(data, start, end) / count
        count_grams(tokens, count, keys, places, firsts, copies, slots, into)
        count = read_lines(data, start, end, held, tokens, sums, into)
        if count == FULL:
            return row
        group(tokens, count, slots, firsts, copies)
        count_lines(sums, count, firsts, into)
        row += 1
    return row


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row each; NaN where one is not defined."""
    data, starts, ends = spans(texts)
    found = np.zeros((len(starts), WIDTH))
    count_in_room(len(starts), 4_096, lambda row, room: count_all(data, starts, ends, classes(), bits(), row, *room, found))
    return found
