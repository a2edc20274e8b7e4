"""A column of few texts is coded once; what is asked of it is answered as of the texts themselves."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.assess.arrays import FEW, FIRST, is_coded
from resonance.assess.columns import Column, Holds, IsAmong, Keeps, Rows, Valid, read_coded
from resonance.assess.methods.features import Joined, Paired
from resonance.assess.methods.lexicons import Where
from resonance.core.parts import Part

VALUES = ("red", " ", "", "green", "N/A", "蓝", None)
KEPT = Keeps("one", {"enum": ["red", "蓝"], "minLength": 2}, ("N/A",))
PARTS = (
    Part("tally", Column("one")),
    Part("count", Valid(Column("one"))),
    Part("count", Holds("one", ("N/A",))),
    Part("count", IsAmong("one", frozenset({"red", "blue"}))),
    Part("count", KEPT),
    Part("count", Valid(KEPT)),
    Part("tally", Paired(Column("one"), Column("other"))),
    Part("tally", Paired(Column("one"), Column("many"))),
    Part("tally", Joined(("one", "other"))),
    Part("tally", Where(Column("one"), Holds("other"))),
)


def make_batch(one: list[Any], other: list[Any]) -> pa.RecordBatch:
    many = [str(place) for place in range(len(one))]
    return pa.RecordBatch.from_pydict({"one": pa.array(one, pa.string()), "other": pa.array(other, pa.string()), "many": many})


@pytest.mark.parametrize("part", PARTS)
@given(values=st.lists(st.tuples(st.sampled_from(VALUES), st.sampled_from(VALUES)), min_size=1, max_size=20))
def test_codes_answer_as_texts(part: Part, values: list[tuple[str | None, str | None]]) -> None:
    batch = make_batch(*map(list, zip(*(values * (2 + FIRST // len(values))), strict=True)))
    rows = Rows(batch)
    assert is_coded(read_coded(rows, "one"))
    assert part.gather(rows) == part.gather(batch)


def test_many_texts_few_rows_and_numbers_are_not_coded() -> None:
    batch = make_batch(["red"] * FIRST, ["green"] * FIRST)
    assert not is_coded(read_coded(Rows(batch), "one"))
    texts = [str(place % (FEW + 1)) for place in range(2 * FIRST)]
    wide = pa.RecordBatch.from_pydict({"texts": texts, "numbers": [1] * len(texts)})
    assert not any(is_coded(read_coded(Rows(wide), name)) for name in ("texts", "numbers"))
