"""Finds documents that hold evaluation items, and keeps them from training."""

from __future__ import annotations

import logging
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import rank_rows
from resonance.core.job import Checkpoint, Turn
from resonance.core.ledger import DECONTAMINATE, find_cut_before, make_rejects
from resonance.core.settings import CleanSettings, DecontaminateSettings
from resonance.core.versions import VERSION_KEY, leave_superseded
from resonance.curate.contamination.look import look, write_index
from resonance.curate.signals.privacy import choose_masking

log = logging.getLogger(__name__)

VERSION = "contamination@2"
FIRST = {"ngram": 1, "exact": 2, "fuzzy": 3}
"""Which method a reject tells of, where a document holds items by several."""


def decontaminate(
    documents: DataFrame,
    rejects: DataFrame,
    evaluation_items: DataFrame,
    *,
    settings: DecontaminateSettings,
    cleaning: CleanSettings,
    folder: Path,
    turn: Turn,
    checkpoint: Checkpoint,
) -> tuple[DataFrame, DataFrame]:
    """Every document and evaluation item that it holds (``contamination``), and a reject for each such document.

    All documents are looked at in their newest version, also those that earlier steps cut: what these say may change, a
    contaminated document is never drawn. Its reject has rank 1 where it came to this step, else 2. Texts are read once and never
    shuffled; ids of contaminated documents are, once.
    """
    index = folder / "scratch" / turn.run / "evaluation-index"
    items = write_index(evaluation_items, index, choose_masking(cleaning))
    log.info("decontaminate: %d evaluation items", items)
    held = look(documents if items else documents.where("false"), index, settings.containment)
    found = checkpoint(leave_superseded(held, rejects), "contaminated")
    contamination = found.drop("source", "slice").withColumn("version", F.lit(VERSION))
    return contamination, _rejects(found, find_cut_before(DECONTAMINATE, rejects).distinct())


def _rejects(found: DataFrame, before: DataFrame) -> DataFrame:
    place = F.create_map(*(F.lit(value) for pair in FIRST.items() for value in pair))[F.col("method")]
    first = found.withColumn("place", rank_rows(["doc_id"], [place, F.desc("value"), "set", "item_id"])).where("place = 1")
    known = first.join(before.withColumn("before", F.lit(1)), VERSION_KEY, "left")
    return make_rejects(
        known,
        DECONTAMINATE,
        F.concat_ws("/", F.lit(VERSION), "method"),
        rule="contaminated",
        value=F.col("value"),
        threshold=F.col("threshold"),
        detail=F.concat_ws("/", "set", "item_id"),
        rank=F.lit(1) + F.coalesce("before", F.lit(0)),
    )
