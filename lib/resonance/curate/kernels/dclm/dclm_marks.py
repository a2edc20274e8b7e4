"""What RefinedWeb's line rules look for in a line: counters ("3 likes") and three phrases of web shops and portals.

The functions read UTF-8 bytes; regular expressions in ``dclm_lines`` define what they find.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.character_bits import ALNUM, DECIMAL, SPACE
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.ngrams import INT
from resonance.curate.kernels.text.scan import BYTES, code_point, mix
from resonance.curate.kernels.text.stretches import before
from resonance.curate.kernels.text.words import BASIS, PRIME, word_hash

COUNTED = (
    *("likes", "shares", "comments", "retweets", "reposts", "quotes"),
    *("bookmarks", "upvotes", "downvotes", "downloads", "views", "followers"),
)
CART, MORE, SIGN_IN = "items in cart", "read more", "sign-in"

TEXT = types.uint8[::1]
HASHES = types.Array(types.uint64, 1, "C", readonly=True)

_COMMA, _DOT, _UNDERSCORE = map(ord, ",._")
_UNITS = tuple(map(ord, "kmb"))
_I, _S, _K = map(ord, "isk")
_KELVIN, _DOTTED, _DOTLESS, _LONG_S = 0x212A, 0x130, 0x131, 0x17F
_CART, _MORE, _SIGN_IN = (np.frombuffer(phrase.encode(), np.uint8) for phrase in (CART, MORE, SIGN_IN))
_AFTER_MORE = 3
_CASE, _I_LEAD = 0x20, 0xC4  # what parts upper from lower case in ASCII; the first byte of both odd i
_BASIS, _PRIME = np.uint64(BASIS), np.uint64(PRIME)


@cache
def counted_hashes() -> NDArray[np.uint64]:
    """The hashes of what counters count."""
    return np.array([word_hash(word) for word in COUNTED], np.uint64)


@compiled(INT(INT, types.boolean))
def lower_code(code, widely):  # type: ignore[no-untyped-def]
    """``str.lower`` as far as it gives an ASCII letter; widely: what a regular expression that ignores case takes for it."""
    if 0x41 <= code <= 0x5A:
        return code + 32
    if code < 0x80:
        return code
    if code == _KELVIN:
        return _K
    if widely and code in (_DOTTED, _DOTLESS):
        return _I
    return _S if widely and code == _LONG_S else code


@compiled(INT(BYTES, INT, INT, BYTES))
def behind(text, at, end, phrase):  # type: ignore[no-untyped-def]
    """Where the phrase ends that stands at ``at``, whatever its case; -1 if it does not stand there."""
    for letter in phrase:
        if at >= end:
            return -1
        code, at = code_point(text, at, end)
        if lower_code(code, True) != letter:
            return -1
    return at


@compiled(types.boolean(BYTES, INT, INT, BYTES, HASHES))
def is_counter(text, at, end, bits, counted):  # type: ignore[no-untyped-def]
    """Whether a line says how often something was liked, shared or the like."""
    stage, value = 0, _BASIS
    while at < end:
        code, at = code_point(text, at, end)
        held = bits[code]
        wordy = held & ALNUM != 0 or code == _UNDERSCORE
        if stage == 0 and wordy:
            if not held & DECIMAL:
                return False
            stage = 1
        elif stage == 1 and not (held & DECIMAL or code in (_COMMA, _DOT)):
            stage = 2
            if lower_code(code, False) in _UNITS:
                continue
        if stage == 2:
            if not held & SPACE:
                return False
            stage = 3
        elif stage == 3 and not held & SPACE:
            stage = 4
        if stage == 4 and wordy:
            value = (value ^ np.uint64(lower_code(code, False))) * _PRIME
        elif stage == 4:
            stage = 5
        elif stage == 5 and wordy:
            return False
    if stage < 4:
        return False
    found = False
    for known in counted:
        found |= known == mix(value)
    return found


@compiled(INT(TEXT, INT, INT, BYTES))
def cut_cart(text, start, end, bits):  # type: ignore[no-untyped-def]
    """Takes "items in cart" from a line, and one white space before it; where the line ends then."""
    kept, floor, at = start, start, start
    while at < end:
        byte = text[at]
        if byte | _CASE == _I or byte == _I_LEAD:
            past = behind(text, at, end, _CART)
            if past >= 0:
                if kept > floor:
                    blank = before(text, floor, kept)
                    if bits[code_point(text, blank, kept)[0]] & SPACE:
                        kept = blank
                floor, at = kept, past
                continue
        text[kept] = byte
        kept += 1
        at += 1
    return kept


@compiled(INT(BYTES, INT, INT, BYTES))
def cut_more(text, start, end, bits):  # type: ignore[no-untyped-def]
    """Where a line ends without a final "read more" and the three characters after it."""
    at = end
    for _ in range(_AFTER_MORE + len(_MORE)):
        if at <= start:
            return end
        at = before(text, start, at)
    past = behind(text, at, end, _MORE)
    if past < 0:
        return end
    if at > start:
        blank = before(text, start, at)
        if bits[code_point(text, blank, end)[0]] & SPACE:
            return blank
    return at


@compiled(INT(BYTES, INT, INT, BYTES))
def cut_sign_in(text, start, end, bits):  # type: ignore[no-untyped-def]
    """Where a line starts without a leading "sign-in"."""
    past = behind(text, start, end, _SIGN_IN)
    if past < 0:
        return start
    if past < end:
        code, after = code_point(text, past, end)
        if bits[code] & SPACE:
            return after
    return past
