"""Gathers what the report says from the tables: sums, quantiles, buckets and a few examples, never a column of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from resonance.core.pool import HELDOUT, kept
from resonance.report.copies import crossed
from resonance.report.distributions import Threshold, distributions
from resonance.report.examples import TEXT_BYTES, Examples, examples
from resonance.report.facts import Apart, Clusters, Cut, Facts, Losses, Registered, SliceCount
from resonance.report.judged import edited, judged
from resonance.report.labels import Labels, labels
from resonance.report.sample import sampled

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row

CURVE_POINTS = 40
CURVE_DOCUMENTS = 16
"""A training is cut into at most this many stretches, of at least this many documents."""
SMALL = {
    "rules": ("batch", "position"),
    "plans": ("round", "slice"),
    "slice_excess": ("round", "slice"),
    "evaluations": ("round", "arm", "slice"),
    "steps": ("finished_at", "run"),
    "rounds": ("round",),
    "checkpoints": ("round", "arm", "step"),
}
"""Tables with a row for each slice, round or step, and the order in which they are read as they are."""

AT_A_TIME = 2
"""Spark jobs that are planned side by side: most of a small one's time is planning, which takes one core."""

PER_BATCH = frozenset({"ingest", "clean", "judge"})
"""Jobs that work on one batch; a newer run of any other job stands for all batches."""
MODEL_JOBS = frozenset({"train", "score_model", "cross_fit", "tune"})
"""Jobs that append events."""


def gather(
    frames: Mapping[str, DataFrame], counts: Mapping[str, int] | None = None, meanings: Mapping[str, str] | None = None
) -> Facts:
    """All facts, by some thirty small queries: each scans some columns of a table and returns sums.

    Args:
        frames: every table by name.
        counts: the rows of every table, where they are known; else they are counted.
        meanings: what each signal means, by column.

    Shuffles partial sums by slice, rule or bucket, and document ids (to tell which documents were kept, and the languages of
    those that were cut, and whose copies copies are). One scan reads texts, for examples: see ``examples``.
    """
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        rows = dict(counts or zip(frames, pool.map(lambda table: frames[table].count(), frames), strict=True))

        def read(table: str) -> tuple[Row, ...]:
            return tuple(frames[table].orderBy(*SMALL[table]).collect()) if rows[table] else ()

        small = dict(zip(SMALL, pool.map(read, SMALL), strict=True))

        def ask(table: str, facts: Callable[..., Any], *of: Any) -> Future[Any]:
            """These facts, once they are known; nothing where the table is empty."""
            return pool.submit(facts, *of) if rows[table] else pool.submit(tuple)

        steps = latest_steps(small["steps"])
        slices = ask("raw" if rows["raw"] else "documents", slice_counts, frames)
        told = ask("rules" if rows["rules"] else "rejects", judged, frames)
        cut = ask("rejects", cuts, frames["rejects"])
        pieces = ask("edits", edited, frames["edits"])
        found = ask("duplicates", clusters, frames["duplicates"])
        copies = ask("duplicates", crossed, frames["rejects"], frames["documents"])
        items = ask("evaluation_items", registered, frames["evaluation_items"], frames["contamination"])
        measured = frames["signals"].where(sampled(rows["documents"]))
        pictures = ask("signals", distributions, measured, thresholds(small["rules"]), meanings)
        counted, failed = told.result() or ((), ())
        documents = sum(row.documents for row in counted if row.by == "source")
        held = text_bytes(frames["documents"])
        shown = examples(frames, small["rules"], documents, held) if documents else Examples()
        learnt = ask("signal_state", partial(labels, read=held <= TEXT_BYTES), frames)
        lost = ask("signal_event", losses, frames["signal_event"], steps, slices.result())
        other = ask("signal_event", apart, frames["signal_event"], frames["signal_state"], steps)
        return Facts(
            rows=rows,
            slices=slices.result(),
            cuts=cut.result(),
            rules=small["rules"],
            judged=counted,
            failed=failed,
            edited=pieces.result(),
            examples=shown,
            clusters=found.result(),
            crossed=copies.result(),
            registered=items.result(),
            distributions=pictures.result(),
            labels=learnt.result() or Labels(),
            losses=lost.result(),
            apart=other.result() or Apart(),
            plans=small["plans"],
            excess=small["slice_excess"],
            evaluations=small["evaluations"],
            steps=steps,
            rounds=small["rounds"],
            checkpoints=small["checkpoints"],
        )


def text_bytes(documents: DataFrame) -> int:
    """Bytes of all stored texts."""
    return int(documents.agg(F.coalesce(F.sum(F.col("n_bytes").cast("bigint")), F.lit(0))).collect()[0][0])


