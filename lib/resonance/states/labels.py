"""Which given labels are suspect: confident learning on the probabilities of models that never saw the sample.

Northcutt et al. 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels" (arXiv 1911.00068), pruned by noise rate.
Figures and decisions equal those of cleanlab 2.9, which holds all probabilities in memory; here they stay in Spark, and the driver
sees K x K counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import functions as F

from resonance.core.frames import parse_schema, rank_rows
from resonance.core.turns import PHASE_FIT, PHASE_REFERENCE
from resonance.states.history import TEXT

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from resonance.core.job import Turn

EDGE = 1e-6
"""Differences of probabilities below which one is as good as the other."""
QUOTA = parse_schema("label string, other string, most int, all boolean")
Counts = NDArray[np.int64]


def label_quality(signal_event: DataFrame, *, turn: Turn) -> DataFrame:
    """Rows of ``label_quality``: each sample of the round that a model scored which never saw it, and whether its label is suspect.

    None where samples have no labels. Three scans of the events of phase ``reference`` and one of phase ``fit``; shuffles partial
    sums by label, then samples that prefer another label, by pair of labels, those found by id, and early exposures by id.
    """
    known = signal_event.where("probabilities IS NOT NULL")
    scored = known.where((F.col("phase") == PHASE_REFERENCE) & (F.col("round") == turn.round))
    rows = scored.select(*TEXT, "bucket", "round", "slice", F.col("arm").alias("fold"), "label", "probabilities")
    names, bars = thresholds(rows)
    judged = _judged(rows, _array(names or [""]))
    marked = _marked(judged, names, *_counted(judged, names, bars)) if names else judged.withColumn("issue", F.lit(False))
    return marked.drop("probabilities").join(_early(signal_event, turn), list(TEXT), "left")


def _early(signal_event: DataFrame, turn: Turn) -> DataFrame:
    """By sample, EL2N in the first tenth of the epochs (the first at least), as the mean over the models that trained on it.

    Paul et al. 2021 (arXiv 2107.07075) average over inits; here over the models of all folds but the sample's own.
    """
    fit = signal_event.where((F.col("phase") == PHASE_FIT) & (F.col("round") == turn.round) & F.col("el2n").isNotNull())
    last = F.broadcast(fit.agg(F.max("epoch").alias("last")))
    early = fit.crossJoin(last).where(F.col("epoch") * 10 <= F.col("last"))
    by_model = early.groupBy(*TEXT, "arm").agg(F.avg("el2n").alias("el2n"))
    return by_model.groupBy(*TEXT).agg(F.avg("el2n").alias("el2n"), F.count(F.lit(1)).cast("int").alias("n_models"))


def thresholds(rows: DataFrame) -> tuple[list[str], dict[str, float]]:
    """Every label that a model tells apart, in order, and for those that are given the mean probability of it where it is given."""
    told = F.flatten(F.collect_set(F.map_keys("probabilities"))).alias("names")
    given = rows.groupBy("label").agg(F.avg(F.col("probabilities")[F.col("label")]).alias("bar"), told).collect()
    return sorted({name for row in given for name in row["names"]}), {row["label"]: max(row["bar"], 2 * EDGE) for row in given}


def pruned(joint: Counts) -> Counts:
    """How many samples given label i are to be taken for label j instead, from counts of those that confidently look like it.

    The counts are scaled to the number of samples of each given label (``joint`` holds it in a last column), rounded so that rows
    keep their sums, and leave each label one sample that is right.
    """
    counts, given = joint[:, :-1].astype(float), joint[:, -1]
    np.fill_diagonal(counts, counts.diagonal().clip(min=1))
    scaled = counts / counts.sum(1, keepdims=True).clip(min=1e-100) * given[:, None]
    calibrated = np.stack([_rounded(row) for row in scaled]).astype(float)
    right = calibrated.diagonal().clip(min=1)
    others = (np.count_nonzero(calibrated, axis=1) - 1).clip(min=1)
    left = (calibrated - ((right - calibrated.diagonal()) / others)[:, None]).clip(min=0)
    np.fill_diagonal(left, right)
    found = np.stack([_rounded(row) for row in left.T]).T
    np.fill_diagonal(found, 0)
    return found


def _rounded(row: NDArray[np.float64]) -> Counts:
    """Whole numbers with the row's sum: those that rounding wronged most are moved by one."""
    whole = row.round()
    while (short := round(float(row.sum().round() - whole.sum()))) != 0:
        step = 1 if short > 0 else -1
        for at in np.argsort(row - whole)[::-step][: abs(short)]:
            whole[at] += step
    return whole.astype(np.int64)


