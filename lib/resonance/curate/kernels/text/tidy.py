"""The form of a text: one Unicode form, one line end, no control characters, no idle white space.

The kernel rewrites texts whose characters cannot compose with each other, nearly all; the others go through the definition.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, spans

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
MANY_NEWLINES = re.compile("\n{3,}")

TABLE = 0x32400
"""From here on Unicode knows no character that composes or that is white space."""
JAMO = (range(0x1161, 0x1176), range(0x11A8, 0x11C3))
"""Korean vowels and final consonants, which compose by rule and not by table (The Unicode Standard, 3.12)."""

PLAIN, BLANK, DROPPED, FEED, RETURN, COMPOSING = range(6)
_BLANK, _DROPPED, _FEED, _RETURN, _COMPOSING = BLANK, DROPPED, FEED, RETURN, COMPOSING
_LINE_FEED, _BLANK_BYTE, _DELETE = ord("\n"), ord(" "), 0x7F

INT = types.int64
OUT = types.uint8[::1]


def clean_text(text: str) -> str:
    r"""``text`` in NFC, with ``\n`` as its only line end, no control characters but ``\n`` and ``\t``, no white space at line
    ends, at most one blank line in a row, and none around it. Cleaning twice changes nothing.
    """
    # Controls first: they may stand between what then becomes one line end or one composed character.
    text = CONTROL.sub("", text)
    text = LINE_END.sub("\n", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = "\n".join([line.rstrip() for line in text.split("\n")])
    return MANY_NEWLINES.sub("\n\n", text).strip()


@cache
def kinds() -> NDArray[np.uint8]:
    """What each code point below ``TABLE`` is to the kernel."""
    table = np.zeros(TABLE, np.uint8)
    for code in range(TABLE):
        character = chr(code)
        if CONTROL.match(character):
            table[code] = DROPPED
        elif character == "\r":
            table[code] = RETURN
        elif character == "\n" or LINE_END.match(character):
            table[code] = FEED
        elif unicodedata.combining(character) or not unicodedata.is_normalized("NFC", character):
            table[code] = COMPOSING
        elif character.isspace():
            table[code] = BLANK
    for code in range(TABLE):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            table[int(parts[1], 16)] = COMPOSING
    for jamo in JAMO:
        table[jamo.start : jamo.stop] = COMPOSING
    return table


@compiled(INT(BYTES, INT, INT, BYTES, OUT, INT))
def tidy_one(data, at, end, table, out, start):  # type: ignore[no-untyped-def]
    """Writes the cleaned text to ``out`` from ``start`` on; where it ends, or -1 if characters in it may compose.

    What is written after the last character that is no white space is tentative: a line end, or the end, takes it back.
    """
    size, solid, feeds, opened, returned = start, start, 0, True, False
    while at < end:
        code, after = np.int64(data[at]), at + 1
        if _BLANK_BYTE < code < _DELETE:  # printable ASCII up to the next character that is not, all of it at once
            if not opened and solid > start:
                for _ in range(min(feeds, 2)):
                    out[size] = _LINE_FEED
                    size += 1
            while after < end and _BLANK_BYTE <= data[after] < _DELETE:
                after += 1
            for i in range(after - at):
                out[size + i] = data[at + i]
            size += after - at
            solid, feeds, opened, returned = size, 0, True, False
            while out[solid - 1] == _BLANK_BYTE:
                solid -= 1
            at = after
            continue
        if code >= 0x80:
            code, after = code_point(data, at, end)
        kind = table[code] if code < len(table) else 0
        if kind == _COMPOSING:
            return np.int64(-1)
        if kind in (_FEED, _RETURN):
            if not (returned and code == _LINE_FEED):  # the second half of one line end
                feeds += 1
            size, opened = solid, False
        elif kind != _DROPPED and not (kind == _BLANK and solid == start):
            if not opened and solid > start:
                for _ in range(min(feeds, 2)):
                    out[size] = _LINE_FEED
                    size += 1
            opened = True
            for i in range(at, after):
                out[size] = data[i]
                size += 1
            if kind != _BLANK:
                solid, feeds = size, 0
        if kind != _DROPPED:
            returned = kind == _RETURN
        at = after
    return solid


@compiled(types.void(BYTES, POSITIONS, POSITIONS, BYTES, OUT, POSITIONS, types.boolean[::1]))
def tidy_all(data, starts, ends, table, out, bounds, composing):  # type: ignore[no-untyped-def]
    """Writes every cleaned text, text i from ``bounds[i]`` to ``bounds[i + 1]``; none of those that may compose."""
    for row in range(len(starts)):
        end = tidy_one(data, starts[row], ends[row], table, out, bounds[row])
        composing[row] = end < 0
        bounds[row + 1] = max(end, bounds[row])


def tidy(texts: Any) -> Any:
    """Each text of an Arrow string array as ``clean_text`` makes it; a null stays null."""
    data, starts, ends = spans(texts)
    out, bounds = np.empty(int((ends - starts).sum()), np.uint8), np.zeros(len(starts) + 1, np.int64)
    composing = np.zeros(len(starts), np.bool_)
    tidy_all(data, starts, ends, kinds(), out, bounds, composing)
    size = int(bounds[-1])
    cleaned = pa.LargeStringArray.from_buffers(len(starts), pa.py_buffer(bounds), pa.py_buffer(out[:size])).cast(texts.type)
    if composing.any():
        rest = [clean_text(text) for text in texts.filter(pa.array(composing)).to_pylist()]
        cleaned = pc.replace_with_mask(cleaned, pa.array(composing), pa.array(rest, texts.type))
    return pc.if_else(texts.is_null(), pa.scalar(None, texts.type), cleaned) if texts.null_count else cleaned
