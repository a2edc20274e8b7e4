"""Fitting a language model: good texts that it never saw surprise it less, and general texts fall into thirds by language."""

from __future__ import annotations

import random
from collections import Counter
from hashlib import sha256

import pyarrow as pa
import pytest

from resonance.core.errors import InputError
from resonance.curate.kernels.basics.basics import heads
from resonance.curate.kernels.scorers.perplexity import measure
from resonance.curate.scorers.perplexity import fit_perplexity
from resonance.curate.scorers.sample import Sample

WORDS = ["the", "of", "and", "to", "in", "is", "that", "for", "house", "garden", "river", "stone", "window", "night", "letter"]
HAN = "的一是在不了有和人这中大为上个国我以要他"


def sample(seed: str, sizes: tuple[int, int], orderly: bool) -> Sample:
    """So many English and so many Chinese texts; in orderly ones each word is followed by one of two."""
    draw = random.Random(seed)
    texts = set()
    for alphabet, size, between in ((WORDS, sizes[0], " "), (list(HAN), sizes[1], "")):
        for _ in range(size):
            at, words = draw.randrange(len(alphabet)), []
            for _ in range(draw.randint(20, 50)):
                at = (at + draw.randint(1, 2)) % len(alphabet) if orderly else draw.randrange(len(alphabet))
                words.append(alphabet[at])
            texts.add(between.join(words))
    held = {int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 1: text for text in texts}
    places = sorted(held)
    return Sample([held[place] for place in places], places, len(texts), sum(map(len, texts)), 0)


def test_good_texts_surprise_less_and_general_ones_fall_into_thirds() -> None:
    general = sample("b", (300, 150), False)
    scorer, verdict = fit_perplexity(sample("a", (300, 150), True), general, 1)
    assert verdict.measures["auc"] > 0.99
    assert verdict.measures["good_perplexity"] < 5 < verdict.measures["general_perplexity"]
    assert set(scorer.about["thirds"]) == {"", "en", "zh"}
    array = pa.array(general.texts)
    found = measure(array, scorer, [said[0] for said in heads(array)])
    for language in ("en", "zh"):
        bands = Counter(row[1] for row in found if row[2] == language)
        assert len(bands) == 3
        assert max(bands.values()) - min(bands.values()) <= 1
    assert verdict.rows[0][:2] == ("any other", "450")


def test_equal_samples_give_an_equal_model() -> None:
    first, second = (fit_perplexity(sample("a", (120, 0), True), sample("b", (40, 0), False), 1)[0].pack() for _ in range(2))
    assert first == second


def test_texts_of_both_kinds_are_needed() -> None:
    good = sample("a", (200, 0), True)
    with pytest.raises(InputError, match=r"held out, beside 0 general ones that are not among them; 10 of both are needed"):
        fit_perplexity(good, good, 1)
