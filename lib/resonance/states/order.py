"""Whether the words of a text stand in an order: what a model's loss gains from it, and how likely it is that there is none.

Where words stand in no order, as in word salad or random characters, theirs and another random one are alike to any model: the
gain lies as often below zero as above. Where they stand in one, it lies above. So the gains below zero, mirrored, show how many
of those above belong to texts without order. No shape of either distribution is assumed. Barber and Candès 2015, "Controlling the
false discovery rate via knockoffs" (arXiv 1404.5609), count false discoveries by the same symmetry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import functions as F

from resonance.core.frames import make_frame, parse_schema
from resonance.core.turns import PHASE_APPRAISE, PHASE_REORDER, PHASE_TRAIN, PLAN
from resonance.states.history import TEXT, bits_per_byte

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.job import Turn

STEP, STEPS = 0.02, 64
"""Bits per byte of one step of the histogram, and its steps; larger gains share the last one."""
FEW = 50
"""Gains below zero that a slice needs to be judged by its own alone; slices with fewer share how theirs are spread."""
MOST_BELOW = 0.25
"""Share of gains below zero in a slice from which on the model is taken to know too little of its language to tell."""
TAUGHT = 50_000
"""Bytes of a slice that were trained on, from which on the model had the text to learn its language."""
CHANCE = 0.001
"""How unlikely as many gains below zero must be at the rate of other slices, so that they are a taught slice's own."""
NEAR, EVEN = 0.8, 0.1
"""Share of the gains below zero that counts as near zero; and how unlikely so few of all that are near may be below zero by chance,
where they are taken to lie evenly about it."""
FITTED = parse_schema("slice string, step int, below double, above double")
Counts = NDArray[np.int64]


def measure_order(signal_event: DataFrame, turn: Turn) -> DataFrame:
    """The loss of each text that was appraised in the round, as it stands and reordered, in bits per byte, and their difference.

    Shuffles ids and losses by id. A text is left out unless both losses are finite.
    """
    mine = signal_event.where((F.col("round") == turn.round) & F.col("loss_sum").isNotNull())
    bpb = bits_per_byte("loss_sum", "n_bytes")
    stands = mine.where(F.col("phase") == PHASE_APPRAISE).select(*TEXT, "round", "bucket", "slice", "n_bytes", bpb.alias("bpb"))
    other = mine.where(F.col("phase") == PHASE_REORDER).select(*TEXT, bpb.alias("reordered_bpb"))
    return stands.join(other, list(TEXT)).withColumn("order_gain", F.col("reordered_bpb") - F.col("bpb"))


def find_taught(signal_event: DataFrame, turn: Turn) -> frozenset[str]:
    """Slices of which the plans of earlier rounds trained on ``TAUGHT`` bytes or more. Shuffles partial sums."""
    trained = (F.col("arm") == PLAN) & (F.col("phase") == PHASE_TRAIN) & (F.col("round") < turn.round)
    sums = signal_event.where(trained).groupBy("slice").agg(F.sum("n_bytes").alias("n_bytes")).where(F.col("n_bytes") >= TAUGHT)
    return frozenset(row["slice"] for row in sums.collect())


def rate_order(measured: DataFrame, taught: Set[str] = frozenset()) -> DataFrame:
    """Adds ``posterior``: how likely it is that the words of a text stand in no order.

    The driver sees one histogram of at most 64 steps a slice. Shuffles partial counts.

    Args:
        measured: texts with their ``slice`` and ``order_gain``.
        taught: slices whose language the model had the text to learn.
    """
    step = F.least(F.floor(F.abs("order_gain") / F.lit(STEP)), F.lit(STEPS - 1)).cast("int")
    placed = measured.withColumns({"step": step, "negative": F.col("order_gain") <= 0})
    counts: dict[str, Counts] = {}
    sums = placed.groupBy("slice", "step").agg(F.count_if("negative").alias("under"), F.count_if(~F.col("negative")).alias("over"))
    for row in sums.collect():
        counts.setdefault(row["slice"], np.zeros((2, STEPS), np.int64))[:, row["step"]] = row["under"], row["over"]
    fitted = fit_slices(counts, taught)
    rows = [(name, at, below, float(above[at])) for name, (below, above) in sorted(fitted.items()) for at in range(STEPS)]
    known = placed.join(F.broadcast(make_frame(measured.sparkSession, rows, FITTED)), ["slice", "step"])
    chance = F.when(F.col("negative"), F.col("below")).otherwise(F.col("above"))
    return known.withColumn("posterior", chance).drop("step", "negative", "below", "above")


