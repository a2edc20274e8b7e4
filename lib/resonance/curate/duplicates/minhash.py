"""Near duplicates by MinHash LSH: documents that agree in a band of their signatures are joined by an edge.

Texts of Jaccard similarity s over their shingles are found with probability 1 - (1 - s^rows)^bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, LongType, StructField, StructType

from resonance.core.frames import Kernel, add_group_values, map_batches
from resonance.core.job import Checkpoint

FORMS = {"resonance": 2, "datatrove": 1}
"""Versions of the normal forms of ``kernels/duplicates`` by profile; version 1 of ``resonance`` knew no compatible characters."""


MOST_ROWS = 16_000_000
"""Rows of band hashes that are grouped in one pass: it takes about 130 bytes of memory for each."""


def sign_documents(documents: DataFrame, *, bands: int, rows: int, shingle_words: int, profile: str = "resonance") -> DataFrame:
    """``documents`` with ``bands`` in place of ``text``: a hash for each band, none for a text of fewer words than a shingle.

    One pass over the texts where they lie: nothing is shuffled.
    """
    known = documents.drop("text")
    schema = StructType([*known.schema, StructField("bands", ArrayType(LongType()))])
    return map_batches(documents.select(*known.columns, "text"), _signer(bands, rows, shingle_words, profile), schema)


def buckets(signatures: DataFrame, within: Sequence[str] = (), only: range | None = None) -> DataFrame:
    """A row for each member of each bucket that holds two or more, with its ``size`` and its smallest ``doc_id``, ``first``.

    Documents of unequal ``within`` share no bucket. One shuffle of ids by hash and band, ``bands`` rows a document, and a join
    with the buckets that hold two or more: few where few documents are alike. ``only`` leaves out the buckets of other bands.
    """
    bands = F.posexplode("bands" if only is None else F.slice("bands", only.start + 1, len(only))).alias("at", "hash")
    members = signatures.select("doc_id", "priority", "n_bytes", *within, bands)
    named = members.withColumn("band", F.col("at") + F.lit(only.start if only else 0)).drop("at")
    return add_group_values(named, ["hash", "band", *within], {"size": F.count(F.lit(1)), "first": F.min("doc_id")}, "size > 1")


def buckets_in_passes(
    signatures: DataFrame, rows: int, bands: int, checkpoint: Checkpoint, within: Sequence[str] = (), most: int = MOST_ROWS
) -> DataFrame:
    """``buckets`` of so many bands at a time that a pass has at most ``most`` rows: its groups then fit into memory.

    ``rows`` is the number of signatures, or more. One pass over their bands for each.
    """
    passes = max(1, min(bands, -(-rows * bands // most)))
    width = -(-bands // passes)
    parts = [range(first, min(first + width, bands)) for first in range(0, bands, width)]
    made = [checkpoint(buckets(signatures, within, part), f"buckets-{part.start}") for part in parts]
    return reduce(DataFrame.unionByName, made)


def star_edges(buckets: DataFrame) -> DataFrame:
    """Edges (``doc_id``, ``other``) from each document to the smallest doc_id of each bucket it is in.

    As many as the bucket's members, never its pairs. No shuffle.
    """
    return buckets.select("doc_id", F.col("first").alias("other")).where("doc_id != other")


def _signer(bands: int, rows: int, shingle_words: int, profile: str) -> Kernel:
    def sign(batches: Iterable[Any]) -> Iterator[Any]:
        import numpy as np
        import pyarrow as pa

        from resonance.curate.kernels.duplicates import minhash

        for batch in batches:
            minima, long = minhash.signatures(batch.column("text"), bands * rows, shingle_words, profile)
            hashes = minhash.bands(minima[long], rows)
            bounds = np.concatenate([[0], np.cumsum(bands * long, dtype=np.int32)])
            lists = pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), pa.array(hashes.ravel()))
            names = [name for name in batch.schema.names if name != "text"]
            yield pa.RecordBatch.from_arrays([*map(batch.column, names), lists], names=[*names, "bands"])

    return sign
