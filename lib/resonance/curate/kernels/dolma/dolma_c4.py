"""Dolma's C4 tagger: lines without an end mark or with few words, and texts with a brace, a placeholder or an ugly word.

Source: allenai/dolma, python/dolma/taggers/c4.py. The kernel writes each text once in a reduced alphabet, one byte a character:
lower-case ASCII, line feed, space, tab for other white space, and a byte that matches nothing for the rest. All that the tagger
looks for is spelt in these. (Of all characters beyond ASCII only the Kelvin sign and the dotted capital I have a lower case
with ASCII letters in it.)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.character_bits import ALL, SPACE, bits
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, mix, mix_plainly
from resonance.curate.kernels.text.words import BASIS, PRIME

MIN_LINE_WORDS = 3
END_MARKS = (".", "?", "!", '"')
LOREM_IPSUM, JAVASCRIPT = "lorem ipsum", "javascript"
NAUGHTY = Path(__file__).parents[1] / "data" / "naughty_words_en.txt"

WIDTH = 8
"""Values of a text: three of its lines, then whether it holds five things."""

INT = types.int64
FROZEN_HASHES = types.Array(types.uint64, 1, "C", readonly=True)
FROZEN_PLACES = types.Array(types.int32, 1, "C", readonly=True)
FROZEN_PHRASES = types.Array(types.int32, 2, "C", readonly=True)

_NOTHING, _EXPANDS, _FIRST_MARK = 0xFF, 0x1F, 0x01
_TAB, _FEED, _BLANK, _BRACE = map(ord, "\t\n {")
_ENDS = tuple(map(ord, END_MARKS))
_BUCKETS = 1024
_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)
_SCRIPT = np.frombuffer(JAVASCRIPT.encode(), np.uint8)
_NAUGHTY, _LOREM, _SCRIPT_WITHIN, _SCRIPT_WORD = 1, 2, 4, 8


@cache
def naughty() -> tuple[frozenset[str], tuple[str, ...]]:
    """The ugly words, and the ugly phrases of several words."""
    lines = NAUGHTY.read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if not line.startswith("#")]
    return frozenset(e for e in entries if " " not in e), tuple(e for e in entries if " " in e)


def plainly(text: str) -> tuple[float, ...]:
    """The values of C4's tagger for one text."""
    words, phrases = naughty()
    lower = text.lower()
    lines = lower.split("\n")
    return (
        len(lines),
        sum(not line.strip().endswith(END_MARKS) for line in lines) / len(lines),
        sum(len(line.split()) < MIN_LINE_WORDS for line in lines) / len(lines),
        "{" in lower,
        LOREM_IPSUM in lower,
        JAVASCRIPT in lower,
        not words.isdisjoint(lower.split()) or any(phrase in lower for phrase in phrases),
        JAVASCRIPT in lower.split(),
    )


class Tables(NamedTuple):
    """What the kernel reads.

    Args:
        alphabet: the reduced byte of each code point.
        known: an open-addressed set of the hashes of ugly words.
        letters: all phrases, reduced, one behind another.
        phrases: of each phrase its start, last space and end in ``letters``, what it tells, and the next phrase of its bucket.
        buckets: the first phrase for the characters on both sides of a last space.
    """

    alphabet: NDArray[np.uint8]
    known: NDArray[np.uint64]
    letters: NDArray[np.uint8]
    phrases: NDArray[np.int32]
    buckets: NDArray[np.int32]


@cache
def tables() -> Tables:
    """The tables of the words and phrases that come with the package."""
    words, phrases = naughty()
    alphabet = _alphabet({sign for entry in (*words, *phrases) for sign in entry if not sign.isascii()})
    known = _hash_set([_reduce_entry(word, alphabet) for word in sorted(words)])
    told = [(phrase, _NAUGHTY) for phrase in phrases] + [(LOREM_IPSUM, _LOREM)]
    places, buckets, letters = [], np.full(_BUCKETS, -1, np.int32), b""
    for number, (phrase, tells) in enumerate(told):
        reduced = _reduce_entry(phrase, alphabet)
        blank = reduced.rindex(b" ")
        bucket = _bucket(reduced[blank - 1], reduced[blank + 1])
        places.append((len(letters), len(letters) + blank, len(letters) + len(reduced), tells, buckets[bucket]))
        buckets[bucket] = number
        letters += reduced
    made = Tables(alphabet, known, np.frombuffer(letters, np.uint8), np.array(places, np.int32), buckets)
    for array in made:
        array.flags.writeable = False
    return made


def _alphabet(signs: set[str]) -> NDArray[np.uint8]:
    table = np.full(ALL, _NOTHING, np.uint8)
    table[bits() & SPACE != 0] = _TAB
    for code in range(0x20, 0x7F):
        table[code] = ord(chr(code).lower())
    table[_FEED] = _FEED
    table[0x212A], table[0x130] = ord("k"), _EXPANDS
    for mark, sign in enumerate(sorted(signs), _FIRST_MARK):
        table[ord(sign)] = mark
    return table


def _reduce_entry(entry: str, alphabet: NDArray[np.uint8]) -> bytes:
    """A lower-case word or phrase in the reduced alphabet."""
    return bytes(int(alphabet[ord(sign)]) for sign in entry)


