"""The check of what a text assigns to a name for a secret, compiled: each function equals that of its name in ``checks``."""

from __future__ import annotations

import math

import numpy as np
from numba import types

from resonance.curate.kernels.privacy.checks import (
    HEADERS,
    JOINS,
    JOINTS,
    JSON,
    KEYBOARD,
    LEAST_ENTROPY,
    LEAST_MIXED,
    LEAST_PARTED,
    LEAST_RANDOM,
    LEAST_SHARE,
    LEAST_WORD,
    LEAST_WORDY,
    LONGEST_STEP,
    NOUNS,
    OTHERS,
    PLACES,
    PRINTS,
    SHORT_WORDS,
    TYPES,
)
from resonance.curate.kernels.privacy.codes import NEAR
from resonance.curate.kernels.privacy.letter_pairs import LETTER_PAIRS, ZERO
from resonance.curate.kernels.privacy.numbers_kernel import is_digit, is_sign
from resonance.curate.kernels.privacy.words_kernel import (
    INT,
    TRUTH,
    begins_with,
    fold,
    holds_filler,
    is_any,
    is_at,
    is_letter,
    is_variable,
    lay_words,
)
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES

_LEAST, _SHARE, _MIXED, _NEAR = LEAST_ENTROPY, LEAST_SHARE, LEAST_MIXED, NEAR
_LEAST_PARTED, _MOST_SCHEME = LEAST_PARTED, 10
_LEAST_RANDOM, _LEAST_WORD, _LEAST_WORDY, _LONGEST_STEP = LEAST_RANDOM, LEAST_WORD, LEAST_WORDY, LONGEST_STEP
_DOT, _MINUS, _COLON, _SLASH, _UNDERSCORE = ord("."), ord("-"), ord(":"), ord("/"), ord("_")
_PERCENT, _DOLLAR, _AND, _AT = ord("%"), ord("$"), ord("&"), ord("@")
_TYPES, _TYPE_AT = lay_words(TYPES)
_NOUNS, _NOUN_AT = lay_words(NOUNS)
_PLACES, _PLACE_AT = lay_words(PLACES)
_PRINTS, _PRINT_AT = lay_words(PRINTS)
_HEADS = np.array([list(head.encode()) for head in HEADERS], np.uint8)
_OTHERS, _OTHER_AT = lay_words(OTHERS)
_SHORT, _SHORT_AT = lay_words(SHORT_WORDS)
_PAIRS = np.array([[ord(sign) - ord(ZERO) for sign in row] for row in LETTER_PAIRS], np.int64)
_PLACE = {sign: 100 * number + place for number, row in enumerate(KEYBOARD) for place, sign in enumerate(row)}
_KEY_AT = np.array([_PLACE.get(chr(byte).lower(), -1000 - 10 * byte) for byte in range(256)], np.int64)
_JOINT = np.array([chr(byte) in JOINTS for byte in range(256)], np.uint8)
_TOKEN = np.frombuffer(b"token", np.uint8)
_CLIENT = np.frombuffer(b"lientToken", np.uint8)
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


@compiled(types.boolean(BYTES, INT, INT))
def names_print(data, low, end):  # type: ignore[no-untyped-def]
    """Whether the name that ends at ``end`` holds a word for what anybody may see."""
    i = end
    while i > low and (is_sign(data[i - 1]) or data[i - 1] in (_UNDERSCORE, _DOT, _MINUS)):
        i -= 1
        if begins_with(data, i, end, _PRINTS, _PRINT_AT):
            return True
    return False


