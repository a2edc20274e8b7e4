"""The index of signatures: the band hashes of every document, kept batch by batch, so that no text is signed twice."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.ledger import DEDUPE
from resonance.core.table import Catalog
from resonance.curate.duplicates.minhash import sign_documents
from resonance.curate.duplicates.standing import batches
from resonance.tables import SIGNATURES

log = logging.getLogger(__name__)


def index_documents(
    documents: DataFrame,
    here: Mapping[str, str],
    catalog: Catalog,
    *,
    bands: int,
    rows: int,
    shingle_words: int,
    profile: str,
    version: str,
) -> DataFrame:
    """The table ``signatures`` once it holds all of ``documents``: batches that lack there, or changed, are signed now.

    ``here`` holds the digest of each batch of documents, by all columns but ``text``. One pass over the texts of these batches,
    and one over the other columns of the table to tell which they are.
    """
    columns = [name for name in documents.columns if name != "text"]
    there = batches(catalog.read(SIGNATURES).where(F.col("version") == version), columns)
    if missing := sorted(name for name in here if here[name] != there.get(name)):
        fresh = sign_documents(_of(documents, missing), bands=bands, rows=rows, shingle_words=shingle_words, profile=profile)
        named = fresh.withColumn("version", F.lit(version))
        written = catalog.write(SIGNATURES, named, {"batch": tuple(missing)}, {"job": DEDUPE})
        log.info("dedupe: %d documents of %d batches signed", written.rows, len(missing))
    return _of(catalog.read(SIGNATURES), here)


def _of(rows: DataFrame, names: Iterable[str]) -> DataFrame:
    return rows.where(F.col("batch").isin(sorted(names)))
