"""Finds exact and near duplicates, and keeps one document of each cluster."""

from __future__ import annotations

import logging
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import look_up, write_hex
from resonance.core.job import Checkpoint
from resonance.core.ledger import DEDUPE, drop_cut_before, find_cut_before, make_rejects
from resonance.core.settings import DedupeSettings
from resonance.core.versions import VERSION_KEY
from resonance.curate.duplicates.clusters import clusters, stars
from resonance.curate.duplicates.components import components
from resonance.curate.duplicates.large_components import LARGE_BYTES, large, removed_in_rounds
from resonance.curate.duplicates.minhash import FORMS, buckets_in_passes, sign_documents, star_edges
from resonance.curate.duplicates.order import priority
from resonance.curate.duplicates.verified import MOST, candidates, find_removed, lost, members

log = logging.getLogger(__name__)

EXACT = "exact@1"
LIGHT = ("doc_id", "bucket", "batch", "source", "slice", "content_hash", "n_bytes")
SCOPES = ("global", "source", "batch")
"""Parts of the corpus whose documents are compared with each other: all of it, or those that share the column of this name."""


def dedupe(
    documents: DataFrame, rejects: DataFrame, *, settings: DedupeSettings, checkpoint: Checkpoint
) -> tuple[DataFrame, DataFrame]:
    """Every document in a cluster (``duplicates``), and a reject for each one that goes. Each document has one version.

    Documents that an earlier step cut are in no cluster. Exact clusters share a content hash. Near clusters are connected
    components: an edge joins documents that share a MinHash bucket, and a copy to the first of its exact cluster, so that near
    clusters hold exact ones whole. Verified clusters are a document that stays and those that go because they are like it.
    A document of fewer words than a shingle has exact copies only. No cluster reaches over the bounds of ``settings.scope``.
    Texts are read once, those of near clusters twice, and never shuffled; ids are, by content hash, by bucket and by component,
    and shingles of near clusters by component.
    """
    ordered = documents.withColumn("priority", priority(settings.priority))
    light = drop_cut_before(DEDUPE, ordered.select(*LIGHT, "priority"), rejects)
    signatures = sign_documents(ordered.select("doc_id", "priority", "n_bytes", *within(settings), "text"), **parameters(settings))
    cut = find_cut_before(DEDUPE, rejects).select("doc_id")
    return compare(light, ordered, signatures, cut, settings=settings, checkpoint=checkpoint)


def parameters(settings: DedupeSettings) -> dict[str, Any]:
    """What signatures are made by."""
    return settings.model_dump(include={"bands", "rows", "shingle_words", "profile"})


def within(settings: DedupeSettings) -> tuple[str, ...]:
    """The columns that documents must share to be compared."""
    return () if settings.scope == "global" else (settings.scope,)


def compare(
    light: DataFrame,
    ordered: DataFrame,
    signatures: DataFrame,
    cut: DataFrame,
    *,
    settings: DedupeSettings,
    checkpoint: Checkpoint,
) -> tuple[DataFrame, DataFrame]:
    """What ``dedupe`` returns, where signatures are at hand.

    Copies, and documents that were cut before, have signatures that are left out here: signing a text costs less than moving it
    to where it is known as one of these.

    Args:
        light: ``LIGHT`` and ``priority`` of the documents that are compared.
        ordered: their texts with ``doc_id``, ``batch``, ``priority`` and ``n_bytes``; others, and other versions of them, may be
            among them.
        signatures: their bands; others may be among them, if they are ``cut``.
        cut: the ``doc_id`` of documents that were cut before.
        settings: which duplicates are looked for.
        checkpoint: materialises steps.
    """
    exact = clusters(light if settings.method != "none" else light.where("false"), "content_hash", *within(settings))
    if settings.method == "none":
        return _duplicates(exact, "exact", EXACT, settings), _rejects(exact, "exact_duplicate", EXACT)
    exact = checkpoint(exact, "exact-clusters")
    copies = _cut(exact)
    duplicates, gone = _duplicates(exact, "exact", EXACT, settings), _rejects(copies, "exact_duplicate", EXACT)
    if settings.method == "exact":
        return duplicates, gone
    bands = signatures.select("doc_id", "priority", "n_bytes", *within(settings), "bands")
    others = bands.join(copies.select("doc_id").unionByName(cut), "doc_id", "left_anti")
    shared = buckets_in_passes(others, signatures.count(), settings.bands, checkpoint, within(settings))
    edges = star_edges(shared).unionByName(copies.select("doc_id", F.col("keeper").alias("other")))
    alike = checkpoint(components(edges, checkpoint=checkpoint, max_rounds=settings.max_rounds), "components")
    near = checkpoint(clusters(alike.join(light, "doc_id"), "component"), "near-clusters")
    duplicates = duplicates.unionByName(_duplicates(near, "near", describe_clusters(settings), settings))
    if settings.near == "connected":
        close = _cut(near).join(copies.select("doc_id"), "doc_id", "left_anti")
        return duplicates, gone.unionByName(_rejects(close, "near_duplicate", describe_clusters(settings)))
    found = stars(checkpoint(_find_removed(ordered, shared, near, settings, checkpoint), "verified"), light)
    version = f"verified-{_parameters(settings)}"
    return (
        duplicates.unionByName(_duplicates(found, "verified", version, settings)),
        gone.unionByName(_rejects(_cut(found), "near_duplicate", version, settings.jaccard)),
    )