def _judged(rows: DataFrame, names: Column) -> DataFrame:
    """Rows with the best other label, its probability and the normalized margin of the given one."""
    others = F.filter(names, lambda name: name != F.col("label"))
    best = F.array_max(F.transform(others, lambda name: F.struct(_probability(name).alias("p"), name.alias("name"))))
    return (
        rows.withColumns({"p_label": F.col("probabilities")[F.col("label")], "best": best})
        .withColumns({"suggested": F.col("best.name"), "p_suggested": F.col("best.p")})
        .withColumn("quality", (F.col("p_label") - F.col("p_suggested") + 1) / 2)
        .drop("best")
    )


def _counted(rows: DataFrame, names: list[str], bars: dict[str, float]) -> tuple[Counts, Counts]:
    """The confident joint with a last column of given counts, and by pair how many rows prefer the other label. K x K numbers."""
    count = F.count(F.lit(1)).alias("n")
    at = {name: index for index, name in enumerate(names)}
    joint = np.zeros((len(names), len(names) + 1), np.int64)
    ahead = np.zeros((len(names), len(names)), np.int64)
    for row in rows.groupBy("label", _confident(names, bars).alias("looks")).agg(count).collect():
        joint[at[row["label"]], -1] += row["n"]
        if row["looks"] is not None:
            joint[at[row["label"]], at[row["looks"]]] += row["n"]
    prefers = F.explode(F.filter(_array(names), lambda name: _probability(name) > F.col("p_label")))
    for row in rows.select("label", prefers.alias("other")).groupBy("label", "other").agg(count).collect():
        ahead[at[row["label"]], at[row["other"]]] = row["n"]
    return joint, ahead


def _confident(names: list[str], bars: dict[str, float]) -> Column:
    """The label whose probability reaches its threshold; the likeliest of all where several do; null where none does."""
    reached = F.array(*(F.when(_probability(F.lit(name)) >= bar - EDGE, F.lit(name)) for name, bar in sorted(bars.items())))
    some = F.filter(reached, lambda name: name.isNotNull())
    ranked = F.transform(
        _array(names), lambda name, at: F.struct(_probability(name).alias("p"), (-at).alias("first"), name.alias("name"))
    )
    likeliest = F.array_max(ranked)["name"]
    return F.when(F.size(some) > 1, likeliest).when(F.size(some) == 1, some[0])


def _marked(rows: DataFrame, names: list[str], joint: Counts, ahead: Counts) -> DataFrame:
    """Rows with ``issue``: of each pair of labels, as many as it counts, those first that prefer the other label most.

    Only rows that prefer the other label are ranked, unless a pair counts more than there are.
    """
    prune = pruned(joint)
    pairs = [
        (given, other, int(prune[i, j]), bool(prune[i, j] > ahead[i, j]))
        for i, given in enumerate(names)
        for j, other in enumerate(names)
        if prune[i, j] > 0
    ]
    spark = rows.sparkSession
    quota = F.broadcast(spark.createDataFrame(pairs, QUOTA))
    preferred = F.col("p_suggested") > F.col("p_label") + EDGE
    margin = _probability(F.col("other")) - F.col("p_label")
    ranked = rows.join(quota, "label").withColumn("margin", margin).where((F.col("margin") > 0) | F.col("all"))
    order = rank_rows(["label", "other"], [F.desc("margin"), *TEXT])
    chosen = ranked.withColumn("rank", order).where((F.col("rank") <= F.col("most")) & preferred)
    issues = chosen.select(*TEXT).distinct().withColumn("issue", F.lit(True))
    return rows.join(issues, list(TEXT), "left").withColumn("issue", F.coalesce("issue", F.lit(False)))


def _probability(name: Column) -> Column:
    """Zero for a label that the row's model does not tell apart: the engines order structs with null fields differently."""
    return F.coalesce(F.col("probabilities")[name], F.lit(0.0))


def _array(names: list[str]) -> Column:
    return F.array(*map(F.lit, names))
