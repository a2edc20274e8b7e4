"""Keys are found with all their values, others with none."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.text.lookup import find, lookup

KEYS = st.one_of(st.integers(0, 5), st.sampled_from([2**63, 2**64 - 1]), st.integers(0, 2**64 - 1))


@settings(max_examples=150)
@given(pairs=st.lists(st.tuples(KEYS, st.integers(0, 9))), asked=st.lists(KEYS))
def test_values_of_keys(pairs: list[tuple[int, int]], asked: list[int]) -> None:
    keys, values = np.array([k for k, _ in pairs], np.uint64), np.array([v for _, v in pairs], np.int32)
    held = lookup(keys, values, -values)
    bits = (len(held.heads) - 1).bit_length() - 1
    for key in [*asked, *(k for k, _ in pairs)]:
        first, last = find(tuple(held), bits, np.uint64(key))
        assert held.values[first:last].tolist() == sorted(v for k, v in pairs if k == key)
        assert held.places[first:last].tolist() == [-v for v in held.values[first:last]]


def test_of_many_values_the_lowest_are_kept() -> None:
    values = np.arange(200, dtype=np.int32)[::-1].copy()
    held = lookup(np.full(200, 7, np.uint64), values, values, 64)
    assert held.values.tolist() == list(range(64))
    assert len(lookup(np.full(200, 7, np.uint64), values, values).values) == 200
