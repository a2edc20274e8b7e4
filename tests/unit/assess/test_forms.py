"""Ways of writing numbers and dates: what counts as one, and that Arrow says what the plain definitions say."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.assess.conftest import ask_here

from resonance.assess.forms import (
    Pattern,
    describe_date,
    describe_dates,
    describe_number,
    describe_numbers,
    share_of_dates,
    share_of_numbers,
)
from resonance.assess.operators import BY_ID
from resonance.core.dataset import DatasetContract, Promise


@given(st.lists(st.one_of(st.none(), st.text("0123456789.,+-eE km:年月日/T Jan\n", max_size=14)), max_size=20))
def test_arrow_says_what_the_definitions_say(texts):
    given = pa.array(texts, pa.string())
    assert describe_numbers(given).to_pylist() == [None if text is None else describe_number(text) for text in texts]
    assert describe_dates(given).to_pylist() == [None if text is None else describe_date(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        (["1", "12", "123.5", "-4567", "+0.25"], 1.0),
        (["1,234", "12", "999", "1,234,567.5"], 1.0),
        (["1,234", "1234", "12"], 2 / 3),
        (["3,5", "12", "1,75"], 1.0),
        (["3,5", "3.5"], 1 / 2),
        (["1e3", "1000"], 1 / 2),
        (["12 km", "7 km", "7km", "9 m"], 2 / 4),
        (["¥12", "¥1234", "12元"], 2 / 3),
        (["twelve", "n/a", "12"], 1 / 3),
        (["none", "nothing"], 0.0),
    ],
)
def test_numbers_of_one_way_of_writing(texts, share):
    assert share_of_numbers(Counter(map(describe_number, texts))) == pytest.approx(share)


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        (["2026-01-02", "2026-11-12", "2026-10-09"], 1.0),
        (["2026-01-02", "2026-1-2", "2026-11-12"], 2 / 3),
        (["1/2/2026", "11/12/2026"], 1.0),
        (["2026-01-02", "02/01/2026", "Jan 2, 2026", "March 12, 2026"], 2 / 4),
        (["2026年1月2日", "2026年11月12日", "2026-01-02"], 2 / 3),
        (["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678Z"], 1.0),
        (["2026-01-02T03:04:05Z", "2026-01-02 03:04:05"], 1 / 2),
        (["20260102", "1767323045"], 1.0),
        (["soon", "2026-01-02"], 1 / 2),
        (["soon"], 0.0),
    ],
)
def test_dates_of_one_way_of_writing(texts, share):
    assert share_of_dates(Counter(map(describe_date, texts))) == pytest.approx(share)


def test_what_stands_for_none_has_no_pattern():
    batch = pa.RecordBatch.from_pydict({"x": ["1", "-", " ", None]})
    assert Pattern("x", dates=False, missing=("-",))(batch).to_pylist() == ["whole||", None, None, None]


def ask(texts: list[str | None], type: str, unit: str = "", kind: pa.DataType | None = None):
    contract = DatasetContract(
        "t", "1.0.0", "general", frozenset({"structured"}), (Promise("x", type, unit=unit), Promise("y", "string"))
    )
    rows = [{"x": text} for text in texts]
    return ask_here(BY_ID["unit_format_uniformity"], contract, rows, {"x": kind or pa.string()})


def test_columns_with_a_unit_are_looked_at_whatever_their_type():
    assert ask(["12 km", "7 km", "7km", None], "string", unit="km").score == pytest.approx(2 / 3)
    assert ask(["a", "b"], "string").reason == "the contract lists no column of numbers or dates, and none with a unit"
    assert ask([1.0, 2.0, None], "number", kind=pa.float64()).score == 1.0
    assert ask([None, None], "number").reason.startswith("no value to look at in ")
