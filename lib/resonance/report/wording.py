"""Numbers and names as people read them, each function named after what it writes.

Names from data lose characters that could hide or stretch text.
"""

from __future__ import annotations

import math
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any

from resonance.report.language import count_things, restate, say

if TYPE_CHECKING:
    from pyspark.sql import Row

EXCERPT = 200
WIDE = ("W", "F")
HIDING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def count(number: float) -> str:
    """24,512."""
    return f"{round(number):,}"


def amount(number: float, thing: str, many: str | None = None) -> str:
    """``1 document``, ``24,512 documents``."""
    return count_things(count(number), round(number) == 1, thing, many or thing + "s")


def share(part: float, whole: float = 1.0) -> str:
    """73.4%, with more digits for small shares; a dash if the whole is zero."""
    if whole <= 0:
        return "–"
    percent = 100 * part / whole
    digits = 1 if percent == 0 or abs(percent) >= 1 else 2
    return minus(f"{percent:.{digits}f}%")


def write_score(value: float | None) -> str:
    """A score to a thousandth; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def bits(value: float) -> str:
    """Bits per byte, to a thousandth."""
    return minus(f"{value:.3f}")


def difference(value: float) -> str:
    """A difference with its sign, to a ten-thousandth where it is small."""
    digits = 3 if abs(value) >= 0.01 else 4
    return minus(f"{value:+.{digits}f}")


def size(number: float) -> str:
    """``512 bytes``, ``12.3 MB``."""
    if number < 1000:
        return amount(number, "byte")
    power = min(int(math.log10(number) // 3), 5)
    return f"{number / 1000**power:.1f} {' kMGTP'[power]}B"


def short(number: float) -> str:
    """A tick of an axis: 0.25, 40k, 1.5M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= limit:
            return minus(f"{number / (1000 if letter == 'k' else limit):.3g}{letter}")
    return minus(f"{number:,.0f}") if float(number).is_integer() else minus(f"{number:.3g}")


def minus(text: str) -> str:
    """The text with a true minus sign for a hyphen in front."""
    return text.replace("-", "−", 1) if text.startswith("-") else text


def join_words(items: Sequence[str]) -> str:
    """``a, b and c``."""
    if len(items) < 2:
        return items[0] if items else ""
    return say("{items} and {last}", items=say(", ").join(items[:-1]), last=items[-1])


def join_sentences(sentences: Iterable[str]) -> str:
    """Sentences as one paragraph; empty ones are left out."""
    return say(" ").join(filter(None, sentences))


def plain(text: object) -> str:
    """Text from data on one line, without control, direction and unassigned characters."""
    visible = (" " if unicodedata.category(c) in HIDING or c.isspace() else c for c in str(text))
    return " ".join("".join(visible).split()) or say("(empty)")


def restate_all(text: str) -> str:
    """Several sentences of another room, in the language that is spoken now, each as ``plain`` has it."""
    return say("; ").join(plain(restate(part)) for part in text.split("; "))


def name(text: object, columns: int = 64) -> str:
    """A plain name that fits ``columns`` narrow characters; what is too much is taken from its middle."""
    full = plain(text)
    if _width(full) <= columns:
        return full
    head = _fitting(full, (columns - 1) - (columns - 1) // 2)
    tail = _fitting(full[::-1], (columns - 1) // 2)[::-1]
    return f"{head}…{tail}"


def start(text: object, columns: int) -> str:
    """The start of a plain text that fits ``columns``."""
    full = plain(text)
    return full if _width(full) <= columns else f"{_fitting(full, columns - 1)}…"


def excerpt(text: str | None) -> str:
    """The start of a text on one line, or that it was not read."""
    return say("(not read)") if text is None else start(text, EXCERPT)


def make_distinct(texts: Sequence[object], columns: int) -> list[str]:
    """Names that fit ``columns`` and differ where their texts do: what cut ones share in front goes, then they are numbered."""
    full = [plain(text) for text in texts]
    cut = [name(text, columns) for text in full]
    short = list(cut)
    for index, label in enumerate(cut):
        alike = sorted({text for text, other in zip(full, cut, strict=True) if other == label})
        if len(alike) > 1:
            short[index] = name("…" + full[index][len(os.path.commonprefix(alike)) :], columns)
    seen: Counter[str] = Counter()
    for index, label in enumerate(short):
        seen[label] += 1
        if seen[label] > 1:
            number = f" ({seen[label]})"
            short[index] = name(label, columns - len(number)) + number
    return short


def label_rule(rule: str) -> str:
    """A rule's name where there is little room: ``gopher`` in front is left out, ``any_language`` is ``any``."""
    return rule.removeprefix("gopher_").removeprefix("gopher.").replace("any_language.", "any.", 1)


def describe_rule(rule: Row | Mapping[str, Any]) -> str:
    """What a rule cuts, and of which languages where it is asked of some: ``n_words below 50``, ``n_han below 80 (zh)``."""
    signal = name(rule["signal"])
    if rule["side"] == "in":
        said = say("{signal} not in {values}", signal=signal, values=name(rule["among"], 40))
    else:
        limit = short(rule["threshold"])
        said = say("{signal} below {limit}" if rule["side"] == "below" else "{signal} above {limit}", signal=signal, limit=limit)
    return say("{figure} ({note})", figure=said, note=name(restate(rule["languages"]), 40)) if rule["languages"] else said


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(c) in WIDE else 1 for c in text)


def _fitting(text: str, columns: int) -> str:
    ends = accumulate(map(_width, text))
    return text[: sum(1 for _ in takewhile(lambda end: end <= columns, ends))]
