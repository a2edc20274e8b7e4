"""Texts as passages are sought in them: folded letters, words with their weight, and runs of words as long as asked for.

A text is what ``words.py`` makes of it. A run is the shortest one that ends at a word and weighs enough: a word counts 30, a
character of a script without spaces 13, so that a weight of 390 is 13 words or 30 such characters, and a mixed run in between.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.duplicates.minhash import STEP
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, POSITIONS, code_point, mix, mix_plainly, spans
from resonance.curate.kernels.text.words import ALONE, BASIS, EXPANDS, PARTS, PRIME, VANISHES, fold, folds, word_hash, words

WORD, CHARACTER = 30, 13
LONGEST = 31
"""More words than any run of weight 390 or less has."""

INT = types.int64
HASHES = types.Array(types.uint64, 1, "C", readonly=True)
WEIGHTS = types.Array(types.uint8, 1, "C", readonly=True)
_STEP, _BASIS, _PRIME = np.uint64(STEP), np.uint64(BASIS), np.uint64(PRIME)
_ALONE, _EXPANDS, _PARTS, _VANISHES = (np.uint32(held) for held in (ALONE, EXPANDS, PARTS, VANISHES))


class Passages(NamedTuple):
    """Texts after each other: letters, and hashes and weights of words, text i from ``…_bounds[i]`` to ``…_bounds[i + 1]``."""

    letters: NDArray[np.uint32]
    letter_bounds: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    weights: NDArray[np.uint8]
    word_bounds: NDArray[np.int64]


def letters_plainly(text: str) -> str:
    """The letters of a text, its words without what parts them."""
    return "".join(words(text))


def weights_plainly(text: str) -> list[int]:
    """What each word of a text weighs."""
    return [CHARACTER if len(word) == 1 and fold(ord(word))[0] & ALONE else WORD for word in words(text)]


def runs_plainly(text: str, least: int) -> dict[int, int]:
    """The hash of the run that ends at each word, by the word's place; of a text that weighs less than ``least``, the whole."""
    hashes, weights = [word_hash(word) for word in words(text)], weights_plainly(text)
    if hashes and sum(weights) < least:
        return {len(hashes) - 1: _hash(hashes)}
    found = {}
    for end in range(len(hashes)):
        begins = [start for start in range(end + 1) if sum(weights[start : end + 1]) >= least]
        if begins:
            found[end] = _hash(hashes[begins[-1] : end + 1])
    return found


def _hash(hashes: list[int]) -> int:
    return mix_plainly(sum(h * STEP ** (len(hashes) - 1 - i) for i, h in enumerate(hashes)) % 2**64)


@compiled(types.UniTuple(INT, 2)(INT, CODES))  # type: ignore[no-untyped-call]
def pieces_of(code, table):  # type: ignore[no-untyped-def]
    """Where in the table the pieces of a code point are, from the first to behind the last."""
    folded = table[code]
    if folded & _EXPANDS and not folded & _ALONE:
        first = np.int64(folded ^ _EXPANDS) + 1
        return first, first + np.int64(table[first - 1])
    return np.int64(code), np.int64(code) + (folded != _VANISHES)


@compiled(types.UniTuple(INT, 2)(BYTES, POSITIONS, POSITIONS, CODES))  # type: ignore[no-untyped-call]
def most(data, starts, ends, table):  # type: ignore[no-untyped-def]
    """No text has more letters, none has more words."""
    most_letters, most_words = 0, 0
    for row in range(len(starts)):
        at, letters, words = starts[row], 0, 1
        while at < ends[row]:
            code, at = code_point(data, at, ends[row])
            first, last = pieces_of(code, table)
            letters += last - first
            for i in range(first, last):
                words += 2 if table[i] & _ALONE else table[i] == _PARTS
        most_letters, most_words = max(most_letters, letters), max(most_words, words)
    return most_letters, most_words


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, CODES, types.uint32[::1], types.uint64[::1], types.uint8[::1]))  # type: ignore[no-untyped-call]
def fold_text(data, at, end, table, letters, hashes, weights):  # type: ignore[no-untyped-def]
    """Fills in the letters and words of one text, which are no more than ``most``; how many there are of each."""
    held, count, value, inside = 0, 0, _BASIS, 0
    while at < end:
        code, at = code_point(data, at, end)
        first, last = pieces_of(code, table)
        for i in range(first, last):
            piece = table[i]
            alone = (piece & _ALONE) != 0
            if inside and (alone or piece == _PARTS):
                hashes[count], weights[count] = mix(value), WORD
                count, value, inside = count + 1, _BASIS, 0
            if alone:
                letters[held] = piece ^ _ALONE
                hashes[count], weights[count] = mix((_BASIS ^ np.uint64(piece ^ _ALONE)) * _PRIME), CHARACTER
                held, count = held + 1, count + 1
            elif piece != _PARTS:
                letters[held] = piece
                value = (value ^ np.uint64(piece)) * _PRIME
                held, inside = held + 1, inside + 1
    if inside:
        hashes[count], weights[count] = mix(value), WORD
        count += 1
    return held, count


@compiled(types.uint64[::1](INT), allocates=True)
def powers(count):  # type: ignore[no-untyped-def]
    """The first powers of ``STEP``."""
    found = np.ones(count, np.uint64)
    for i in range(1, count):
        found[i] = found[i - 1] * _STEP
    return found


@compiled(types.UniTuple(INT, 2)(HASHES, WEIGHTS, INT, INT, INT, types.uint64[::1], types.uint64[::1], types.int32[::1]))  # type: ignore[no-untyped-call]
def runs(hashes, weights, first, last, least, power, found, ends):  # type: ignore[no-untyped-def]
    """Fills ``found`` with the hash of each run, ``ends`` with its last word's place from ``first``; how many, and the weight."""
    count, start, weight, whole, rolled = 0, first, 0, 0, np.uint64(0)
    for at in range(first, last):
        rolled = rolled * _STEP + hashes[at]
        weight += weights[at]
        whole += weights[at]
        while weight - weights[start] >= least:
            rolled -= hashes[start] * power[at - start]
            weight -= weights[start]
            start += 1
        if weight >= least or whole < least and at == last - 1:
            found[count], ends[count] = mix(rolled), at - first
            count += 1
    return count, whole


def fold_texts(texts: Any) -> Passages:
    """The letters and words of each text of an Arrow string array."""
    data, starts, ends = spans(texts)
    n_letters, n_words = most(data, starts, ends, folds())
    work = np.empty(n_letters, np.uint32), np.empty(n_words, np.uint64), np.empty(n_words, np.uint8)
    found: list[tuple[NDArray[Any], ...]] = [tuple(array[:0] for array in work)]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        held, count = fold_text(data, start, end, folds(), *work)
        found.append((work[0][:held].copy(), work[1][:count].copy(), work[2][:count].copy()))
    letters, hashes, weights = (list(arrays) for arrays in zip(*found, strict=True))
    bounds = (np.cumsum([len(array) for array in arrays], dtype=np.int64) for arrays in (letters, hashes))
    letter_bounds, word_bounds = bounds
    return Passages(np.concatenate(letters), letter_bounds, np.concatenate(hashes), np.concatenate(weights), word_bounds)
