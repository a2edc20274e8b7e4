"""Whether a chunk of text is a URL, a host name or an address, over UTF-8 bytes, as ``Rules.url`` of ``english.py`` says.

The pattern needs no backtracking: a host holds none of ``:/?#``, so where it ends is known, and it can only start at the
chunk's start, after the scheme, or after an ``@``.
"""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.english.english_tables import BIT
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, code_point

INT = types.int64

_DIGIT, _LOWER, _HOST, _WORD = (np.uint32(BIT[name]) for name in ("DIGIT", "LOWER", "HOST", "WORD"))
_DOT, _PLUS, _MINUS, _COLON, _SLASH, _AT, _QUESTION, _HASH, _UNDERSCORE = (ord(mark) for mark in ".+-:/@?#_")
_ZERO, _NINE = ord("0"), ord("9")


@compiled(types.boolean(types.int64[::1]))
def is_172(digits):  # type: ignore[no-untyped-def]
    """Whether two digits are 16 to 31."""
    return (digits[0] == 1 and 6 <= digits[1] <= 9) or digits[0] == 2 or (digits[0] == 3 and digits[1] <= 1)


@compiled(types.boolean(types.int64[::1], INT, INT))
def is_octet(d, size, place):  # type: ignore[no-untyped-def]
    """Whether digits make an octet: the first may be 1 to 223, those between 0 to 255, the last 1 to 254."""
    inner = place == 1 or place == 2
    if size == 1:
        return inner or 1 <= d[0] <= 9
    if size == 2:
        return inner or 1 <= d[0] <= 9
    if d[0] == 1:
        return True
    if d[0] != 2:
        return False
    if place == 0:
        return d[1] <= 1 or (d[1] == 2 and d[2] <= 3)
    return d[1] <= 4 or (d[1] == 5 and d[2] <= (5 if inner else 4))


@compiled(types.boolean(BYTES, INT, INT, CODES), allocates=True)
def is_address(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Whether the bytes are a public IPv4 address; a digit of any script stands where ``\\d`` stands in the pattern."""
    digits = np.zeros((4, 3), np.int64)
    sizes = np.zeros(4, np.int64)
    octet, at = 0, start
    while at < end:
        code, after = code_point(data, at, end)
        if code == _DOT:
            octet += 1
            if octet == 4:
                return False
        else:
            if not flags[code] & _DIGIT or sizes[octet] == 3:
                return False
            digits[octet, sizes[octet]] = code - _ZERO if _ZERO <= code <= _NINE else 10
            sizes[octet] += 1
        at = after
    if octet != 3 or sizes.min() == 0:
        return False
    for i in range(4):
        if not is_octet(digits[i], sizes[i], i):
            return False
    values = np.zeros(4, np.int64)
    for i in range(2):
        for j in range(sizes[i]):
            values[i] = values[i] * 100 + digits[i, j]  # foreign digits cannot be mistaken
    private = values[0] == 100 or values[0] == 10207
    private = private or (values[0] == 10609 and values[1] == 20504)
    private = private or (values[0] == 10902 and values[1] == 10608)
    return not private and not (values[0] == 10702 and sizes[1] == 2 and is_172(digits[1]))


@compiled(types.boolean(BYTES, INT, INT, CODES))
def is_host(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Whether the bytes are labels of 1 to 64 characters between full stops, and a domain of 2 to 63 lower letters."""
    at, size, labels = start, 0, 0
    first_ok = last_ok = lower = True
    while at < end:
        code, after = code_point(data, at, end)
        if code == _DOT:
            if size == 0 or size > 64 or not first_ok or not last_ok:
                return False
            labels += 1
            size, lower = 0, True
        else:
            host = (flags[code] & _HOST) != 0
            if not host and code != _UNDERSCORE and code != _MINUS:
                if not flags[code] & _LOWER:
                    return False
                first_ok = last_ok = False  # a letter beyond the labels' range may only stand in the domain
            if size == 0:
                first_ok = host
            last_ok = host
            lower = lower and (flags[code] & _LOWER) != 0
            size += 1
        at = after
    return labels > 0 and lower and 2 <= size <= 63


@compiled(types.boolean(BYTES, INT, INT, CODES))
def is_place(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Whether the bytes are a host name or an address, with a port and a path where there are any."""
    stop = start
    while stop < end and data[stop] != _COLON and data[stop] != _SLASH and data[stop] != _QUESTION and data[stop] != _HASH:
        stop += 1
    if stop == start or not (is_host(data, start, stop, flags) or is_address(data, start, stop, flags)):
        return False
    if stop < end and data[stop] == _COLON:
        stop += 1
        digits = 0
        while stop < end:
            code, after = code_point(data, stop, end)
            if not flags[code] & _DIGIT:
                break
            stop, digits = after, digits + 1
        if digits < 2 or digits > 5:
            return False
    return stop == end or data[stop] == _SLASH or data[stop] == _QUESTION or data[stop] == _HASH


@compiled(types.boolean(BYTES, INT, INT, CODES))
def is_url(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Whether the whole chunk is a URL, a host name or an address."""
    if is_place(data, start, end, flags):
        return True
    at, size = start, 0
    while at < end:
        code, after = code_point(data, at, end)
        if not flags[code] & _WORD and code != _PLUS and code != _MINUS and code != _DOT:
            break
        at, size = after, size + 1
    scheme = size >= 2 and at + 3 <= end and data[at] == _COLON and data[at + 1] == _SLASH and data[at + 2] == _SLASH
    found = scheme and is_place(data, at + 3, end, flags)
    for mark in range(start + 1, end):
        found = found or (data[mark] == _AT and is_place(data, mark + 1, end, flags))
    return found
