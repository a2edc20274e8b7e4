"""Near duplicates by MinHash LSH: documents that agree in a band of their signatures are joined by an edge.

Texts of Jaccard similarity s over their shingles are found with probability 1 - (1 - s^rows)^bands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

Batches = Iterable[Any]

FORMS = {"resonance": 2, "datatrove": 1}
"""Versions of the normal forms (``kernels/forms.py``) by profile; version 1 of ``resonance`` knew no compatible characters."""


def signed(documents: DataFrame, *, bands: int, rows: int, shingle_words: int, profile: str = "resonance") -> DataFrame:
    """``doc_id``, ``n_bytes`` and one hash for each band, of the documents that have as many words as a shingle.

    One pass over the texts where they lie: nothing is shuffled.
    """
    signer = _signer(bands, rows, shingle_words, profile)
    return documents.select("doc_id", "n_bytes", "text").mapInArrow(signer, "doc_id binary, n_bytes int, bands array<bigint>")


def star_edges(signatures: DataFrame) -> DataFrame:
    """Edges (``doc_id``, ``other``) from each document to the smallest doc_id of each bucket it is in.

    As many as the bucket's members, never its pairs. One shuffle of ids by hash and band (in this order: a sort by hash is
    settled by its first eight bytes): ``bands`` times the documents.
    """
    members = signatures.select("doc_id", F.posexplode("bands").alias("band", "hash"))
    smallest = F.min("doc_id").over(Window.partitionBy("hash", "band"))
    return members.select("doc_id", smallest.alias("other")).where("doc_id != other")


def _signer(bands: int, rows: int, shingle_words: int, profile: str) -> Callable[[Batches], Batches]:
    def sign(batches: Batches) -> Batches:
        import numpy as np
        import pyarrow as pa

        from resonance.curate.kernels import minhash

        for batch in batches:
            minima, long = minhash.signatures(batch.column("text"), bands * rows, shingle_words, profile)
            hashes = minhash.bands(minima[long], rows)
            bounds = np.arange(0, hashes.size + 1, bands, dtype=np.int32)
            lists = pa.ListArray.from_arrays(pa.array(bounds), pa.array(hashes.ravel()))
            known = [batch.column(name).filter(pa.array(long)) for name in ("doc_id", "n_bytes")]
            yield pa.RecordBatch.from_arrays([*known, lists], names=["doc_id", "n_bytes", "bands"])

    return sign
