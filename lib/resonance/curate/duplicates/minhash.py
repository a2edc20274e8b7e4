"""Near duplicates by MinHash LSH: documents that agree in a band of their signatures are joined by an edge.

Texts of Jaccard similarity s over their shingles are found with probability 1 - (1 - s^rows)^bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, LongType, StructField, StructType

from resonance.core.frames import Kernel, map_batches

FORMS = {"resonance": 2, "datatrove": 1}
"""Versions of the normal forms (``kernels/forms.py``) by profile; version 1 of ``resonance`` knew no compatible characters."""


def signed(documents: DataFrame, *, bands: int, rows: int, shingle_words: int, profile: str = "resonance") -> DataFrame:
    """``documents`` with ``bands`` in place of ``text``: a hash for each band, none for a text of fewer words than a shingle.

    One pass over the texts where they lie: nothing is shuffled.
    """
    known = documents.drop("text")
    schema = StructType([*known.schema, StructField("bands", ArrayType(LongType()))])
    return map_batches(documents.select(*known.columns, "text"), _signer(bands, rows, shingle_words, profile), schema)


def buckets(signatures: DataFrame, within: Sequence[str] = ()) -> DataFrame:
    """A row for each member of each bucket that holds two or more, with its ``size`` and its smallest ``doc_id``, ``first``.

    Documents of unequal ``within`` share no bucket. One shuffle of ids by hash and band (in this order: a sort by hash is settled
    by its first eight bytes): ``bands`` rows a document. What comes out is little where few documents are alike.
    """
    members = signatures.select("doc_id", "priority", "n_bytes", *within, F.posexplode("bands").alias("band", "hash"))
    bucket = Window.partitionBy("hash", "band", *within)
    named = members.withColumns({"size": F.count(F.lit(1)).over(bucket), "first": F.min("doc_id").over(bucket)})
    return named.where("size > 1")


def star_edges(buckets: DataFrame) -> DataFrame:
    """Edges (``doc_id``, ``other``) from each document to the smallest doc_id of each bucket it is in.

    As many as the bucket's members, never its pairs. No shuffle.
    """
    return buckets.select("doc_id", F.col("first").alias("other")).where("doc_id != other")


def _signer(bands: int, rows: int, shingle_words: int, profile: str) -> Kernel:
    def sign(batches: Iterable[Any]) -> Iterator[Any]:
        import numpy as np
        import pyarrow as pa

        from resonance.curate.kernels import minhash

        for batch in batches:
            minima, long = minhash.signatures(batch.column("text"), bands * rows, shingle_words, profile)
            hashes = minhash.bands(minima[long], rows)
            bounds = np.concatenate([[0], np.cumsum(bands * long, dtype=np.int32)])
            lists = pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), pa.array(hashes.ravel()))
            names = [name for name in batch.schema.names if name != "text"]
            yield pa.RecordBatch.from_arrays([*map(batch.column, names), lists], names=[*names, "bands"])

    return sign
