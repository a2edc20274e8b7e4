"""What counts as a word where words are counted rather than understood: one pattern for all scripts."""

from __future__ import annotations

import re
from typing import Final

SPACELESS: Final = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff\u1780-\u17ff\U00020000-\U0003ffff"
"""Scripts without spaces between words: Chinese, Japanese, Korean, Thai, Lao, Khmer. Each character of theirs counts as a word."""
_WORD = re.compile(rf"[{SPACELESS}]|[^\W{SPACELESS}]+")
_NUMBER = re.compile(r"\d+")


def split_words(text: str) -> list[str]:
    """The words of a text in lower case, any number as 0, without punctuation."""
    return _WORD.findall(_NUMBER.sub("0", text.lower()))
