"""RefinedWeb's line rules as DCLM applies them: the share of words that they would take from a text.

Source: mlfoundations/dclm, baselines/mappers/modifiers.py in the order of baselines/baselines_configs/
dclm_baseline_refinedweb.yaml. Lines go that are mostly capitals, all digits, a counter ("3 likes") or shorter than two words;
then, in lines of at most ten words, "items in cart", a final "read more" with three characters after it (the dots are a
regular expression's) and a leading "sign-in" go. After each rule but the one on words the text is stripped. DCLM then drops a
text that lost more than 5 % of its words, and at once one that nothing is left of. Words are fastText's that begin with a
letter or number. The text itself is not rewritten here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.dclm.dclm_marks import (
    CART,
    COUNTED,
    HASHES,
    MORE,
    SIGN_IN,
    TEXT,
    counted_hashes,
    cut_cart,
    cut_more,
    cut_sign_in,
    is_counter,
)
from resonance.curate.kernels.text.character_bits import ALNUM, DIGIT, SPACE, UPPER, bits
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import FULL, INT
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point
from resonance.curate.kernels.text.stretches import trim_stretch

MAX_UPPER, MAX_DIGITS, MIN_WORDS, MAX_WORDS = 0.5, 0.999999, 2, 10

FASTTEXT_SPACE = " \n\r\t\v\f\0"
"""What parts words in fastText's dictionary.cc."""

COUNTER = re.compile(rf"^\W*\d[,.\d]*[kmb]?\s+(?:{'|'.join(COUNTED)})\W*$")
CUTS = (
    re.compile(rf"\s?{CART}", re.IGNORECASE),
    re.compile(rf"\s?{MORE}...$", re.IGNORECASE),
    re.compile(rf"^{SIGN_IN}\s?", re.IGNORECASE),
)


def removed_plainly(text: str) -> float | None:
    """The share of words that the rules take; the definition that the kernel is held to."""
    words = words_plainly(text)
    return (words - words_plainly(left_plainly(text))) / words if words else None


def words_plainly(text: str) -> int:
    """How many of fastText's words begin with a letter or number."""
    return sum(word[:1].isalnum() for word in re.split(f"[{FASTTEXT_SPACE}]", text))


def left_plainly(text: str) -> str:
    """What the rules leave of a text."""
    text = _keep_lines(text, lambda line: sum(map(str.isupper, line)) / len(line) <= MAX_UPPER).strip()
    text = _keep_lines(text, lambda line: sum(map(str.isdigit, line)) / len(line) <= MAX_DIGITS).strip()
    text = _keep_lines(text, lambda line: not COUNTER.search(line.lower())).strip()
    text = _keep_lines(text, lambda line: len(line.split()) >= MIN_WORDS)
    for cut in CUTS:
        lines = (cut.sub("", line) if len(line.split()) <= MAX_WORDS else line for line in text.split("\n"))
        text = "\n".join(line for line in lines if line.strip()).strip()
    return text


def _keep_lines(text: str, keeps: Callable[[str], bool]) -> str:
    return "\n".join(line for line in text.split("\n") if not line or keeps(line))


PARTS = 1 << 6
"""The bit of what parts fastText's words, beside the bits of ``characters``."""
_FEED = ord("\n")
_SPACE, _ALNUM, _UPPER, _DIGIT, _PARTS = (bit.bit_length() - 1 for bit in (SPACE, ALNUM, UPPER, DIGIT, PARTS))

Bounds = NDArray[np.int64]
LINES = INT[:, ::1]
FIRST, LAST, CHARS, DIGITS, WORDS, GOOD, CAPITALS = range(7)
"""What is held of a line: its bounds in the buffer, and what it has of each."""


@cache
def line_bits() -> NDArray[np.uint8]:
    """The bits of every code point, ``PARTS`` among them."""
    table = bits().copy()
    table[[ord(sign) for sign in FASTTEXT_SPACE]] |= PARTS
    table.flags.writeable = False
    return table


@compiled(types.void(BYTES, LINES, INT, BYTES))
def weigh(text, lines, number, bits):  # type: ignore[no-untyped-def]
    """Works out what is held of a line between its bounds."""
    chars = capitals = digits = words = good = np.int64(0)
    last = np.int64(SPACE | PARTS)
    at, end = lines[number, FIRST], lines[number, LAST]
    while at < end:
        code, after = np.int64(text[at]), at + 1
        if code >= 0x80:
            code, after = code_point(text, at, end)
        held = np.int64(bits[code])
        chars += 1
        capitals += (held >> _UPPER) & 1
        digits += (held >> _DIGIT) & 1
        words += ((last & ~held) >> _SPACE) & 1
        good += ((last >> _PARTS) & (held >> _ALNUM)) & 1
        last, at = held, after
    lines[number, CHARS], lines[number, CAPITALS], lines[number, DIGITS] = chars, capitals, digits
    lines[number, WORDS], lines[number, GOOD] = words, good


