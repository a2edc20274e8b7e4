"""The set ``classifier`` says which classifier measured a text; without one, nothing is said."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from resonance.core.scorer import Scorer
from resonance.curate.kernels.scorers.features import BITS
from resonance.curate.signals import CLASSIFIER

SCORER = Scorer("classifier", {"slope": 0.001, "bias": 0.5}, {"weights": np.arange(1 << BITS).astype("<i2")})
TEXTS = ["Some text, 中文.", "", None]


def test_rows_name_the_classifier() -> None:
    found = CLASSIFIER.measure(pa.array(TEXTS), SCORER, "abc").to_pylist()
    assert found[0] == dict(zip(CLASSIFIER.names, CLASSIFIER.plainly(TEXTS[0], SCORER, "abc"), strict=True))
    assert found[0]["scorer"] == "abc"
    assert found[1:] == [{"score": None, "scorer": None}] * 2


def test_without_one_all_is_null() -> None:
    assert CLASSIFIER.measure(pa.array(TEXTS)).to_pylist() == [{"score": None, "scorer": None}] * 3
    assert CLASSIFIER.plainly("text") == (None, None)
