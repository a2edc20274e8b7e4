"""Differences of arms: sums over documents against a few lines of NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from resonance.control.search.measure import CANDIDATE, INCUMBENT, measure_differences
from resonance.core.errors import InputError

SLICES, SEEDS, MANY = ("a", "b", "c"), (11, 12, 13, 14, 15), 24
LOSSES = "seed long, side string, doc_id binary, slice string, n_bytes int, loss_sum double"


class World:
    """Losses of both arms on documents of three slices; every third document stands in a cluster with the next."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.size = chance.integers(50, 500, MANY)
        self.slice = np.array([SLICES[at % 3] for at in range(MANY)])
        self.cluster = np.array([at if at % 9 < 6 else at - 3 for at in range(MANY)])
        self.incumbent = self.size * (1.5 + 0.1 * chance.standard_normal((len(SEEDS), MANY)))
        self.candidate = self.incumbent - self.size * (0.05 + 0.05 * chance.standard_normal((len(SEEDS), MANY)))

    def rows(self, broken: tuple[int, ...] = ()) -> list[tuple[Any, ...]]:
        return [
            (seed, side, bytes([at]), str(self.slice[at]), int(self.size[at]), None if at in broken else float(nats[n, at]))
            for side, nats in ((INCUMBENT, self.incumbent), (CANDIDATE, self.candidate))
            for n, seed in enumerate(SEEDS)
            for at in range(MANY)
        ]

    def clusters(self) -> list[tuple[bytes, bytes]]:
        return [(bytes([at]), bytes([int(of)])) for at, of in enumerate(self.cluster)]

    def expect(
        self, names: tuple[str, ...], left_out: tuple[int, ...] = ()
    ) -> tuple[list[float], float, dict[str, tuple[float, float]]]:
        """Differences by seed, variance by documents, and loss with its error by slice, in plain NumPy."""
        there = np.array([at not in left_out for at in range(MANY)])
        difference = (self.incumbent - self.candidate) / math.log(2)
        by_slice, variances, harms = [], [], {}
        for name in names:
            own = there & (self.slice == name)
            total = self.size[own].sum()
            per_seed = difference[:, own].sum(axis=1) / total
            mean = difference[:, own].mean(axis=0)
            ratio = mean.sum() / total
            groups = [own & (self.cluster == of) for of in sorted(set(self.cluster[own]))]
            rest = [((difference[:, g].mean(axis=0) - ratio * self.size[g]).sum() / total) ** 2 for g in groups]
            variance = len(groups) / (len(groups) - 1) * sum(rest)
            level = (self.incumbent[:, own].sum(axis=1) / math.log(2) / total).mean()
            error = math.sqrt(per_seed.var(ddof=1) / len(SEEDS) + variance) / level
            by_slice.append(per_seed)
            variances.append(variance)
            harms[name] = (-per_seed.mean() / level, error)
        return list(np.mean(by_slice, axis=0)), sum(variances) / len(names) ** 2, harms


@pytest.mark.parametrize("seed", [1, 2])
def test_differences_are_those_of_numpy(spark: SparkSession, seed: int) -> None:
    world = World(seed)
    losses = spark.createDataFrame(world.rows(), LOSSES)
    clusters = spark.createDataFrame(world.clusters(), "doc_id binary, cluster_id binary")
    found = measure_differences(losses, clusters, SEEDS, lambda name: True)
    deltas, variance, harms = world.expect(SLICES)
    assert found.deltas == pytest.approx(deltas, abs=1e-12)
    assert found.doc_var == pytest.approx(variance, rel=1e-9)
    assert {harm.name: (harm.loss, harm.error) for harm in found.harms} == {n: pytest.approx(v, rel=1e-9) for n, v in harms.items()}
    assert found.documents == MANY


def test_only_protected_slices_and_complete_documents_count(spark: SparkSession) -> None:
    world = World(3)
    losses = spark.createDataFrame(world.rows(broken=(0, 4)), LOSSES)
    clusters = spark.createDataFrame(world.clusters(), "doc_id binary, cluster_id binary")
    found = measure_differences(losses, clusters, SEEDS, lambda name: name != "c")
    deltas, variance, harms = world.expect(("a", "b"), left_out=(0, 4))
    assert found.deltas == pytest.approx(deltas, abs=1e-12)
    assert found.doc_var == pytest.approx(variance, rel=1e-9)
    assert [harm.name for harm in found.harms] == list(harms)
    assert found.whole.name == "*"
    own = [(world.slice == name) & ~np.isin(np.arange(MANY), (0, 4)) for name in ("a", "b")]
    level = np.mean([world.incumbent[:, one].sum() / len(SEEDS) / math.log(2) / world.size[one].sum() for one in own])
    assert found.whole.loss == pytest.approx(-np.mean(deltas) / level, rel=1e-9)


def test_too_few_documents_say_nothing(spark: SparkSession) -> None:
    losses = spark.createDataFrame([row for row in World(1).rows() if row[2] < bytes([4])], LOSSES)
    clusters = spark.createDataFrame([], "doc_id binary, cluster_id binary")
    with pytest.raises(InputError, match="4 documents of protected slices were scored by all arms, 5 at least are needed"):
        measure_differences(losses, clusters, SEEDS, lambda name: True)
