"""Whether the words of a text stand in an order: what a model's loss gains from it, and how likely it is that there is none.

Where words stand in no order, as in word salad or random characters, theirs and another random one are alike to any model: the
gain lies as often below zero as above. Where they stand in one, it lies above. So the gains below zero, mirrored, show how many
of those above belong to texts without order. No shape of either distribution is assumed. Barber and Candès 2015, "Controlling the
false discovery rate via knockoffs" (arXiv 1404.5609), count false discoveries by the same symmetry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import functions as F

from resonance.core.frames import make_frame, parse_schema
from resonance.core.turns import PHASE_APPRAISE, PHASE_REORDER
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


def rate_order(measured: DataFrame) -> DataFrame:
    """Adds ``posterior``: how likely it is that the words of a text stand in no order.

    The driver sees one histogram of at most 64 steps a slice. Shuffles partial counts.
    """
    step = F.least(F.floor(F.abs("order_gain") / F.lit(STEP)), F.lit(STEPS - 1)).cast("int")
    placed = measured.withColumns({"step": step, "negative": F.col("order_gain") <= 0})
    counts: dict[str, Counts] = {}
    sums = placed.groupBy("slice", "step").agg(F.count_if("negative").alias("under"), F.count_if(~F.col("negative")).alias("over"))
    for row in sums.collect():
        counts.setdefault(row["slice"], np.zeros((2, STEPS), np.int64))[:, row["step"]] = row["under"], row["over"]
    fitted = fit_slices(counts)
    rows = [(name, at, below, float(above[at])) for name, (below, above) in sorted(fitted.items()) for at in range(STEPS)]
    known = placed.join(F.broadcast(make_frame(measured.sparkSession, rows, FITTED)), ["slice", "step"])
    chance = F.when(F.col("negative"), F.col("below")).otherwise(F.col("above"))
    return known.withColumn("posterior", chance).drop("step", "negative", "below", "above")


def fit_slices(counts: Mapping[str, Counts]) -> dict[str, tuple[float, NDArray[np.float64]]]:
    """How likely a text without order is, by slice: where its gain is not above zero, and for each size of a gain above zero.

    A slice with few gains below zero counts as many texts without order as these say, and in proportion no more than all such
    slices together: in a language that the model hardly knows, sound texts have such gains too.

    Args:
        counts: by slice the texts by the size of their gain, small ones first: where it is not above zero, and where it is.
    """
    told = {name: found for name, found in counts.items() if found[0].sum() <= MOST_BELOW * found.sum()}
    few = [found for found in told.values() if found[0].sum() < FEW]
    shared = np.sum(few, axis=0) if few else np.zeros((2, STEPS), np.int64)
    spread = shared[0] / max(shared[0].sum(), 1)
    fitted = dict.fromkeys(counts, (0.0, np.zeros(STEPS)))
    for name, (under, over) in told.items():
        expected = under.astype(float)
        if under.sum() < FEW:
            expected = spread * min(under.sum(), (under.sum() + over.sum()) * shared[0].sum() / max(shared.sum(), 1))
        fitted[name] = (min(float(expected.sum()) / max(int(under.sum()), 1), 1.0), fit_posterior(expected, over))
    return fitted


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