@compiled(TRUTH)
def is_hashed(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a value is a password kept as a hash, or the first part of a token: ``checks.HASHED`` and ``HEADERS``."""
    for row in range(len(_HEADS)):
        if end - at >= len(_HEADS[row]) and is_exactly(data, at, _HEADS[row]):
            return True
    i = at
    while i < end and (is_digit(data[i]) or 97 <= data[i] <= 122 or data[i] == _UNDERSCORE):
        i += 1
    if i == end or data[i] != _DOLLAR:
        return False
    first = i + 1
    i = first
    while i < end and (is_digit(data[i]) or 97 <= data[i] <= 122 or data[i] == _MINUS):
        i += 1
    return i < end and data[i] == _DOLLAR and 1 <= i - first <= _MOST_SCHEME


@compiled(INT(BYTES, INT, INT))
def strip_joins(data, low, at):  # type: ignore[no-untyped-def]
    """Where the name before a value ends: before quotes, signs that assign, a type."""
    end = at
    while end > low and _JOIN[data[end - 1]]:
        end -= 1
    begin = end
    while begin > low and (is_letter(data[begin - 1]) or data[begin - 1] == _AND or data[begin - 1] == _AT):
        begin -= 1
    if begin > low and _JOIN[data[begin - 1]] and is_any(data, begin, end, _TYPES, _TYPE_AT):
        end = begin
        while end > low and _JOIN[data[end - 1]]:
            end -= 1
    return end


@compiled(types.boolean(BYTES, INT, INT, INT))
def names_other(data, start, at, stop):  # type: ignore[no-untyped-def]
    """Whether the name before a value, which ends at ``stop``, says that it is something about a secret, or a token that opens
    nothing. ``secret_id`` is what Vault calls a secret where it is a UUID, ``ClientToken`` what AWS calls the mark of a request."""
    low = max(start, at - _NEAR)
    end = strip_joins(data, low, at)
    if names_print(data, low, end):
        return True
    size = len(_SECRET_ID)
    if end - size >= low and is_exactly(data, end - size, _SECRET_ID) and is_uuid(data, at, stop):
        return False
    first = end - len(_CLIENT)
    if first > low and is_exactly(data, first, _CLIENT) and data[first - 1] | 0x20 == 99:  # c
        return first - 1 == low or not is_sign(data[first - 2])
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
        capital = 97 <= data[i - 1] <= 122 and 65 <= data[i] <= 90 and 97 <= data[i + 1] <= 122
        if capital and begins_with(data, i, end, _NOUNS, _NOUN_AT):
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


@compiled(INT(BYTES, INT, INT))
def end_word(data, at, end):  # type: ignore[no-untyped-def]
    """Where the letters of a word end that begin at ``at``: capitals, or small ones behind one at most. A capital begins one."""
    i = at
    while i < end and 65 <= data[i] <= 90:
        i += 1
    if i - at > 1:
        return i - (i < end and 97 <= data[i] <= 122)
    while i < end and 97 <= data[i] <= 122:
        i += 1
    return i


@compiled(TRUTH)
def is_word(data, at, end):  # type: ignore[no-untyped-def]
    """Whether letters are a short word of names, or pairs that are likelier in words than by chance."""
    if is_any(data, at, end, _SHORT, _SHORT_AT):
        return True
    wordy = 0
    for i in range(at, end - 1):
        wordy += _PAIRS[fold(data[i]) - 97, fold(data[i + 1]) - 97]
    return end - at >= _LEAST_WORD and wordy >= _LEAST_WORDY


@compiled(types.boolean(BYTES, INT, INT))
def runs_on(data, at, step):  # type: ignore[no-untyped-def]
    """Whether three groups of ``step`` signs are alike or count on."""
    for i in range(at, at + step):
        first, second, third = fold(data[i]), fold(data[i + step]), fold(data[i + 2 * step])
        if second - first != third - second or not -1 <= second - first <= 1:
            return False
    return True


@compiled(types.boolean(BYTES, INT))
def follows_keyboard(data, at):  # type: ignore[no-untyped-def]
    """Whether four signs follow one another on a keyboard, either way."""
    step = _KEY_AT[data[at + 1]] - _KEY_AT[data[at]]
    for i in range(at + 1, at + 3):
        if _KEY_AT[data[i + 1]] - _KEY_AT[data[i]] != step:
            return False
    return (step == 1 or step == -1) and _KEY_AT[data[at]] >= 0


@compiled(TRUTH)
def is_random(data, at, end):  # type: ignore[no-untyped-def]
    """Whether no word, run or repetition tells half the signs of a value, and as many as a secret has."""
    random, signs, told, word = 0, 0, at, at
    for i in range(at, end):
        if i >= word and (97 <= data[i] | 0x20 <= 122):
            word = end_word(data, i, end)
            if is_word(data, i, word):
                told = max(told, word)
        for step in range(1, _LONGEST_STEP + 1):
            if i + 3 * step <= end and runs_on(data, i, step):
                told = max(told, i + 3 * step)
        if i + 4 <= end and follows_keyboard(data, i):
            told = max(told, i + 4)
        counted = not _JOINT[data[i]]
        signs += counted
        random += counted and i >= told
    return random >= _LEAST_RANDOM and 2 * random >= signs


@compiled(types.boolean(BYTES, INT, INT, INT, types.int64[::1]))
def assignment(data, start, at, end, counts):  # type: ignore[no-untyped-def]
    """A value of high entropy, half of it told by no word or run, that is no path, no name, no filler, and is named as a secret.

    Two digits are asked for; one where a fifth of it are large letters and a fifth small ones, or where it is short. A short one
    holds letters of both sizes and no underscore, one with a full stop several of both sizes and three digits; it is no
    name of a file.
    """
    if names_other(data, start, at, end) or is_name_of_code(data, at, end) or begins_with_noun(data, at, end):
        return False
    digits = letters = larges = smalls = scores = stops = 0
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
        letters += is_sign(byte) and not digit
        lower &= digit or parted or small
        upper &= digit or parted or 65 <= byte <= 90
        joined |= parted
        json |= i + len(_JSON) <= end and is_exactly(data, i, _JSON)
        if i + 1 < end and byte == data[i + 1] and byte in (_COLON, _SLASH):
            return False
        if i + 2 < end and byte == _PERCENT and data[i + 1] == 0x32 and data[i + 2] == 0x30:  # a blank, as addresses write it
            return False
    size, sizes = end - at, min(smalls, larges)
    short = size < _MIXED
    if (short and (sizes < 1 or scores)) or (stops and (sizes < 2 or digits < 3 or suffix or json)):
        return False
    if digits < 2 - (short or 5 * sizes >= size) or letters < 2 or _NOT_FIRST[data[at]] or holds_filler(data, at, end):
        return False
    if ((lower or upper) and joined and digits < _LEAST_PARTED) or is_hashed(data, at, end):
        return False
    if is_variable(data, at, end) or not is_random(data, at, end):
        return False
    return entropy(data, at, end, counts) >= min(_LEAST, _SHARE * math.log2(size))
