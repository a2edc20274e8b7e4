"""Connected components of a million edges are those of scipy; a chain takes logarithmically many rounds."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from resonance.curate.duplicates.components import FEW, components
from resonance.runtime.run.scratch import Scratch

Edges = tuple[NDArray[np.int64], NDArray[np.int64]]
MILLION = 1_000_000


def chain() -> Edges:
    return np.arange(MILLION), np.arange(1, MILLION + 1)


def star() -> Edges:
    return np.zeros(MILLION, np.int64), np.arange(1, MILLION + 1)


def clique() -> Edges:
    return np.tril_indices(1_415, -1)


def random_with_self_loops() -> Edges:
    one, other = np.random.default_rng(5).integers(0, MILLION, (2, MILLION))
    loops = np.arange(0, MILLION, 10)
    return np.concatenate([one, loops]), np.concatenate([other, loops])


def make_name(node: int) -> bytes:
    return hashlib.md5(str(node).encode(), usedforsecurity=False).digest()


def by_scipy(edges: Edges) -> dict[bytes, bytes]:
    """The smallest name in its component, for each node that has an edge to another one."""
    one, other = (ends[edges[0] != edges[1]] for ends in edges)
    size = int(max(one.max(), other.max())) + 1
    nodes = np.unique(np.concatenate([one, other]))
    names = np.array(list(map(make_name, nodes.tolist())), "O")
    _, labels = connected_components(coo_array((np.ones(len(one), np.int8), (one, other)), shape=(size, size)), directed=False)
    smallest: dict[int, bytes] = {}
    for label, name in zip(labels[nodes].tolist(), names, strict=True):
        smallest[label] = min(smallest.get(label, name), name)
    return {name: smallest[label] for label, name in zip(labels[nodes].tolist(), names, strict=True)}


@pytest.mark.slow
@pytest.mark.parametrize("few", [0, FEW], ids=["in rounds", "in one task"])
@pytest.mark.parametrize("make", [chain, star, clique, random_with_self_loops])
def test_a_million_edges(
    spark: SparkSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[], Edges],
    few: int,
) -> None:
    one, other = edges = make()
    ends = {"doc_id": one, "other": other}
    pq.write_table(
        pa.table({name: list(map(make_name, nodes.tolist())) for name, nodes in ends.items()}), tmp_path / "edges.parquet"
    )
    frame = spark.read.parquet(str(tmp_path / "edges.parquet"))
    # As a step keeps frames: in files, as all rows at once are more than a message holds.
    keep = Scratch(spark, tmp_path / "scratch")
    start = time.monotonic()
    with caplog.at_level(logging.INFO, "resonance"):
        rows = components(frame, checkpoint=keep, max_rounds=50, few=few).toPandas()
    turns = len(caplog.records)
    print(f"{make.__name__}, few={few:,}: {len(one):,} edges, {turns} turns, {time.monotonic() - start:.0f} s")
    found = dict(zip(map(bytes, rows["doc_id"]), map(bytes, rows["component"]), strict=True))
    assert len(found) == len(rows)
    assert found == by_scipy(edges)
    assert turns <= 2 + math.log2(MILLION)
