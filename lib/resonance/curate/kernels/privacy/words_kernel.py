"""Checks of addresses and secrets and the words near a value, compiled: each equals the function of its name in ``checks``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.privacy.checks import (
    ENDS,
    FEW,
    FILLERS,
    MATERIAL,
    ROLES,
    VARIABLE,
    WORDS_FOR_IT,
)
from resonance.curate.kernels.privacy.codes import NEAR
from resonance.curate.kernels.privacy.domains import DOMAINS
from resonance.curate.kernels.privacy.numbers_kernel import count_digits, is_digit, is_sign
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES

INT = types.int64
TRUTH = types.boolean(BYTES, INT, INT)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
MOST_LETTERS = 13
_FEW, _MATERIAL, _MOST_LETTERS, _NEAR = FEW, MATERIAL, MOST_LETTERS, NEAR
_DOT, _MINUS, _AT, _COLON, _SLASH, _UNDERSCORE, _FEED, _PLUS, _EQUAL = (ord(sign) for sign in ".-@:/_\n+=")
_DOLLAR, _PERCENT, _BRACE, _PARENTHESIS, _BRACKET, _STAR = (ord(sign) for sign in "$%{([*")


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
_HOST = np.array([byte >= 0x80 or chr(byte) in "[%{$" for byte in range(256)], np.uint8)
_FILLERS, _FILLER_AT = lay_words(FILLERS)
_ROLES, _ROLE_AT = lay_words(ROLES)
_LOGINS, _LOGIN_AT = lay_words(WORDS_FOR_IT)
_ENDS, _END_AT = lay_words(ENDS)
_NO_LOGIN = np.array([chr(byte) in " \n/?" for byte in range(256)], np.uint8)
_VARIABLE = np.array([chr(byte) in VARIABLE for byte in range(256)], np.uint8)


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


@compiled(types.boolean(BYTES, INT, INT, BYTES, LONGS))
def is_any(data, at, end, words, bounds):  # type: ignore[no-untyped-def]
    """Whether the bytes are one of some words, in any case of letters."""
    for word in range(len(bounds) - 1):
        if end - at == bounds[word + 1] - bounds[word] and is_at(data, at, end, words, bounds[word], bounds[word + 1]):
            return True
    return False


@compiled(types.boolean(BYTES, INT, INT, types.Array(types.uint8, 1, "C", readonly=True), LONGS))
def begins_with(data, at, end, words, bounds):  # type: ignore[no-untyped-def]
    """Whether the bytes begin with one of some words, in any case of letters."""
    word, many = 0, len(bounds) - 1
    while word < many and not is_at(data, at, end, words, bounds[word], bounds[word + 1]):
        word += 1
    return word < many


@compiled(TRUTH)
def holds_filler(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a value says itself that it is none."""
    i = at
    while i < end and not begins_with(data, i, end, _FILLERS, _FILLER_AT):
        i += 1
    return i < end


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


@compiled(TRUTH)
def block(data, at, end):  # type: ignore[no-untyped-def]
    """A block holds signs of Base64 in a row, of both sizes and with a digit, as no words of a text about blocks are."""
    found, size, digits, smalls, larges = False, 0, 0, 0, 0
    for i in range(at, end):
        byte = data[i]
        if is_sign(byte) or byte in (_PLUS, _SLASH, _EQUAL):
            size += 1
            digits += is_digit(byte)
            smalls += 97 <= byte <= 122
            larges += 65 <= byte <= 90
            found |= size >= _MATERIAL and digits > 0 and smalls > 0 and larges > 0
        else:
            size, digits, smalls, larges = 0, 0, 0, 0
    return found and not holds_filler(data, at, end)


@compiled(TRUTH)
def is_variable(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a value is a variable, an expression or blotted out, or holds one: ``checks.FORM``."""
    opened, name = False, data[at] == _DOLLAR and end - at > 1
    for i in range(at, end):
        byte = data[i]
        opened |= byte == _BRACE
        if (opened and byte == _BRACE + 2) or (byte in (_DOLLAR, _PERCENT) and i + 1 < end and data[i + 1] == _PARENTHESIS):
            return True
        if byte == _STAR and i + 1 < end and data[i + 1] == _STAR:
            return True
        name &= i == at or is_sign(byte) or byte == _UNDERSCORE
    return name or (end - at > 1 and data[at] in (_BRACKET, _PARENTHESIS) and data[end - 1] in (_BRACKET + 2, _PARENTHESIS + 1))


@compiled(types.boolean(BYTES, INT, INT))
def is_form(data, start, at):  # type: ignore[no-untyped-def]
    """Whether the login before a password, back to the slash before it, is a variable, shortened or the word for a password."""
    dots, first = 0, start
    for i in range(at - 1, start - 1, -1):
        if data[i] == _SLASH:
            first = i + 1
            break
        dots = dots + 1 if data[i] == _DOT else 0
        if _VARIABLE[data[i]] or dots == 3:
            return True
    return is_any(data, first, at - 1, _LOGINS, _LOGIN_AT)  # a colon ends it


@compiled(TRUTH)
def is_made_of_roles(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a value is made of words for parts of an address, and of what joins words. Bit n: a word may begin n bytes on."""
    may = np.int64(1)
    for i in range(at, end):
        if may & 1:
            if data[i] in (_UNDERSCORE, _DOT, _MINUS):
                may |= 2
            for word in range(len(_ROLE_AT) - 1):
                size = _ROLE_AT[word + 1] - _ROLE_AT[word]
                if i + size <= end and is_at(data, i, i + size, _ROLES, _ROLE_AT[word], _ROLE_AT[word + 1]):
                    may |= np.int64(1) << size
        may >>= 1
    return may & 1 == 1


@compiled(types.boolean(BYTES, INT, INT, INT, INT))
def secret(data, start, at, end, stop):  # type: ignore[no-untyped-def]
    """A password is not made of words for parts of an address, does not end in one for it, is no variable and not one sign.

    A host, or the path of a socket, follows before ``stop``. Beside a login that is a variable, shortened or the
    word for a password stands none.
    """
    if is_form(data, start, at):
        return False
    socket = end + 2 < stop and data[end + 1] == _SLASH and 97 <= data[end + 2] <= 122
    if end + 1 >= stop or not (socket or is_sign(data[end + 1]) or _HOST[data[end + 1]]):
        return False
    same = True
    for i in range(at, end):
        same &= data[i] == data[at]
    if same or is_made_of_roles(data, at, end) or is_variable(data, at, end):
        return False
    for word in range(len(_END_AT) - 1 if count_digits(data, at, end)[0] == 0 else 0):
        begin = end - (_END_AT[word + 1] - _END_AT[word])
        if begin >= at and is_at(data, begin, end, _ENDS, _END_AT[word], _END_AT[word + 1]):
            return False
    return not holds_filler(data, at, end)


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
