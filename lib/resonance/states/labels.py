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

from resonance.core.frames import make_frame, parse_schema, rank_rows
from resonance.core.turns import PHASE_APPRAISE, PHASE_FIT, PHASE_REFERENCE
from resonance.states.history import TEXT

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from resonance.core.job import Turn

EDGE = 1e-6
"""Differences of probabilities below which one is as good as the other."""
QUOTA = parse_schema("label string, other string, most int, all boolean")
Counts = NDArray[np.int64]


def rate_labels(signal_event: DataFrame, *, turn: Turn) -> DataFrame:
    """Rows of ``label_quality``: samples of the round that a model scored which never saw them, and whether their label is suspect.

    Empty where samples have no labels. Three scans of the events of phase ``reference`` and one of phase ``fit``; shuffles partial
    sums by label, then samples that prefer another label, by pair of labels, those found by id, and early exposures by id.
    """
    marked = _rate_phase(signal_event, PHASE_REFERENCE, turn)
    return marked.join(_average_early(signal_event, turn), list(TEXT), "left")


def rate_candidates(signal_event: DataFrame, *, turn: Turn) -> DataFrame:
    """The same for candidates of the round's draw, by the plan arm's model; only what was never drawn was never seen by it."""
    return _rate_phase(signal_event, PHASE_APPRAISE, turn)


def _rate_phase(signal_event: DataFrame, phase: str, turn: Turn) -> DataFrame:
    known = signal_event.where("probabilities IS NOT NULL")
    scored = known.where((F.col("phase") == phase) & (F.col("round") == turn.round))
    rows = scored.select(*TEXT, "bucket", "round", "slice", F.col("arm").alias("fold"), "label", "probabilities")
    names, bars = find_thresholds(rows)
    judged = _rate_rows(rows, _make_array(names or [""]))
    marked = _mark_issues(judged, names, *_count_pairs(judged, names, bars)) if names else judged.withColumn("issue", F.lit(False))
    return marked.drop("probabilities")


def _average_early(signal_event: DataFrame, turn: Turn) -> DataFrame:
    """EL2N of each sample in the first tenth of the epochs (at least one), averaged over the models that trained on it.

    Paul et al. 2021 (arXiv 2107.07075) average over initialisations; here the models of all folds except the sample's own are used.
    """
    fit = signal_event.where((F.col("phase") == PHASE_FIT) & (F.col("round") == turn.round) & F.col("el2n").isNotNull())
    last = F.broadcast(fit.agg(F.max("epoch").alias("last")))
    early = fit.crossJoin(last).where(F.col("epoch") * 10 <= F.col("last"))
    by_model = early.groupBy(*TEXT, "arm").agg(F.avg("el2n").alias("el2n"))
    return by_model.groupBy(*TEXT).agg(F.avg("el2n").alias("el2n"), F.count(F.lit(1)).cast("int").alias("n_models"))


def find_thresholds(rows: DataFrame) -> tuple[list[str], dict[str, float]]:
    """All labels that a model knows, in order, and each given label's threshold: its mean probability where it is given."""
    known = F.flatten(F.collect_set(F.map_keys("probabilities"))).alias("names")
    given = rows.groupBy("label").agg(F.avg(F.col("probabilities")[F.col("label")]).alias("bar"), known).collect()
    return sorted({name for row in given for name in row["names"]}), {row["label"]: max(row["bar"], 2 * EDGE) for row in given}


def prune_counts(joint: Counts) -> Counts:
    """How many samples with given label i probably have label j, by counts of samples that confidently look like j.

    The counts are scaled to the number of samples of each given label (the last column of ``joint``) and rounded so that rows keep
    their sums. Each label keeps at least one sample that counts as right.
    """
    counts, given = joint[:, :-1].astype(float), joint[:, -1]
    np.fill_diagonal(counts, counts.diagonal().clip(min=1))
    scaled = counts / counts.sum(1, keepdims=True).clip(min=1e-100) * given[:, None]
    calibrated = np.stack([_round_row(row) for row in scaled]).astype(float)
    right = calibrated.diagonal().clip(min=1)
    others = (np.count_nonzero(calibrated, axis=1) - 1).clip(min=1)
    left = (calibrated - ((right - calibrated.diagonal()) / others)[:, None]).clip(min=0)
    np.fill_diagonal(left, right)
    found = np.stack([_round_row(row) for row in left.T]).T
    np.fill_diagonal(found, 0)
    return found


