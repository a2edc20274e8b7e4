"""Lines of a text that say nothing of its matter: navigation, notices of web pages, lists of links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from resonance.assess.arrays import find_matches, read_texts
from resonance.assess.texts import FENCE, MARKS, SPACE, Glance, escape

PHRASES = (
    *("terms of use", "terms of service", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"),
    *("javascript", "lorem ipsum", "all rights reserved"),
    *("用户协议", "隐私政策", "版权所有", "点击下载", "扫码关注", "加微信", "上一篇", "下一篇", "返回首页"),
)
"""What notices and advertisements of web pages say. The first line: Raffel et al. 2020 (C4)."""
SAYS = "(?i)" + "|".join(map(escape, PHRASES))
LINK = r"(?:https?://|www\.)[^\s)\]>\"'。，、]+"
WORD = r"\p{Han}|[\p{Hiragana}\p{Katakana}]|[^\s\p{Han}\p{Hiragana}\p{Katakana}]+"
"""A character of a script without blanks, or what stands between blanks."""
HAN = r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"


def count_off_topic(text: str, most_links: float, least_words: int) -> tuple[int, int]:
    """The characters of a text's lines, and those of lines that are off topic.

    Lines are stripped. One is off topic if it holds a phrase of web pages, if more than a share of it is links, or if it ends in no
    mark of a sentence and has few words.
    """
    lines = [line for raw in text.split("\n") if (line := raw.strip(SPACE))]
    off = [line for line in lines if _is_off(line, most_links, least_words)]
    return sum(map(len, lines)), sum(map(len, off))


def _is_off(line: str, most_links: float, least_words: int) -> bool:
    links = sum(len(found) for found in re.findall(LINK, line))
    words = len(re.findall(HAN, line)) + len(re.findall(r"[^ \t\n\f\r]+", re.sub(HAN, " ", line)))
    ended = line[-1] in MARKS or line.startswith(FENCE)
    return (
        bool(re.search("|".join(map(re.escape, PHRASES)), line, re.I | re.A))
        or links > most_links * len(line)
        or (not ended and words < least_words)
    )


def find_off_topic(texts: Any, most_links: float, least_words: int, seen: Any = None) -> tuple[Any, Any]:
    """``count_off_topic`` of each text, as two arrays of whole numbers; nothing for null.

    Args:
        texts: an Arrow array of strings.
        most_links: the largest share of a line's characters that are links.
        least_words: how many words a line has that ends in no mark.
        seen: what a glance at each text tells, if somebody looked.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from resonance.curate.kernels.text.glance import SAID, glance
    from resonance.curate.kernels.text.own_lines import ENDED, LINKED, PLAIN, WORDY, cut_lines, read_lines

    lines = read_lines(texts, _list_marks(), least_words)
    plain, ended, wordy, linked = ((lines.bits & bit) != 0 for bit in (PLAIN, ENDED, WORDY, LINKED))
    off = plain & ~ended & ~wordy
    said = (glance(texts) if seen is None else seen) & SAID != 0
    said[said] = find_matches(texts.filter(pa.array(said)), SAYS)
    some = np.flatnonzero(said[lines.rows] & ~off)
    off[some] = find_matches(cut_lines(lines, some), SAYS)
    some = np.flatnonzero(linked & ~off)
    sizes, rest = lines.chars[some], pc.utf8_length(pc.replace_substring_regex(cut_lines(lines, some), LINK, ""))
    off[some] = sizes - rest.to_numpy(zero_copy_only=False) > most_links * sizes
    some = np.flatnonzero(~plain & ~ended & ~off)
    off[some] = pc.count_substring_regex(cut_lines(lines, some), WORD).to_numpy(zero_copy_only=False) < least_words
    many = len(texts)
    whole = np.bincount(lines.rows, lines.chars, many).astype(np.int64)
    return whole, np.bincount(lines.rows[off], lines.chars[off], many).astype(np.int64)


@cache
def _list_marks() -> Any:
    import numpy as np

    marks = np.zeros(0x10000, np.uint8)
    marks[[ord(sign) for sign in MARKS]] = 1
    return marks


@dataclass(frozen=True)
class OffTopic:
    """Characters of a text's lines: all of them, or those of lines that are off topic; null for null."""

    name: str
    most_links: float
    least_words: int
    seen: Glance

    def __call__(self, batch: Any) -> Any:
        """A struct a row: ``whole`` and ``off``."""
        import pyarrow as pa

        texts = read_texts(batch.column(self.name))
        whole, off = find_off_topic(texts, self.most_links, self.least_words, self.seen(batch))
        return pa.StructArray.from_arrays([pa.array(whole), pa.array(off)], ["whole", "off"])


@dataclass(frozen=True)
class Field:
    """One field of what another finds."""

    of: Any
    name: str

    def __call__(self, batch: Any) -> Any:
        """The field's values."""
        return self.of(batch).field(self.name)
