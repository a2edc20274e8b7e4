"""Losses of arms on the same documents become the few numbers that a decision needs; documents stay where they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from resonance.control.search.accept import Harm
from resonance.core.clusters import name_clusters
from resonance.core.effect import FEW
from resonance.core.errors import InputError
from resonance.core.turns import ALL_SLICES

if TYPE_CHECKING:
    from numpy.typing import NDArray

INCUMBENT: Final = "incumbent"
CANDIDATE: Final = "candidate"


@dataclass(frozen=True)
class Differences:
    """How a candidate differs from the incumbent on the same documents.

    Args:
        deltas: by seed, the mean over protected slices of incumbent minus candidate, bits per byte.
        doc_var: variance of their mean by the choice of documents.
        harms: by protected slice, what the candidate loses.
        whole: the same for the mean over protected slices.
        documents: that all arms gave a loss of.
    """

    deltas: tuple[float, ...]
    doc_var: float
    harms: tuple[Harm, ...]
    whole: Harm
    documents: int


def measure_differences(
    losses: DataFrame, clusters: DataFrame, seeds: Sequence[int], protects: Callable[[str], bool]
) -> Differences:
    """The differences of two arms over some seeds.

    Documents count where every arm gave a finite loss. Slices count alike, however large; clusters of documents go as a whole.
    The variance over clusters is that of a ratio of sums, linearised: ``C / (C - 1) * sum((d - R x) ** 2) / X ** 2`` with ``d`` the
    mean difference over seeds and ``x`` the bytes of a cluster in a slice. Shuffles losses by document, then sums by cluster; the
    driver sees a few numbers for each slice and seed.

    Args:
        losses: ``seed``, ``side`` (INCUMBENT or CANDIDATE), ``doc_id``, ``slice``, ``n_bytes`` and ``loss_sum``, nats.
        clusters: ``doc_id`` and ``cluster_id``.
        seeds: those that count, in their order.
        protects: whether a slice counts.

    Raises:
        InputError: no protected slice has a document, or fewer than FEW clusters are there.
    """
    sign = F.when(F.col("side") == INCUMBENT, 1.0).otherwise(-1.0)
    held = losses.where(F.col("seed").isin(*seeds))
    complete = held.groupBy("doc_id").agg(F.count("loss_sum").alias("told")).where(F.col("told") == 2 * len(seeds))
    bits = held.join(complete.select("doc_id"), "doc_id", "left_semi").withColumn("bits", F.col("loss_sum") / math.log(2))
    own = F.when(F.col("side") == INCUMBENT, F.col("bits")).otherwise(0.0)
    by_seed = bits.groupBy("seed", "slice").agg(
        F.sum(sign * F.col("bits")).alias("difference"), F.sum(own).alias("own"), (F.sum("n_bytes") / 2).alias("size")
    )
    by_document = bits.groupBy("doc_id", "slice").agg(
        (F.sum(sign * F.col("bits")) / len(seeds)).alias("d"), F.max("n_bytes").cast("double").alias("x")
    )
    by_cluster = (
        name_clusters(by_document, clusters)
        .groupBy("slice", "cluster_id")
        .agg(F.sum("d").alias("d"), F.sum("x").alias("x"), F.count(F.lit(1)).alias("documents"))
    )
    d, x = F.col("d"), F.col("x")
    sums = by_cluster.groupBy("slice").agg(
        F.count(F.lit(1)).alias("clusters"),
        F.sum("documents").alias("documents"),
        *(F.sum(value).alias(name) for name, value in (("dd", d * d), ("dx", d * x), ("xx", x * x), ("d1", d), ("x1", x))),
    )
    spreads = {row["slice"]: row for row in sums.collect() if protects(row["slice"])}
    if not spreads or sum(row["clusters"] for row in spreads.values()) < FEW:
        many = sum(row["clusters"] for row in spreads.values())
        raise InputError(f"verification: {many} documents of protected slices were scored by all arms, {FEW} at least are needed")
    names = sorted(spreads)
    table = {(row["seed"], row["slice"]): row for row in by_seed.collect() if row["slice"] in spreads}
    differences = np.array([[table[seed, name]["difference"] / table[seed, name]["size"] for name in names] for seed in seeds])
    levels = np.array([[table[seed, name]["own"] / table[seed, name]["size"] for name in names] for seed in seeds]).mean(axis=0)
    variances = np.array([_vary(spreads[name]) for name in names])
    deltas, doc_var = differences.mean(axis=1), float(variances.sum()) / len(names) ** 2
    errors = np.sqrt(_vary_seeds(differences) + variances) / levels
    harms = [Harm(n, float(-m / b), float(e)) for n, m, b, e in zip(names, differences.mean(axis=0), levels, errors, strict=True)]
    level, error = float(levels.mean()), math.sqrt(float(_vary_seeds(deltas)) + doc_var)
    whole = Harm(ALL_SLICES, -float(deltas.mean()) / level, error / level)
    return Differences(
        tuple(float(one) for one in deltas), doc_var, tuple(harms), whole, sum(row["documents"] for row in spreads.values())
    )


def _vary(sums: Row) -> float:
    """The variance of a slice's difference by the choice of its clusters; infinite where there are too few."""
    if sums["clusters"] < FEW:
        return math.inf
    ratio = sums["d1"] / sums["x1"]
    squares = sums["dd"] - 2 * ratio * sums["dx"] + ratio**2 * sums["xx"]
    return float(sums["clusters"] / (sums["clusters"] - 1) * max(squares, 0.0) / sums["x1"] ** 2)


def _vary_seeds(values: NDArray[Any]) -> NDArray[Any]:
    """The variance of a mean over seeds, the first axis."""
    found: NDArray[Any] = values.var(axis=0, ddof=1) / len(values)
    return found