def _bucket(left: int, right: int) -> int:
    return (left & 31) << 5 | right & 31


def _hash_set(words: Sequence[bytes]) -> NDArray[np.uint64]:
    table = np.zeros(1 << (8 * len(words)).bit_length(), np.uint64)
    for word in words:
        value = BASIS
        for byte in word:
            value = (value ^ byte) * PRIME % 2**64
        key = mix_plainly(value)
        slot = key & (len(table) - 1)
        while table[slot]:
            slot = (slot + 1) & (len(table) - 1)
        table[slot] = key
    return table


@compiled(types.boolean(FROZEN_HASHES, types.uint64))
def holds(known, key):  # type: ignore[no-untyped-def]
    """Whether a set of hashes holds ``key``."""
    slot = np.int64(key & np.uint64(len(known) - 1))
    while known[slot] != 0:
        if known[slot] == key:
            return True
        slot = (slot + 1) & (len(known) - 1)
    return False


@compiled(INT(types.uint8[::1], INT, INT, BYTES, FROZEN_PHRASES, FROZEN_PLACES))
def told_by_phrases(text, word, end, letters, phrases, buckets):  # type: ignore[no-untyped-def]
    """What phrases tell whose last word begins the word from ``word`` to ``end`` of a reduced text."""
    told = np.int64(0)
    if word < 2 or text[word - 1] != _BLANK:
        return told
    number = np.int64(buckets[(np.int64(text[word - 2]) & 31) << 5 | np.int64(text[word]) & 31])
    while number >= 0:
        start, blank, stop = np.int64(phrases[number, 0]), np.int64(phrases[number, 1]), np.int64(phrases[number, 2])
        first = word - 1 - (blank - start)
        same = first >= 0 and stop - blank - 1 <= end - word
        if same:
            for i in range(stop - start):
                if text[first + i] != letters[start + i]:
                    same = False
                    break
        if same:
            told |= np.int64(phrases[number, 3])
        number = np.int64(phrases[number, 4])
    return told


@compiled(INT(types.uint8[::1], INT, INT))
def told_by_script(text, word, end):  # type: ignore[no-untyped-def]
    """Whether the word from ``word`` to ``end`` holds "javascript", and is it."""
    for first in range(word, end - len(_SCRIPT) + 1):
        size = 0
        while size < len(_SCRIPT) and text[first + size] == _SCRIPT[size]:
            size += 1
        if size == len(_SCRIPT):
            return _SCRIPT_WITHIN | (_SCRIPT_WORD if end - word == size else 0)
    return 0


@compiled(INT(BYTES, INT, INT, BYTES, types.uint8[::1]))
def reduce(data, at, end, alphabet, text):  # type: ignore[no-untyped-def]
    """Writes a text in the reduced alphabet; how long it is."""
    size = 0
    while at < end:
        code, after = np.int64(data[at]), at + 1
        if code >= 0x80:
            code, after = code_point(data, at, end)
        sign = alphabet[code]
        if sign == _EXPANDS:
            text[size], sign = np.uint8(0x69), np.uint8(_NOTHING)
            size += 1
        text[size] = sign
        size += 1
        at = after
    return size


TABLES = (BYTES, FROZEN_HASHES, BYTES, FROZEN_PHRASES, FROZEN_PLACES)


@compiled(types.void(types.uint8[::1], INT, FROZEN_HASHES, BYTES, FROZEN_PHRASES, FROZEN_PLACES, types.float64[::1]))
def count(text, end, known, letters, phrases, buckets, row):  # type: ignore[no-untyped-def]
    """Fills ``row`` with the values of a reduced text."""
    lines, unended, few, told, at = 0, 0, 0, np.int64(0), 0
    brace = False
    while at <= end:
        words, last = 0, np.uint8(0)
        while at < end and text[at] != _FEED:
            if text[at] == _BLANK or text[at] == _TAB:
                at += 1
                continue
            word, value = at, _BASIS
            while at < end and text[at] != _BLANK and text[at] != _TAB and text[at] != _FEED:
                last = text[at]
                value = (value ^ np.uint64(last)) * _PRIME
                brace |= last == _BRACE
                at += 1
            words += 1
            if holds(known, mix(value)):
                told |= _NAUGHTY
            if at - word >= len(_SCRIPT):
                told |= told_by_script(text, word, at)
            told |= told_by_phrases(text, word, at, letters, phrases, buckets)
        lines += 1
        unended += last not in _ENDS
        few += words < MIN_LINE_WORDS
        at += 1
    row[0], row[1], row[2] = lines, unended / lines, few / lines
    row[3], row[4], row[5] = brace, told & _LOREM != 0, told & _SCRIPT_WITHIN != 0
    row[6], row[7] = told & _NAUGHTY != 0, told & _SCRIPT_WORD != 0


@compiled(types.void(BYTES, POSITIONS, POSITIONS, *TABLES, types.uint8[::1], types.float64[:, ::1]))
def count_all(data, starts, ends, alphabet, known, letters, phrases, buckets, text, found):  # type: ignore[no-untyped-def]
    """Fills ``found`` text by text; ``text`` has room for each."""
    for row in range(len(starts)):
        size = reduce(data, starts[row], ends[row], alphabet, text)
        count(text, size, known, letters, phrases, buckets, found[row])
