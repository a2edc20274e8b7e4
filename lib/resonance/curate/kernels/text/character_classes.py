"""What a character is, as Unicode has it: one of eight classes, looked up by code point."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

CLASSES = ("latin", "han", "other_letter", "digit", "punctuation", "symbol", "space", "other")
"""What a character is: a Latin or Han letter, another letter or a mark, a number, punctuation, a symbol, white space, or a
control, format or private character. Every character is one of these."""

TABLE, BEYOND = 0x20000, 0x40000
"""Code points from ``TABLE`` on are Han (planes 2 and 3 hold nothing else), from ``BEYOND`` on invisible or private."""


def class_of(code: int) -> int:
    """Which of ``CLASSES`` a code point is in."""
    if code >= TABLE:
        return CLASSES.index("han" if code < BEYOND else "other")
    character = chr(code)
    category = unicodedata.category(character)
    if character.isspace():
        return CLASSES.index("space")
    if category[0] in "LM":
        name = unicodedata.name(character, "")
        han = name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH"))
        return CLASSES.index("latin" if "LATIN" in name and category[0] == "L" else "han" if han else "other_letter")
    kinds = {"N": "digit", "P": "punctuation", "S": "symbol"}
    return CLASSES.index(kinds.get(category[0], "other"))


@cache
def classes() -> NDArray[np.uint8]:
    """``class_of`` every code point below ``TABLE``."""
    return np.fromiter(map(class_of, range(TABLE)), np.uint8, TABLE)
