"""Duplicates batch by batch: a new batch is compared with what it touches, and the tables are those of one run over everything."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint, Turn
from resonance.core.ledger import DEDUPE, drop_cut_before, find_cut_before, list_steps_before
from resonance.core.settings import DedupeSettings
from resonance.core.table import Catalog
from resonance.curate.duplicates.compare import LIGHT, compare, connected, parameters, within
from resonance.curate.duplicates.index import indexed
from resonance.curate.duplicates.order import priority
from resonance.curate.duplicates.retractions import retractions
from resonance.curate.duplicates.standing import CUT, FOUND, Standing, batches, described, digest
from resonance.curate.duplicates.touched import touched
from resonance.tables import DUPLICATES, RETRACTIONS

log = logging.getLogger(__name__)

Found = tuple[DataFrame, DataFrame]


def dedupe_batches(
    documents: DataFrame,
    rejects: DataFrame,
    duplicates: DataFrame,
    compared: DataFrame,
    *,
    settings: DedupeSettings,
    turn: Turn,
    checkpoint: Checkpoint,
    catalog: Catalog,
) -> tuple[DataFrame, DataFrame, DataFrame]:
    """What ``dedupe`` finds (``duplicates``, ``rejects``), and what it was found in (``compared``).

    Where settings, the documents and verdicts of all batches that were compared before, and what was found then are as they
    were, only documents that a new batch touches are compared; the rows of all others are carried over. Else everything is
    compared anew, from signatures that the table ``signatures`` holds. Earlier decisions that change are appended to
    ``retractions``.
    """
    ordered = documents.withColumn("priority", priority(settings.priority))
    before = (duplicates, rejects.where(F.col("step") == DEDUPE))
    then, stands = Standing.stored(compared), described(settings)
    here = batches(documents, LIGHT)
    now, index = _judged(here, rejects), _index(documents, here, settings, catalog)
    if then and then.settings == stands and then.batches.items() <= now.items() and then.found == _digest(before):
        new = sorted(now.keys() - then.batches.keys())
        log.info("dedupe: %d batches stand, %d are new", len(then.batches), len(new))
        found = _added(new, ordered, rejects, index, before, settings, checkpoint) if new else before
    else:
        log.info("dedupe: %d batches are compared anew", len(now))
        light = drop_cut_before(DEDUPE, index.drop("bands"), rejects)
        found = compare(light, ordered, index, find_cut_before(DEDUPE, rejects), settings=settings, checkpoint=checkpoint)
    found = checkpoint(found[0], "duplicates"), checkpoint(found[1], "rejects")
    if then:
        known = documents.where(F.col("batch").isin(sorted(then.batches)))
        _append(retractions(before, found, known), turn, catalog)
    return *found, Standing(stands, now, _digest(found)).rows(compared, settings.scope)


def _judged(here: Mapping[str, str], rejects: DataFrame) -> dict[str, str]:
    """The digest of each batch: that of its documents, and one of those that earlier steps cut."""
    earlier = F.col("step").isin(*list_steps_before(DEDUPE)) & (F.col("rank") == 1) & F.col("doc_id").isNotNull()
    cut = batches(rejects.where(earlier), ("doc_id", "step"))
    return {name: f"{digest}-{cut.get(name)}" for name, digest in here.items()}


def _digest(found: Found) -> str:
    return f"{digest(found[0], FOUND)}-{digest(found[1], CUT)}"


def _index(documents: DataFrame, here: Mapping[str, str], settings: DedupeSettings, catalog: Catalog) -> DataFrame:
    """``LIGHT``, ``priority`` and ``bands`` of all documents; no bands where no near duplicates are looked for."""
    if settings.method == "minhash":
        texts = documents.select(*LIGHT, "text")
        held = indexed(texts, here, catalog, **parameters(settings), version=connected(settings))
    else:
        held = documents.select(*LIGHT, F.array().cast("array<bigint>").alias("bands"))
    return held.select(*LIGHT, priority(settings.priority), "bands")


def _added(
    new: list[str],
    ordered: DataFrame,
    rejects: DataFrame,
    index: DataFrame,
    before: Found,
    settings: DedupeSettings,
    checkpoint: Checkpoint,
) -> Found:
    """``before`` with what batches ``new`` change: rows of documents that these touch are found anew, others carried over."""
    among = F.col("batch").isin(new)
    fresh = checkpoint(drop_cut_before(DEDUPE, index.where(among), rejects.where(among)), "new")
    affected = touched(fresh, index, before[0], find_cut_before(DEDUPE, rejects), within=within(settings), checkpoint=checkpoint)
    log.info("dedupe: %d documents are new, %d are compared with them", fresh.count(), affected.count())
    ids, batch = affected.select("doc_id"), affected.select("batch").distinct()
    texts = ordered.where(F.col("batch").isin([row["batch"] for row in batch.collect()]))
    found = compare(affected.drop("bands"), texts, affected, ids.where("false"), settings=settings, checkpoint=checkpoint)
    duplicates, cut = (old.join(ids, "doc_id", "left_anti").unionByName(rows) for old, rows in zip(before, found, strict=True))
    return duplicates, cut


def _append(changed: DataFrame, turn: Turn, catalog: Catalog) -> None:
    """Once for each version of ``duplicates`` that is left behind, also where the job is killed and started again."""
    version = catalog.version(DUPLICATES) or 0
    marks = {"run": F.lit(turn.run), "batch": F.lit(turn.batch), "before": F.lit(version).cast("bigint")}
    catalog.append(RETRACTIONS, changed.withColumns(marks), (f"retractions/{turn.run}", version), {"job": DEDUPE})
