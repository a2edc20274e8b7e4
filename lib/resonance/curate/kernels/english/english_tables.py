"""The rules of English words as arrays that the kernels read: flags of every code point, special cases, and phrases of tokens."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.english.english import Ranges, Rules, rules
from resonance.curate.kernels.english.phrases import C4_PHRASES
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, mix, mix_plainly
from resonance.curate.kernels.text.words import BASIS, PRIME

LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""What ``str.splitlines`` cuts at."""

FLAGS = (
    "SPACE",
    "LINE_END",
    "LETTER",
    "SYMBOL",
    "PUNCTUATION",
    "SENTENCE_END",
    "TERMINAL",
    "DIGIT",
    "ALPHA",
    "LOWER",
    "UPPER",
    "ICON",
    "BEFORE_SUFFIX_DOT",
    "BEFORE_INFIX_DOT",
    "AFTER_INFIX_DOT",
    "HOST",
    "WORD",
    "PREFIX",
    "SUFFIX",
    "UNIT_END",
    "PLAIN",
    "PHRASE_START",
    "MAY_OPEN",
    "MAY_CLOSE",
    "LINE_MARK",
)
"""Bits of a code point, the lowest first. ``PLAIN``: no rule of affixes looks at it unless another character calls it;
``PHRASE_START``: a phrase that C4 looks for may start with it; ``MAY_OPEN`` and ``MAY_CLOSE``: a byte, read as a code point,
that a prefix may start with and a suffix end in (every byte beyond ASCII may); ``LINE_MARK``: C4's rules of lines look at it."""

BIT = {name: 1 << number for number, name in enumerate(FLAGS)}
NAMED = 0x32400
"""From here on Unicode knows no letter, mark, digit, space or punctuation."""

LETTERS, DIGITS, MARKS, SPACES, WIDE = range(5)
"""What a byte is: an ASCII letter, digit, other mark, white space, or part of a longer character. Chunks hold the first three."""

_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)


CASES, UNITS, TOKENS = 0, 5, 10
"""Where the store's head describes each directory of texts: where its sizes by first and by last byte, its keys and its
numbers start, and its mask.

Sizes hold, for each byte, a bit for each size in bytes of a text of the directory that starts with it, or ends in it. Keys are
open-addressed hashes, 0 where free; the number behind a key says which text it is.
"""
PIECE_STARTS, PIECES, CHILDREN, WIDTH, PHRASES = range(15, 20)
"""Where the head says where these start: the tokens of special case i are ``PIECES`` (sizes in bytes) from
``PIECE_STARTS[i]`` to ``PIECE_STARTS[i + 1]``; ``CHILDREN`` has ``WIDTH`` numbers for each node of the tree of phrases: the
next node for each token, or -1; ``PHRASES`` says which special case a node spells, or -1."""
KINDS, OPENINGS, CASE_SIZES = 32, 32 + 256, 32 + 512
"""Where the 256 kinds of bytes start, and by first byte the sizes of tokens that phrases start with and of special cases. The
head lies before them."""

STORE = types.Array(types.int64, 1, "C", readonly=True)
Numbers = NDArray[np.int64]


class Tables(NamedTuple):
    """What the kernels read: the bits of every code point, and one array with all else (its layout is told above)."""

    flags: NDArray[np.uint32]
    store: Numbers


@cache
def tables() -> Tables:
    """The arrays of the rules that come with the package."""
    table = rules()
    cases = list(table.special_cases)
    sizes = [[len(piece.encode()) for piece in table.special_cases[case]] for case in cases]
    known = list(dict.fromkeys(token for phrase in table.phrases for token in phrase))
    children, phrases = _tree(table.phrases, known, cases)
    openings = _sizes(phrase[0] for phrase in table.phrases)
    head, parts, size = np.zeros(KINDS, np.int64), [_kinds(), openings, _sizes(cases)], CASE_SIZES + 256

    def add(place: int, part: Numbers) -> None:
        nonlocal size
        head[place] = size
        parts.append(part)
        size += len(part)

    for directory, texts in ((CASES, cases), (UNITS, [*table.units, *table.currency]), (TOKENS, known)):
        keys, numbers = _address_texts(texts)
        add(directory, _sizes(texts))
        add(directory + 1, _sizes(texts, place=-1))
        add(directory + 2, keys)
        add(directory + 3, numbers)
        head[directory + 4] = len(keys) - 1
    add(PIECE_STARTS, np.cumsum([0, *map(len, sizes)]))
    add(PIECES, np.array(sum(sizes, []), np.int64))
    add(CHILDREN, children.ravel())
    head[WIDTH] = len(known)
    add(PHRASES, phrases)
    held = Tables(_flags(table), np.concatenate([head, *parts]))
    for array in held:
        array.flags.writeable = False
    return held


def key(text: str) -> int:
    """The hash of a special case or token; never 0. The definition that ``find`` is held to."""
    value = BASIS
    for byte in text.encode():
        value = (value ^ byte) * PRIME % 2**64
    return mix_plainly(value) or 1


@compiled(types.int64(BYTES, types.int64, types.int64, STORE, types.int64))
def look_up(data, start, end, store, directory):  # type: ignore[no-untyped-def]
    """As ``find``, for bytes of a fitting size."""
    value = _BASIS
    for i in range(start, end):
        value = (value ^ np.uint64(data[i])) * _PRIME
    wanted = np.int64(max(mix(value), np.uint64(1)))
    keys, mask = store[directory + 2], store[directory + 4]
    slot = wanted & mask
    while store[keys + slot] != 0:
        if store[keys + slot] == wanted:
            return store[store[directory + 3] + slot]
        slot = (slot + 1) & mask
    return np.int64(-1)