def fit_slices(counts: Mapping[str, Counts], taught: Set[str] = frozenset()) -> dict[str, tuple[float, NDArray[np.float64]]]:
    """How likely a text without order is, by slice: where its gain is not above zero, and for each size of a gain above zero.

    A slice with few gains below zero counts as many texts without order as these say, and in proportion no more than all such
    slices together: in a language that the model hardly knows, sound texts have such gains too. A slice with more than a quarter of
    its gains below zero counts none.

    A taught slice is judged by its own gains all the same where they say that it holds texts without order: more lie below zero
    than chance gives it, and those near zero lie evenly about it. Those of sound texts that were hardly learnt lie above it more
    often.

    Args:
        counts: by slice the texts by the size of their gain, small ones first: where it is not above zero, and where it is.
        taught: slices whose language the model had the text to learn.
    """
    told = {name: found for name, found in sorted(counts.items()) if found[0].sum() <= MOST_BELOW * found.sum()}
    own = {name: found for name, found in told.items() if found[0].sum() >= FEW}
    few = {name: found for name, found in told.items() if name not in own}
    unsure = {name: found for name, found in sorted(counts.items()) if name in taught and name not in own and _lie_evenly(found)}
    while unsure:  # the oddest goes first, as one slice of junk raises the rate that others are held against
        chances = {
            name: _find_chance(found, [other for key, other in few.items() if key != name]) for name, found in unsure.items()
        }
        oddest = min(chances, key=chances.__getitem__)
        if chances[oddest] >= CHANCE:
            break
        own[oddest] = unsure.pop(oddest)
        few.pop(oddest, None)
    fitted = dict.fromkeys(counts, (0.0, np.zeros(STEPS)))
    fitted |= {name: _fit_slice(found, found[0].astype(float)) for name, found in own.items()}
    shared = np.sum(list(few.values()), axis=0) if few else np.zeros((2, STEPS), np.int64)
    for name, found in few.items():
        most = min(found[0].sum(), found.sum() * shared[0].sum() / max(shared.sum(), 1))
        fitted[name] = _fit_slice(found, shared[0] / max(shared[0].sum(), 1) * most)
    return fitted


def _fit_slice(found: Counts, expected: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    under, over = found
    return min(float(expected.sum()) / max(int(under.sum()), 1), 1.0), fit_posterior(expected, over)


def _lie_evenly(found: Counts) -> bool:
    """Whether gains near zero may well lie below it as often as above, by the sign test (normal approximation)."""
    under = found[0]
    near = found[:, : int(np.searchsorted(np.cumsum(under), NEAR * under.sum())) + 1].sum(axis=1)
    far = (near[0] + 0.5 - near.sum() / 2) / max(math.sqrt(near.sum()) / 2, 0.5)
    return math.erfc(-far / math.sqrt(2)) / 2 >= EVEN


def _find_chance(found: Counts, others: Sequence[Counts]) -> float:
    """How likely a slice has as many gains below zero as were found, or more, at the rate of the others: the tail of Poisson's law.

    One gain on either side of zero is added to the others, so that the rate of a few is never nought.
    """
    below, whole = sum(int(other[0].sum()) for other in others), sum(int(other.sum()) for other in others)
    expected = float(found.sum()) * (below + 1) / (whole + 2)
    fewer = (math.exp(count * math.log(expected) - expected - math.lgamma(count + 1)) for count in range(int(found[0].sum())))
    return max(1 - math.fsum(fewer), 0.0)


def fit_posterior(expected: NDArray[np.float64], over: Counts) -> NDArray[np.float64]:
    """How likely a text with a gain of each size above zero has no order, falling with the size.

    Args:
        expected: texts without order to expect of each size, small ones first: as many as lie below zero.
        over: texts that were found.
    """
    share = _fit_falling(expected, expected + over)
    return np.minimum(share / np.maximum(1 - share, 1e-12), 1.0)


def _fit_falling(hits: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of hits that fall from step to step, and are closest to those found, by pooling adjacent violators.

    Ayer et al. 1955, "An empirical distribution function for sampling with incomplete information".
    """
    pools: list[tuple[float, float, int]] = []
    for hit, size in zip(hits, sizes, strict=True):
        pools.append((hit, size, 1))
        while len(pools) > 1 and pools[-1][0] * pools[-2][1] >= pools[-2][0] * pools[-1][1]:
            (a, b, n), (c, d, m) = pools.pop(), pools.pop()
            pools.append((a + c, b + d, n + m))
    return np.repeat([hit / size if size else 0.0 for hit, size, _ in pools], [n for _, _, n in pools])
