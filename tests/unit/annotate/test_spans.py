"""Spans stand where text has them, whatever Java counts; one row for each kind."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from resonance.annotate.spans import SpreadSpans, place_points


def count_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_places_in_units_of_java_become_code_points(text: str) -> None:
    """Oracle: the text up to each place, encoded as Java holds it."""
    units = [count_units(text[:place]) for place in range(len(text) + 1)]
    assert place_points(text, units) == list(range(len(text) + 1))


def read(text: str, *spans: tuple[str, list[int], list[int], list[str]]) -> list[dict[str, object]]:
    names = ("kind", "begins", "lasts", "said")
    found = [dict(zip(names, span, strict=True)) for span in spans]
    batch = pa.RecordBatch.from_pylist([{"doc_id": b"1", "text": text, "spans": found}])
    (made,) = SpreadSpans(("sentence", "token"), ("doc_id",))(iter([batch]))
    return made.to_pylist()


def test_each_kind_has_a_row_and_sentences_no_values() -> None:
    text = "\U0001f600 Go. Stop."
    sentences = ("sentence", [0, 7], [5, 11], ["\U0001f600 Go.", "Stop."])
    tokens = ("token", [0, 3, 5, 7, 11], [1, 4, 5, 10, 11], ["\U0001f600", "Go", ".", "Stop", "."])
    whole, words = read(text, sentences, tokens)
    assert (whole["kind"], whole["values"]) == ("sentence", [])
    assert [text[a:b] for a, b in zip(words["starts"], words["ends"], strict=True)] == words["values"] == tokens[3]
    assert [text[a:b] for a, b in zip(whole["starts"], whole["ends"], strict=True)] == ["\U0001f600 Go.", "Stop."]


def test_spans_that_hold_nothing_are_left_out() -> None:
    whole, words = read("", ("sentence", [0], [-1], [""]), ("token", [], [], []))
    assert whole["starts"] == whole["ends"] == words["values"] == []