def latest_steps(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The newest row of each (job, batch, round, arm), in the order in which they ended."""
    newest: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda row: (row["finished_at"], row["run"])):
        batch = row["batch"] if row["job"] in PER_BATCH else ""
        newest[row["job"], batch, row["round"], row["arm"]] = row
        if row["job"] == "ingest" and "documents" in row["written"]:  # read and cleaned in one pass
            newest.pop(("clean", batch, row["round"], row["arm"]), None)
    return tuple(sorted(newest.values(), key=lambda row: (row["round"], row["finished_at"], row["job"], row["arm"])))


def slice_counts(frames: Mapping[str, DataFrame]) -> tuple[SliceCount, ...]:
    """Documents by slice: as read, kept, held out, and in each draw."""
    one, size = F.lit(1), F.col("n_bytes")
    first = F.when((F.col("copy") == 0) & (F.col("epoch") == 0), 1)
    documents, plan = frames["documents"], frames["sample_plan"]
    parts = (
        ("read", frames["raw"], one, F.lit(0)),
        ("kept", kept(documents.select("doc_id", "slice", "n_bytes"), frames["rejects"]), one, size),
    )
    counts = [_by_slice(part, rows, (), documents, bytes_) for part, rows, documents, bytes_ in parts]
    counts.append(_by_slice("draw", plan, ("round", "arm"), first, size))
    return tuple(SliceCount(**row.asDict()) for row in _union(counts).collect())


def _by_slice(part: str, rows: DataFrame, turn: tuple[str, ...], documents: Column, size: Column) -> DataFrame:
    sums = rows.groupBy(*turn, "slice").agg(
        F.count(documents).alias("documents"), F.count(F.lit(1)).alias("rows"), F.sum(size.cast("bigint")).alias("bytes")
    )
    place = [F.col(c) for c in turn] or [F.lit(0).alias("round"), F.lit("").alias("arm")]
    return sums.select(
        F.lit(part).alias("part"), *place, "slice", "documents", "rows", F.coalesce("bytes", F.lit(0)).alias("bytes")
    )


def cuts(rejects: DataFrame) -> tuple[Cut, ...]:
    """Cut rows by step, first failed rule and slice."""
    sums = rejects.where("rank = 1").groupBy("step", "rule", "slice").agg(F.count(F.lit(1)).alias("rows"))
    return tuple(Cut(**row.asDict()) for row in sums.collect())


def thresholds(rules: Iterable[Row]) -> tuple[Threshold, ...]:
    """The thresholds that rules hold signals against, in their order; each once where batches were judged alike."""
    asked = [row for row in rules if row["threshold"] is not None]
    told = (Threshold(r["rule"], r["set"], r["signal"], r["threshold"], r["side"] == "below") for r in asked)
    return tuple(dict.fromkeys(told))


def clusters(duplicates: DataFrame) -> tuple[Clusters, ...]:
    """Clusters of duplicates by method and size; each is counted at its keeper."""
    keepers = F.sum(F.when(F.col("doc_id") == F.col("keeper"), 1).otherwise(0))
    sums = duplicates.groupBy("method", "size").agg(
        keepers.alias("clusters"), F.count(F.lit(1)).alias("documents"), F.max("version").alias("version")
    )
    return tuple(Clusters(**row.asDict()) for row in sums.orderBy("method", "size").collect())


def registered(evaluation_items: DataFrame, contamination: DataFrame) -> tuple[Registered, ...]:
    """Evaluation sets by name: their items, and what documents hold of them."""
    found = contamination.groupBy("set", "method").agg(F.countDistinct("doc_id").alias("documents"))
    methods = found.groupBy("set").agg(F.map_from_entries(F.collect_list(F.struct("method", "documents"))).alias("by_method"))
    sums = contamination.groupBy("set").agg(F.countDistinct("item_id").alias("hit"), F.countDistinct("doc_id").alias("documents"))
    items = evaluation_items.groupBy("set").agg(F.count(F.lit(1)).alias("items"))
    rows = items.join(sums, "set", "left").join(methods, "set", "left").orderBy("set").collect()
    return tuple(Registered(r["set"], r["items"], r["hit"] or 0, r["documents"] or 0, r["by_method"] or {}) for r in rows)


def losses(events: DataFrame, steps: tuple[Row, ...], slices: tuple[SliceCount, ...]) -> tuple[Losses, ...]:
    """Loss sums of the newest training and scoring of each arm, trainings cut into stretches of equal numbers of documents."""
    runs = [step["run"] for step in steps if step["job"] in ("train", "score_model")]
    if not runs:
        return ()
    planned: dict[tuple[int, str], int] = {}
    for part in slices:
        if part.part == "draw" and part.arm != HELDOUT:
            planned[part.round, part.arm] = planned.get((part.round, part.arm), 0) + part.rows
    width = max(-(-max(planned.values(), default=1) // CURVE_POINTS), CURVE_DOCUMENTS)
    stretch = F.when(F.col("phase") == "train", F.col("epoch") * CURVE_POINTS + F.floor(F.col("pos") / width)).otherwise(0)
    sums = events.where(F.col("run").isin(runs)).groupBy("round", "arm", "phase", stretch.cast("int").alias("stretch"))
    missing = F.col("loss_sum").isNull()
    sizes = {"rows": F.lit(1), "no_loss": F.when(missing, 1), "cut": F.col("n_cut")}
    sizes |= {"tokens": F.when(~missing, F.col("n_tok")), "bytes": F.when(~missing, F.col("n_bytes"))}
    rows = sums.agg(
        *(F.round(_estimated(value)).cast("bigint").alias(name) for name, value in sizes.items()),
        _estimated(F.col("loss_sum")).alias("nats"),
        F.min("log_pi").alias("share"),
    )
    return tuple(Losses(**row.asDict()) for row in rows.orderBy("round", "arm", "phase", "stretch").collect())


def _estimated(value: Column) -> Column:
    """The sum over all events, estimated from those that are kept; zero where no row has a value."""
    return F.coalesce(F.sum(value / F.col("log_pi")), F.lit(0.0))


def apart(events: DataFrame, states: DataFrame, steps: tuple[Row, ...]) -> Apart:
    """How many events are of runs that are not the newest finished ones, and how many states of what has changed since.

    One scan of runs and one of a flag.
    """
    runs = [step["run"] for step in steps if step["job"] in MODEL_JOBS]
    return Apart(events.where(~F.col("run").isin(runs)).count(), states.where("NOT current").count())


def _union(frames: list[DataFrame]) -> DataFrame:
    return reduce(lambda one, other: one.unionByName(other), frames)
