"""The normal form ``datatrove``: that of datatrove's MinHash, word for word (0.10.1: utils/text.py, pipeline/dedup/minhash.py).

Lower case, a number is 0, punctuation is a blank, white space is one blank, letters without accents (NFD without marks), then
the words of spaCy's blank English pipeline (``kernels/english/english.py``). The kernel writes those words one blank apart, so that
shingles are n-grams joined by a blank.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.english import english
from resonance.curate.kernels.english.english_kernel import tokenize
from resonance.curate.kernels.english.english_tables import STORE, tables
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, spans

MARKS = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
PUNCTUATION = MARKS + "".join(chr(code) for code in (*range(9), 11, 12, *range(13, 32), *range(127, 160)))
BLANKS = str.maketrans(PUNCTUATION, " " * len(PUNCTUATION))
SEPARATORS = ".,،٫⎖⎗⎘"
NUMBER = re.compile(rf"\d+([{SEPARATORS}]\d+)?")
WHITE_SPACE = re.compile(r"\s+")

PLANES, NAMED = 0x110000, 0x32400
"""All code points; from ``NAMED`` on Unicode knows no case, digit, space or decomposition below ``SPECIAL``."""
SPECIAL = 0xE0000
BLANK, VANISHES, DIGIT, EXPANDS = 0, 1, 2, 1 << 30
"""What a code point adds, in a table: one blank after anything else, nothing, a digit of a number, several characters."""
NEITHER, CASED, IGNORABLE = range(3)
"""What a code point is to a capital sigma beside it, which at the end of a word has a small form of its own."""
ROOM = 3
"""A byte becomes so many at most."""

INT = types.int64
OUT = types.uint8[::1]
_BLANK, _VANISHES, _DIGIT, _EXPANDS = (np.uint32(held) for held in (BLANK, VANISHES, DIGIT, EXPANDS))
_SPACE, _ZERO, _SIGMA, _FINAL_SIGMA = ord(" "), ord("0"), ord("Σ"), ord("ς")
_SEPARATORS = np.array([ord(mark) for mark in SEPARATORS], np.uint32)


def simplify(text: str) -> str:
    """``text`` before it is cut into words; the definition that the kernel is held to."""
    text = NUMBER.sub("0", text.lower()).translate(BLANKS)
    text = WHITE_SPACE.sub(" ", text.strip())
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn").strip()


def words(text: str) -> list[str]:
    """The words of ``text`` in normal form, in order; the definition that the kernel is held to."""
    return english.words(simplify(text))


@cache
def simple() -> NDArray[np.uint32]:
    """What every code point adds, or where behind them all its characters are, their number first.

    Marks that take space and have an order (Mc of a combining class) are left in the order of the text.
    """
    table, tail = np.arange(PLANES, dtype=np.uint32), list[int]()
    for code in (*range(NAMED), *range(SPECIAL, SPECIAL + 0x200)):
        character = chr(code)
        lower = character.lower().translate(BLANKS)
        decomposed = [ord(c) for c in unicodedata.normalize("NFD", lower) if unicodedata.category(c) != "Mn"]
        if character.isdecimal():
            table[code] = DIGIT
        elif lower.isspace():
            table[code] = BLANK
        elif len(decomposed) == 1:
            table[code] = decomposed[0]
        elif decomposed:
            table[code] = EXPANDS | (PLANES + len(tail))
            tail += [len(decomposed), *decomposed]
        else:
            table[code] = VANISHES
    return np.concatenate([table, np.array(tail, np.uint32)])


@cache
def cases() -> NDArray[np.uint8]:
    """What every code point is to a capital sigma, as the interpreter's own lower case shows it."""
    table = np.full(PLANES, NEITHER, np.uint8)
    for code in (*range(NAMED), *range(SPECIAL, SPECIAL + 0x200)):
        character = chr(code)
        if f"AΣ{character}".lower()[1] == "σ":
            table[code] = CASED
        elif f"AΣ{character}A".lower()[1] == "σ":
            table[code] = IGNORABLE
    return table


@compiled(INT(OUT, INT, INT))
def put(out, size, code):  # type: ignore[no-untyped-def]
    """Writes a code point as UTF-8; where the next one goes."""
    if code < 0x80:
        out[size] = code
        return size + 1
    more = 1 if code < 0x800 else 2 if code < 0x10000 else 3
    out[size] = (0xFF << 7 - more) & 0xFF | code >> 6 * more
    for i in range(more):
        out[size + 1 + i] = 0x80 | (code >> 6 * (more - 1 - i)) & 0x3F
    return size + more + 1


