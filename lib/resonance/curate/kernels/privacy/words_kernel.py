"""Checks of addresses and secrets and the words near a value, compiled: each equals the function of its name in ``checks``."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.privacy.checks import FEW, FILLERS, LEAST_ENTROPY, TEMPLATES
from resonance.curate.kernels.privacy.codes import NEAR
from resonance.curate.kernels.privacy.domains import DOMAINS
from resonance.curate.kernels.privacy.numbers_kernel import count_digits, is_digit, is_sign
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES

INT = types.int64
TRUTH = types.boolean(BYTES, INT, INT)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
MOST_LETTERS = 13
_LEAST, _FEW, _MOST_LETTERS, _NEAR = LEAST_ENTROPY, FEW, MOST_LETTERS, NEAR
_DOT, _MINUS, _AT, _COLON, _SLASH, _UNDERSCORE, _FEED = ord("."), ord("-"), ord("@"), ord(":"), ord("/"), ord("_"), ord("\n")


def number_letters(word: str) -> int:
    """A word of small letters as one number."""
    number = 0
    for letter in word:
        number = number * 27 + ord(letter) - 96
    return number


def lay_words(words: Iterable[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of words in a row, and where each begins; where the last ends."""
    coded = [word.encode() for word in words]
    return np.frombuffer(b"".join(coded), np.uint8), np.cumsum([0, *map(len, coded)])


_DOMAINS = np.array(sorted(number_letters(domain) for domain in DOMAINS if len(domain) <= MOST_LETTERS), np.int64)
_FILLERS, _FILLER_AT = lay_words(FILLERS)
_TEMPLATES, _TEMPLATE_AT = lay_words(TEMPLATES)
_NO_LOGIN = np.array([chr(byte) in " \n/?" for byte in range(256)], np.uint8)
_NOT_PLAIN = np.array([chr(byte) in "$*{}[]()" for byte in range(256)], np.uint8)
_NOT_FIRST = np.array([chr(byte) in "/.~*&-=" for byte in range(256)], np.uint8)


@compiled(types.boolean(types.int64))
def is_letter(byte):  # type: ignore[no-untyped-def]
    """Whether a byte is a letter of ASCII."""
    return 97 <= byte | 0x20 <= 122


@compiled(INT(types.int64))
def fold(byte):  # type: ignore[no-untyped-def]
    """A letter of ASCII as a small one; any other byte as it is."""
    return byte + 32 if 65 <= byte <= 90 else byte


@compiled(types.boolean(BYTES, INT, INT, BYTES, INT, INT))
def is_at(data, at, end, words, first, last):  # type: ignore[no-untyped-def]
    """Whether a word stands at ``at``, in any case of letters."""
    if at + last - first > end:
        return False
    same, i = True, 0
    while same and i < last - first:
        same = fold(data[at + i]) == words[first + i]
        i += 1
    return same