@compiled(types.int64(BYTES, types.int64, types.int64, STORE, types.int64))
def find(data, start, end, store, directory):  # type: ignore[no-untyped-def]
    """Which text of a directory the bytes are, or -1. Small enough to be compiled into its callers."""
    size = end - start
    if size >= 63 or size <= 0:
        return np.int64(-1)
    if (store[store[directory] + data[start]] & store[store[directory + 1] + data[end - 1]]) >> size & 1 == 0:
        return np.int64(-1)
    return look_up(data, start, end, store, directory)


def _address_texts(texts: Sequence[str]) -> tuple[Numbers, Numbers]:
    size = 1 << (4 * len(texts)).bit_length()
    keys, numbers = np.zeros(size, np.uint64), np.full(size, -1, np.int64)
    for number, text in enumerate(texts):
        slot = key(text) % size
        while keys[slot]:
            slot = (slot + 1) % size
        keys[slot], numbers[slot] = key(text), number
    return keys.view(np.int64), numbers


def _sizes(texts: Iterable[str], place: int = 0) -> Numbers:
    sizes = [0] * 256
    for data in map(str.encode, texts):
        sizes[data[place]] |= 1 << len(data)
    return np.array(sizes, np.int64)


def _tree(phrases: Mapping[tuple[str, ...], str], known: list[str], cases: list[str]) -> tuple[Numbers, Numbers]:
    numbers, nodes, ends = {token: i for i, token in enumerate(known)}, [[-1] * len(known)], [-1]
    for phrase, case in phrases.items():
        node = 0
        for token in phrase:
            if nodes[node][numbers[token]] < 0:
                nodes[node][numbers[token]] = len(nodes)
                nodes.append([-1] * len(known))
                ends.append(-1)
            node = nodes[node][numbers[token]]
        ends[node] = cases.index(case)
    return np.array(nodes, np.int64), np.array(ends, np.int64)


def _kinds() -> Numbers:
    def kind(byte: int) -> int:
        character = chr(byte)
        if byte >= 0x80:
            return WIDE
        return LETTERS if character.isalpha() else DIGITS if character.isdigit() else SPACES if character.isspace() else MARKS

    return np.fromiter(map(kind, range(256)), np.int64, 256)


def _flags(table: Rules) -> NDArray[np.uint32]:
    flags = np.zeros(0x110000, np.uint32)
    flags[:NAMED] = np.fromiter(map(_unicode, range(NAMED)), np.uint32, NAMED)
    host = ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A), (0xA1, 0xFFFF))
    prefixes = _singles([*table.punctuation, *table.quotes, *table.currency, *"…§%=—–"])
    suffixes = _singles([*table.punctuation, *table.quotes, *"…—–"])
    classes: dict[str, Ranges] = {
        "LINE_END": _singles(LINE_ENDS),
        "LINE_MARK": _singles([*LINE_ENDS, *"{["]),
        "SYMBOL": table.datatrove_punctuation,
        "SENTENCE_END": table.sentence_ends,
        "TERMINAL": table.datatrove_terminal,
        "ALPHA": table.alpha,
        "LOWER": table.alpha_lower,
        "UPPER": table.alpha_upper,
        "ICON": table.icons,
        "BEFORE_SUFFIX_DOT": table.before_suffix_dot,
        "BEFORE_INFIX_DOT": table.before_infix_dot,
        "AFTER_INFIX_DOT": table.after_infix_dot,
        "HOST": host,
        "PREFIX": [*prefixes, *table.icons],
        "SUFFIX": [*suffixes, *table.icons],
        "PHRASE_START": _singles({mark for phrase in C4_PHRASES for mark in (phrase[0], phrase[0].upper())}),
        "UNIT_END": _singles([unit[-1] for unit in (*table.units, *table.currency)]),
    }
    for name, ranges in classes.items():
        for first, last in ranges:
            flags[first : last + 1] |= np.uint32(BIT[name])
    flags[0x80:0x100] |= np.uint32(BIT["MAY_OPEN"] | BIT["MAY_CLOSE"])
    for name, bits, marks in (("MAY_OPEN", BIT["PREFIX"], ".+UCA"), ("MAY_CLOSE", BIT["SUFFIX"] | BIT["UNIT_END"], ".+sS")):
        flags[:0x80][(flags[:0x80] & bits) != 0] |= np.uint32(BIT[name])
        flags[[ord(mark) for mark in marks]] |= np.uint32(BIT[name])
    held = BIT["PREFIX"] | BIT["SUFFIX"] | BIT["SPACE"]
    flags[((flags & BIT["ALPHA"]) != 0) & ((flags & held) == 0)] |= np.uint32(BIT["PLAIN"])
    return flags


def _unicode(code: int) -> int:
    character = chr(code)
    category = unicodedata.category(character)
    return (
        (character.isspace() and BIT["SPACE"])
        | (category[0] == "L" and BIT["LETTER"])
        | (category[0] == "P" and BIT["PUNCTUATION"])
        | (category == "Nd" and BIT["DIGIT"])
        | ((character.isalnum() or code == 0x5F) and BIT["WORD"])
    )


def _singles(marks: Iterable[str]) -> list[tuple[int, int]]:
    return [(ord(mark), ord(mark)) for mark in marks if len(mark) == 1]
