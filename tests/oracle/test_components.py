"""Connected components in Spark are those of scipy, and come in few rounds."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from resonance.curate.duplicates.components import components

Checkpoint = Callable[[DataFrame, str], DataFrame]
Edges = list[tuple[int, int]]


def name(node: int) -> bytes:
    return hashlib.sha256(str(node).encode()).digest()[:16]


def by_scipy(edges: Edges) -> dict[bytes, bytes]:
    """The smallest name in its component, for each node that has an edge to another one."""
    joined = [(a, b) for a, b in edges if a != b]
    size = max((max(edge) for edge in joined), default=0) + 1
    rows, columns = np.array(joined, np.int64).reshape(-1, 2).T
    _, labels = connected_components(coo_array((np.ones(len(joined)), (rows, columns)), shape=(size, size)), directed=False)
    smallest: dict[int, bytes] = {}
    nodes = {node for edge in joined for node in edge}
    for node in nodes:
        smallest[labels[node]] = min(smallest.get(labels[node], name(node)), name(node))
    return {name(node): smallest[labels[node]] for node in nodes}


def by_spark(spark: SparkSession, edges: Edges, checkpoint: Checkpoint, few: int) -> dict[bytes, bytes]:
    named = [(name(a), name(b)) for a, b in edges]
    frame = spark.createDataFrame(named, "doc_id binary, other binary")
    rows = components(frame, checkpoint=checkpoint, max_rounds=30, few=few).collect()
    found = {bytes(row.doc_id): bytes(row.component) for row in rows}
    assert len(found) == len(rows)
    return found


def apart(graphs: Iterable[Edges]) -> Edges:
    """The graphs side by side, no node shared."""
    edges: Edges = []
    for graph in graphs:
        start = 1 + max((max(edge) for edge in edges), default=-1)
        edges += [(a + start, b + start) for a, b in graph]
    return edges


def random_graphs() -> Iterable[Edges]:
    draw = np.random.default_rng(11)
    for _ in range(40):
        nodes = int(draw.integers(2, 120))
        count = int(draw.integers(1, 2 * nodes))
        yield [(int(a), int(b)) for a, b in draw.integers(0, nodes, (count, 2))]


SHAPES: dict[str, Edges] = {
    "nothing": [],
    "self-loops alone": [(0, 0), (1, 1)],
    "one edge, both ways, twice": [(0, 1), (1, 0), (0, 1)],
    "random graphs": apart(random_graphs()),
    "star, clique, ring, two stars with a bridge, self-loops": apart(
        [
            [(0, n) for n in range(1, 400)],
            [(a, b) for a in range(40) for b in range(a)],
            [(n, (n + 1) % 64) for n in range(64)],
            [(0, n) for n in range(1, 50)] + [(50, n) for n in range(51, 99)] + [(7, 77)],
            [(0, 0), (0, 1), (1, 1)],
        ]
    ),
}


@pytest.mark.parametrize("few", [-1, 1_000_000], ids=["in rounds", "in one task"])
@pytest.mark.parametrize("edges", SHAPES.values(), ids=SHAPES.keys())
def test_components_are_those_of_scipy(spark: SparkSession, checkpoint: Checkpoint, edges: Edges, few: int) -> None:
    assert by_spark(spark, edges, checkpoint, few) == by_scipy(edges)


def test_a_chain_takes_logarithmically_many_rounds(
    spark: SparkSession, checkpoint: Checkpoint, caplog: pytest.LogCaptureFixture
) -> None:
    chain = [(n, n + 1) for n in range(300)]
    with caplog.at_level(logging.INFO, "resonance"):
        assert by_spark(spark, chain, checkpoint, few=0) == by_scipy(chain)
    assert 2 <= len(caplog.records) <= 10
    assert caplog.messages[-1].endswith("300 edges, 0 moved")
