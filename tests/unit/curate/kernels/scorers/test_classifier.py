"""The classifier's score: the kernel equals its definition, which is the logistic function of two means."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.scorer import Scorer
from resonance.curate.kernels.scorers.classifier import measure, plainly
from resonance.curate.kernels.scorers.features import BITS, list_plainly

PIECES = st.sampled_from(["word ", "Two", " ", "\n", "中文", "ﷺ", "ﬁ", "\u0301", "😀", "#!", "1"])
DRAWN = np.random.default_rng(1).integers(-32_767, 32_768, 1 << BITS).astype("<i2")
SCORER = Scorer("classifier", {"slope": 1e-4, "bias": 0.3}, {"weights": DRAWN})


@given(st.lists(st.none() | st.text(max_size=30) | st.lists(PIECES, max_size=20).map("".join), max_size=5))
def test_the_kernel_equals_its_definition(texts: list[str | None]) -> None:
    clean = [text if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    expected = [None if text is None else plainly(text, SCORER) for text in clean]
    for array in (pa.array(clean, pa.string()), pa.array(["left out", *clean, "too"], pa.large_string()).slice(1, len(clean))):
        assert measure(array, SCORER) == expected


def test_the_score_is_worked_out_by_hand() -> None:
    weights = np.zeros(1 << BITS, "<i2")
    (one, *_), runs = list_plainly("ab")
    assert runs == []
    weights[one] = 4
    assert plainly("ab", Scorer("classifier", {"slope": 0.5, "bias": -2.0}, {"weights": weights})) == 0.5
    weights[list_plainly("abc")[1]] = 3
    scorer = Scorer("classifier", {"slope": 1.0, "bias": 0.0}, {"weights": weights})
    assert plainly("abc", scorer) == round(1 / (1 + np.exp(-3)), 6)
    assert plainly("ab", Scorer("classifier", {"slope": 1e9, "bias": 0.0}, {"weights": weights})) == 1.0
    assert measure(pa.array(["", "-", None]), scorer) == [None] * 3
