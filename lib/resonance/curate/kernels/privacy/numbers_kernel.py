"""Checks of numbers, compiled: each equals the function of its name in ``checks``."""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.privacy.checks import BESIDE, CREDIT, FIRST_YEAR, ISSUERS, LAST_YEAR, PROVINCES, SMALL, THREE, TWO
from resonance.curate.kernels.privacy.codes import NEAR
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES

INT = types.int64
TRUTH = types.boolean(BYTES, INT, INT)
_ZERO, _NINE, _PLUS, _X, _MINUS, _DOT, _BLANK = ord("0"), ord("9"), ord("+"), ord("x"), ord("-"), ord("."), ord(" ")
_OPEN, _LETTER_A, _LETTER_Z, _CAPITAL_A, _CAPITAL_Z = ord("("), ord("a"), ord("z"), ord("A"), ord("Z")
_FIRST, _LAST, _SMALL, _BESIDE, _NEAR, _FEED = FIRST_YEAR, LAST_YEAR, SMALL, BESIDE, NEAR, 0x0A
_PROVINCE = np.array([code in PROVINCES for code in range(100)], np.uint8)
_COUNTRY = np.array([code // 10 in TWO or code in THREE for code in range(1000)], np.uint8)
_VALUE = np.array([CREDIT.find(chr(byte)) for byte in range(128)], np.int64)
_ISSUERS = np.array(ISSUERS, np.int64)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_TENS = np.array([1, 10, 100, 1_000, 10_000], np.int64)


@compiled(types.boolean(types.int64))
def is_digit(byte):  # type: ignore[no-untyped-def]
    """Whether a byte is a digit of ASCII."""
    return _ZERO <= byte <= _NINE


@compiled(types.boolean(types.int64))
def is_sign(byte):  # type: ignore[no-untyped-def]
    """Whether a byte is a letter or digit of ASCII."""
    return _ZERO <= byte <= _NINE or _LETTER_A <= byte | 0x20 <= _LETTER_Z


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT))  # type: ignore[no-untyped-call]
def count_digits(data, at, end):  # type: ignore[no-untyped-def]
    """How many digits there are, and how many different ones."""
    digits, seen, different = 0, 0, 0
    for i in range(at, end):
        if is_digit(data[i]):
            digits += 1
            seen |= 1 << (data[i] - _ZERO)
    while seen:
        different += seen & 1
        seen >>= 1
    return digits, different


@compiled(INT(BYTES, INT, INT, INT, INT))
def read_digits(data, at, end, first, size):  # type: ignore[no-untyped-def]
    """The number that ``size`` digits from the ``first`` on make, whatever stands between them."""
    place, number = 0, 0
    for i in range(at, end):
        if is_digit(data[i]):
            if first <= place < first + size:
                number = number * 10 + data[i] - _ZERO
            place += 1
    return number


@compiled(TRUTH)
def cn_id(data, at, end):  # type: ignore[no-untyped-def]
    """A resident identity number."""
    year, month = read_digits(data, at, end, 6, 4), read_digits(data, at, end, 10, 2)
    day = read_digits(data, at, end, 12, 2)
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not _PROVINCE[read_digits(data, at, end, 0, 2)] or not _FIRST <= year <= _LAST or not 1 <= month <= 12:
        return False
    if not 1 <= day <= _DAYS[month] + leap:
        return False
    total, place = 0, 17
    for i in range(at, end - 1):
        if is_digit(data[i]):
            total += (data[i] - _ZERO) * (1 << place)
            place -= 1
    wanted = (12 - total % 11) % 11
    last = data[end - 1]
    return wanted == (last - _ZERO if is_digit(last) else 10)


@compiled(TRUTH)
def credit_code(data, at, end):  # type: ignore[no-untyped-def]
    """A unified social credit code."""
    total, weight = 0, 1
    for i in range(at, end - 1):
        total += _VALUE[data[i]] * weight
        weight = weight * 3 % 31
    if not _PROVINCE[(data[at + 2] - _ZERO) * 10 + data[at + 3] - _ZERO]:
        return False
    return (31 - total % 31) % 31 == _VALUE[data[end - 1]]


@compiled(types.boolean(types.int64))
def is_upper(byte):  # type: ignore[no-untyped-def]
    """Whether a byte is a capital letter of ASCII."""
    return _CAPITAL_A <= byte <= _CAPITAL_Z


