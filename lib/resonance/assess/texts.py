"""What is asked of single texts beside signals: whether one is whole, and whether its characters are sound.

Each question has a plain definition, which says what is meant, and the same over Arrow arrays, which is what runs.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from resonance.assess.arrays import find_matches, read_texts

CELLS = "all cells"
"""The texts of a row of a table that has no column of role ``text``, as one text."""
MOSTLY_HAN = 0.5
"""The share of Han characters among letters from which a text is held to the rules for Chinese."""
SPACE = " \t\n\r\f\v\u00a0\u3000"
MARKS = ".!?…;:。！？；：\"'”’»)]}）】》」』>*"
"""Characters that a whole text ends with."""
FENCE = "```"
PAIRS = ("()", "[]", "{}", "（）", "「」", "『』", "《》", "【】")
MARKERS = ("[...]", "[…]", "[truncated]", "(truncated)", "Read more", "Continue reading", "阅读全文", "查看更多", "点击展开")
CONTROLS = frozenset(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))) - frozenset("\t\n\r")
BROKEN = r"[\x{FFFD}\p{Co}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]"
"""The replacement character, private use, and controls but tab, line feed and carriage return."""

MISREAD = (
    r"[\x{FFFD}锛銆鐨鈥]|锟斤|斤拷|烫烫烫|屯屯屯"
    r"|[ÂÃÎÏÐÑ×ØÙ\x{E0}-\x{F4}][€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\x{A1}-\x{BF}]"
)
"""What every sequence holds that a wrong encoding leaves, as set ``any_language`` knows them: a text without it has none."""


def is_whole(text: str) -> bool:
    """Whether a text ends as texts do, closes what it opens, and says nowhere that it was cut."""
    from resonance.curate.kernels.text.brackets import is_paired

    left = text.rstrip(SPACE)
    closed = text.count(FENCE) % 2 == 0 and is_paired(text, PAIRS)
    return bool(left) and (left[-1] in MARKS or left.endswith(FENCE)) and closed and not any(marker in text for marker in MARKERS)


def is_sound(text: str) -> bool:
    """Whether a text is composed (NFC) and holds no replacement character, no private use, and no control but tab and line ends."""
    broken = any(sign == "\ufffd" or sign in CONTROLS or unicodedata.category(sign) == "Co" for sign in text)
    return not broken and unicodedata.is_normalized("NFC", text)


def find_whole(texts: Any) -> Any:
    """``is_whole`` of each text; false for null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from resonance.curate.kernels.text.brackets import find_paired

    left = pc.utf8_rtrim(texts, characters=SPACE)
    last = pc.utf8_slice_codeunits(left, -1)
    ends = pc.or_(pc.is_in(last, value_set=pa.array(list(MARKS), last.type)), pc.ends_with(left, FENCE)).fill_null(False)
    whole = ends.to_numpy(zero_copy_only=False) & find_paired(texts, PAIRS)
    places = pa.array(np.flatnonzero(whole))
    some = texts.take(places)
    even = pc.equal(pc.bit_wise_and(pc.count_substring(some, FENCE), 1), 0)
    cut = pc.match_substring_regex(some, "|".join(map(escape, MARKERS)))
    whole[places] = pc.and_(even, pc.invert(cut)).to_numpy(zero_copy_only=False)
    return pa.array(whole)


def view_bytes(texts: Any) -> tuple[Any, Any]:
    """The UTF-8 bytes of an array of strings, none of null; and where each text begins in them, and the last one ends."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    held = pc.fill_null(texts, "").cast(pa.large_string())
    if not len(held):
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    _, offsets, data = held.buffers()
    bounds = np.frombuffer(offsets, np.int64, count=held.offset + len(held) + 1)[held.offset :]
    signs = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]
    return signs, bounds - bounds[0]


def compress_texts(texts: Any) -> list[float | None]:
    """The compressed size of each text (zlib, level 1) over its size in bytes; None of an empty one, and of null."""
    data, bounds = view_bytes(texts)
    held = memoryview(data.data)
    pairs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    return [len(zlib.compress(held[start:end], 1)) / (end - start) if end > start else None for start, end in pairs]


def find_sound(texts: Any, seen: Any = None) -> Any:
    """``is_sound`` of each text; false for null. Python says what is composed: Arrow's own normal form C decomposes (25.0).

    Args:
        texts: an Arrow array of strings.
        seen: what a glance at each text tells, if somebody looked.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from resonance.curate.kernels.text.glance import LOOSE, UNSOUND, glance

    seen = glance(texts) if seen is None else seen
    composed = np.ones(len(texts), bool)
    places = np.flatnonzero(seen & LOOSE)
    composed[places] = [unicodedata.is_normalized("NFC", text) for text in texts.take(pa.array(places)).to_pylist()]
    suspect = seen & UNSOUND != 0
    composed[suspect] &= ~find_matches(texts.filter(pa.array(suspect)), BROKEN)
    return pc.and_(pa.array(composed), texts.is_valid())


def make_pattern(phrases: Sequence[str]) -> str:
    """A pattern (RE2) that matches any of these phrases in any case, the longest first; of Latin letters only whole words."""
    known = sorted({phrase for phrase in phrases if phrase.strip()}, key=lambda phrase: (-len(phrase), phrase))
    return "(?i)(?:" + "|".join(f"{_edge(phrase[0])}{escape(phrase)}{_edge(phrase[-1])}" for phrase in known) + ")"


def escape(phrase: str) -> str:
    """A phrase as a pattern that matches it alone."""
    return "".join(
        f"\\{sign}" if sign.isascii() and not sign.isalnum() and not sign.isspace() and sign != "_" else sign for sign in phrase
    )


def _edge(sign: str) -> str:
    return r"\b" if sign.isascii() and sign.isalnum() else ""


@dataclass(frozen=True)
class Whole:
    """Whether a column's text is whole; null is not."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        return find_whole(read_texts(batch.column(self.name)))


@dataclass(frozen=True)
class Glance:
    """What a column's text may hold, told at a glance."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """The bits of each row, as NumPy has them; none for null."""
        from resonance.curate.kernels.text.glance import glance

        return glance(read_texts(batch.column(self.name)))


@dataclass(frozen=True)
class Sound:
    """Whether a column's text is sound, and holds nothing that a wrong encoding left; null is not."""

    name: str
    seen: Glance

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        sound = find_sound(read_texts(batch.column(self.name)), self.seen(batch))
        left = pc.greater(batch.column("any_language.mojibake_ratio"), 0.0).fill_null(False)
        return pc.and_(sound, pc.invert(left))


@dataclass(frozen=True)
class Compressed:
    """How small a column's text gets by compression: its compressed size over its size; null for null, and of nothing."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa

        return pa.array(compress_texts(read_texts(batch.column(self.name))), pa.float64())


@dataclass(frozen=True)
class Mentions:
    """How often a column's text has one of several phrases; null for null."""

    name: str
    phrases: tuple[str, ...]

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        counts = pc.count_substring_regex(read_texts(batch.column(self.name)), make_pattern(self.phrases))
        return counts.cast(pa.int64())


@dataclass(frozen=True)
class MentionsSeveral:
    """Whether a column's text has so many distinct ones of several phrases; null has not."""

    name: str
    phrases: tuple[str, ...]
    least: int

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = read_texts(batch.column(self.name))
        found = (pc.match_substring_regex(texts, make_pattern([phrase])).cast(pa.int64()) for phrase in self.phrases)
        return pc.greater_equal(reduce(pc.add, found), self.least).fill_null(False)
