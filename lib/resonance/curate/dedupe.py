"""Duplicates batch by batch: a new batch is compared with what it touches, and the tables are those of one run over everything."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.job import Checkpoint, Turn
from resonance.core.ledger import DEDUPE, find_cut_before, list_steps_before, make_rejects
from resonance.core.settings import DedupeSettings
from resonance.core.table import Catalog
from resonance.core.versions import SUPERSEDED, VERSION_KEY, find_superseded, order_batches
from resonance.curate.duplicates.compare import LIGHT, compare, describe_clusters, parameters, within
from resonance.curate.duplicates.index import index_documents
from resonance.curate.duplicates.order import priority
from resonance.curate.duplicates.retractions import retractions
from resonance.curate.duplicates.standing import CUT, FOUND, Standing, batches, describe_settings, digest
from resonance.curate.duplicates.touched import find_touched
from resonance.tables import DUPLICATES, RETRACTIONS

log = logging.getLogger(__name__)

VERSIONS = "versions@1"
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

    Of a document that came in several deliveries the newest version is compared; the others get a reject, ``superseded``.
    Where settings, the documents and verdicts of all batches that were compared before, and what was found then are as they
    were, only documents that a new batch touches are compared; the rows of all others are carried over. Else everything is
    compared anew, from signatures that the table ``signatures`` holds. Earlier decisions that change are appended to
    ``retractions``.
    """
    ordered = documents.withColumn("priority", priority(settings.priority))
    before = (duplicates, rejects.where(F.col("step") == DEDUPE))
    then, stands = Standing.stored(compared), describe_settings(settings)
    here = batches(documents, LIGHT)
    now, index = _digest_batches(here, rejects), _index(documents, here, settings, catalog)
    corpus = Corpus(ordered, index, order_batches(here, turn.deliveries), find_cut_before(DEDUPE, rejects))
    if then and then.settings == stands and then.batches.items() <= now.items() and then.found == _digest(before):
        new = sorted(now.keys() - then.batches.keys())
        log.info("dedupe: %d batches stand, %d are new", len(then.batches), len(new))
        found = _add_batches(new, corpus, before, settings, checkpoint) if new else before
    else:
        log.info("dedupe: %d batches are compared anew", len(now))
        found = _anew(corpus, settings, checkpoint)
    found = checkpoint(found[0], "duplicates"), checkpoint(found[1], "rejects")
    if then:
        known = documents.where(F.col("batch").isin(sorted(then.batches)))
        _append(retractions(before, found, known), turn, catalog)
    return *found, Standing(stands, now, _digest(found)).rows(compared, settings.scope)


@dataclass(frozen=True)
class Corpus:
    """What is compared.

    Args:
        texts: documents with their texts and ``priority``, in all versions.
        index: ``LIGHT``, ``priority`` and ``bands`` of the same.
        order: the batches, oldest delivery first.
        cut: versions that earlier steps cut.
    """

    texts: DataFrame
    index: DataFrame
    order: list[str]
    cut: DataFrame

    def came(self) -> DataFrame:
        """The rows of ``index`` that came to the step."""
        return self.index.join(self.cut, VERSION_KEY, "left_anti")

    def superseded(self, among: DataFrame) -> DataFrame:
        """The rows of ``among``, a part of ``index``, that are no newest version, with the batch of that (``by``)."""
        return find_superseded(among.drop("bands"), self.order)

    def without(self, earlier: DataFrame) -> Corpus:
        """The corpus without these versions, but for their texts."""
        if earlier.isEmpty():
            return self
        index, cut = (rows.join(earlier.select(*VERSION_KEY), VERSION_KEY, "left_anti") for rows in (self.index, self.cut))
        return replace(self, index=index, cut=cut)


def _digest_batches(here: Mapping[str, str], rejects: DataFrame) -> dict[str, str]:
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
        held = index_documents(texts, here, catalog, **parameters(settings), version=describe_clusters(settings))
    else:
        held = documents.select(*LIGHT, F.array().cast("array<bigint>").alias("bands"))
    return held.select(*LIGHT, priority(settings.priority), "bands")


def _anew(corpus: Corpus, settings: DedupeSettings, checkpoint: Checkpoint) -> Found:
    """What is found among all documents."""
    earlier = checkpoint(corpus.superseded(corpus.index), "superseded")
    newest = corpus.without(earlier)
    light, cut = newest.came().drop("bands"), newest.cut.select("doc_id")
    duplicates, gone = compare(light, newest.texts, newest.index, cut, settings=settings, checkpoint=checkpoint)
    return duplicates, gone.unionByName(_reject_superseded(earlier, corpus))


def _add_batches(new: list[str], corpus: Corpus, before: Found, settings: DedupeSettings, checkpoint: Checkpoint) -> Found:
    """``before`` with what batches ``new`` change: rows of documents that these touch are found anew, others carried over."""
    among = F.col("batch").isin(new)
    again = corpus.index.where(among).select("doc_id").distinct()
    earlier = checkpoint(corpus.superseded(corpus.index.join(again, "doc_id", "left_semi")), "superseded")
    was_earlier = F.col("rule") == SUPERSEDED
    replaced = earlier.select("doc_id").distinct()
    left = before[1].where(was_earlier).join(replaced, "doc_id", "left_anti")
    newest = corpus.without(checkpoint(left.select(*VERSION_KEY).unionByName(earlier.select(*VERSION_KEY)), "earlier"))
    fresh = checkpoint(newest.came().where(among), "new")
    cut = newest.cut.select("doc_id")
    affected = find_touched(fresh, newest.index, before[0], cut, replaced, within=within(settings), checkpoint=checkpoint)
    log.info("dedupe: %d documents are new, %d are compared with them", fresh.count(), affected.count())
    ids, batch = affected.select("doc_id").unionByName(replaced), affected.select("batch").distinct()
    texts = corpus.texts.where(F.col("batch").isin([row["batch"] for row in batch.collect()]))
    none = ids.where("false")
    found = compare(affected.drop("bands"), texts, affected, none, settings=settings, checkpoint=checkpoint)
    old = before[0], before[1].where(~was_earlier)
    duplicates, gone = (rows.join(ids, "doc_id", "left_anti").unionByName(more) for rows, more in zip(old, found, strict=True))
    return duplicates, gone.unionByName(left).unionByName(_reject_superseded(earlier, corpus))


def _reject_superseded(earlier: DataFrame, corpus: Corpus) -> DataFrame:
    """Rejects of versions that a later delivery replaced: rank 1 where they came to this step, else 2."""
    before = corpus.cut.distinct().withColumn("before", F.lit(1))
    return make_rejects(
        earlier.join(before, VERSION_KEY, "left"),
        DEDUPE,
        VERSIONS,
        rule=SUPERSEDED,
        value=F.lit(None).cast("double"),
        detail=F.concat(F.lit("by batch "), "by"),
        rank=F.lit(1) + F.coalesce("before", F.lit(0)),
    )


def _append(changed: DataFrame, turn: Turn, catalog: Catalog) -> None:
    """Once for each version of ``duplicates`` that is left behind, also where the job is killed and started again."""
    version = catalog.version(DUPLICATES) or 0
    marks = {"run": F.lit(turn.run), "batch": F.lit(turn.batch), "before": F.lit(version).cast("bigint")}
    catalog.append(RETRACTIONS, changed.withColumns(marks), (f"retractions/{turn.run}", version), {"job": DEDUPE})
