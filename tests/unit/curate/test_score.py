"""The quality score: equal to its definition, in 0…1, and worse for worse texts."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.score import measure, parts_plainly

PROSE = "The harbour lies quiet in the morning.\nNobody has come back from the sea yet.\nWe wait, and count the boats."


@settings(max_examples=100)
@given(st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=4), st.integers(1, 20))
def test_the_pass_measures_what_the_definition_says(texts: list[str | None], head_words: int) -> None:
    found = measure(pa.array(["left out", *texts], pa.large_string()).slice(1), head_words)
    for index, text in enumerate(texts):
        assert {name: values[index].as_py() for name, values in found.items()} == parts_plainly(text or "", head_words)


def test_parts() -> None:
    parts = parts_plainly("a b\na b\nc d.\n\n", 1_000)
    assert parts["unique_word_ratio"] == 4 / 6
    assert parts["dup_line_ratio"] == 1 - 2 / 3
    assert parts["punct_line_ratio"] == 1 / 3
    assert parts["compression_ratio"] is not None
    assert parts["compression_ratio"] > 1
    assert parts["quality"] == (1 + 1 + 2 / 3 + 1 / 3) / 4


@pytest.mark.parametrize("worse", [PROSE.replace(".", ""), "\n".join([PROSE] * 20), "buy buy buy now\n" * 50])
def test_worse_texts_score_lower(worse: str) -> None:
    good, bad = parts_plainly(PROSE, 1_000)["quality"], parts_plainly(worse, 1_000)["quality"]
    assert good is not None
    assert bad is not None
    assert 0 <= bad < good <= 1
