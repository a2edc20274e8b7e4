"""The check of what a text assigns to a name for a secret, compiled: each function equals that of its name in ``checks``."""

from __future__ import annotations

import math

import numpy as np
from numba import types

from resonance.curate.kernels.privacy.checks import JOINS, JSON, LEAST_ENTROPY, LEAST_MIXED, LEAST_SHARE, NOUNS, OTHERS, PLACES
from resonance.curate.kernels.privacy.codes import NEAR
from resonance.curate.kernels.privacy.numbers_kernel import is_digit, is_sign
from resonance.curate.kernels.privacy.words_kernel import INT, TRUTH, holds_filler, is_any, is_at, lay_words
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES

_LEAST, _SHARE, _MIXED, _NEAR = LEAST_ENTROPY, LEAST_SHARE, LEAST_MIXED, NEAR
_DOT, _MINUS, _COLON, _SLASH, _UNDERSCORE = ord("."), ord("-"), ord(":"), ord("/"), ord("_")
_NOUNS, _NOUN_AT = lay_words(NOUNS)
_PLACES, _PLACE_AT = lay_words(PLACES)
_OTHERS, _OTHER_AT = lay_words(OTHERS)
_TOKEN = np.frombuffer(b"token", np.uint8)
_SECRET_ID = np.frombuffer(b"secret_id", np.uint8)
_JSON = np.frombuffer(JSON.encode(), np.uint8)
_JOIN = np.array([byte in JOINS for byte in range(256)], np.uint8)
_NOT_FIRST = np.array([chr(byte) in "/.~*&-=" for byte in range(256)], np.uint8)


@compiled(types.boolean(BYTES, INT, BYTES))
def is_exactly(data, at, word):  # type: ignore[no-untyped-def]
    """Whether a word stands at ``at``, letter by letter."""
    same, i = True, 0
    while same and i < len(word):
        same = data[at + i] == word[i]
        i += 1
    return same


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


@compiled(INT(BYTES, INT, INT))
def begin_word(data, low, end):  # type: ignore[no-untyped-def]
    """Where the last word of a name begins that ends at ``end``: small letters with one capital, or capitals."""
    i = end
    while i > low and 97 <= data[i - 1] <= 122:
        i -= 1
    if i < end:
        return i - (i > low and 65 <= data[i - 1] <= 90)
    while i > low and 65 <= data[i - 1] <= 90:
        i -= 1
    return i


@compiled(TRUTH)
def is_uuid(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a value is a UUID in small digits."""
    for i in range(at, end):
        joint = i - at in (8, 13, 18, 23)
        if data[i] != _MINUS if joint else not (is_digit(data[i]) or 97 <= data[i] <= 102):
            return False
    return end - at == 36


@compiled(types.boolean(BYTES, INT, INT, INT))
def names_other(data, start, at, stop):  # type: ignore[no-untyped-def]
    """Whether the name before a value, which ends at ``stop``, says that it is something about a secret, or a token that opens
    nothing. ``secret_id`` is what Vault calls a secret where it is a UUID."""
    low, end = max(start, at - _NEAR), at
    while end > low and _JOIN[data[end - 1]]:
        end -= 1
    size = len(_SECRET_ID)
    if end - size >= low and is_exactly(data, end - size, _SECRET_ID) and is_uuid(data, at, stop):
        return False
    begin = begin_word(data, low, end)
    if end - begin == len(_TOKEN) and is_at(data, begin, end, _TOKEN, 0, len(_TOKEN)):
        while begin > low and (data[begin - 1] == _UNDERSCORE or data[begin - 1] == _MINUS):
            begin -= 1
        return is_any(data, begin_word(data, low, begin), begin, _PLACES, _PLACE_AT)
    return is_any(data, begin, end, _OTHERS, _OTHER_AT)


@compiled(TRUTH)
def is_name_of_code(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a word for a secret stands in a value as in a name of code: a capital behind a small letter."""
    for i in range(at + 1, end - 1):
        if 97 <= data[i - 1] <= 122 and 65 <= data[i] <= 90 and 97 <= data[i + 1] <= 122:
            for word in range(len(_NOUN_AT) - 1):
                if is_at(data, i, end, _NOUNS, _NOUN_AT[word], _NOUN_AT[word + 1]):
                    return True
    return False


@compiled(TRUTH)
def begins_with_noun(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a value begins with a word for a secret and a hyphen or underscore."""
    for word in range(len(_NOUN_AT) - 1):
        behind = at + _NOUN_AT[word + 1] - _NOUN_AT[word]
        joined = behind < end and data[behind] in (_UNDERSCORE, _MINUS)
        if joined and is_at(data, at, end, _NOUNS, _NOUN_AT[word], _NOUN_AT[word + 1]):
            return True
    return False


@compiled(types.boolean(BYTES, INT, INT, INT, types.int64[::1]))
def assignment(data, start, at, end, counts):  # type: ignore[no-untyped-def]
    """A value of high entropy, of letters and digits both, that is no path, no name, no filler, and is named as a secret.

    Two digits are asked for; one where a fifth of it are large letters and a fifth small ones, or where it is short. A short one
    holds letters of both sizes and no underscore, one with a full stop several of both sizes and three digits; it is no
    name of a file.
    """
    if names_other(data, start, at, end) or is_name_of_code(data, at, end) or begins_with_noun(data, at, end):
        return False
    digits = letters = camels = covered = run = larges = smalls = scores = stops = 0
    lower, upper, joined, json, suffix = True, True, False, False, False
    for i in range(at, end):
        byte = data[i]
        digit, parted = is_digit(byte), byte in (_UNDERSCORE, _DOT, _MINUS)
        digits += digit
        small = 97 <= byte <= 122
        smalls += small
        larges += 65 <= byte <= 90
        scores += byte == _UNDERSCORE
        stops += byte == _DOT
        suffix = byte == _DOT or (suffix and small)
        run = 1 if 65 <= byte <= 90 else run + 1 if small and run else 0
        camels += run == 4
        covered += 4 if run == 4 else run > 4
        letters += is_sign(byte) and not digit
        lower &= digit or parted or small
        upper &= digit or parted or 65 <= byte <= 90
        joined |= parted
        json |= i + len(_JSON) <= end and is_exactly(data, i, _JSON)
        if i + 1 < end and byte == data[i + 1] and byte in (_COLON, _SLASH):
            return False
        if i + 2 < end and byte == 0x25 and data[i + 1] == 0x32 and data[i + 2] == 0x30:  # a blank, as addresses write it
            return False
    size, sizes = end - at, min(smalls, larges)
    short = size < _MIXED
    if (short and (sizes < 1 or scores)) or (stops and (sizes < 2 or digits < 3 or suffix or json)):
        return False
    if digits < 2 - (short or 5 * sizes >= size) or letters < 2 or _NOT_FIRST[data[at]] or holds_filler(data, at, end):
        return False
    if camels > 1 and 6 * digits < size and 5 * covered > 3 * size:
        return False
    if (lower or upper) and joined and digits < 6:
        return False
    return entropy(data, at, end, counts) >= min(_LEAST, _SHARE * math.log2(size))
