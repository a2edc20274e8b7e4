"""Parts of states hold what they say: exact sums in any order, quantiles and distinct counts within their stated error."""

from __future__ import annotations

import json
import random
from functools import reduce

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.core import parts
from resonance.core.parts import REGISTERS, SCALE, Part, draw_rows, estimate_distinct, find_quantile, merge_states


def take(batch: pa.RecordBatch) -> pa.Array:
    return batch.column("x")


def of(values: list, kind: pa.DataType) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values, kind)], names=["x"])


KINDS = {
    "count": (pa.bool_(), st.booleans()),
    "sum": (pa.float64(), st.floats(-1e6, 1e6)),
    "tally": (pa.string(), st.sampled_from(["a", "b", "", "列车"])),
    "spread": (pa.float64(), st.floats(allow_nan=True)),
    "distinct": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "names": (pa.string(), st.text(max_size=3)),
    "thinned": (pa.int64(), st.integers(-40, 40)),
    "drawn": (
        pa.struct({"hash": pa.int64(), "size": pa.int64(), "marks": pa.list_(pa.int64())}),
        st.integers(-20, 20).map(lambda n: {"hash": n, "size": n % 5, "marks": [n, 7 * n, 64 * n]}),
    ),
}


@pytest.fixture(autouse=True)
def few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that small samples reach."""
    monkeypatch.setattr(parts, "MOST_KEPT", 4)
    monkeypatch.setattr(parts, "MOST_DRAWN", 12)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_states_of_any_split_in_any_order_are_the_state_of_all(kind, data):
    typed, values = KINDS[kind]
    rows = data.draw(st.lists(st.none() | values, max_size=30))
    cut = data.draw(st.integers(0, len(rows)))
    part = Part(kind, take)
    one, other, whole = (part.gather(of(some, typed)) for some in (rows[:cut], rows[cut:], rows))
    assert part.merge(one, other) == part.merge(other, one) == whole
    assert json.loads(json.dumps(whole)) == whole, "a state is stored as JSON"
    assert merge_states({"x": part}, {"x": one}, {"x": other}) == {"x": whole}


def test_rows_with_the_smallest_hashes_are_drawn_until_they_are_enough():
    rows = [(3, 5, [8]), (1, 6, [4, 3]), (2, 6, [16, -4]), (0, 0, [])]
    assert draw_rows(rows) == {"level": 2, "rows": [[0, 0, []], [1, 6, [4]], [2, 6, [16, -4]]]}, (
        "twelve are enough, one mark in four"
    )
    assert draw_rows(rows[:1]) == {"level": 1, "rows": [[3, 5, [8]]]}


def test_sums_are_exact_whole_billionths():
    values = [0.1] * 10 + [1e8, -1e8, float("nan"), float("inf"), None]
    shuffled = random.Random(1).sample(values, len(values))
    assert {Part("sum", take).gather(of(some, pa.float64())) for some in (values, shuffled)} == {SCALE}
    assert Part("sum", take).gather(of([2**62, 2**62, None], pa.int64())) == 2**63 * SCALE, "whole numbers never overflow"


def test_quantiles_are_within_half_a_percent():
    values = np.random.default_rng(1).lognormal(3, 2, 20_000)
    spread = Part("spread", take).gather(of(values.tolist(), pa.float64()))
    for share in (0.05, 0.5, 0.95, 1.0):
        exact = np.quantile(values, share, method="inverted_cdf")
        assert find_quantile(spread, share) == pytest.approx(exact, rel=0.00501)
    assert find_quantile({}, 0.5) is None
    assert find_quantile(Part("spread", take).gather(of([-3.0, 0.0, 0.0, 8.0], pa.float64())), 0.75) == 0.0
    assert find_quantile({"none": 1, "0": 1}, 1.0) == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("many", [0, 1, 2, 100, 5_000, 60_000, 400_000])
def test_distinct_counts_are_within_three_standard_errors(many):
    hashes = np.random.default_rng(many).integers(-(2**63), 2**63 - 1, many, dtype=np.int64)
    twice = np.concatenate([hashes, hashes[::2]])
    pieces = [Part("distinct", take).gather(of(some.tolist(), pa.int64())) for some in np.array_split(twice, 3)]
    found = estimate_distinct(reduce(Part("distinct", take).merge, pieces))
    assert found == pytest.approx(many, rel=3 * 0.0081, abs=0.5)


@pytest.mark.parametrize("many", [0, 1, 3000, 9000])
def test_a_sketch_of_few_hashes_is_short_and_one_of_many_is_the_same_in_any_parts(many):
    hashes = np.random.default_rng(many).integers(-(2**63), 2**63 - 1, many, dtype=np.int64)
    part = Part("distinct", take)
    whole = part.gather(of(hashes.tolist(), pa.int64()))
    assert len(whole) <= min(6 * many + 8, 2 * parts.REGISTERS)
    pieces = [part.gather(of(some.tolist(), pa.int64())) for some in np.array_split(hashes, 5)]
    assert reduce(part.merge, pieces) == reduce(part.merge, reversed(pieces)) == whole


def test_a_tally_of_too_many_values_is_given_up_in_whatever_parts_they_came(monkeypatch):
    monkeypatch.setattr(parts, "MOST_VALUES", 3)
    part = Part("tally", take)
    two, other, four = (part.gather(of(some, pa.string())) for some in (list("ab"), list("cd"), list("abcd")))
    assert (two, four) == ({"a": 1, "b": 1}, None)
    assert part.merge(two, other) is None
    assert part.merge(two, part.merge(four, other)) is None
    assert part.merge(two, two) == {"a": 2, "b": 2}


def test_names_are_the_first_twenty_by_order():
    names = [f"row{number:03}" for number in range(50)]
    assert Part("names", take).gather(of(names[::-1], pa.string())) == names[:20]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 63).map(lambda bit: (1 << bit) - (1 << 63)), max_size=30))
def test_registers_hold_the_most_zeros_of_their_hashes(hashes):
    expected = [0] * REGISTERS
    for hash in hashes:
        register, rest = divmod(hash % 2**64, 2**50)
        expected[register] = max(expected[register], 51 - rest.bit_length())
    for copies in (1, 1 + 3_000 // max(1, len(hashes))):
        registers = Part("distinct", take).gather(of(hashes * copies, pa.int64()))
        assert parts._read_registers(registers).tolist() == expected
