"""The set ``chinese``: what can be asked of a Chinese text by its characters, defined in plain Python, and its kernel.

No words are cut: function words are single characters, spam marks are sought as they stand, in simplified or traditional form,
half or full width. A sentence is what stands between its ends and line feeds. A line is one of a menu where it is short and has
no mark of a sentence, or holds short entries between separators. Of characters that differ in the two forms, those of the
traditional one are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.chinese.chinese_tables import (
    CLASSICAL,
    END,
    ENDS,
    MARK,
    MARKS,
    SEPARATOR,
    SEPARATORS,
    SIMPLIFIED,
    TRADITIONAL,
    bits,
    fold_code,
    number_function_words,
    read_lists,
    tables,
)
from resonance.curate.kernels.text.character_classes import BEYOND, CLASSES, TABLE, class_of, classes
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, spans

ENTRY_CHARS, ENTRIES = 12, 3
"""So long is a line, or an entry, of a menu at most; a line of so many separators holds entries."""
BREAK = re.compile(f"[{re.escape(ENDS)}\n]")
WIDTH = 12

Value = float | None
INT = types.int64
ROW = types.float64[::1]
PHRASES = types.Array(types.int32, 1, "C", readonly=True)
_LETTERS = tuple(CLASSES.index(name) for name in ("latin", "han", "other_letter"))
_HAN, _OTHER, _SPACE = CLASSES.index("han"), CLASSES.index("other"), CLASSES.index("space")
_LAST_LETTER, _FEED = max(_LETTERS), ord("\n")


def plainly(text: str) -> tuple[Value, ...]:
    """The values of the set for one text; nothing where there is nothing to take a share of."""
    signs = [sign for sign in text if not sign.isspace()]
    kinds = [class_of(ord(sign)) for sign in signs]
    han = [ord(sign) for sign, kind in zip(signs, kinds, strict=True) if kind == _HAN]
    words = [number_function_words()[code] for code in han if code in number_function_words()]
    held = [int(bits()[code]) for code in han if code < TABLE]
    forms = [bit & (TRADITIONAL | SIMPLIFIED) for bit in held if bit & (TRADITIONAL | SIMPLIFIED)]
    return (
        len(han),
        _share(len(han), sum(kind in _LETTERS for kind in kinds)),
        _share(len(words), len(han)),
        len(set(words)),
        _share(sum(form == TRADITIONAL for form in forms), len(forms)),
        _share(sum(bit & CLASSICAL > 0 for bit in held), len(han)),
        _share(sum(sign in MARKS for sign in signs), len(signs)),
        *_of_sentences(text),
        _share(sum(_list_entries(text)), len(signs)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _of_sentences(text: str) -> Iterator[Value]:
    sentences = [piece for piece in BREAK.split(text) if piece.strip()]
    marks = [len(_find_spam().findall("".join(chr(fold_code(ord(sign))) for sign in piece))) for piece in sentences]
    chars = sum(not sign.isspace() for piece in sentences for sign in piece)
    yield len(sentences)
    yield _share(chars, len(sentences))
    yield sum(marks)
    yield _share(sum(mark > 0 for mark in marks), len(sentences))


@cache
def _find_spam() -> re.Pattern[str]:
    longest_first: Sequence[str] = sorted(read_lists()["spam"], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


def _list_entries(text: str) -> Iterator[int]:
    """The characters of each line of a menu."""
    for line in text.split("\n"):
        chars = sum(not sign.isspace() for sign in line)
        separators = sum(sign in SEPARATORS for sign in line)
        short = chars <= ENTRY_CHARS and not any(sign in MARKS for sign in line)
        if short or (separators >= ENTRIES and chars <= ENTRY_CHARS * separators):
            yield chars


@compiled(INT(BYTES, INT, INT, CODES, CODES, POSITIONS, INT))
def match_phrase(data, at, end, folded, phrases, bounds, number):  # type: ignore[no-untyped-def]
    """How many characters the phrase has that stands at ``at``: one of those from ``number`` on that begin alike; 0 for none."""
    head = phrases[bounds[number]]
    while number + 1 < len(bounds) and phrases[bounds[number]] == head:
        size, here, met = bounds[number + 1] - bounds[number], at, True
        for i in range(size):
            if here >= end:
                met = False
                break
            code, here = code_point(data, here, end)
            if (folded[code] if code < TABLE else np.uint32(code)) != phrases[bounds[number] + i]:
                met = False
                break
        if met:
            return size
        number += 1
    return np.int64(0)


@compiled(types.void(BYTES, INT, INT, BYTES, BYTES, BYTES, ROW))
def count_signs(data, at, end, kinds, bits, words, row):  # type: ignore[no-untyped-def]
    """Fills in what ``row`` holds of characters."""
    chars, han, function, classical, marks, old, new = 0, 0, 0, 0, 0, 0, 0
    letters, seen = np.int64(0), np.uint64(0)
    while at < end:
        code, at = code_point(data, at, end)
        low = code < TABLE
        kind = np.int64(kinds[code]) if low else np.int64(_HAN if code < BEYOND else _OTHER)
        if kind == _SPACE:
            continue
        chars += 1
        letters += kind <= _LAST_LETTER
        if not low:
            han += kind == _HAN
            continue
        held = np.int64(bits[code])
        marks += held & MARK != 0
        if kind == _HAN:
            han += 1
            number = words[code]
            if number:
                function += 1
                seen |= np.uint64(1) << np.uint64(number)
            classical += held & CLASSICAL != 0
            old += held & (TRADITIONAL | SIMPLIFIED) == TRADITIONAL
            new += held & (TRADITIONAL | SIMPLIFIED) != 0
    distinct = 0
    while seen:
        seen &= seen - np.uint64(1)
        distinct += 1
    row[0], row[3] = han, distinct
    row[1] = han / letters if letters else np.nan
    row[2], row[5] = (function / han, classical / han) if han else (np.nan, np.nan)
    row[4] = old / new if new else np.nan
    row[6] = marks / chars if chars else np.nan


@compiled(types.void(BYTES, INT, INT, BYTES, BYTES, CODES, PHRASES, CODES, POSITIONS, ROW))
def count_sentences(data, at, end, kinds, bits, folded, heads, phrases, bounds, row):  # type: ignore[no-untyped-def]
    """Fills in what ``row`` holds of sentences."""
    sentences, chars, marks, marked, own, size, skip = 0, 0, 0, 0, 0, 0, np.int64(0)
    while at <= end:
        code, after = np.int64(_FEED), at + 1
        if at < end:
            code, after = code_point(data, at, end)
        low = code < TABLE
        if code == _FEED or (low and bits[code] & END):
            if size:
                sentences += 1
                chars += size
                marked += own > 0
                marks += own
            own, size, skip = 0, 0, np.int64(0)
        else:
            size += not (low and kinds[code] == _SPACE)
            if skip:
                skip -= 1
            elif low and heads[folded[code]]:
                skip = match_phrase(data, at, end, folded, phrases, bounds, np.int64(heads[folded[code]]) - 1)
                own += skip > 0
                skip -= skip > 0
        at = after
    row[7], row[9] = sentences, marks
    row[8], row[10] = (chars / sentences, marked / sentences) if sentences else (np.nan, np.nan)


@compiled(types.float64(BYTES, INT, INT, BYTES, BYTES))
def share_entries(data, at, end, kinds, bits):  # type: ignore[no-untyped-def]
    """The share of characters that are in lines of menus."""
    whole, entries, chars, marks, separators = 0, 0, 0, 0, 0
    while at <= end:
        code, after = np.int64(_FEED), at + 1
        if at < end:
            code, after = code_point(data, at, end)
        if code == _FEED:
            short = chars <= ENTRY_CHARS and marks == 0
            if short or (separators >= ENTRIES and chars <= ENTRY_CHARS * separators):
                entries += chars
            whole += chars
            chars, marks, separators = 0, 0, 0
        elif code >= TABLE:
            chars += 1
        else:
            chars += kinds[code] != _SPACE
            marks += bits[code] & MARK != 0
            separators += bits[code] & SEPARATOR != 0
        at = after
    return entries / whole if whole else np.nan


@compiled(types.void(BYTES, POSITIONS, POSITIONS, BYTES, BYTES, BYTES, CODES, PHRASES, CODES, POSITIONS, types.float64[:, ::1]))
def count_all(data, starts, ends, kinds, bits, words, folded, heads, phrases, bounds, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text."""
    for row in range(len(starts)):
        count_signs(data, starts[row], ends[row], kinds, bits, words, found[row])
        count_sentences(data, starts[row], ends[row], kinds, bits, folded, heads, phrases, bounds, found[row])
        found[row, WIDTH - 1] = share_entries(data, starts[row], ends[row], kinds, bits)


def measure(texts: Any) -> NDArray[np.float64]:
    """The values of each text of an Arrow string array, one row each; NaN where one is not defined."""
    data, starts, ends = spans(texts)
    found = np.zeros((len(starts), WIDTH))
    count_all(data, starts, ends, classes(), *tables(), found)
    return found
