"""What is cut from a chunk of English text, over UTF-8 bytes: prefixes, suffixes and infixes, as ``english.py`` says."""

from __future__ import annotations

import numpy as np
from numba import types

from resonance.curate.kernels.english.english_tables import BIT, STORE, UNITS, find
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, CODES, code_point

INT = types.int64

_ALPHA, _DIGIT, _UPPER, _ICON = (np.uint32(BIT[name]) for name in ("ALPHA", "DIGIT", "UPPER", "ICON"))
_PREFIX, _SUFFIX, _UNIT_END = (np.uint32(BIT[name]) for name in ("PREFIX", "SUFFIX", "UNIT_END"))
_BEFORE_SUFFIX_DOT, _BEFORE_INFIX_DOT, _AFTER_INFIX_DOT = (
    np.uint32(BIT[name]) for name in ("BEFORE_SUFFIX_DOT", "BEFORE_INFIX_DOT", "AFTER_INFIX_DOT")
)
_DOT, _PLUS, _MINUS, _STAR, _CARET, _COMMA, _DOLLAR, _TILDE = (ord(mark) for mark in ".+-*^,$~")
_COLON, _SLASH, _LESS, _MORE, _EQUALS, _APOSTROPHE = (ord(mark) for mark in ":/<>='")
_ELLIPSIS, _DEGREE, _QUOTE, _EN_DASH, _EM_DASH = (ord(mark) for mark in "…°’–—")
_ZERO, _NINE, _SMALL_S, _S, _U, _C, _A = (ord(mark) for mark in "09sSUCA")
_SCALES = (ord("F"), ord("C"), ord("K"), ord("f"), ord("c"), ord("k"))
_LONGEST_UNIT = 6


@compiled(types.UniTuple(types.int64, 2)(BYTES, types.int64, types.int64))  # type: ignore[no-untyped-call]
def code_before(data, at, low):  # type: ignore[no-untyped-def]
    """The code point that ends at ``at`` and where it starts; -1 where the text starts."""
    if at <= low:
        return np.int64(-1), at
    start = at - 1
    while start > low and at - start < 4 and data[start] & 0xC0 == 0x80:
        start -= 1
    code, after = code_point(data, start, at)
    if after != at:
        return np.int64(0xFFFD), at - 1
    return code, start


@compiled(types.uint32(CODES, INT))
def bits_of(flags, code):  # type: ignore[no-untyped-def]
    """The bits of a code point; none where there is no character."""
    return flags[code] if code >= 0 else np.uint32(0)


@compiled(types.int64(BYTES, INT, INT, CODES))
def prefix(data, start, end, flags):  # type: ignore[no-untyped-def]
    """Bytes that are cut from a chunk's start."""
    code, after = code_point(data, start, end)
    if flags[code] & _PREFIX:
        return after - start
    if code == _DOT:
        at = after
        while at < end and data[at] == _DOT:
            at += 1
        return at - start if at - start > 1 else 0
    if code == _PLUS:
        return 0 if after < end and _ZERO <= data[after] <= _NINE else 1
    if code == _U:
        return 3 if end - start >= 3 and data[start + 1] == _S and data[start + 2] == _DOLLAR else 0
    if code in (_C, _A):
        return 2 if after < end and data[after] == _DOLLAR else 0
    return 0


@compiled(types.int64(BYTES, INT, INT, CODES))
def dots(data, start, end, flags):  # type: ignore[no-untyped-def]
    """As ``suffix``, for a chunk that ends in a full stop."""
    at = end
    while at > start and data[at - 1] == _DOT:
        at -= 1
    if end - at > 1:
        return end - at
    code, first = code_before(data, at, start)
    bits = bits_of(flags, code)
    if bits & _BEFORE_SUFFIX_DOT:
        return np.int64(1)
    other, _ = code_before(data, first, start)
    if bits & _UPPER and bits_of(flags, other) & _UPPER:
        return np.int64(1)
    degrees = other == _DEGREE and code in _SCALES
    return np.int64(1) if degrees else np.int64(0)


@compiled(types.int64(BYTES, INT, INT, CODES, STORE))
def suffix(data, start, end, flags, store):  # type: ignore[no-untyped-def]
    """Bytes that are cut from a chunk's end: the longest suffix that fits."""
    if start >= end:
        return np.int64(0)
    code, last = code_before(data, end, start)
    bits = flags[code]
    if code == _DOT:
        return dots(data, start, end, flags)
    if code in (_SMALL_S, _S):
        mark, at = code_before(data, last, start)
        if mark in (_APOSTROPHE, _QUOTE):
            return end - at
    if bits & _UNIT_END:
        at, steps = end, 0
        while at > start and steps <= _LONGEST_UNIT and not _ZERO <= data[at - 1] <= _NINE:
            _, at = code_before(data, at, start)
            steps += 1
        if at > start and at < end and _ZERO <= data[at - 1] <= _NINE and find(data, at, end, store, UNITS) >= 0:
            return end - at
    if bits & _SUFFIX:
        other, at = code_before(data, last, start)
        return end - at if code == _ELLIPSIS and other == _ELLIPSIS else end - last
    if code == _PLUS and last > start and _ZERO <= data[last - 1] <= _NINE:
        return end - last
    return np.int64(0)


@compiled(types.int64(BYTES, INT, INT, CODES))
def hyphens(data, at, end, flags):  # type: ignore[no-untyped-def]
    """Bytes of the hyphens at ``at`` that a letter follows: one, two or three."""
    code, after = code_point(data, at, end)
    if code != _MINUS and code != _EN_DASH and code != _EM_DASH and code != _TILDE:
        return np.int64(0)
    most = 3 if code == _MINUS else 2 if code == _EM_DASH else 1
    for _ in range(most):
        if after >= end:
            return np.int64(0)
        ahead, further = code_point(data, after, end)
        if flags[ahead] & _ALPHA:
            return after - at
        if ahead != code:
            return np.int64(0)
        after = further
    return np.int64(0)


@compiled(types.int64(BYTES, INT, INT, INT, CODES))
def infix(data, low, at, end, flags):  # type: ignore[no-untyped-def]
    """Bytes of the infix that starts at ``at`` in a chunk from ``low`` to ``end``; 0 if none does."""
    code, after = code_point(data, at, end)
    bits = flags[code]
    if bits & _ICON or code == _ELLIPSIS:
        return after - at
    if bits & (_ALPHA | _DIGIT):
        return np.int64(0)
    if code == _DOT and after < end and data[after] == _DOT:
        while after < end and data[after] == _DOT:
            after += 1
        return after - at
    before, _ = code_before(data, at, low)
    if before < 0 or after >= end:
        return np.int64(0)
    ahead, _ = code_point(data, after, end)
    if code == _DOT:
        fits = flags[before] & _BEFORE_INFIX_DOT and flags[ahead] & _AFTER_INFIX_DOT
        return np.int64(1) if fits else np.int64(0)
    if code == _COMMA:
        return np.int64(1) if flags[before] & _ALPHA and flags[ahead] & _ALPHA else np.int64(0)
    number = _ZERO <= before <= _NINE
    if number and code in (_PLUS, _MINUS, _STAR, _CARET) and (ahead == _MINUS or _ZERO <= ahead <= _NINE):
        return np.int64(1)
    if not number and not flags[before] & _ALPHA:
        return np.int64(0)
    if code in (_COLON, _LESS, _MORE, _EQUALS, _SLASH):
        return np.int64(1) if flags[ahead] & _ALPHA else np.int64(0)
    return hyphens(data, at, end, flags)