def _round_row(row: NDArray[np.float64]) -> Counts:
    """Whole numbers with the row's sum: the numbers with the largest rounding errors are moved by one."""
    whole = row.round()
    while (short := round(float(row.sum().round() - whole.sum()))) != 0:
        step = 1 if short > 0 else -1
        for at in np.argsort(row - whole)[::-step][: abs(short)]:
            whole[at] += step
    return whole.astype(np.int64)


def _rate_rows(rows: DataFrame, names: Column) -> DataFrame:
    """Adds the best other label, its probability, and the normalized margin of the given label."""
    others = F.filter(names, lambda name: name != F.col("label"))
    best = F.array_max(F.transform(others, lambda name: F.struct(_read_probability(name).alias("p"), name.alias("name"))))
    return (
        rows.withColumns({"p_label": F.col("probabilities")[F.col("label")], "best": best})
        .withColumns({"suggested": F.col("best.name"), "p_suggested": F.col("best.p")})
        .withColumn("quality", (F.col("p_label") - F.col("p_suggested") + 1) / 2)
        .drop("best")
    )


def _count_pairs(rows: DataFrame, names: list[str], bars: dict[str, float]) -> tuple[Counts, Counts]:
    """The confident joint with a last column of given counts, and how many rows of each pair prefer the other label."""
    count = F.count(F.lit(1)).alias("n")
    at = {name: index for index, name in enumerate(names)}
    joint = np.zeros((len(names), len(names) + 1), np.int64)
    ahead = np.zeros((len(names), len(names)), np.int64)
    for row in rows.groupBy("label", _find_confident(names, bars).alias("looks")).agg(count).collect():
        joint[at[row["label"]], -1] += row["n"]
        if row["looks"] is not None:
            joint[at[row["label"]], at[row["looks"]]] += row["n"]
    prefers = F.explode(F.filter(_make_array(names), lambda name: _read_probability(name) > F.col("p_label")))
    for row in rows.select("label", prefers.alias("other")).groupBy("label", "other").agg(count).collect():
        ahead[at[row["label"]], at[row["other"]]] = row["n"]
    return joint, ahead


def _find_confident(names: list[str], bars: dict[str, float]) -> Column:
    """The label whose probability reaches its threshold: the likeliest label if several do, null if none does."""
    reached = F.array(*(F.when(_read_probability(F.lit(name)) >= bar - EDGE, F.lit(name)) for name, bar in sorted(bars.items())))
    some = F.filter(reached, lambda name: name.isNotNull())
    ranked = F.transform(
        _make_array(names), lambda name, at: F.struct(_read_probability(name).alias("p"), (-at).alias("first"), name.alias("name"))
    )
    likeliest = F.array_max(ranked)["name"]
    return F.when(F.size(some) > 1, likeliest).when(F.size(some) == 1, some[0])


def _mark_issues(rows: DataFrame, names: list[str], joint: Counts, ahead: Counts) -> DataFrame:
    """Adds ``issue``: of each pair of labels, as many rows as ``joint`` counts, those that prefer the other label most.

    Only rows that prefer the other label are ranked, unless a pair counts more than these.
    """
    prune = prune_counts(joint)
    pairs = [
        (given, other, int(prune[i, j]), bool(prune[i, j] > ahead[i, j]))
        for i, given in enumerate(names)
        for j, other in enumerate(names)
        if prune[i, j] > 0
    ]
    spark = rows.sparkSession
    quota = F.broadcast(make_frame(spark, pairs, QUOTA))
    preferred = F.col("p_suggested") > F.col("p_label") + EDGE
    margin = _read_probability(F.col("other")) - F.col("p_label")
    ranked = rows.join(quota, "label").withColumn("margin", margin).where((F.col("margin") > 0) | F.col("all"))
    order = rank_rows(["label", "other"], [F.desc("margin"), *TEXT])
    chosen = ranked.withColumn("rank", order).where((F.col("rank") <= F.col("most")) & preferred)
    issues = chosen.select(*TEXT).distinct().withColumn("issue", F.lit(True))
    return rows.join(issues, list(TEXT), "left").withColumn("issue", F.coalesce("issue", F.lit(False)))


def _read_probability(name: Column) -> Column:
    """The probability of a label; zero if the row's model does not know it.

    Not null, because the engines order structs with null fields differently.
    """
    return F.coalesce(F.col("probabilities")[name], F.lit(0.0))


def _make_array(names: list[str]) -> Column:
    return F.array(*map(F.lit, names))
