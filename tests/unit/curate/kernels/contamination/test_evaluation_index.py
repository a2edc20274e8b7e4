"""What is indexed of evaluation items, and that files give it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.contamination.evaluation_index import (
    COMMON,
    SEEDS,
    Index,
    index,
    kind_plainly,
    kinds,
    seeds,
    seeds_plainly,
)
from resonance.curate.kernels.text.lookup import Lookup

LONG = " ".join(f"word{n}" for n in range(60))


@settings(max_examples=100)
@given(texts=st.lists(st.text("ab 中", max_size=120), max_size=4))
def test_kinds_are_those_of_the_definition(texts: list[str]) -> None:
    assert kinds(pa.array(texts, pa.string())) == [kind_plainly(text) for text in texts]


def test_kinds() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve"
    texts = ["", "?!", "yes", words, words + " thirteen", "中" * 29, "中" * 30, words + "中" * 8, "one " + "中" * 50]
    assert kinds(pa.array(texts)) == ["", "", "exact", "exact", "words", "exact", "characters", "words", "characters"]


@given(letters=st.text(max_size=40))
def test_seeds_are_those_of_the_definition(letters: str) -> None:
    codes, found = np.array([ord(c) for c in letters], np.uint32), np.empty(len(letters), np.uint64)
    count = seeds(codes, 0, len(codes), found)
    assert found[:count].tolist() == seeds_plainly(letters)


def test_seeds_are_few_and_not_common() -> None:
    held = index(pa.array([LONG, *[f"{LONG} {letter * 9} {letter}never{letter}before{letter}" for letter in "bcdfghjk"]])).seeds
    common = set(seeds_plainly(LONG.replace(" ", "")))
    assert np.bincount(held.values).max() <= SEEDS
    assert set(held.values.tolist()) == set(range(COMMON + 1))
    keys = [set(held.keys[held.values == item].tolist()) for item in range(COMMON + 1)]
    assert keys[0] <= common  # it has no others
    assert not any(common & own for own in keys[1:])


def test_an_index_comes_back_from_its_files(tmp_path: Path) -> None:
    made = index(pa.array([LONG, "a short one", "中" * 40, ""]))
    made.save(tmp_path)
    for before, after in zip(made, Index.load(tmp_path), strict=True):
        pairs = zip(before, after, strict=True) if isinstance(before, Lookup) else [(before, after)]
        assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)
