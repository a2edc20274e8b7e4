"""Windows lose no token, and packing keeps them apart."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resonance.train.windows import NOTHING, pack, windows

START = 99


def test_each_token_is_a_target_once_after_its_forerunner():
    found = list(windows(np.array([1, 2, 3, 4, 5], np.int32), START, 2))
    assert [(inputs.tolist(), targets.tolist()) for inputs, targets in found] == [
        ([START, 1], [1, 2]),
        ([2, 3], [3, 4]),
        ([4], [5]),
    ]


def test_a_window_goes_to_the_first_row_with_room():
    rows = pack([np.arange(3), np.arange(2), np.arange(1)], START, 4)
    assert rows.owners.tolist() == [[0, 0, 0, 2], [1, 1, NOTHING, NOTHING]]
    assert rows.positions.tolist() == [[0, 1, 2, 0], [0, 1, 0, 0]]
    assert rows.segments.tolist() == [[0, 0, 0, 2], [1, 1, NOTHING, NOTHING]]


def test_no_documents_make_no_rows():
    assert list(pack([], START, 4).passes(2)) == []


@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=30), max_size=12), st.integers(2, 9), st.integers(1, 4))
def test_packed_rows_give_every_document_back(documents, width, rows_per_pass):
    packed = pack([np.array(document, np.int32) for document in documents], START, width)
    parts = list(packed.passes(rows_per_pass))
    assert sum(len(part.inputs) for part in parts) == len(packed.inputs)
    for owner, document in enumerate(documents):
        segments = np.unique(packed.segments[packed.owners == owner])
        targets = [packed.targets[packed.segments == segment].tolist() for segment in segments]
        inputs = [packed.inputs[packed.segments == segment].tolist() for segment in segments]
        assert sum(targets, []) == document
        assert sum(inputs, []) == [START, *document[:-1]]
        for segment in segments:
            here = packed.segments == segment
            assert here.any(axis=1).sum() == 1
            assert packed.positions[here].tolist() == list(range(here.sum()))
