"""How texts that stand for numbers and dates are written, as patterns that equal ways of writing share.

Each pattern has a plain definition, which says what is meant, and the same over Arrow arrays, which is what runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from resonance.assess.arrays import find_present, read_texts

NUMBER = r"^(?P<before>[^0-9]*?)(?P<number>[+-]?(?:[0-9][0-9.,]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?)(?P<after>(?s:.*))$"
"""The first number of a text, and what stands around it."""
KINDS: tuple[tuple[str, str], ...] = (
    ("whole", r"[0-9]{1,3}"),
    ("long", r"[0-9]{4,}"),
    ("small", r"[0-9]{0,3}\.[0-9]*"),
    ("large", r"[0-9]{4,}\.[0-9]*"),
    ("grouped", r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?"),
    ("comma", r"[0-9]*,[0-9]*"),
    ("power", r"[0-9]*\.?[0-9]*[eE][+-]?[0-9]+"),
)
"""How the digits of a number may be written; the first that fits counts."""
STYLES: Mapping[str, tuple[str, ...]] = {
    "plain": ("whole", "long", "small", "large"),
    "grouped": ("whole", "small", "grouped"),
    "comma": ("whole", "long", "comma"),
    "power": ("power",),
    "other": ("other",),
}
"""Kinds of numbers that one way of writing gives: one that sets thousands apart writes small numbers as others do."""
MOST_AROUND = 24
"""Characters around a number that a pattern keeps."""
NONE = "none"
"""The pattern of what holds no digit."""
DATE = (
    (r"([0-9]:[0-9]{2})[.,][0-9]+", r"\1"),  # parts of a second
    (r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*", "<m>"),
    (r"[0-9]{5,}", "<long>"),
    (r"[0-9]{4}", "<y>"),
    (r"0[0-9]", "<p>"),
    (r"[1-9][0-9]", "<b>"),
    (r"[0-9]", "<u>"),
)
"""What is put for the parts of a date: its year, the name of a month, numbers below ten with a zero and without, others."""


def describe_number(text: str) -> str:
    """The pattern of a text with a number: the kind of the number, and what stands around it."""
    found = re.search(NUMBER, text.strip())
    if found is None:
        return NONE
    digits = found["number"].lstrip("+-")
    kind = next((name for name, pattern in KINDS if re.fullmatch(pattern, digits)), "other")
    after = re.sub("[0-9]+", "0", found["after"])
    return f"{kind}|{found['before'][:MOST_AROUND]}|{after[:MOST_AROUND]}"


def describe_date(text: str) -> str:
    """The pattern of a text with a date: its parts by kind, and the signs between them."""
    if not re.search("[0-9]", text):
        return NONE
    shape = reduce(lambda held, rule: re.sub(rule[0], rule[1], held), DATE, text.strip())
    return shape[: 4 * MOST_AROUND]


def describe_numbers(texts: Any) -> Any:
    """``describe_number`` of each text; null for null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.extract_regex(_strip(texts), NUMBER)
    digits = pc.utf8_ltrim(pc.struct_field(found, "number"), characters="+-")
    fits = [pc.match_substring_regex(digits, f"^(?:{pattern})$") for _, pattern in KINDS]
    kind = pc.case_when(pc.make_struct(*(flag.fill_null(False) for flag in fits)), *(name for name, _ in KINDS), "other")
    before, after = (pc.struct_field(found, name) for name in ("before", "after"))
    after = pc.replace_substring_regex(after, "[0-9]+", "0")
    around = [pc.utf8_slice_codeunits(part, 0, MOST_AROUND) for part in (before, after)]
    pattern = pc.binary_join_element_wise(kind, *around, "|")
    return pc.if_else(texts.is_valid(), pc.coalesce(pattern, NONE), pa.scalar(None, pa.string()))


def describe_dates(texts: Any) -> Any:
    """``describe_date`` of each text; null for null."""
    import pyarrow.compute as pc

    shape = reduce(lambda held, rule: pc.replace_substring_regex(held, *rule), DATE, _strip(texts))
    return pc.if_else(pc.match_substring_regex(texts, "[0-9]"), pc.utf8_slice_codeunits(shape, 0, 4 * MOST_AROUND), NONE)


def share_of_numbers(counts: Mapping[str, int]) -> float:
    """The largest share of texts whose numbers can have been written in one way, with the same signs around them."""
    around: dict[str, dict[str, int]] = {}
    for pattern, count in counts.items():
        if pattern != NONE:
            kind, _, rest = pattern.partition("|")
            around.setdefault(rest, {})[kind] = count
    most = max((sum(held.get(kind, 0) for kind in kinds) for held in around.values() for kinds in STYLES.values()), default=0)
    return most / sum(counts.values())


def share_of_dates(counts: Mapping[str, int]) -> float:
    """The largest share of texts whose dates can be of one way of writing: numbers below ten all with a zero, or all without."""
    shapes: dict[str, list[int]] = {}
    for pattern, count in counts.items():
        if pattern != NONE:
            both = shapes.setdefault(re.sub("<[pbu]>", "<d>", pattern), [0, 0])
            both[0] += count if "<u>" not in pattern else 0
            both[1] += count if "<p>" not in pattern else 0
    return max((max(both) for both in shapes.values()), default=0) / sum(counts.values())


@dataclass(frozen=True)
class Pattern:
    """How a column's present texts are written.

    Args:
        dates: whether they stand for dates; for numbers otherwise.
    """

    name: str
    dates: bool
    missing: tuple[str, ...] = ()

    def __call__(self, batch: Any) -> Any:
        """One pattern a row; null where there is no text."""
        import pyarrow as pa
        import pyarrow.compute as pc

        values = batch.column(self.name)
        texts = pc.if_else(find_present(values, self.missing), read_texts(values), pa.scalar(None, pa.string()))
        return describe_dates(texts) if self.dates else describe_numbers(texts)


def _strip(texts: Any) -> Any:
    import pyarrow.compute as pc

    return pc.utf8_trim_whitespace(texts)
