"""What Python says of each character (white space, letter, digit, …), as bits that kernels look up by code point."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

SPACE, ALPHA, ALNUM, UPPER, DIGIT, DECIMAL = (1 << place for place in range(6))
"""``str.isspace``, ``isalpha``, ``isalnum``, ``isupper``, ``isdigit``, ``isdecimal``."""

ASKED = (
    (SPACE, str.isspace),
    (ALPHA, str.isalpha),
    (ALNUM, str.isalnum),
    (UPPER, str.isupper),
    (DIGIT, str.isdigit),
    (DECIMAL, str.isdecimal),
)

NAMED, ALL = 0x40000, 0x110000
"""From ``NAMED`` on there are only tags, variation selectors and private characters, which have none of these properties."""


def bits_of(code: int) -> int:
    """The bits of one code point."""
    return sum(bit for bit, holds in ASKED if holds(chr(code)))


@cache
def bits() -> NDArray[np.uint8]:
    """``bits_of`` every code point."""
    table = np.zeros(ALL, np.uint8)
    table[:NAMED] = np.fromiter(map(bits_of, range(NAMED)), np.uint8, NAMED)
    table.flags.writeable = False
    return table
