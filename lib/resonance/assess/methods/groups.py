"""Groups of rows: what only a shuffle of its own can tell, such as whether equal texts have equal labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from resonance.assess.mappings import up
from resonance.assess.methods.shares import judge_share, read_goal
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.parts import State

MOST_LABELS = 10_000
"""Distinct labels whose agreement is measured."""


def bind_conflicts(asked: Asked) -> Bound:
    """Groups of rows with equal content whose labels agree, of all groups of two rows or more."""
    label = asked.column("label")
    content = asked.column("content_hash" if asked.column_or_none("content_hash") else "text")

    def count_groups(rows: DataFrame) -> Mapping[str, Any]:
        known = rows.select(F.col(f"`{content}`").alias("content"), F.col(f"`{label}`").cast("string").alias("label"))
        known = known.where("content IS NOT NULL AND label IS NOT NULL")
        labelled = known.groupBy("content", "label").agg(F.count(F.lit(1)).alias("n"))
        groups = labelled.groupBy("content").agg(F.sum("n").alias("n"), F.count(F.lit(1)).alias("labels")).where("n > 1")
        return _read_one(groups.agg(F.count(F.lit(1)).alias("groups"), F.count_if(F.col("labels") == 1).alias("agreed")))

    return Bound(_judge_groups, own=count_groups)


def bind_anonymity(asked: Asked) -> Bound:
    """Rows that share what could identify a person with so many others."""
    given = asked.declared("quasi_identifiers")
    if not isinstance(given, list) or not given:
        raise UnmeasurableError("quasi_identifiers in adaqDeclared must list columns")
    columns = [asked.check(str(name)) for name in given]
    least = asked.params["k"]

    def count_classes(rows: DataFrame) -> Mapping[str, Any]:
        keys = [F.col(f"`{name}`").alias(f"key_{place}") for place, name in enumerate(columns)]
        classes = rows.select(*keys).groupBy(*(f"key_{place}" for place in range(len(keys)))).agg(F.count(F.lit(1)).alias("n"))
        enough = F.when(F.col("n") >= least, F.col("n")).otherwise(F.lit(0).cast("bigint"))
        return _read_one(classes.agg(F.sum("n").alias("groups"), F.sum(enough).alias("agreed")))

    return Bound(_judge_groups, own=count_classes)


def bind_agreement(asked: Asked) -> Bound:
    """Krippendorff's alpha of labels that annotators gave to items, mapped. Krippendorff 2004, nominal, with gaps."""
    item, _, label = (asked.column(role) for role in ("item", "annotator", "label"))
    low, high = asked.params["lo"], asked.params["hi"]

    def count_labels(rows: DataFrame) -> Mapping[str, Any]:
        known = rows.select(F.col(f"`{item}`").alias("item"), F.col(f"`{label}`").cast("string").alias("label"))
        given = known.where("item IS NOT NULL AND label IS NOT NULL").groupBy("item", "label").agg(F.count(F.lit(1)).alias("n"))
        items = given.groupBy("item").agg(F.sum("n").alias("m"), F.sum(F.col("n") * F.col("n")).alias("s")).where("m > 1")
        shapes = items.groupBy("m", "s").agg(F.count(F.lit(1)).alias("items")).collect()
        labels = items.join(given, ["item"]).groupBy("label").agg(F.sum("n").alias("n")).limit(MOST_LABELS + 1).collect()
        return {"shapes": sorted(tuple(row) for row in shapes), "labels": sorted(row["n"] for row in labels)}

    def judge(state: State) -> Finding | None:
        if len(state["labels"]) > MOST_LABELS:
            raise UnmeasurableError(f"column {label} has more than {MOST_LABELS:,} values")
        alpha = find_alpha(state["shapes"], state["labels"])
        return None if alpha is None else Finding(up(alpha, low, high), alpha)

    return Bound(judge, own=count_labels)


def find_alpha(shapes: list[tuple[int, int, int]], labels: list[int]) -> float | None:
    """Krippendorff's alpha for nominal labels; None where nothing could disagree.

    Args:
        shapes: how many labels an item has, the sum of squares of how often it has each, and how many such items there are.
        labels: how often each label was given, to items with two labels or more.
    """
    many = sum(labels)
    expected = many * many - sum(count * count for count in labels)
    if not expected:
        return None
    observed = sum(items * (m * m - s) / (m - 1) for m, s, items in shapes)
    return 1 - (many - 1) * observed / expected


