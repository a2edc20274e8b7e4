"""Clusters of the embeddings that rows bring with them: what texts are alike in where no other predicate says it.

Spherical k-means (Dhillon and Modha 2001, "Concept Decompositions") on a sample of held-out documents, which the driver sees;
workers find the nearest cluster of every other one. A cluster is named by the document nearest to its centre, so that it can be
looked at and keeps its name from round to round. No loss is read: to find clusters on both halves gives nothing away.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from resonance.core.chance import hash_columns
from resonance.core.errors import InputError
from resonance.core.frames import map_batches
from resonance.core.versions import VERSION_KEY

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

    from resonance.core.settings import AttributeSettings

    Floats = NDArray[np.float64]

MOST = 4_000
"""Held-out documents that clusters are found by."""
TURNS = 50
"""Times that centres are moved, at most."""
DIGITS = 9
"""Digits of a cosine that count: sums of floats differ behind them from machine to machine."""
KEYS = "doc_id binary, batch string"


def place_documents(chosen: DataFrame, raw: DataFrame, settings: AttributeSettings, seed: int) -> DataFrame:
    """The cluster of each document of ``chosen`` whose row brings an embedding. Joins ids; two passes over the rows' other fields.

    Raises:
        InputError: no held-out document has one.
    """
    rows = chosen.join(raw.select(*VERSION_KEY, "metadata"), VERSION_KEY)
    found = map_batches(
        rows.where("held").select(*VERSION_KEY, "metadata"), Read(settings.embedding), f"{KEYS}, vector array<double>"
    ).where("vector IS NOT NULL")
    sample = found.orderBy(hash_columns(["doc_id"], seed, "embedded"), "doc_id").limit(MOST).collect()
    if not sample:
        raise InputError(
            f"attribute.features names cluster, but no held-out document's row has a list of numbers in its field "
            f"{settings.embedding!r}: set attribute.embedding to the field that holds it, or leave cluster out"
        )
    names, centres = find_clusters({row["doc_id"].hex(): row["vector"] for row in sample}, settings.clusters, seed)
    place = Place(settings.embedding, names, tuple(map(tuple, centres.tolist())))
    return map_batches(rows.select(*VERSION_KEY, "metadata"), place, f"{KEYS}, cluster string")


def find_clusters(vectors: dict[str, Sequence[float]], many: int, seed: int) -> tuple[tuple[str, ...], Floats]:
    """The name of each cluster, that of the vector nearest to its centre, and the centres; as many as are asked for at most.

    Vectors are of length one. Those that have not as many numbers as most are left out. The order of ``vectors`` does not matter.
    """
    sizes = Counter(map(len, vectors.values()))
    usual = min(sizes, key=lambda size: (-sizes[size], size))
    names = sorted(name for name, vector in vectors.items() if len(vector) == usual)
    points = np.array([vectors[name] for name in names])
    centres = _spread_centres(points, many, np.random.default_rng([seed, len(points)]))
    nearest = np.full(len(points), -1)
    for _ in range(TURNS):
        before, nearest = nearest, _find_nearest(points, centres)
        if (before == nearest).all():
            break
        for at in range(len(centres)):
            total = points[nearest == at].sum(axis=0)
            length = np.linalg.norm(total)
            centres[at] = total / length if length > 0 else centres[at]
    kept = sorted(set(_find_nearest(points, centres).tolist()))
    closest = [int(np.argmax(np.round(points @ centres[at], DIGITS))) for at in kept]
    return tuple(names[at] for at in closest), centres[kept]


def _spread_centres(points: Floats, many: int, dice: np.random.Generator) -> Floats:
    """Points to begin with, far apart: Arthur and Vassilvitskii 2007, "k-means++"."""
    chosen = [int(dice.integers(len(points)))]
    away = 1 - points @ points[chosen[0]]
    while len(chosen) < many:
        odds = np.round(np.maximum(away, 0), DIGITS)
        if not odds.any():
            break
        chosen.append(int(dice.choice(len(points), p=odds / odds.sum())))
        away = np.minimum(away, 1 - points @ points[chosen[-1]])
    return points[chosen]


def _find_nearest(points: Floats, centres: Floats) -> NDArray[np.int64]:
    return np.asarray(np.round(points @ centres.T, DIGITS).argmax(axis=1))


def read_vector(metadata: str | None, field: str) -> list[float] | None:
    """The embedding in one of a row's other fields, made as long as one; None where there is none, or one that says nothing."""
    given = json.loads(metadata or "{}").get(field)
    if not isinstance(given, list) or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in given):
        return None
    try:
        vector = np.array(given, dtype=np.float64)
    except OverflowError:
        return None
    length = np.linalg.norm(vector)
    return (vector / length).tolist() if 0 < length < np.inf else None


@dataclass(frozen=True)
class Read:
    """Puts the embedding in place of the other fields, on a worker."""

    field: str

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same rows."""
        for batch in batches:
            vectors = [read_vector(text, self.field) for text in batch["metadata"].to_pylist()]
            yield _replace_fields(batch, "vector", pa.array(vectors, pa.list_(pa.float64())))


@dataclass(frozen=True)
class Place:
    """Puts the name of the nearest cluster in place of the other fields, on a worker."""

    field: str
    names: tuple[str, ...]
    centres: tuple[tuple[float, ...], ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same rows."""
        centres = np.array(self.centres)
        for batch in batches:
            vectors = [read_vector(text, self.field) for text in batch["metadata"].to_pylist()]
            whole = [at for at, vector in enumerate(vectors) if vector is not None and len(vector) == centres.shape[1]]
            found: list[str | None] = [None] * len(vectors)
            if whole:
                nearest = _find_nearest(np.array([vectors[at] for at in whole]), centres)
                for at, cluster in zip(whole, nearest.tolist(), strict=True):
                    found[at] = self.names[cluster]
            yield _replace_fields(batch, "cluster", pa.array(found, pa.string()))


def _replace_fields(batch: pa.RecordBatch, name: str, values: Any) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*(batch[key] for key in VERSION_KEY), values], names=[*VERSION_KEY, name])
