"""What a text may hold, told at a glance by its bytes: what is looked for more closely is looked for in few texts.

No bit is missing where what it stands for is there; one may be set where it is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, spans

WIDE, HAN, UNSOUND, GARBLED, LOOSE, SAID = (1 << bit for bit in range(6))
"""Bits: characters beyond ASCII; Han characters; controls but tab and line ends, private characters or the replacement character;
what a wrong encoding leaves; characters that a composed text (NFC) may lack; one of the ``PIECES`` in any case, or a character
beyond the Latin scripts."""
PIECE = 8
PIECES = ("terms of", "privacy ", "cookie p", " cookies", "javascri", "lorem ip", "all righ")
"""Each phrase of web pages that is looked for holds one of these pieces of ``PIECE`` bytes, or what sets ``SAID`` anyway."""
_PIECES = np.frombuffer("".join(PIECES).encode(), np.uint8)
_LAST_OF_ASCII, _DELETE, _TAB, _FEED, _RETURN, _BLANK = 0x7F, 0x7F, 9, 10, 13, 0x20
_COLON, _SLASH, _W, _DOT = map(ord, ":/w.")

TRUTH = types.boolean(BYTES, types.int64, types.int64)


@compiled(TRUTH)
def may_be_unsound(data, start, end):  # type: ignore[no-untyped-def]
    """Whether a control, a private character or the replacement character may stand there."""
    text, found = data[start:end], False
    for i in range(len(text)):
        sign = text[i]
        found |= (sign < _BLANK) & (sign != _TAB) & (sign != _FEED) & (sign != _RETURN) | (sign == _DELETE) | (sign >= 0xEE)
    for i in range(len(text) - 1):
        found |= (text[i] == 0xC2) & (text[i + 1] < 0xA0)
    return found


@compiled(TRUTH)
def holds_link(data, start, end):  # type: ignore[no-untyped-def]
    """Whether ``://`` or ``www.`` stands there."""
    text, found = data[start:end], False
    for i in range(len(text) - 2):
        found |= (text[i] == _COLON) & (text[i + 1] == _SLASH) & (text[i + 2] == _SLASH)
    for i in range(len(text) - 3):
        found |= (text[i] == _W) & (text[i + 1] == _W) & (text[i + 2] == _W) & (text[i + 3] == _DOT)
    return found


@compiled(types.boolean(BYTES, types.int64, types.int64, BYTES, types.int64))
def holds_piece(data, start, end, pieces, at):  # type: ignore[no-untyped-def]
    """Whether the piece stands there, letters' case aside."""
    text, found = data[start:end], False
    a, b, c, d = pieces[at], pieces[at + 1], pieces[at + 2], pieces[at + 3]
    e, f, g, h = pieces[at + 4], pieces[at + 5], pieces[at + 6], pieces[at + 7]
    for i in range(len(text) - 7):
        first = ((text[i] | 0x20) == a) & ((text[i + 1] | 0x20) == b) & ((text[i + 2] | 0x20) == c) & ((text[i + 3] | 0x20) == d)
        second = ((text[i + 4] | 0x20) == e) & ((text[i + 5] | 0x20) == f) & ((text[i + 6] | 0x20) == g)
        found |= first & second & ((text[i + 7] | 0x20) == h)
    return found


@compiled(types.int64(BYTES, types.int64, types.int64))
def glance_beyond(data, start, end):  # type: ignore[no-untyped-def]
    """The bits that characters beyond ASCII set, but for ``UNSOUND``."""
    text = data[start:end]
    high, radical, latin, late, folded, loose = False, False, False, False, False, False
    for i in range(len(text)):
        high |= text[i] >= 0xE3
        latin |= text[i] == 0xC3
        late |= text[i] >= 0xE5
        loose |= (text[i] >= 0xCC) & (text[i] != 0xE2)
    for i in range(len(text) - 1):
        radical |= (text[i] == 0xE2) & (text[i + 1] >= 0xBA)
        folded |= (text[i] == 0xC5) & (text[i + 1] == 0xBF) | (text[i] == 0xE2) & (text[i + 1] == 0x84)  # long s, Kelvin
    for i in range(len(text) - 2):
        loose |= (text[i] == 0xE2) & ((text[i + 1] > 0x82) | (text[i + 1] == 0x80) & (text[i + 2] < 0x82))
    return WIDE | HAN * (high | radical) | GARBLED * (latin | late) | LOOSE * loose | SAID * (high | folded)


@compiled(types.void(BYTES, POSITIONS, POSITIONS, BYTES, types.uint8[::1]))
def glance_all(data, starts, ends, pieces, found):  # type: ignore[no-untyped-def]
    """The bits of each text."""
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        text, every, bits = data[start:end], np.uint8(0), 0
        for i in range(len(text)):
            every |= text[i]
        if every > _LAST_OF_ASCII:
            bits = glance_beyond(data, start, end)
        if may_be_unsound(data, start, end):
            bits |= UNSOUND
        at = 0
        while not bits & SAID and at < len(pieces):
            if holds_piece(data, start, end, pieces, at):
                bits |= SAID
            at += PIECE
        found[row] = bits


def glance(texts: Any) -> NDArray[np.uint8]:
    """The bits of each text of an Arrow string array; none of null."""
    data, starts, ends = spans(texts)
    found = np.zeros(len(starts), np.uint8)
    glance_all(data, starts, ends, _PIECES, found)
    return found