def bind_transitivity(asked: Asked) -> Bound:
    """Kendall's coefficient of consistence, averaged over prompts whose responses were all compared with each other.

    Of a pair that was judged more than once, the response that won more often is preferred; where none did, it was not judged.
    """
    roles, least = ("prompt", "chosen", "rejected"), int(asked.params["min_responses"])
    columns = [asked.column(role) for role in roles]

    def count_triads(rows: DataFrame) -> Mapping[str, Any]:
        named = rows.select(*(F.col(f"`{name}`").cast("string").alias(role) for role, name in zip(roles, columns, strict=True)))
        known = named.where("prompt IS NOT NULL AND chosen IS NOT NULL AND rejected IS NOT NULL AND chosen != rejected")
        pairs = known.selectExpr(
            "prompt",
            "least(chosen, rejected) AS one",
            "greatest(chosen, rejected) AS other",
            "CASE WHEN chosen < rejected THEN 1 ELSE -1 END AS vote",
        )
        judged = pairs.groupBy("prompt", "one", "other").agg(F.sum("vote").alias("votes")).where("votes != 0")
        wins = judged.selectExpr("prompt", "one AS response", "CASE WHEN votes > 0 THEN 1 ELSE 0 END AS won").unionAll(
            judged.selectExpr("prompt", "other AS response", "CASE WHEN votes < 0 THEN 1 ELSE 0 END AS won")
        )
        each = wins.groupBy("prompt", "response").agg(F.sum("won").alias("won"), F.count(F.lit(1)).alias("met"))
        prompts = each.groupBy("prompt").agg(
            F.count(F.lit(1)).alias("n"), F.sum("met").alias("met"), F.sum(F.col("won") * F.col("won")).alias("squares")
        )
        whole = prompts.where(f"n >= {least} AND met = n * (n - 1)")
        shapes = whole.groupBy("n", "squares").agg(F.count(F.lit(1)).alias("prompts")).collect()
        return {"shapes": sorted((row["n"], row["squares"], row["prompts"]) for row in shapes)}

    def judge(state: State) -> Finding | None:
        many = sum(prompts for _, _, prompts in state["shapes"])
        if not many:
            return None
        mean = math.fsum(find_consistence(n, squares) * prompts for n, squares, prompts in state["shapes"]) / many
        return Finding(mean, mean)

    return Bound(judge, own=count_triads)


def find_consistence(n: int, squares: int) -> float:
    """One less the share of circular triads, of as many as there could be. Kendall and Babington Smith 1940.

    Args:
        n: responses that were all compared with each other, three or more.
        squares: the sum of squares of how often each was preferred.
    """
    circular = n * (n - 1) * (2 * n - 1) / 12 - squares / 2
    most = (n**3 - n) / 24 if n % 2 else (n**3 - 4 * n) / 24
    return 1 - circular / most


def bind_gaps(asked: Asked) -> Bound:
    """Moments at which a time series has a row, of those at which it should have one, entity by entity."""
    entity, moment = asked.column("entity"), asked.column("ts")
    step = round(read_goal(asked, "interval") * 1_000_000)
    if not isinstance(asked.schema[moment].dataType, T.TimestampType):
        raise UnmeasurableError(f"column {moment} is no timestamp")

    def count_ticks(rows: DataFrame) -> Mapping[str, Any]:
        known = rows.select(F.col(f"`{entity}`").alias("entity"), F.expr(f"unix_micros(`{moment}`)").alias("at"))
        distinct = known.where("entity IS NOT NULL AND at IS NOT NULL").groupBy("entity", "at").agg(F.count(F.lit(1)).alias("n"))
        spans = distinct.groupBy("entity").agg(
            F.min("at").alias("first"), F.max("at").alias("last"), F.count(F.lit(1)).alias("seen"), F.sum("n").alias("rows")
        )
        spans = spans.withColumn("due", F.expr(f"(last - first) div {step} + 1"))
        kept = F.when(F.col("seen") < F.col("due"), F.col("seen")).otherwise(F.col("due"))
        return _read_one(spans.agg(F.sum("due").alias("groups"), F.sum(kept).alias("agreed"), F.sum("rows").alias("timed")))

    def judge(state: State) -> Finding | None:
        found = judge_share(state["agreed"] or 0, state["groups"] or 0)
        return None if found is None else Finding(found.score, found.raw, state["timed"])

    return Bound(judge, own=count_ticks)


def _judge_groups(state: State) -> Finding | None:
    return judge_share(state["agreed"] or 0, state["groups"] or 0)


def _read_one(frame: DataFrame) -> Mapping[str, Any]:
    """The only row of a frame."""
    (row,) = frame.collect()
    return row.asDict()
