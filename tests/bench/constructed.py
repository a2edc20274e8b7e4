"""Texts made for one rule each, just on either side of its threshold, and odd ones.

python -m tests.bench.constructed PATH [--each N]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench import edges_dolma, edges_lines, edges_quality, edges_repetition, odd
from tests.bench.edges_quality import Build
from tests.bench.places import cache
from tests.bench.prose import Prose

EACH = 200
"""Texts on each side of each threshold; half as many where one text costs the peer seconds."""

COSTLY = ("gopher_long_doc",)

VERSION = 3
DATATROVE: dict[str, dict[str, Build]] = {
    "repetition": edges_repetition.EDGES,
    "quality": edges_quality.EDGES,
    "c4": edges_lines.C4,
    "fineweb": edges_lines.FINEWEB,
}
"""Filter, then rule."""

EDGES = {**DATATROVE, "dolma": edges_dolma.EDGES}


@dataclass(frozen=True)
class Case:
    """A text, the filter and rule that it was made for, its side, and the reason that is due there (none: it passes).

    For Dolma, which gives no reasons, ``edges_dolma`` says which signal lies on which side of which limit.
    """

    id: str
    text: str
    source: str
    filter: str
    rule: str
    outside: bool
    expected: str | None


def cases(each: int = EACH) -> Iterator[Case]:
    """``each`` texts on either side of every threshold, then the odd ones."""
    for filter, rules in EDGES.items():
        for rule, build in rules.items():
            for number in range(each if rule in COSTLY else 2 * each):
                yield case(filter, rule, build, number)
    for number, text in enumerate(odd.TEXTS):
        yield Case(f"odd/{number}", text, "odd", "", "", False, None)


def case(filter: str, rule: str, build: Build, number: int) -> Case:
    """One text; odd numbers lie outside."""
    outside = number % 2 == 1
    name = f"{filter}/{rule}/{'outside' if outside else 'inside'}/{number // 2}"
    return Case(name, build(Prose(name), outside), "constructed", filter, rule, outside, expected(rule, outside))


def expected(rule: str, outside: bool) -> str | None:
    """The reason that the rule's filter ought to give."""
    if not outside:
        return None
    return "too_few_sentences" if rule.startswith("line_") and rule != "line_punct_ratio" else rule


def constructed_corpus(each: int = EACH) -> Path:
    """The texts as JSON lines in the cache, with all that is known of them; made when they are not there."""
    path = cache("corpora") / f"constructed-{VERSION}-{each}.jsonl"
    if not path.exists():
        write(path, each)
    return path


def write(path: Path, each: int) -> None:
    """Writes the texts; the file gets its name when it is whole."""
    fresh = path.with_suffix(".fresh")
    with fresh.open("w", encoding="utf-8") as file:
        for made in cases(each):
            file.write(json.dumps(asdict(made), ensure_ascii=False) + "\n")
    fresh.rename(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--each", type=int, default=EACH)
    asked = parser.parse_args()
    write(asked.path, asked.each)
