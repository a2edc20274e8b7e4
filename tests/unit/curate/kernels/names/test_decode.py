"""The compiled search for the most likely labels finds those of its definition, and those of a search through all."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resonance.curate.kernels.names.decode import decode, decode_plainly


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4))
def test_the_best_of_all_ways_is_found(seed: int, size: int, labels: int) -> None:
    rng = np.random.default_rng(seed)
    scores, steps = (rng.integers(-9, 9, shape).astype(np.float32) for shape in ((size, labels), (labels, labels)))
    found = decode_plainly(scores, steps)
    assert decode(scores, steps).tolist() == found

    def weigh(way: tuple[int, ...]) -> float:
        return float(
            sum(scores[at, label] for at, label in enumerate(way)) + sum(steps[a, b] for a, b in zip(way, way[1:], strict=False))
        )

    assert weigh(tuple(found)) == max(weigh(way) for way in product(range(labels), repeat=size))