@compiled(TRUTH)
def in_account(data, start, at):  # type: ignore[no-untyped-def]
    """Whether a value at ``at`` goes on from the head of an IBAN in groups, in a text from ``start`` on."""
    low = max(start, at - _NEAR)
    i = at - 1
    if i < low or data[i] != _BLANK:
        return False
    while i - 4 >= low:
        for k in range(i - 4, i):
            if not (is_digit(data[k]) or is_upper(data[k])):
                return False
        i -= 4
        head = is_upper(data[i]) and is_upper(data[i + 1]) and is_digit(data[i + 2]) and is_digit(data[i + 3])
        if head and (i == low or not is_sign(data[i - 1])):
            return True
        i -= i > low and data[i - 1] == _BLANK
    return False


@compiled(types.boolean(BYTES, INT, INT, INT, INT))
def card(data, start, at, end, said):  # type: ignore[no-untyped-def]
    """A bank card, in a text from ``start`` on; ``said`` is what words before it say."""
    if at - start > 1 and data[at - 1] == _OPEN and is_sign(data[at - 2]):
        return False
    digits, different = count_digits(data, at, end)
    blanks = hyphens = False
    total, place = 0, 0
    for i in range(end - 1, at - 1, -1):
        if is_digit(data[i]):
            one = (data[i] - _ZERO) * (1 + place % 2)
            total += one - 9 * (one > 9)
            place += 1
        blanks |= data[i] == _BLANK
        hyphens |= data[i] == _MINUS
    if (blanks and hyphens) or different < 2 or total % 10 or (digits < 15 and said < 1):
        return False
    for row in range(len(_ISSUERS)):
        prefix = read_digits(data, at, end, 0, _ISSUERS[row, 2])
        if _ISSUERS[row, 0] <= prefix <= _ISSUERS[row, 1] and _ISSUERS[row, 3] <= digits <= _ISSUERS[row, 4]:
            return True
    return False


@compiled(TRUTH)
def landline(data, at, end):  # type: ignore[no-untyped-def]
    """A landline of China."""
    if data[at] == _PLUS:
        at += 3
    elif data[at + 1] == _ZERO and data[at] == _ZERO:
        at += 4
    while not is_digit(data[at]):
        at += 1
    at += data[at] == _ZERO
    size = 2 if data[at] == _ZERO + 2 or (data[at] == _ZERO + 1 and data[at + 1] == _ZERO) else 3
    local = 0
    for i in range(at + size, end):
        if is_digit(data[i]):
            local += 1
        elif local >= 7:
            break
    return local == 8 or (local == 7 and size == 3)


@compiled(TRUTH)
def phone(data, at, end):  # type: ignore[no-untyped-def]
    """A phone number with the code of its country, or one of North America."""
    stop, parted = at, False
    while stop < end and data[stop] != _X:
        stop += 1
    for i in range(at, end):
        byte = data[i]
        parted |= byte in (_BLANK, _DOT, _MINUS, _OPEN)
    digits, different = count_digits(data, at, stop)
    doubled = data[at] == _ZERO and data[at + 1] == _ZERO
    if different < 3:
        return False
    if data[at] != _PLUS and not doubled:
        return digits == 10 or digits == 11
    skip = 0
    if doubled:
        skip, digits = 2, digits - 2
        if not parted:
            return False
    code = read_digits(data, at, stop, skip, 3)
    if code // 100 == 1:
        return digits == 11 and code // 10 % 10 > 1 and read_digits(data, at, stop, skip + 4, 1) > 1
    if code // 100 == 7:
        return digits == 11
    return _COUNTRY[code] and 9 <= digits <= 15


@compiled(types.boolean(types.int64))
def is_date_mark(byte):  # type: ignore[no-untyped-def]
    """Whether a byte stands between the parts of a date."""
    return byte in (_MINUS, _DOT, _BLANK)


@compiled(TRUTH)
def said_phone(data, at, end):  # type: ignore[no-untyped-def]
    """Digits that a text calls a phone number."""
    digits, different = count_digits(data, at, end)
    if not 7 <= digits <= 15 or different < 3:
        return False
    century = read_digits(data, at, min(at + 2, end), 0, 2)
    if end - at < 8 or not is_digit(data[at]) or (century != 19 and century != 20):
        return True
    if not (is_digit(data[at + 2]) and is_digit(data[at + 3]) and is_date_mark(data[at + 4]) and is_digit(data[at + 5])):
        return True
    later = at + 6 + is_digit(data[at + 6])
    return not (later + 1 < end and is_date_mark(data[later]) and is_digit(data[later + 1]))