@compiled(types.boolean(BYTES, INT, INT, INT, INT, BYTES))
def ends_word(data, start, at, after, end, cased):  # type: ignore[no-untyped-def]
    """Whether the capital sigma from ``at`` to ``after`` ends a word: a letter with case is before it, and none behind it."""
    kind = IGNORABLE
    while kind == IGNORABLE and at > start:
        at -= 1
        while at > start and data[at] & 0xC0 == 0x80:
            at -= 1
        code, _ = code_point(data, at, end)
        kind = cased[code]
    if kind != CASED:
        return False
    kind = IGNORABLE
    while kind == IGNORABLE and after < end:
        code, after = code_point(data, after, end)
        kind = cased[code]
    return kind != CASED


@compiled(INT(BYTES, INT, INT, CODES))
def after_digits(data, at, end, table):  # type: ignore[no-untyped-def]
    """Where the digits from ``at`` on end."""
    while at < end:
        code, after = code_point(data, at, end)
        if table[code] != _DIGIT:
            break
        at = after
    return at


@compiled(INT(BYTES, INT, INT, CODES))
def after_number(data, at, end, table):  # type: ignore[no-untyped-def]
    """Where the number at ``at`` ends: digits and, behind one separator, more digits."""
    at = after_digits(data, at, end, table)
    if at < end:
        code, after = code_point(data, at, end)
        for mark in _SEPARATORS:
            if code == mark:
                further = after_digits(data, after, end, table)
                return further if further > after else at
    return at


@compiled(INT(BYTES, INT, INT, CODES, BYTES, OUT, INT))
def simplify_one(data, start, end, table, cased, out, first):  # type: ignore[no-untyped-def]
    """Writes a text in normal form, not yet cut into words, to ``out`` from ``first`` on; where it ends."""
    at, size, blank = start, first, True
    while at < end:
        code, after = code_point(data, at, end)
        added = table[code]
        if added == _BLANK:
            if not blank and size > first:
                out[size] = _SPACE
                size += 1
        elif added == _DIGIT:
            after = after_number(data, at, end, table)
            out[size] = _ZERO
            size += 1
        elif code == _SIGMA and ends_word(data, start, at, after, end, cased):
            size = put(out, size, _FINAL_SIGMA)
        elif added & _EXPANDS:
            place = np.int64(added ^ _EXPANDS)
            for i in range(np.int64(table[place])):
                size = put(out, size, np.int64(table[place + 1 + i]))
        elif added != _VANISHES:
            size = put(out, size, np.int64(added))
        blank = added == _BLANK
        at = after
    while size > first and out[size - 1] == _SPACE:
        size -= 1
    return size


@compiled(types.void(BYTES, POSITIONS, POSITIONS, CODES, BYTES, OUT, POSITIONS))
def simplify_all(data, starts, ends, table, cased, out, bounds):  # type: ignore[no-untyped-def]
    """Writes the texts one after the other; text i is at ``bounds[i]`` to ``bounds[i + 1]``."""
    for row in range(len(starts)):
        bounds[row + 1] = simplify_one(data, starts[row], ends[row], table, cased, out, bounds[row])


@compiled(types.void(BYTES, POSITIONS, CODES, STORE, types.int64[:, ::1], OUT, POSITIONS), allocates=True)
def cut_all(data, bounds, flags, store, room, out, cut_bounds):  # type: ignore[no-untyped-def]
    """Writes the words of the texts one blank apart; ``room`` holds the words of one text."""
    size = 0
    for row in range(len(bounds) - 1):
        count = tokenize(data, bounds[row], bounds[row + 1], flags, store, room[0], room[1], room[2])
        for word in range(count):
            if word:
                out[size] = _SPACE
                size += 1
            for i in range(room[1, word], room[2, word]):
                out[size] = data[i]
                size += 1
        cut_bounds[row + 1] = size


def rewrite(texts: Any) -> Any:
    """Each text of an Arrow string array as its words in normal form, one blank apart; a null is an empty text."""
    data, starts, ends = spans(texts)
    out, bounds = np.empty(ROOM * int((ends - starts).sum()), np.uint8), np.zeros(len(starts) + 1, np.int64)
    simplify_all(data, starts, ends, simple(), cases(), out, bounds)
    plain = out[: bounds[-1]]
    room = np.empty((3, int(np.diff(bounds).max(initial=0)) + 1), np.int64)
    cut, cut_bounds = np.empty(2 * len(plain), np.uint8), np.zeros(len(bounds), np.int64)
    cut_all(plain, bounds, *tables(), room, cut, cut_bounds)
    return pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(cut_bounds), pa.py_buffer(cut[: cut_bounds[-1]]))