@compiled(TRUTH)
def holds_filler(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a value says itself that it is none."""
    for i in range(at, end):
        for word in range(len(_FILLER_AT) - 1):
            if is_at(data, i, end, _FILLERS, _FILLER_AT[word], _FILLER_AT[word + 1]):
                return True
    return False


@compiled(TRUTH)
def is_login(data, start, at):  # type: ignore[no-untyped-def]
    """Whether what begins at ``at`` stands before the host of a URL, in a text from ``start`` on."""
    i, size = at - 1, 0
    while i >= start and size < _NEAR and not _NO_LOGIN[data[i]]:
        i, size = i - 1, size + 1
    return size < _NEAR and i >= start + 2 and data[i] == _SLASH and data[i - 1] == _SLASH and data[i - 2] == _COLON


@compiled(types.boolean(BYTES, INT, INT, INT, INT))
def email(data, start, at, end, stop):  # type: ignore[no-untyped-def]
    """An address of mail; the text reaches from ``start`` to ``stop``."""
    if is_login(data, start, at):
        return False
    sign, dot = at, at
    for i in range(at, end):
        if data[i] == _AT:
            sign = i
        if data[i] == _DOT:
            dot = i
            if data[i + 1] == _DOT or data[i + 1] == _AT or data[i + 1] == _MINUS or data[i - 1] == _MINUS:
                return False
    if sign - at > 64 or end - at > 254 or data[sign + 1] == _MINUS or end - dot - 1 > _MOST_LETTERS:
        return False
    number = np.int64(0)
    for i in range(dot + 1, end):
        number = number * 27 + fold(data[i]) - 96
    low, high = 0, len(_DOMAINS)
    while low < high:
        middle = (low + high) // 2
        if _DOMAINS[middle] < number:
            low = middle + 1
        else:
            high = middle
    if low == len(_DOMAINS) or _DOMAINS[low] != number:
        return False
    if end + 1 < stop and data[end] == _COLON:
        return not (is_sign(data[end + 1]) or data[end + 1] == _SLASH or data[end + 1] == 0x7E)
    return True


@compiled(TRUTH)
def passport(data, at, end):  # type: ignore[no-untyped-def]
    """Eight or nine signs, more than two of them digits, not all alike."""
    digits, different = count_digits(data, at, end)
    return 8 <= end - at <= 9 and digits > 2 and different > 2


@compiled(TRUTH)
def key(data, at, end):  # type: ignore[no-untyped-def]
    """A key is made of enough different signs."""
    low, high, different = np.uint64(0), np.uint64(0), 0
    for i in range(max(at, end - 24), end):
        bit = np.uint64(1) << np.uint64(data[i] & 63)
        if data[i] < 64:
            different += low & bit == 0
            low |= bit
        else:
            different += high & bit == 0
            high |= bit
    return different >= _FEW and not holds_filler(data, at, end)


@compiled(types.boolean(BYTES, INT, INT, INT))
def secret(data, at, end, stop):  # type: ignore[no-untyped-def]
    """A password is not the word for one, and no variable; a host comes after it, in a text that ends at ``stop``."""
    if end + 1 >= stop or not (is_sign(data[end + 1]) or data[end + 1] == 0x5B or data[end + 1] >= 0x80):
        return False
    for i in range(at, end):
        if _NOT_PLAIN[data[i]]:
            return False
    for word in range(len(_TEMPLATE_AT) - 1):
        first, last = _TEMPLATE_AT[word], _TEMPLATE_AT[word + 1]
        if end - at == last - first and is_at(data, at, end, _TEMPLATES, first, last):
            return False
    return not holds_filler(data, at, end)


@compiled(types.float64(BYTES, INT, INT, types.int64[::1]))
def entropy(data, at, end, counts):  # type: ignore[no-untyped-def]
    """Entropy of the bytes in bits; ``counts``, zeros for each byte, is left as it was."""
    for i in range(at, end):
        counts[data[i]] += 1
    bits = 0.0
    for i in range(at, end):  # each sign where it first stands, as the definition adds them up
        if counts[data[i]]:
            share = counts[data[i]] / (end - at)
            bits += -share * math.log2(share)
            counts[data[i]] = 0
    return math.floor(bits * 1e6 + 0.5) / 1e6


@compiled(types.boolean(BYTES, INT, INT, types.int64[::1]))
def assignment(data, at, end, counts):  # type: ignore[no-untyped-def]
    """A value of high entropy, of letters and digits both, that is no path, no name and no filler."""
    digits = letters = camels = run = 0
    lower, joined = True, False
    for i in range(at, end):
        byte = data[i]
        digit, parted = is_digit(byte), byte in (_UNDERSCORE, _DOT, _MINUS)
        digits += digit
        small = 97 <= byte <= 122
        run = 1 if 65 <= byte <= 90 else run + 1 if small and run else 0
        camels += run == 4
        letters += is_sign(byte) and not digit
        lower &= digit or parted or small
        joined |= parted
        if i + 1 < end and byte == data[i + 1] and byte in (_COLON, _SLASH):
            return False
    if digits < 2 or letters < 2 or _NOT_FIRST[data[at]] or holds_filler(data, at, end):
        return False
    if camels > 1 and 6 * digits < end - at:
        return False
    return not (lower and joined and digits < 6) and entropy(data, at, end, counts) >= _LEAST


@compiled(INT(BYTES, INT, INT, BYTES, LONGS, LONGS, INT, INT))
def weigh_words(data, start, at, words, bounds, speaks, first, last):  # type: ignore[no-untyped-def]
    """What the word says that ends nearest before ``at``: 1 for, -1 against, 0 where there is none; of equal ends the first."""
    found, nearest = 0, start
    for i in range(at - 1, start - 1, -1):
        if data[i] == _FEED:
            start = i + 1
            break
    nearest = start
    for word in range(first, last):
        size = bounds[word + 1] - bounds[word]
        begins = is_letter(words[bounds[word]])
        for i in range(at - size, start - 1, -1):
            if i + size <= nearest:
                break
            inside = begins and i > start and is_letter(data[i - 1])
            if not inside and is_at(data, i, at, words, bounds[word], bounds[word + 1]):
                found, nearest = speaks[word], i + size
                break
    return found
