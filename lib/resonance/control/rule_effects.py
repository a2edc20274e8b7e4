"""The job that measures what each rule does: how often it fires, what it cuts alone, and how many texts lie near its threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from resonance.control.outcomes import Scored, compare_outcomes
from resonance.core.clusters import add_clusters
from resonance.core.errors import InputError
from resonance.core.frames import make_frame
from resonance.core.job import Turn
from resonance.core.languages import Languages, speaks
from resonance.core.ledger import drop_cut, mark_sole_cuts
from resonance.core.policy import LANGUAGE
from resonance.core.turns import ALL_SLICES, PHASE_SHADOW
from resonance.core.versions import VERSION_KEY, leave_superseded

NEAR = 0.05
"""A value lies near a threshold where it differs from it by at most this part of it."""
COUNTS = ("asked", "fires", "sole", "bytes", "sole_bytes")
KEY = ("policy", "rule", "slice")
DIFFERENCES = (
    "policy string, rule string, slice string, cut_docs bigint, kept_docs bigint, cut_bpb double, kept_bpb double, gain double, "
    "low double, high double, state string"
)
ASKED = "batch string, place int, policy string, rule string"


def measure_rules(
    documents: DataFrame,
    signals: Mapping[str, DataFrame],
    rejects: DataFrame,
    rules: DataFrame,
    duplicates: DataFrame,
    signal_event: DataFrame,
    *,
    turn: Turn,
) -> DataFrame:
    """Rows of ``rule_effects``: for each rule of each policy that judged, what it does to each slice and to all (``*``).

    Each document counts by the policy of its batch, in its newest version. Reads numbers alone: documents join the signal sets that
    rules read, and rejects their sizes; then counts by batch and slice are shuffled. Where the model of ``turn.round`` read what
    ``score_shadow`` chose, these few thousand losses are compared on the driver: see ``compare_outcomes``.

    Raises:
        InputError: no rule judged the documents.
    """
    counts = count_rules(documents, signals, rejects, rules)
    both = counts.withColumn("slice", F.explode(F.array("slice", F.lit(ALL_SLICES))))
    sums = both.groupBy(*KEY).agg(*(F.sum(name).alias(name) for name in (*COUNTS, "near")))
    shares = {"share": F.col("fires") / F.col("asked"), "near": F.col("near") / F.col("asked")}
    known = {name: F.when(F.col("asked") > 0, share) for name, share in shares.items()}
    counted = sums.select(F.lit(turn.round).alias("round"), *KEY, *COUNTS, *(share.alias(name) for name, share in known.items()))
    read = _read_shadow(documents, rejects, duplicates, signal_event, turn.round)
    differences = make_frame(documents.sparkSession, list(_compare_rules(read)), DIFFERENCES)
    return counted.join(differences, list(KEY), "left").withColumn("state", F.coalesce("state", F.lit("not_scored")))


def _read_shadow(documents: DataFrame, rejects: DataFrame, duplicates: DataFrame, signal_event: DataFrame, round: int) -> list[Row]:
    """What the round's model made of the documents that it read for this, each with the rule that alone cut it; null for kept ones.

    A document whose verdict changed since is left out.
    """
    mine = (F.col("phase") == PHASE_SHADOW) & (F.col("round") == round) & F.col("loss_sum").isNotNull() & (F.col("n_bytes") > 0)
    events = signal_event.where(mine).select("doc_id", "content_hash", "slice", "n_bytes", "loss_sum")
    known = add_clusters(events, duplicates).join(documents.select(*VERSION_KEY, "content_hash"), ["doc_id", "content_hash"])
    sole = mark_sole_cuts(rejects).where("sole").select(*VERSION_KEY, F.col("version").alias("policy"), "rule")
    cut = known.join(sole, VERSION_KEY)
    kept = drop_cut(known, rejects).withColumns({"policy": F.lit(None).cast("string"), "rule": F.lit(None).cast("string")})
    columns = ("policy", "rule", "slice", "cluster_id", "loss_sum", "n_bytes")
    return cut.select(*columns).unionByName(kept.select(*columns)).collect()


def _compare_rules(rows: Sequence[Row]) -> Iterator[tuple[object, ...]]:
    """The columns of ``DIFFERENCES`` for each rule that cut a document that was read, by slice and for all."""
    kept: list[Scored] = []
    read: dict[tuple[str, str], list[Scored]] = {}
    for row in rows:
        scored = Scored(row["slice"], bytes(row["cluster_id"]), row["loss_sum"] / math.log(2), row["n_bytes"])
        (kept if row["rule"] is None else read.setdefault((row["policy"], row["rule"]), [])).append(scored)
    for place, cut in sorted(read.items()):
        for slice in (ALL_SLICES, *sorted({row.slice for row in cut})):
            found = compare_outcomes([row for row in cut if slice in (ALL_SLICES, row.slice)], kept)
            if found is None:
                yield (*place, slice, None, None, None, None, None, None, None, "unmatched")
            else:
                state = "few" if found.low is None else "scored"
                yield (*place, slice, *astuple(found), state)


def count_rules(documents: DataFrame, signals: Mapping[str, DataFrame], rejects: DataFrame, rules: DataFrame) -> DataFrame:
    """Counts by ``batch``, ``policy``, ``rule`` and ``slice``. Labels and thresholds of zero have no scale: ``near`` is null there.

    Raises:
        InputError: no rule judged the documents.
    """
    policy = rules.orderBy("batch", "position").collect()
    if not policy:
        raise InputError("measure_rules: no rule judged these documents; run `resonance curate` with a policy that has rules")
    own = leave_superseded(documents.select(*VERSION_KEY, "slice", "n_bytes", "cleaned_hash"), rejects)
    asked, fired = _count_asked(own, signals, policy), _count_fired(own, rejects)
    counts = asked.join(fired, ["batch", "rule", "slice"], "left")
    return counts.select(
        *("batch", *KEY, "asked", "near"), *(F.coalesce(name, F.lit(0)).alias(name) for name in COUNTS if name != "asked")
    )


def _count_fired(own: DataFrame, rejects: DataFrame) -> DataFrame:
    """What each rule cuts, and what it cuts alone, by batch and slice."""
    cut = mark_sole_cuts(rejects).select(*VERSION_KEY, "rule", "sole").join(own, VERSION_KEY)
    alone = F.col("sole").cast("bigint")
    size = F.col("n_bytes").cast("bigint")
    return cut.groupBy("batch", "rule", "slice").agg(
        F.count(F.lit(1)).alias("fires"),
        F.sum(alone).alias("sole"),
        F.sum(size).alias("bytes"),
        F.sum(alone * size).alias("sole_bytes"),
    )


@dataclass(frozen=True)
class Question:
    """What a rule asks of a text: of which languages, and which values lie near its threshold."""

    set: str
    signal: str
    threshold: float | None
    languages: Languages | None

    @classmethod
    def read(cls, row: Row) -> Question:
        """The question of a row of ``rules``."""
        return cls(row["set"], row["signal"], row["threshold"], Languages.read(row["languages"]) if row["languages"] else None)

    @property
    def is_asked(self) -> str:
        """Whether a document is in one of the languages, in SQL: Spark takes milliseconds for each call that makes a column."""
        return "true" if self.languages is None else f"`speaks {self.languages}`"

    @property
    def has_scale(self) -> bool:
        """Whether the rule has a threshold of which a part can be taken."""
        return bool(self.threshold)

    @property
    def is_near(self) -> str:
        """Whether the value lies near the threshold; a value that is not known does not."""
        value = f"CAST(`{self.set}`.`{self.signal}` AS DOUBLE)"
        low, high = sorted((self.threshold or 0.0) * (1 + side * NEAR) for side in (-1, 1))
        between = f"{value} >= CAST('{low!r}' AS DOUBLE) AND {value} <= CAST('{high!r}' AS DOUBLE)"
        return f"{self.is_asked} AND NOT isnan({value}) AND {between}"


def _count_asked(own: DataFrame, signals: Mapping[str, DataFrame], rules: Sequence[Row]) -> DataFrame:
    """Documents that each rule is asked of, and those whose value lies near its threshold, by batch and slice."""
    questions = list(dict.fromkeys(map(Question.read, rules)))
    known = own
    for name, columns in _gather_columns(questions).items():
        measured = signals[name].select(*VERSION_KEY, F.col("content_hash").alias("cleaned_hash"), F.struct(*columns).alias(name))
        known = known.join(measured, [*VERSION_KEY, "cleaned_hash"], "left")
    spoken = dict.fromkeys(question.languages for question in questions if question.languages is not None)
    known = known.select("*", *(speaks(F.col(LANGUAGE[0])[LANGUAGE[1]], each).alias(f"speaks {each}") for each in spoken))
    cells = [cell for place, question in enumerate(questions) for cell in _write_cells(place, question)]
    sums = known.groupBy("batch", "slice").agg(*map(F.expr, cells))
    structs = (f"struct({place} AS place, `asked {place}` AS asked, `near {place}` AS near)" for place in range(len(questions)))
    long = sums.select("batch", "slice", F.explode(F.expr(f"array({', '.join(structs)})")).alias("cell"))
    rows = [(row["batch"], questions.index(Question.read(row)), row["policy"], row["rule"]) for row in rules]
    names = make_frame(own.sparkSession, rows, ASKED)
    return long.select("batch", "slice", "cell.*").join(names, ["batch", "place"]).drop("place")


def _gather_columns(questions: Sequence[Question]) -> dict[str, list[str]]:
    """The signals that are read, by set; the one that tells languages where a rule is asked of some."""
    found: dict[str, dict[str, None]] = {}
    for question in questions:
        if question.has_scale:
            found.setdefault(question.set, {})[question.signal] = None
        if question.languages is not None:
            found.setdefault(LANGUAGE[0], {})[LANGUAGE[1]] = None
    return {name: list(columns) for name, columns in found.items()}


def _write_cells(place: int, question: Question) -> Iterator[str]:
    """Sums of one question as text of SQL."""
    yield f"count_if({question.is_asked}) AS `asked {place}`"
    near = f"count_if({question.is_near})" if question.has_scale else "CAST(NULL AS BIGINT)"
    yield f"{near} AS `near {place}`"
