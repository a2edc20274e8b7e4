"""Mojibake: what is left where bytes were decoded by a wrong encoding, told by sequences that real text does not hold.

- U+FFFD; and 锟斤拷, which is two of them written in UTF-8 and read as GBK.
- 烫烫烫 and 屯屯屯: memory that was never written (0xCC, 0xCD), read as GBK.
- 锛, 銆, 鐨 and 鈥: how the commonest marks and 的 begin where UTF-8 is read as GBK. As characters they are next to unused.
- UTF-8 read as Windows' Latin: what was the first byte of a character, then as many that can only continue one. Of first bytes of
  two-byte characters only those count that begin accented letters, Greek, Cyrillic, Hebrew and Arabic: ß before a quotation
  mark is German.
"""

from __future__ import annotations

import re

import numpy as np
from numba import types

from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, code_point

INT = types.int64

WINDOWS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""What Windows' Latin has for the bytes 0x80 to 0x9F."""
CONTINUES = WINDOWS + "".join(map(chr, range(0xA1, 0xC0)))
"""Bytes that continue a character of UTF-8, as Windows' Latin reads them, but for its no-break space."""
TWO, THREE, FOUR = "ÂÃÎÏÐÑ×ØÙ", "".join(map(chr, range(0xE0, 0xF0))), "ðñòóô"
"""First bytes of characters of two, three and four bytes."""
ALONE = "\ufffd锛銆鐨鈥"
FILLED = "烫屯"
UNKNOWN = "锟斤拷"

BROKEN = re.compile(
    f"[{ALONE}]|锟斤拷?|斤拷|烫{{3,}}|屯{{3,}}|[{TWO}][{CONTINUES}]|[{THREE}][{CONTINUES}]{{2}}|[{FOUR}][{CONTINUES}]{{3}}"
)
"""The definition: a match is mojibake, as many characters as it has."""

_WINDOWS, _TWO, _ALONE, _FILLED = (tuple(map(ord, held)) for held in (WINDOWS, TWO, ALONE, FILLED))
_FIRST, _SECOND, _THIRD = map(ord, UNKNOWN)


@compiled(types.boolean(INT))
def continues(code):  # type: ignore[no-untyped-def]
    """Whether the character is one of ``CONTINUES``."""
    return 0xA1 <= code < 0xC0 or code in _WINDOWS


@compiled(INT(INT))
def count_following(code):  # type: ignore[no-untyped-def]
    """How many characters would have to continue the one that this one begins; 0 where it begins none."""
    if 0xE0 <= code < 0xF0:
        return 2
    if 0xF0 <= code <= 0xF4:
        return 3
    return 1 if code in _TWO else 0


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, INT))  # type: ignore[no-untyped-call]
def measure_run(data, at, end, wanted):  # type: ignore[no-untyped-def]
    """How many copies of one character stand from ``at`` on, and where they end."""
    count = np.int64(0)
    while at < end:
        code, after = code_point(data, at, end)
        if code != wanted:
            break
        count += 1
        at = after
    return count, at


@compiled(types.UniTuple(INT, 2)(BYTES, INT, INT, INT, INT))  # type: ignore[no-untyped-call]
def match_broken(data, code, at, after, end):  # type: ignore[no-untyped-def]
    """How many characters of mojibake there are from ``at`` on, where ``code`` is, and where they end; 0 where there are none."""
    if code in _ALONE:
        return np.int64(1), after
    if code in _FILLED:
        count, stop = measure_run(data, at, end, code)
        return (count, stop) if count >= 3 else (np.int64(0), after)
    if code in (_FIRST, _SECOND) and after < end:
        second, stop = code_point(data, after, end)
        if code == _SECOND and second == _THIRD:
            return np.int64(2), stop
        if code == _FIRST and second == _SECOND:
            last, beyond = code_point(data, stop, end) if stop < end else (np.int64(0), stop)
            return (np.int64(3), beyond) if last == _THIRD else (np.int64(2), stop)
    wanted, stop = count_following(code), after
    for _ in range(wanted):
        if stop >= end:
            return np.int64(0), after
        code, stop = code_point(data, stop, end)
        if not continues(code):
            return np.int64(0), after
    return (wanted + 1, stop) if wanted else (np.int64(0), after)


@compiled(INT(BYTES, INT, INT))
def count_broken(data, at, end):  # type: ignore[no-untyped-def]
    """How many characters of a text are mojibake."""
    broken = np.int64(0)
    while at < end:
        if data[at] < 0x80:
            at += 1
            continue
        code, after = code_point(data, at, end)
        count, stop = match_broken(data, code, at, after, end)
        broken += count
        at = stop if count else after
    return broken
