"""A text with its words in another order: what a model makes of the words alone.

Where words stand in no order, the text and its reordering must be alike to any model. So each word takes the white space behind it
along; the last one, which has none and may be cut, stays; and parts of long runs change places with such parts alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from resonance.core.words import SPACELESS
from resonance.train.shards import Document

PARTS = re.compile(rf"(?P<word>(?<!\S)[^\s{SPACELESS}]{{1,40}}(?!\S)\s*)|(?P<part>[{SPACELESS}]|[^\s{SPACELESS}]{{1,12}})|\s+")
"""A word with the white space behind it; a part of a run of more than 40 characters, or of one in a script without spaces; white
space behind such a run."""


def reorder_words(document: Document) -> Document:
    """The document with its words in an order drawn from its id."""
    found = list(PARTS.finditer(document.text))
    pieces = [match[0] for match in found]
    draw = Random(document.doc_id)
    for kind in ("word", "part"):
        _shuffle(pieces, [at for at, match in enumerate(found) if match[kind]], draw)
    return replace(document, text="".join(pieces))


def _shuffle(pieces: list[str], places: Sequence[int], draw: Random) -> None:
    """Exchange the pieces at these places among each other, but for the last piece of all."""
    free = [at for at in places if at != len(pieces) - 1]
    moved = [pieces[at] for at in free]
    draw.shuffle(moved)
    for at, piece in zip(free, moved, strict=True):
        pieces[at] = piece
