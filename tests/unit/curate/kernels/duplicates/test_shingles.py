"""Sets of shingles, their similarity, and who stays: as plain Python says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.duplicates.shingles import compare, set_plainly, sets, settle_pairs

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=40), st.text("ab \n中ไä\u0301", max_size=60)), max_size=5)


@settings(max_examples=150)
@given(texts=TEXTS, shingle=st.integers(1, 4))
def test_sets_are_those_of_the_definition(texts: list[str | None], shingle: int) -> None:
    expected = [sorted(np.array(sorted(set_plainly(text or "", shingle)), np.uint64).tolist()) for text in texts]
    for array in (pa.array(texts, pa.string()), pa.array(["left out", *texts], pa.large_string()).slice(1)):
        found = sets(array, shingle)
        assert [np.array(row, np.int64).view(np.uint64).tolist() for row in found.to_pylist()] == expected


def plainly(members: list[set[int]], pairs: set[tuple[int, int]], least: float) -> dict[int, tuple[int, float]]:
    goes: dict[int, tuple[int, float]] = {}
    for i, one in enumerate(members):
        for j in range(i):
            union = one | members[j]
            alike = len(one & members[j]) / len(union) if union else 0.0
            if (i, j) in pairs and j not in goes and alike >= least:
                goes[i] = (j, alike)
                break
    return goes


@settings(max_examples=200)
@given(
    members=st.lists(st.sets(st.integers(0, 12)), max_size=12),
    least=st.sampled_from([0.3, 0.5, 0.7, 1.0]),
    data=st.data(),
)
def test_who_stays_is_found_in_order(members: list[set[int]], least: float, data: st.DataObject) -> None:
    every = [(i, j) for i in range(len(members)) for j in range(i)]
    pairs = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    held = np.array([value for member in members for value in sorted(member)], np.uint64)
    bounds = np.concatenate([[0], np.cumsum([len(member) for member in members])]).astype(np.int64)
    later, earlier = (np.array([pair[end] for pair in pairs], np.int64) for end in (0, 1))
    keeper, similarity = settle_pairs(held, bounds, later, earlier, least)
    found = {int(i): (int(keeper[i]), float(similarity[i])) for i in np.flatnonzero(keeper >= 0)}
    assert found == plainly(members, set(pairs), least)
    similarities = np.empty(len(pairs))
    compare(held, bounds, later, earlier, similarities)
    unions = [len(members[i] | members[j]) for i, j in pairs]
    assert similarities.tolist() == [
        len(members[i] & members[j]) / size if size else 0.0 for (i, j), size in zip(pairs, unions, strict=True)
    ]
