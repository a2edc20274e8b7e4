"""Kneser-Ney estimates: those of the definition on small texts, shares that sum to one, and discounts worked out by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.scorers.kneser_ney import FALLBACK, UNKNOWN, Model, estimate, estimate_plainly, extend, find_discounts
from resonance.curate.kernels.scorers.language_model import join_tokens, read_tokens
from resonance.curate.kernels.text.words import word_hash

WORDS = st.lists(st.sampled_from(["a", "b", "c", "dd"]), max_size=9)
TEXTS = st.lists(WORDS, min_size=1, max_size=9)


def model_of(texts: list[list[str]], order: int, pruned: int) -> Model:
    return estimate(read_tokens(pa.array([" ".join(text) for text in texts])), order, pruned)


@settings(max_examples=60)
@given(TEXTS, st.integers(1, 4), st.integers(0, 2))
def test_shares_are_those_of_the_definition(texts: list[list[str]], order: int, pruned: int) -> None:
    model, share = model_of(texts, order, pruned), estimate_plainly(texts, order, pruned)
    known = dict(zip(model.keys.tolist(), model.probabilities.tolist(), strict=True))
    assert len(known) == len(model.keys)
    assert known[UNKNOWN] == pytest.approx(share("never seen", ()))
    for text in texts:
        for end in range(1, len(text) + 1):
            for start in range(max(end - order, 0), end):
                gram = text[start:end]
                key = join_tokens([word_hash(word) for word in gram])
                if key in known:
                    assert known[key] == pytest.approx(share(gram[-1], tuple(gram[:-1]))), gram
                else:
                    assert len(gram) > 2, "only long ones are left out"


@given(TEXTS, st.integers(1, 4), st.integers(0, 1))
def test_shares_after_any_context_sum_to_one(texts: list[list[str]], order: int, pruned: int) -> None:
    share = estimate_plainly(texts, order, pruned)
    words = {*(word for text in texts for word in text), "</s>", "never seen"}
    for context in [(), ("<s>",), ("a",), ("a", "b"), ("never seen", "a"), ("c", "a", "b")]:
        if len(context) < order:
            assert sum(share(word, context) for word in words) == pytest.approx(1)


def test_discounts_are_worked_out_by_hand() -> None:
    assert find_discounts(Counter({1: 4, 2: 2, 3: 2, 4: 1})) == (0, 1 - 2 * 0.5 * 2 / 4, 2 - 3 * 0.5 * 2 / 2, 3 - 4 * 0.5 * 1 / 2)
    assert find_discounts(Counter({1: 4, 2: 2})) == FALLBACK, "nothing is seen three times"
    assert find_discounts(Counter({1: 10, 2: 1, 3: 30, 4: 1})) == FALLBACK, "one of them would be negative"


def test_an_n_gram_is_its_last_tokens_and_one_more_on_the_left() -> None:
    tokens = [5, 2**63, 7]
    found = np.array(tokens[-1:], np.uint64)
    for token in reversed(tokens[:-1]):
        found = extend(found, np.array([token], np.uint64))
    assert int(found[0]) == join_tokens(tokens)
