"""A text with its words in another order: what a model makes of the words alone."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from resonance.train.shards import Document

SPACELESS = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff\u1780-\u17ff\U00020000-\U0003ffff"
"""Scripts without spaces between words: Chinese, Japanese, Korean, Thai, Lao, Khmer. Each character of theirs counts as a word."""
WORDS = re.compile(rf"[{SPACELESS}]\s*|[^\s{SPACELESS}]{{1,12}}\s*|\s+")
"""A word with the white space behind it; a longer one counts as several, as random characters may hold no space at all."""


def reorder_words(document: Document) -> Document:
    """The document with its words in an order drawn from its id; each takes the white space behind it along."""
    words = WORDS.findall(document.text)
    Random(document.doc_id).shuffle(words)
    return replace(document, text="".join(words))
