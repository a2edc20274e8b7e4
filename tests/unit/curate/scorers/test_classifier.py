"""Fitting a classifier: it tells texts that it never saw, says how well, and is the same from equal samples."""

from __future__ import annotations

import random
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pytest

from resonance.core.errors import InputError
from resonance.curate.kernels.scorers.classifier import measure
from resonance.curate.scorers.classifier import fit_classifier, judge_classifier
from resonance.curate.scorers.sample import Sample

COMMON = ["the", "of", "and", "to", "in", "is", "that", "for", "with", "as"]
GOOD, GENERAL = ["theorem", "proof", "lemma", "axiom"], ["buy", "cheap", "click", "offer"]


def sample(seed: str, own: list[str], size: int, share: float = 0.2) -> Sample:
    draw = random.Random(seed)
    texts = {
        " ".join(draw.choice(own if draw.random() < share else COMMON) for _ in range(draw.randint(20, 60))) for _ in range(size)
    }
    held = {int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 1: text for text in texts}
    places = sorted(held)
    return Sample([held[place] for place in places], places, len(texts), sum(map(len, texts)), 0)


def test_texts_that_it_never_saw_are_told_apart() -> None:
    scorer, verdict = fit_classifier(sample("a", GOOD, 400), sample("b", GENERAL, 600), 1)
    assert verdict.measures["auc"] > 0.98
    assert verdict.measures["calibration_error"] < 0.1
    assert 50 < verdict.measures["texts"] < 150
    assert sum(int(row[0]) for row in verdict.rows) == verdict.measures["texts"]
    good, general = measure(
        pa.array(["the theorem and its proof is that lemma for the axiom", "buy cheap and click the offer in it"]), scorer
    )
    assert good is not None
    assert general is not None
    assert good > 0.9 > 0.1 > general


def test_equal_samples_give_an_equal_classifier() -> None:
    first, second = (fit_classifier(sample("a", GOOD, 300), sample("b", GENERAL, 300), 1)[0].pack() for _ in range(2))
    assert first == second


def test_where_nothing_is_to_be_learned_the_verdict_says_so() -> None:
    _, verdict = fit_classifier(sample("a", GOOD, 1_000), sample("c", GOOD, 1_000), 1)
    assert 0.35 < verdict.measures["auc"] < 0.65
    assert verdict.measures["calibration_error"] < 0.15


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(InputError, match=r"of 40 different good texts a tenth is held out"):
        fit_classifier(sample("a", GOOD, 40), sample("b", GENERAL, 400), 1)


def test_a_text_without_features_counts_as_undecided() -> None:
    scorer, _ = fit_classifier(sample("a", GOOD, 400), sample("b", GENERAL, 400), 1)
    assert judge_classifier(scorer, ["", ""], np.array([1.0, 0.0])).measures["auc"] == 0.5
