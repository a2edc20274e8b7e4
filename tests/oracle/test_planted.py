"""Planted copies among 10,000 documents are found as often as theory says of their similarity, kind by kind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from rich.console import Console
from tests.bench.planted import HAN_KINDS, KINDS, PAIRS, Found, apart, every_kind, table

from resonance.curate.kernels.text.words import map_simplified
from resonance.curate.sources.demo import list_sources
from resonance.curate.sources.demo_texts import READERS

ALL = (*KINDS, *HAN_KINDS)
SAME = {"exact", "case", "punctuation", "full width", "traditional"}
"""Kinds whose copies have the words of their text."""


def real_documents(least: int) -> list[str]:
    """Doc strings, licences and descriptions of installed packages that share few shingles with each other."""
    found: dict[str, None] = {}
    for source in sorted(list_sources()):
        if Path(source.path).stat().st_size < 1_000_000:
            found.update(dict.fromkeys(text for _, _, text in READERS[source.kind](source.path) if len(text.split()) >= 60))
        if len(found) >= least:
            break
    return apart(found)


def han_documents(count: int) -> list[str]:
    """Characters drawn as unevenly as those of a language, since no Chinese text is installed: simplified ones and others."""
    draw = random.Random(7)
    changed = set(map_simplified())
    known = [chr(code) for code in (*set(map_simplified().values()), *range(0x4E00, 0x5E00)) if code not in changed]
    draw.shuffle(known)
    weights = [1 / (rank + 10) for rank in range(len(known))]
    return ["".join(draw.choices(known, weights, k=300)) for _ in range(count)]


@pytest.fixture(scope="module")
def results() -> dict[str, Found]:
    found = every_kind(real_documents(9_000), han_documents(PAIRS))
    Console().print(table(found))
    return {row.kind: row for row in found}


@pytest.mark.parametrize("kind", ALL)
def test_copies_are_found_as_often_as_theory_says(results: dict[str, Found], kind: str) -> None:
    row = results[kind]
    assert row.pairs == PAIRS
    assert row.holds, row
    if kind in SAME:
        assert row.similarity == 1
        assert row.found == row.pairs


def test_ten_thousand_documents_and_what_is_out_of_reach(results: dict[str, Found]) -> None:
    assert sum(2 * row.pairs for row in results.values()) == 10_000
    assert results["15 % of words"].similarity == pytest.approx(0.29, abs=0.05)
    assert results["15 % of words"].found < 0.05 * PAIRS