@compiled(types.boolean(BYTES, INT, INT, INT, INT))
def ipv4(data, start, at, end, stop):  # type: ignore[no-untyped-def]
    """An address that a machine may have; the text reaches from ``start`` to ``stop``."""
    octet, digits, first = 0, 0, np.int64(-1)
    for i in range(at, end + 1):
        if i < end and data[i] != _DOT:
            if digits and octet == 0:
                return False
            octet, digits = octet * 10 + data[i] - _ZERO, digits + 1
            continue
        if octet > 255:
            return False
        if first < 0:
            first = np.int64(octet)
        octet, digits = 0, 0
    if at - start > 1 and data[at - 1] == 0x3D and (0x3C <= data[at - 2] <= 0x3E or data[at - 2] == 0x7E):
        return False
    if at - start > 1 and (data[at - 1] == _MINUS or data[at - 1] == 0x2F) and is_sign(data[at - 2]):
        return False
    if end + 1 < stop and data[end] == _MINUS and is_sign(data[end + 1]):
        i = end + 1
        while i < stop and i < end + 4 and is_digit(data[i]):
            i += 1
        if i == end + 1 or i >= stop or data[i] != _DOT:
            return False
    return 0 < first < 224 and first != 127


@compiled(types.boolean(BYTES, INT, INT, INT))
def is_small(data, at, end, stop):  # type: ignore[no-untyped-def]
    """Whether all parts of an address are below 64 and no mask or port follows, in a text that ends at ``stop``."""
    octet = 0
    for i in range(at, end):
        octet = 0 if data[i] == _DOT else octet * 10 + data[i] - _ZERO
        if octet >= _SMALL:
            return False
    return not (end + 1 < stop and (data[end] == 0x2F or data[end] == 0x3A) and is_digit(data[end + 1]))


@compiled(types.boolean(BYTES, INT, INT, INT))
def heads_section(data, at, end, stop):  # type: ignore[no-untyped-def]
    """Whether an address is the number of a section: small parts, then a full stop and a space."""
    if end + 1 >= stop or data[end] != _DOT or not is_small(data, at, end, stop):
        return False
    return data[end + 1] == _BLANK or (end + 2 < stop and data[end + 1] == 0xC2 and data[end + 2] == 0xA0)


@compiled(types.boolean(BYTES, INT, INT, INT, INT))
def mobile(data, start, at, end, stop):  # type: ignore[no-untyped-def]
    """Digits that no word speaks for are a number where they are parted, alone on their line, or beside other signs than ASCII."""
    if end - at != 11:
        return True
    alone, i = True, at - 1
    while i >= max(start, at - _NEAR) and data[i] != _FEED:
        if data[i] >= 0x80:
            return True
        alone &= data[i] == _BLANK
        i -= 1
    i = end
    while i < min(stop, end + _BESIDE) and data[i] != _FEED:
        if data[i] >= 0x80:
            return True
        alone &= data[i] == _BLANK
        i += 1
    return alone


@compiled(types.boolean(BYTES, INT, INT, INT))
def ipv6(data, start, at, end):  # type: ignore[no-untyped-def]
    """An address of a machine: four hexadecimal digits first, eight groups or one gap; no end of a longer one."""
    if at - start > 1 and data[at - 1] == 0x3A:
        last = data[at - 2]
        if last == 0x3A or is_digit(last) or 97 <= last | 0x20 <= 102:
            return False
    groups, gaps, digits, first = 0, 0, 0, 0
    for i in range(at, end):
        byte = data[i]
        if byte == 0x3A:
            if digits == 0:
                gaps += 1
            groups += digits > 0
            digits = 0
        else:
            if i < at + 4:
                first = first * 16 + (byte - _ZERO if byte <= _NINE else (byte | 0x20) - 87)
            digits += 1
    groups += digits > 0
    if gaps > 1 or (digits == 0 and data[end - 2] != 0x3A):
        return False
    if not (groups == 8 and gaps == 0 or groups < 8 and gaps == 1):
        return False
    return 0x2000 <= first <= 0x3FFF or 0xFC00 <= first <= 0xFDFF or 0xFE80 <= first <= 0xFEBF
