"""Nodes that edges join get the smallest of their component."""

from __future__ import annotations

import numpy as np

from resonance.curate.kernels.duplicates.joined import smallest


def test_nodes_get_the_smallest_of_their_component() -> None:
    one, other = np.array([5, 2, 4, 3, 3]), np.array([2, 1, 5, 6, 3])
    assert smallest(one, other, 8).tolist() == [0, 1, 1, 3, 1, 1, 3, 7]


def test_no_edges_and_no_nodes() -> None:
    none = np.empty(0, np.int64)
    assert smallest(none, none, 3).tolist() == [0, 1, 2]
    assert smallest(none, none, 0).tolist() == []