def _find_removed(
    ordered: DataFrame, shared: DataFrame, near: DataFrame, settings: DedupeSettings, checkpoint: Checkpoint
) -> DataFrame:
    """What goes of each near cluster, settled in one task, or in rounds where it is large."""
    if missed := lost(shared, within(settings)):
        log.warning("dedupe: %d pairs of buckets with more than %d members are not compared", missed, MOST)
    pairs = candidates(shared, within(settings))
    alike = near.select(*VERSION_KEY, "component")
    sizes, size = large(near)
    how: dict[str, Any] = {"shingle_words": settings.shingle_words, "profile": settings.profile, "least": settings.jaccard}
    if not size:
        return find_removed(ordered, checkpoint(members(pairs, alike), "members"), **how)
    log.info("dedupe: components of more than %d bytes are settled in rounds; they hold %d", LARGE_BYTES, size)
    texts = look_up(ordered, alike.select(*VERSION_KEY), VERSION_KEY)
    theirs = checkpoint(pairs.join(alike.join(sizes, "component", "left_semi"), "doc_id", "left_semi"), "large-pairs")
    in_rounds = removed_in_rounds(texts, theirs, size, **how, checkpoint=checkpoint, max_rounds=settings.max_rounds)
    small = alike.join(sizes, "component", "left_anti")
    return find_removed(ordered, checkpoint(members(pairs, small), "members"), **how).unionByName(in_rounds)


def describe_clusters(settings: DedupeSettings) -> str:
    """Name, version and parameters of signatures, and of the near clusters that they make."""
    return f"minhash-{_parameters(settings)}"


def _parameters(settings: DedupeSettings) -> str:
    form = f"{settings.profile}-{FORMS[settings.profile]}"
    return f"{settings.bands}x{settings.rows}-{settings.shingle_words}@{form}"


def _cut(members: DataFrame) -> DataFrame:
    return members.where("doc_id != keeper")


def _duplicates(members: DataFrame, method: str, version: str, settings: DedupeSettings) -> DataFrame:
    return members.select(
        "doc_id",
        "bucket",
        F.lit(method).alias("method"),
        F.lit(settings.scope).alias("scope"),
        "cluster_id",
        "size",
        "keeper",
        (F.col("similarity") if "similarity" in members.columns else F.lit(None).cast("double")).alias("similarity"),
        F.lit(version).alias("version"),
    )


def _rejects(cut: DataFrame, rule: str, version: str, threshold: float | None = None) -> DataFrame:
    """A row for each document: the size of its cluster, or its similarity to the keeper where there is a threshold for it."""
    return make_rejects(
        cut,
        DEDUPE,
        version,
        rule=rule,
        value=F.col("size" if threshold is None else "similarity").cast("double"),
        threshold=F.lit(threshold).cast("double"),
        detail=write_hex("keeper"),
    )
