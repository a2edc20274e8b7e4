"""What a new batch touches: every cluster that it may change, whole; all others stay as they were found."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint


def find_touched(
    new: DataFrame,
    index: DataFrame,
    duplicates: DataFrame,
    cut: DataFrame,
    replaced: DataFrame,
    *,
    within: Sequence[str],
    checkpoint: Checkpoint,
) -> DataFrame:
    """Rows of ``index``: ``new``, documents of equal text or a shared bucket, and all that share a cluster with these.

    Clusters only grow and merge when documents are added, and each that does holds a new one; where a version of a document is
    replaced, its cluster may fall apart, into members of that cluster. So what is found among the documents returned here, and
    what was found before of all others, is what would be found among all. Ids and hashes are
    scanned, and joined with those of the new documents; Spark broadcasts these where they are few.

    Args:
        new: rows of ``index`` that are compared for the first time.
        index: the columns by which documents are compared, and their ``bands``, of all documents.
        duplicates: what was found among all but ``new``.
        cut: the ``doc_id`` of documents that were cut before.
        replaced: the ``doc_id`` of documents that came in an earlier version, which was compared.
        within: columns that documents must share to be compared.
        checkpoint: materialises steps.
    """
    text, bucket = ["content_hash", *within], ["hash", "band", *within]
    equal = index.join(new.select(*text).distinct(), text, "left_semi").select("doc_id")
    alike = _members(index, within).join(_members(new, within).select(*bucket).distinct(), bucket, "left_semi").select("doc_id")
    met = checkpoint(new.select("doc_id").unionByName(equal).unionByName(alike).distinct(), "met")
    compared = checkpoint(met.join(cut.join(met, "doc_id", "left_semi"), "doc_id", "left_anti"), "compared")
    found = duplicates.where("method IN ('exact', 'near')").select("doc_id", "method", "cluster_id")
    changed = found.join(compared.unionByName(replaced), "doc_id", "left_semi").select("method", "cluster_id").distinct()
    ids = compared.unionByName(found.join(changed, ["method", "cluster_id"], "left_semi").select("doc_id")).distinct()
    return checkpoint(index.join(ids, "doc_id", "left_semi"), "touched")


def _members(index: DataFrame, within: Sequence[str]) -> DataFrame:
    return index.select("doc_id", *within, F.posexplode("bands").alias("band", "hash"))
