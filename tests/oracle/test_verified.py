"""Verified near duplicates of real documents are those of all pairs, but for pairs that no bucket shows, as many as theory says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy.sparse import csr_array, tril

from resonance.core.settings import DedupeSettings
from resonance.curate.duplicates import large_components
from resonance.curate.duplicates.compare import dedupe
from resonance.curate.kernels.duplicates.minhash import bands, signatures
from resonance.curate.kernels.duplicates.shingles import sets
from resonance.curate.sources.demo import list_sources
from resonance.curate.sources.demo_texts import READERS
from resonance.runtime import resources
from resonance.tables import REJECTS
from resonance.testing import documents_frame, hold

Checkpoint = Callable[[DataFrame, str], DataFrame]
DOCUMENTS, LEAST, BANDS, ROWS = 4_000, 0.7, 14, 8


def real_documents() -> list[str]:
    """Doc strings, licences and descriptions of installed packages, each text once, those of a few packages after each other."""
    found: dict[str, None] = {}
    for source in sorted(list_sources(), key=lambda source: (source.package not in ("numpy", "scipy"), source)):
        if Path(source.path).stat().st_size < 1_000_000:
            found.update(dict.fromkeys(text for _, _, text in READERS[source.kind](source.path) if len(text.split()) >= 20))
        if len(found) >= DOCUMENTS:
            break
    return list(found)[:DOCUMENTS]


def similarities(texts: list[str]) -> Mapping[tuple[int, int], float]:
    """Exact Jaccard of every pair (later, earlier) of texts, in their order, that share a shingle."""
    shingles = sets(pa.array(texts), 5)
    values, columns = np.unique(shingles.flatten().to_numpy(), return_inverse=True)
    bounds = shingles.offsets.to_numpy()
    held = csr_array((np.ones(len(columns), np.int32), columns, bounds), shape=(len(texts), len(values)))
    both = tril(held @ held.T, -1).tocoo()
    sizes = np.diff(bounds)
    alike = both.data / (sizes[both.coords[0]] + sizes[both.coords[1]] - both.data)
    return {(int(i), int(j)): float(s) for i, j, s in zip(*both.coords, alike, strict=True)}


def in_order(size: int, alike: Mapping[tuple[int, int], float]) -> set[int]:
    """Which texts go, where these pairs are known."""
    before: dict[int, list[int]] = {}
    for (later, earlier), similarity in alike.items():
        if similarity >= LEAST:
            before.setdefault(later, []).append(earlier)
    goes: set[int] = set()
    for later in range(size):
        if any(earlier not in goes for earlier in before.get(later, [])):
            goes.add(later)
    return goes


def test_on_real_documents(spark: SparkSession, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each component settled in one task; then, with equal results, in rounds, its pairs compared in a hundred chunks or so."""
    documents = hold(documents_frame(spark, [(str(n), "s", text) for n, text in enumerate(real_documents())]))
    order = documents.select("doc_id", "text", "n_bytes").orderBy(documents.n_bytes.desc(), "doc_id").collect()
    alike = similarities([row.text for row in order])
    close = {pair: similarity for pair, similarity in alike.items() if similarity >= LEAST}
    assert len(order) >= 3_000
    assert len(close) >= 100
    before = spark.createDataFrame([], resources.contract(REJECTS).schema)
    settings = DedupeSettings(jaccard=LEAST, bands=BANDS, rows=ROWS)
    _, rejects = dedupe(documents, before, settings=settings, checkpoint=checkpoint)
    places = {bytes(row.doc_id): place for place, row in enumerate(order)}
    found = {places[bytes(row.doc_id)]: (row.value, places[bytes.fromhex(row.detail)]) for row in rejects.collect()}
    monkeypatch.setattr(large_components, "LARGE_BYTES", 1)
    monkeypatch.setattr(large_components, "CHUNK_BYTES", 20_000)
    _, again = dedupe(documents, before, settings=settings, checkpoint=checkpoint)
    assert {places[bytes(row.doc_id)]: (row.value, places[bytes.fromhex(row.detail)]) for row in again.collect()} == found
    for later, (similarity, keeper) in found.items():
        assert math.isclose(similarity, close[later, keeper])
        assert keeper not in found
    minima, long = signatures(pa.array([row.text for row in order]), BANDS * ROWS, 5)
    hashes = bands(minima, ROWS)
    seen = {(i, j): s for (i, j), s in close.items() if long[i] and long[j] and (hashes[i] == hashes[j]).any()}
    assert found.keys() == in_order(len(order), seen)
    misses = [(1 - s**ROWS) ** BANDS for s in close.values()]
    spread = math.sqrt(sum(m * (1 - m) for m in misses))
    assert abs(len(close) - len(seen) - sum(misses)) <= 3 * spread
