"""Gradient descent: the kernel learns the weights of its definition, and they part what can be parted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.scorers.descent import learn, learn_plainly
from resonance.curate.kernels.scorers.features import list_plainly

TEXTS = st.lists(st.text(st.sampled_from("ab 中\nC#é"), max_size=12), min_size=1, max_size=6)


@settings(max_examples=25)
@given(TEXTS, st.integers(1, 3), st.sampled_from([0.5, 100.0]), st.data())
def test_the_kernel_equals_its_definition(texts: list[str], passes: int, rate: float, data: st.DataObject) -> None:
    labels = [float(data.draw(st.booleans())) for _ in texts]
    shares = [data.draw(st.sampled_from([0.5, 1.0, 2.0])) for _ in texts]
    found = learn(pa.array(texts, pa.string()), np.array(labels), np.array(shares), passes, rate)
    assert np.allclose(found, learn_plainly(texts, labels, shares, passes, rate), rtol=1e-9, atol=1e-12)


def test_a_word_of_one_kind_of_text_weighs_for_it() -> None:
    texts, labels = ["good words", "bad words"] * 20, np.array([1.0, 0.0] * 20)
    weights = learn(pa.array(texts), labels, np.ones(40), 5, 10.0)
    good, bad, words = (weights[list_plainly(word)[0][0]] for word in ("good", "bad", "words"))
    assert good > 1 > -1 > bad
    assert abs(words) < 0.5
