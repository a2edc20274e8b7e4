"""Fits a language model on reference texts, and finds the thirds of general texts by how surprising these are to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resonance.core.errors import InputError
from resonance.core.scorer import Scorer
from resonance.curate.scorers.measures import area_under_curve
from resonance.curate.scorers.sample import PARTS, Sample
from resonance.curate.scorers.verdict import Verdict

KIND = "perplexity"
VERSION = "perplexity@1"
ORDER, PRUNED = 4, 1
"""The longest n-grams; those of three words or more that occur no more often than ``PRUNED`` times are left out."""
LEAST_TEXTS, LEAST_OF_LANGUAGE = 10, 100
"""Fewest texts held out, and fewest general texts of a language that has thirds of its own."""
ANY = ""
"""Stands for all languages that have too few texts."""
Numbers = NDArray[np.float64]


class Reading(NamedTuple):
    """Perplexity of each text that has words, and, over all of them, bits, words and ends of texts, and unknown words."""

    perplexities: Numbers
    languages: list[str]
    bits: float
    words: int
    unknown: int

    @property
    def perplexity(self) -> float:
        """That of all texts together."""
        return float(2 ** (self.bits / max(self.words, 1)))


def fit_perplexity(good: Sample, general: Sample, seed: int) -> tuple[Scorer, Verdict]:
    """A model of ``good`` with the thirds of ``general``, and how well perplexity tells these from good texts that were held out.

    Equal samples and seed give an equal model. General texts that are good ones too are left out.

    Raises:
        InputError: there are too few texts.
    """
    from resonance.curate.kernels.scorers import kneser_ney, language_model

    pairs = list(zip(good.places, good.texts, strict=True))
    held_out = [text for place, text in pairs if place % PARTS == 0]
    known = set(good.places)
    others = [text for place, text in zip(general.places, general.texts, strict=True) if place not in known]
    if min(len(held_out), len(others)) < LEAST_TEXTS:
        raise InputError(
            f"score fit: of {len(pairs):,} different good texts {len(held_out):,} are held out, beside {len(others):,} general "
            f"ones that are not among them; {LEAST_TEXTS} of both are needed: give some {LEAST_TEXTS * PARTS * 2} texts or more"
        )
    taught = pa.array([text for place, text in pairs if place % PARTS], pa.large_string())
    model = kneser_ney.estimate(language_model.read_tokens(taught), ORDER, PRUNED)
    about = {
        "version": VERSION,
        "seed": seed,
        "order": ORDER,
        "pruned": PRUNED,
        "good": [len(good.texts), good.bytes],
        "general": [len(general.texts), general.bytes],
    }
    bare = Scorer(KIND, about, language_model.weigh_costs(model))
    read = read_all(bare, others)
    scorer = Scorer(KIND, {**about, "thirds": find_thirds(read)}, bare.arrays)
    return scorer, judge_perplexity(read_all(bare, held_out), read, scorer)


def read_all(scorer: Scorer, texts: Sequence[str]) -> Reading:
    """What a model makes of texts."""
    from resonance.curate.kernels.basics import basics
    from resonance.curate.kernels.scorers import language_model
    from resonance.curate.kernels.scorers.perplexity import find_perplexity

    array = pa.array(texts, pa.large_string())
    costs = language_model.read(array, scorer)
    rows = [(find_perplexity(*row[:2]), said[0]) for row, said in zip(costs.tolist(), basics.heads(array), strict=True) if row[1]]
    total, words, unknown = costs[costs[:, 1] > 0].sum(axis=0).tolist()
    bits = total / language_model.SCALE
    return Reading(np.array([row[0] for row in rows]), [str(row[1] or ANY) for row in rows], bits, words + len(rows), unknown)


def find_thirds(read: Reading) -> dict[str, list[float]]:
    """The perplexities that part general texts into thirds, by language; under ``ANY`` those of all."""
    found = {ANY: _part(read.perplexities)}
    for language, count in zip(*np.unique(read.languages, return_counts=True), strict=True):
        if count >= LEAST_OF_LANGUAGE and language != ANY:
            found[str(language)] = _part(read.perplexities[np.array(read.languages) == language])
    return found


def _part(perplexities: Numbers) -> list[float]:
    return [float(limit) for limit in np.quantile(perplexities, [1 / 3, 2 / 3])]


def judge_perplexity(good: Reading, general: Reading, scorer: Scorer) -> Verdict:
    """How much less surprising good texts are than general ones."""
    scores = -np.concatenate([good.perplexities, general.perplexities])
    labels = np.concatenate([np.ones(len(good.perplexities)), np.zeros(len(general.perplexities))])
    measures = {
        "auc": area_under_curve(scores, labels),
        "good_perplexity": good.perplexity,
        "general_perplexity": general.perplexity,
        "unknown_word_ratio": good.unknown / max(good.words, 1),
        "texts": float(len(labels)),
        "good": float(labels.sum()),
    }
    sentence = (
        f"held out: {len(good.perplexities):,} good texts, perplexity {good.perplexity:,.0f}, {measures['unknown_word_ratio']:.1%} "
        f"of words unknown; {len(general.perplexities):,} general texts, perplexity {general.perplexity:,.0f}; a good one is less "
        f"surprising than a general one in {measures['auc']:.1%} of pairs (area under the curve)"
    )
    counts = dict(zip(*np.unique(general.languages, return_counts=True), strict=True))
    rows = [
        (
            language or "any other",
            f"{counts.get(language, 0) if language else len(general.languages):,}",
            *(f"{limit:,.0f}" for limit in limits),
        )
        for language, limits in scorer.about["thirds"].items()
    ]
    heads = ("language", "general texts", "head up to", "middle up to")
    return Verdict(measures, sentence, "thirds of general texts by perplexity", heads, tuple(rows))
