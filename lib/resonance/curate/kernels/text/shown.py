r"""Texts as they are shown: tags of HTML, entities in any case and escapes of strings (``\n``, ``\u4e2d``, ``%20``) undone.

What is shown and what stands there may both be meant: ``\nabla`` is a word of TeX, ``<int>`` one of a program. Whoever looks for a
text holds both against it. As those with entities, such texts are few, found by Arrow and read by Python.
"""

from __future__ import annotations

import re
from functools import reduce
from html import unescape
from html.entities import html5
from typing import Any
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from resonance.curate.kernels.text.entities import TIMES

HIDDEN = (r"\\[nrtfvuUx]", "<[!/?A-Za-z]", "&[#A-Za-z]", "%[0-9A-Fa-f]{2}", r"\x{200b}", r"\x{2060}", r"\x{feff}")
"""What a text holds that may be shown otherwise than it stands there. Each begins with one sign, which Arrow finds fast."""
INLINE = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q", "s"),
        *("samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
    )
)
"""Tags that part no words (HTML Standard, "Text-level semantics", and what older pages have)."""
_ESCAPE = re.compile(r"\\\\{0,7}(?:[nrtfv]|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2}))")
_HALF = re.compile("[\ud800-\udfff]")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*")
_NAMES = {name.lower().rstrip(";"): signs for name, signs in sorted(html5.items())}  # of two, the one in small letters comes last
_BARE = "|".join(sorted((name for name in html5 if not name.endswith(";")), key=len, reverse=True))
_ENTITY = re.compile(rf"&(?:([a-z][a-z0-9]*);|({_BARE}))", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"<(?:[!?]|/?[A-Za-z])[^<>]*>")
_TAG_NAME = re.compile(r"</?([A-Za-z0-9]+)")
_NO_WIDTH = re.compile("(?<=\\w)[\u200b\u2060\ufeff]+(?=\\w)")
"""Blanks of no width, which part words where they stand for blanks."""
_LAST = 0x10FFFF


def show_plainly(text: str) -> str:
    """A text as it is shown, those signs undone too that others leave; its entities are decoded already."""
    for _ in range(TIMES):
        before, text = text, _show_once(text)
        if text == before:
            break
    return text


def _show_once(text: str) -> str:
    if "\\" in text:
        text = _ESCAPE.sub(_read_escape, text)
        if not text.isascii() and _HALF.search(text):  # two halves that were escaped are one character
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "%" in text:
        text = _PERCENT.sub(lambda found: unquote(found[0]), text)
    if "&" in text:
        text = _ENTITY.sub(_read_entity, unescape(text))
    if "<" in text:
        text = _TAG.sub(_read_tag, text)
    return text if text.isascii() else _NO_WIDTH.sub(" ", text)


def _read_escape(found: re.Match[str]) -> str:
    code = int(next(filter(None, found.groups()), "20"), 16)
    return chr(code) if code <= _LAST else found[0]


def _read_entity(found: re.Match[str]) -> str:
    return _NAMES.get((found[1] or found[2]).lower(), found[0])


def _read_tag(found: re.Match[str]) -> str:
    name = _TAG_NAME.match(found[0])
    return "" if name and name[1].lower() in INLINE else " "


def show(texts: Any) -> tuple[NDArray[np.int64], Any]:
    """Places of the texts of an Arrow string array that ``show_plainly`` changes, and what it makes of them."""
    held = reduce(pc.or_, (pc.match_substring_regex(texts, piece) for piece in HIDDEN))
    asked = np.flatnonzero(held.fill_null(False).to_numpy(zero_copy_only=False))
    pairs = zip(asked.tolist(), texts.take(pa.array(asked)).to_pylist(), strict=True)
    shown = {place: new for place, text in pairs if (new := show_plainly(text)) != text}
    return np.array(list(shown), np.int64), pa.array(list(shown.values()), texts.type)
