"""The form of a text: one Unicode form, one line end, no control characters, no idle white space."""

from __future__ import annotations

import re
import unicodedata

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
MANY_NEWLINES = re.compile("\n{3,}")


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
