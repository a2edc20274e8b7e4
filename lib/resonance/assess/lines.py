"""Lines of a text that say nothing of its matter: navigation, notices of web pages, lists of links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from resonance.assess.arrays import read_texts
from resonance.assess.texts import FENCE, MARKS, SPACE, escape

PHRASES = (
    *("terms of use", "terms of service", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"),
    *("javascript", "lorem ipsum", "all rights reserved"),
    *("用户协议", "隐私政策", "版权所有", "点击下载", "扫码关注", "加微信", "上一篇", "下一篇", "返回首页"),
)
"""What notices and advertisements of web pages say. The first line: Raffel et al. 2020 (C4)."""
SAYS = "(?i)" + "|".join(map(escape, PHRASES))
LINKS = r"://|www\."
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


def find_off_topic(texts: Any, most_links: float, least_words: int) -> tuple[Any, Any]:
    """``count_off_topic`` of each text, as two arrays of whole numbers; nothing for null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = pc.split_pattern(pc.fill_null(texts, ""), "\n")
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    lines = pc.utf8_trim(lists.flatten(), characters=SPACE)
    sizes = pc.utf8_length(lines).to_numpy(zero_copy_only=False)
    last = pc.utf8_slice_codeunits(lines, -1)
    ended = pc.or_(pc.is_in(last, value_set=pa.array(list(MARKS), last.type)), pc.starts_with(lines, FENCE))
    off = np.zeros(len(lines), bool)
    saying, linking = (_find_rows(texts, pattern)[rows] for pattern in (SAYS, LINKS))
    some = np.flatnonzero(saying)
    off[some] = pc.match_substring_regex(lines.take(some), SAYS).to_numpy(zero_copy_only=False)
    linked = np.flatnonzero(linking & ~off)
    left = pc.utf8_length(pc.replace_substring_regex(lines.take(linked), LINK, "")).to_numpy(zero_copy_only=False)
    off[linked] = sizes[linked] - left > most_links * sizes[linked]
    plain = pc.string_is_ascii(lines)
    for among, few in ((plain, _find_few_plain), (pc.invert(plain), _find_few)):
        open_ = _choose(pc.and_not(among, ended), ~off)
        off[open_] = few(lines.take(open_), least_words)
    many = len(texts)
    whole = np.bincount(rows, sizes, many).astype(np.int64)
    return whole, np.bincount(rows[off], sizes[off], many).astype(np.int64)


def _find_rows(texts: Any, pattern: str) -> Any:
    """Which texts hold a pattern: of few texts, then, each line is looked at."""
    import pyarrow.compute as pc

    return pc.match_substring_regex(texts, pattern).fill_null(False).to_numpy(zero_copy_only=False)


def _find_few(lines: Any, least: int) -> Any:
    import pyarrow.compute as pc

    return pc.count_substring_regex(lines, WORD).to_numpy(zero_copy_only=False) < least


def _find_few_plain(lines: Any, least: int) -> Any:
    """The same of lines in ASCII, which are read until they have words enough."""
    import numpy as np
    import pyarrow.compute as pc

    if least < 2:
        return np.zeros(len(lines), bool)
    return ~pc.match_substring_regex(lines, rf"^(?:\S+\s+){{{least - 1}}}\S").to_numpy(zero_copy_only=False)


def _choose(flags: Any, among: Any) -> Any:
    """Places of what is set in both."""
    import numpy as np

    return np.flatnonzero(flags.to_numpy(zero_copy_only=False) & among)


@dataclass(frozen=True)
class OffTopic:
    """Characters of a text's lines: all of them, or those of lines that are off topic; null for null."""

    name: str
    most_links: float
    least_words: int

    def __call__(self, batch: Any) -> Any:
        """A struct a row: ``whole`` and ``off``."""
        import pyarrow as pa

        texts = read_texts(batch.column(self.name))
        whole, off = find_off_topic(texts, self.most_links, self.least_words)
        return pa.StructArray.from_arrays([pa.array(whole), pa.array(off)], ["whole", "off"])


@dataclass(frozen=True)
class Field:
    """One field of what another finds."""

    of: Any
    name: str

    def __call__(self, batch: Any) -> Any:
        """The field's values."""
        return self.of(batch).field(self.name)
