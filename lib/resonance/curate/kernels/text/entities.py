"""Characters that a text from the web writes as HTML entities (``&nbsp;``, ``&#233;``), as the characters themselves.

No compiled loop: texts with an entity are few, a regular expression of Arrow finds them, and Python's own table decodes them.
"""

from __future__ import annotations

from html import unescape
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

ENTITY = "&(#[0-9]|#[xX][0-9a-fA-F]|[A-Za-z])"
"""What may be an entity. Some end without a semicolon, as browsers read them."""
TIMES = 4
"""Entities are themselves written as entities (``&amp;nbsp;``) by every program that a text passes; so many are undone."""


def decode_plainly(text: str) -> str:
    """``text`` with its entities as characters, those of entities included."""
    for _ in range(TIMES):
        before, text = text, unescape(text)
        if text == before:
            break
    return text


def decode(texts: Any) -> Any:
    """``decode_plainly`` of each text of an Arrow string array; the array itself where no text has an entity."""
    found = pc.match_substring_regex(texts, ENTITY).fill_null(False)
    if not pc.any(found).as_py():
        return texts
    decoded = pa.array([decode_plainly(text) for text in texts.filter(found).to_pylist()], texts.type)
    return pc.replace_with_mask(texts, found, decoded)
