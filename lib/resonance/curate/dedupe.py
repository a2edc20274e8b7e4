"""Finds exact and near duplicates, and keeps one document of each cluster."""

from __future__ import annotations

import logging

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint
from resonance.core.pool import came_to, cut_before
from resonance.core.settings import DedupeSettings
from resonance.curate.duplicates.clusters import clusters, stars
from resonance.curate.duplicates.components import components
from resonance.curate.duplicates.minhash import FORMS, signed, star_edges
from resonance.curate.duplicates.verified import MOST, candidates, lost, removed

log = logging.getLogger(__name__)

EXACT = "exact@1"
LIGHT = ("doc_id", "bucket", "batch", "source", "slice", "content_hash", "n_bytes")


def dedupe(
    documents: DataFrame, rejects: DataFrame, *, settings: DedupeSettings, checkpoint: Checkpoint
) -> tuple[DataFrame, DataFrame]:
    """Every document in a cluster (``duplicates``), and a reject for each one that goes.

    Documents that an earlier step cut are in no cluster. Exact clusters share a content hash. Near clusters are connected
    components: an edge joins documents that share a MinHash bucket, and a copy to the first of its exact cluster, so that near
    clusters hold exact ones whole. Verified clusters are a document that stays and those that go because they are like it.
    A document of fewer words than a shingle has exact copies only. Texts are read once, those of near clusters twice, and
    never shuffled; ids are, by content hash, by bucket and by component, and shingles of near clusters by component.
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
    out = copies.select("doc_id").unionByName(cut_before("dedupe", rejects))
    signatures = checkpoint(_signatures(documents, out, settings), "signatures")
    edges = star_edges(signatures).unionByName(copies.select("doc_id", F.col("keeper").alias("other")))
    alike = checkpoint(components(edges, checkpoint=checkpoint, max_rounds=settings.max_rounds), "components")
    near = checkpoint(clusters(alike.join(light, "doc_id"), "component"), "near-clusters")
    duplicates = duplicates.unionByName(_duplicates(near, "near", f"minhash-{_parameters(settings)}"))
    if settings.near == "connected":
        close = _cut(near).join(copies.select("doc_id"), "doc_id", "left_anti")
        return duplicates, cut.unionByName(_rejects(close, "near_duplicate", f"minhash-{_parameters(settings)}"))
    gone = checkpoint(_removed(documents, signatures, alike, settings), "verified")
    found = stars(gone, light)
    version = f"verified-{_parameters(settings)}"
    return (
        duplicates.unionByName(_duplicates(found, "verified", version)),
        cut.unionByName(_rejects(_cut(found), "near_duplicate", version, settings.jaccard)),
    )


def _signatures(documents: DataFrame, out: DataFrame, settings: DedupeSettings) -> DataFrame:
    """Signatures of what is compared for near duplicates.

    Copies, and documents that were cut before, are signed too and left out afterwards: signing a text costs less than
    moving it to where it is known as one of these.
    """
    signatures = signed(
        documents, bands=settings.bands, rows=settings.rows, shingle_words=settings.shingle_words, profile=settings.profile
    )
    return signatures.join(out, "doc_id", "left_anti")


def _removed(documents: DataFrame, signatures: DataFrame, alike: DataFrame, settings: DedupeSettings) -> DataFrame:
    if missed := lost(signatures):
        log.warning("dedupe: %d pairs of buckets with more than %d members are not compared", missed, MOST)
    texts = documents.select("doc_id", "n_bytes", "text")
    return removed(
        texts,
        candidates(signatures),
        alike,
        shingle_words=settings.shingle_words,
        least=settings.jaccard,
        profile=settings.profile,
    )


def _parameters(settings: DedupeSettings) -> str:
    form = f"{settings.profile}-{FORMS[settings.profile]}"
    return f"{settings.bands}x{settings.rows}-{settings.shingle_words}@{form}"


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
        (F.col("similarity") if "similarity" in members.columns else F.lit(None).cast("double")).alias("similarity"),
        F.lit(version).alias("version"),
    )


def _rejects(cut: DataFrame, rule: str, version: str, threshold: float | None = None) -> DataFrame:
    """A row for each document: the size of its cluster, or its similarity to the keeper where there is a threshold for it."""
    return cut.select(
        F.lit("dedupe").alias("step"),
        "batch",
        "bucket",
        "doc_id",
        F.lit(None).cast("string").alias("path"),
        "source",
        "slice",
        F.lit(rule).alias("rule"),
        F.col("size" if threshold is None else "similarity").cast("double").alias("value"),
        F.lit(threshold).cast("double").alias("threshold"),
        F.lower(F.hex("keeper")).alias("detail"),
        F.lit(version).alias("version"),
        F.lit(1).alias("rank"),
    )
