"""The quality score: equal to its definition, in 0…1, and worse for worse texts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.signals import QUALITY

PROSE = "The harbour lies quiet in the morning.\nNobody has come back from the sea yet.\nWe wait, and count the boats."


@settings(max_examples=100)
@given(st.lists(st.one_of(st.none(), st.text(max_size=80)), max_size=4), st.integers(1, 20))
def test_the_pass_measures_what_the_definition_says(texts: list[str | None], head_words: int) -> None:
    found = QUALITY.measure(pa.array(["left out", *texts], pa.large_string()).slice(1), head_words).to_pylist()
    assert found == [parts_of(text or "", head_words) for text in texts]


def parts_of(text: str, head_words: int = 1_000) -> dict[str, Any]:
    return dict(zip(QUALITY.names, QUALITY.plainly(text, head_words), strict=True))


def test_parts() -> None:
    parts = parts_of("a b\na b\nc d.\n\n")
    assert parts["unique_word_ratio"] == 4 / 6
    assert parts["dup_line_ratio"] == 1 - 2 / 3
    assert parts["punct_line_ratio"] == 1 / 3
    assert parts["compression_ratio"] is not None
    assert parts["compression_ratio"] > 1
    assert parts["quality"] == (1 + 1 + 2 / 3 + 1 / 3) / 4


@pytest.mark.parametrize("worse", [PROSE.replace(".", ""), "\n".join([PROSE] * 20), "buy buy buy now\n" * 50])
def test_worse_texts_score_lower(worse: str) -> None:
    good, bad = parts_of(PROSE)["quality"], parts_of(worse)["quality"]
    assert good is not None
    assert bad is not None
    assert 0 <= bad < good <= 1