@compiled(types.void(BYTES, LINES, INT, BYTES))
def strip(text, lines, count, bits):  # type: ignore[no-untyped-def]
    """Takes the white space before the first line and behind the last; no line is blank."""
    if count == 0:
        return
    first, last = lines[0], lines[count - 1]
    start = trim_stretch(text, first[FIRST], first[LAST], bits)[0]
    if start > first[FIRST]:
        first[FIRST] = start
        weigh(text, lines, 0, bits)
    end = trim_stretch(text, last[FIRST], last[LAST], bits)[1]
    if end < last[LAST]:
        last[LAST] = end
        weigh(text, lines, count - 1, bits)


@compiled(types.void(LINES, INT, INT))
def move(lines, number, to):  # type: ignore[no-untyped-def]
    """Writes one line over another."""
    for column in range(lines.shape[1]):
        lines[to, column] = lines[number, column]


@compiled(INT(TEXT, LINES, INT, BYTES, INT))
def cut(text, lines, count, bits, rule):  # type: ignore[no-untyped-def]
    """Applies one of ``CUTS`` to the lines that are short enough; how many lines are left."""
    kept = 0
    for number in range(count):
        move(lines, number, kept)
        line = lines[kept]
        if line[WORDS] <= MAX_WORDS:
            first, last = line[FIRST], line[LAST]
            if rule == 0:
                line[LAST] = cut_cart(text, first, last, bits)
            elif rule == 1:
                line[LAST] = cut_more(text, first, last, bits)
            else:
                line[FIRST] = cut_sign_in(text, first, last, bits)
            if line[FIRST] != first or line[LAST] != last:
                weigh(text, lines, kept, bits)
        kept += line[WORDS] > 0
    strip(text, lines, kept, bits)
    return kept


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, TEXT, LINES, BYTES))  # type: ignore[no-untyped-call]
def split(data, start, end, text, lines, bits):  # type: ignore[no-untyped-def]
    """Copies a text to ``text`` and weighs its lines; how many words there are, and how many lines are not mostly capitals."""
    words, count, at, size = 0, 0, 0, end - start
    for i in range(size):
        text[i] = data[start + i]
    while at < size:
        if count == len(lines):
            return words, FULL
        lines[count, FIRST] = at
        while at < size and text[at] != _FEED:
            at += 1
        lines[count, LAST] = at
        at += 1
        weigh(text, lines, count, bits)
        words += lines[count, GOOD]
        if lines[count, WORDS] and lines[count, CAPITALS] / lines[count, CHARS] <= MAX_UPPER:
            count += 1
    strip(text, lines, count, bits)
    return words, np.int64(count)


@compiled(INT(BYTES, LINES, INT, BYTES, HASHES))
def drop(text, lines, count, bits, counted):  # type: ignore[no-untyped-def]
    """Takes the lines of digits, then the counters, then those too short; how many are left."""
    for rule in range(3):
        kept = 0
        for number in range(count):
            line = lines[number]
            keeps = line[WORDS] >= MIN_WORDS
            if rule == 0:
                keeps = line[DIGITS] / line[CHARS] <= MAX_DIGITS
            elif rule == 1:
                keeps = not is_counter(text, line[FIRST], line[LAST], bits, counted)
            if keeps:
                move(lines, number, kept)
                kept += 1
        count = kept
        if rule < 2:
            strip(text, lines, count, bits)
    return count


@compiled(INT(BYTES, POSITIONS, POSITIONS, BYTES, HASHES, INT, TEXT, LINES, types.float64[:, ::1]))
def count_all(data, starts, ends, bits, counted, row, text, lines, found):  # type: ignore[no-untyped-def]
    """Fills the first and last column of ``found`` with words and the share that goes, until the room is too small; that row."""
    while row < len(starts):
        words, count = split(data, starts[row], ends[row], text, lines, bits)
        if count == FULL:
            return row
        count = drop(text, lines, count, bits, counted)
        for rule in range(3):
            count = cut(text, lines, count, bits, rule)
        left = 0
        for number in range(count):
            left += lines[number, GOOD]
        found[row, 0] = words
        found[row, found.shape[1] - 1] = (words - left) / words if words else np.nan
        row += 1
    return row


def measure_lines(data: NDArray[np.uint8], starts: Bounds, ends: Bounds, found: NDArray[np.float64]) -> None:
    """Fills the first column of ``found`` with how many words there are, the last with the share that the rules take."""
    text = np.empty(int((ends - starts).max(initial=0)), np.uint8)
    row, room = 0, 1_024
    while row < len(starts):
        lines = np.empty((room, CAPITALS + 1), np.int64)
        row = count_all(data, starts, ends, line_bits(), counted_hashes(), row, text, lines, found)
        room *= 2
