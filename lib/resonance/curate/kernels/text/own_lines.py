"""The lines of texts, without white space around them: where each stands, how long it is, whether it ends, has words, may link."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.glance import holds_link
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, spans
from resonance.curate.kernels.text.stretches import before

PLAIN, ENDED, WORDY, LINKED = (1 << bit for bit in range(4))
"""Bits of a line: ASCII alone; ends in a mark, or begins a block; has words enough, told of ``PLAIN`` ones that are not ``ENDED``;
``://`` or ``www.`` stands in it."""
SPACE = " \t\n\r\f\v\u00a0\u3000"
"""White space that is no part of a line where it stands at its ends."""
_FEED, _TICK, _BLANK, _SMALL, _BASIC = 10, ord("`"), 0x20, 0x80, 0x10000
INT = types.int64


class Lines(NamedTuple):
    """Lines that are not empty: their text, where they start and end in ``data``, their characters and bits."""

    data: NDArray[np.uint8]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    chars: NDArray[np.int64]
    bits: NDArray[np.uint8]


@compiled(types.boolean(INT))
def is_space(code):  # type: ignore[no-untyped-def]
    """Whether a character is one of ``SPACE``."""
    return code == _BLANK or 9 <= code <= 13 or code == 0xA0 or code == 0x3000


@compiled(types.boolean(BYTES, INT, INT, INT))
def has_words(data, at, end, least):  # type: ignore[no-untyped-def]
    """Whether so many words stand there, in ASCII: what is between blanks, tabs, line ends and form feeds."""
    words, inside = 0, False
    while at < end and words < least:
        sign = data[at]
        ink = sign != _BLANK and (sign < 9 or sign > 13 or sign == 11)
        words += ink and not inside
        inside = ink
        at += 1
    return words >= least


@compiled(types.uint8(BYTES, INT, INT, BYTES, INT))
def weigh_line(data, start, end, marks, least):  # type: ignore[no-untyped-def]
    """The bits of a line but for ``LINKED``."""
    line, every, bits = data[start:end], np.uint8(0), 0
    for i in range(len(line)):
        every |= line[i]
    if every < _SMALL:
        bits |= PLAIN
    code = code_point(data, before(data, start, end), end)[0]
    fenced = end - start >= 3 and data[start] == _TICK and data[start + 1] == _TICK and data[start + 2] == _TICK
    if fenced or (code < _BASIC and marks[code]):
        bits |= ENDED
    elif every < _SMALL and has_words(data, start, end, least):
        bits |= WORDY
    return np.uint8(bits)


@compiled(INT(BYTES, POSITIONS, POSITIONS, BYTES, INT, POSITIONS, POSITIONS, POSITIONS, POSITIONS, types.uint8[::1]))
def read_all(data, starts, ends, marks, least, rows, firsts, lasts, chars, bits):  # type: ignore[no-untyped-def]
    """Fills in the lines of all texts; how many there are."""
    count = 0
    for row in range(len(starts)):
        at, stop = starts[row], ends[row]
        linked = holds_link(data, at, stop)
        while at < stop:
            last = at
            while last < stop and data[last] != _FEED:
                last += 1
            after = last + 1
            while at < last:
                code, step = code_point(data, at, last)
                if not is_space(code):
                    break
                at = step
            while at < last:
                low = before(data, at, last)
                if not is_space(code_point(data, low, last)[0]):
                    break
                last = low
            if at < last:
                line, size = data[at:last], np.int64(0)
                for i in range(len(line)):
                    size += line[i] & 0xC0 != 0x80
                rows[count], firsts[count], lasts[count], chars[count] = row, at, last, size
                bits[count] = weigh_line(data, at, last, marks, least)
                if linked and holds_link(data, at, last):
                    bits[count] |= LINKED
                count += 1
            at = after
    return count


@compiled(types.void(BYTES, POSITIONS, POSITIONS, types.uint8[::1], POSITIONS))
def copy_all(data, starts, ends, out, bounds):  # type: ignore[no-untyped-def]
    """Copies stretches of bytes, one after the other."""
    size = 0
    for row in range(len(starts)):
        for at in range(starts[row], ends[row]):
            out[size] = data[at]
            size += 1
        bounds[row + 1] = size


def read_lines(texts: Any, marks: NDArray[np.uint8], least: int) -> Lines:
    """The lines of an Arrow array of strings; a null has none.

    Args:
        texts: what is read.
        marks: for each character of the basic plane, whether a line that ends in it has ended.
        least: words that are enough.
    """
    data, starts, ends = spans(texts)
    most = len(starts) + (int(np.count_nonzero(data[starts[0] : ends.max()] == _FEED)) if len(starts) else 0)
    rows, firsts, lasts, chars = (np.empty(most, np.int64) for _ in range(4))
    bits = np.empty(most, np.uint8)
    count = read_all(data, starts, ends, marks, least, rows, firsts, lasts, chars, bits)
    return Lines(data, rows[:count], firsts[:count], lasts[:count], chars[:count], bits[:count])


def cut_lines(lines: Lines, places: NDArray[np.int64]) -> Any:
    """Some of the lines as an Arrow array of strings."""
    starts, ends = lines.starts[places], lines.ends[places]
    out, bounds = np.empty(int((ends - starts).sum()), np.uint8), np.zeros(len(places) + 1, np.int64)
    copy_all(lines.data, starts, ends, out, bounds)
    return pa.LargeStringArray.from_buffers(len(places), pa.py_buffer(bounds), pa.py_buffer(out))
