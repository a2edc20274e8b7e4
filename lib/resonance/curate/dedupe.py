"""Finds exact and near duplicates, and keeps one document of each cluster."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint
from resonance.core.pool import came_to, cut_before
from resonance.core.settings import DedupeSettings
from resonance.curate.duplicates.clusters import clusters
from resonance.curate.duplicates.components import components
from resonance.curate.duplicates.minhash import signed, star_edges

EXACT = "exact@1"
LIGHT = ("doc_id", "bucket", "batch", "source", "slice", "content_hash", "n_bytes")


def dedupe(
    documents: DataFrame, rejects: DataFrame, *, settings: DedupeSettings, checkpoint: Checkpoint
) -> tuple[DataFrame, DataFrame]:
    """Every document in a cluster (``duplicates``), and a reject for each one that is not its cluster's keeper.

    Documents that an earlier step cut are in no cluster. Exact clusters share a content hash. Near clusters are connected
    components: an edge joins documents that share a MinHash bucket, and a copy to the first of its exact cluster, so that near
    clusters hold exact ones whole. A document of fewer words than a shingle has exact copies only. Texts are read once and
    never shuffled; ids are, by content hash, by bucket and by component.
    """
    light = came_to("dedupe", documents.select(*LIGHT), rejects)
    exact = clusters(light if settings.method != "none" else light.where("false"), "content_hash")
    if settings.method == "none":
        return _duplicates(exact, "exact", EXACT), _rejects(exact, "exact_duplicate", EXACT)
    exact = checkpoint(exact, "exact-clusters")
    copies = _cut(exact)
    duplicates, cut = _duplicates(exact, "exact", EXACT), _rejects(copies, "exact_duplicate", EXACT)
    if settings.method == "exact":
        return duplicates, cut
    version = f"minhash-{settings.bands}x{settings.rows}-{settings.shingle_words}@1"
    edges = near_edges(documents, cut_before("dedupe", rejects), copies, settings)
    alike = components(edges, checkpoint=checkpoint, max_rounds=settings.max_rounds)
    near = checkpoint(clusters(alike.join(light, "doc_id"), "component"), "near-clusters")
    close = _cut(near).join(copies.select("doc_id"), "doc_id", "left_anti")
    return (
        duplicates.unionByName(_duplicates(near, "near", version)),
        cut.unionByName(_rejects(close, "near_duplicate", version)),
    )


def near_edges(documents: DataFrame, cut: DataFrame, copies: DataFrame, settings: DedupeSettings) -> DataFrame:
    """Edges between representatives that share a bucket, and from each copy to its representative.

    Copies, and documents that were ``cut`` before, are signed too and left out afterwards: signing a text costs less than
    moving it to where it is known as one of these.
    """
    signatures = signed(documents, bands=settings.bands, rows=settings.rows, shingle_words=settings.shingle_words)
    out = copies.select("doc_id").unionByName(cut)
    representatives = signatures.join(out, "doc_id", "left_anti")
    return star_edges(representatives).unionByName(copies.select("doc_id", F.col("keeper").alias("other")))


def _cut(members: DataFrame) -> DataFrame:
    return members.where("doc_id != keeper")


def _duplicates(members: DataFrame, method: str, version: str) -> DataFrame:
    return members.select(
        "doc_id",
        "bucket",
        F.lit(method).alias("method"),
        F.lit("global").alias("scope"),
        "cluster_id",
        "size",
        "keeper",
        F.lit(version).alias("version"),
    )


def _rejects(cut: DataFrame, rule: str, version: str) -> DataFrame:
    return cut.select(
        F.lit("dedupe").alias("step"),
        "batch",
        "bucket",
        "doc_id",
        F.lit(None).cast("string").alias("path"),
        "source",
        "slice",
        F.lit(rule).alias("rule"),
        F.col("size").cast("double").alias("value"),
        F.lit(None).cast("double").alias("threshold"),
        F.lower(F.hex("keeper")).alias("detail"),
        F.lit(version).alias("version"),
        F.lit(1).alias("rank"),
    )
