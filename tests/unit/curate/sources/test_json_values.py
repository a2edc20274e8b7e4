"""Values are those of Python's own reader, wherever pieces of the stream end."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.sources.json_values import Value, Values

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=6))
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3))


def split(data: bytes, cuts: list[int] | None = None, limit: int = 1 << 20) -> tuple[list[Value], Values]:
    values = Values(limit)
    places = [0, *sorted(cut for cut in cuts or [] if cut < len(data)), len(data)]
    return list(values.split(data[a:b] for a, b in itertools.pairwise(places))), values


@given(st.lists(TREES, max_size=5), st.sampled_from([None, 0, 2]), st.booleans(), st.lists(st.integers(0, 300), max_size=8))
def test_elements_of_an_array_are_those_of_another_reader(
    rows: list[Any], indent: int | None, plain: bool, cuts: list[int]
) -> None:
    data = json.dumps(rows, indent=indent, ensure_ascii=plain).encode()
    found, values = split(data, cuts)
    assert [json.loads(value.data or b"") for value in found] == rows
    assert values.open_line is None


@given(st.lists(st.dictionaries(st.text(max_size=4), TREES, max_size=3), max_size=4), st.lists(st.integers(0, 300), max_size=8))
def test_values_one_after_the_other_name_the_line_that_they_begin_in(rows: list[dict[str, Any]], cuts: list[int]) -> None:
    texts = [json.dumps(row, indent=1) for row in rows]
    found, values = split("\n".join(texts).encode(), cuts)
    assert [json.loads(value.data or b"") for value in found] == rows
    ends = itertools.accumulate((text.count("\n") + 1 for text in texts), initial=1)
    assert [value.line for value in found] == list(ends)[:-1]
    assert values.open_line is None


@given(st.text('{}[]",\\ a\n', max_size=40), st.lists(st.integers(0, 40), max_size=6), st.integers(0, 12))
def test_whatever_the_bytes_pieces_and_limit_change_nothing(text: str, cuts: list[int], limit: int) -> None:
    data = text.encode()
    whole, values = split(data)
    found, again = split(data, cuts, limit)
    assert found == [value if value.size <= limit else value._replace(data=None) for value in whole]
    assert again.open_line == values.open_line
    kept = b"".join(value.data or b"" for value in whole)
    assert not values.open_line or values.open_line <= data.count(b"\n") + 1
    if values.open_line is None:
        outside = bytes(set(data)).translate(None, b" ,\n[]")
        assert all(sign in kept for sign in outside)


@pytest.mark.parametrize(
    ("data", "values", "line"),
    [
        (b"", [], None),
        (b" \n\t ", [], None),
        (b"\xef\xbb\xbf[]", [], None),
        (b'[{"a": "]"}, {"b": "\\"}"}]', [b'{"a": "]"}', b'{"b": "\\"}"}'], None),
        (b'{"a": 1}{"b": 2}\n[{"c": 3}]', [b'{"a": 1}', b'{"b": 2}', b'{"c": 3}'], None),
        (b'[{"a": 1} {"b": 2},,]', [b'{"a": 1}', b'{"b": 2}'], None),
        (b'[1, null, "x,y", [2, [3]]]', [b"1", b"null", b'"x,y"', b"[2, [3]]"], None),
        (b'{"a": 1}\n}\n{"b": 2}', [b'{"a": 1}', b"}", b'{"b": 2}'], None),
        (b'[\n{"a": 1},\n{"b": ', [b'{"a": 1}'], 3),
        (b'[\n{"a": 1},\n', [b'{"a": 1}'], 1),
        (b'{"a": "no end}\n{"b": 2}', [], 1),
        (b'"\\', [], 1),
        (b"1", [b"1"], None),
    ],
)
def test_values_end_where_their_brackets_do(data: bytes, values: list[bytes], line: int | None) -> None:
    found, state = split(data)
    assert [value.data for value in found] == values
    assert state.open_line == line
