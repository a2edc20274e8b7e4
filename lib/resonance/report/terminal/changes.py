"""What another policy would change: current rejects compared with those that it would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import Row
from pyspark.sql import functions as F
from rich.markup import escape
from rich.table import Table

from resonance.core.expression import NO_MORE, Hidden
from resonance.core.frames import rank_rows
from resonance.report.facts.texts import hide_persons
from resonance.report.wording import amount, count, minus, name, start

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from resonance.core.job import Checkpoint

CUT, KEPT = "newly cut", "newly kept"
REASON = ("source", "rule", "value", "threshold", "detail")
SHOWN = 30
EACH = 2
EXAMPLES = 6
EXCERPT = 60

Pair = tuple[str, str]
"""A rule and a source."""


@dataclass(frozen=True)
class Changes:
    """How two sets of rejects differ; all of it is small.

    Args:
        rules: rows of each source that fail each rule, ``now`` and ``then``.
        moved: how many documents would newly be cut, and newly be kept.
        examples: a few documents that would move, each with the first rule that cuts it, and the start of its text if
            excerpts are read.
    """

    documents: int
    cut_now: int
    cut_then: int
    rules: tuple[Row, ...]
    moved: dict[str, int]
    examples: tuple[Row, ...]


def find_changes(
    documents: DataFrame,
    now: DataFrame,
    then: DataFrame,
    *,
    checkpoint: Checkpoint,
    excerpts: bool = False,
    hidden: Hidden = NO_MORE,
) -> Changes:
    """The difference between the current rejects of one job (``now``) and those that another policy would give (``then``).

    Args:
        documents: all that are judged.
        now: current rejects.
        then: rejects that another policy would give; materialise them, they are read three times.
        checkpoint: materialises the documents that would move.
        excerpts: whether the starts of the examples' texts are read.
        hidden: what is hidden in excerpts besides persons and secrets.

    Shuffles partial counts, and ids that are cut now or would be.
    """
    current, other = _sum_rejects(now), _sum_rejects(then)
    moved = checkpoint(find_moves(now, then), "moved")
    sides = {row["side"]: row["count"] for row in moved.groupBy("side").count().collect()}
    return Changes(
        documents=documents.count(),
        cut_now=sum(row["first"] for row in current.values()),
        cut_then=sum(row["first"] for row in other.values()),
        rules=tuple(
            _pair_counts({pair: row["rows"] for pair, row in current.items()}, {pair: row["rows"] for pair, row in other.items()})
        ),
        moved={side: sides[side] for side in (CUT, KEPT) if side in sides},
        examples=_choose_examples(moved, documents, now, then, excerpts, hidden) if sides else (),
    )


def find_moves(now: DataFrame, then: DataFrame) -> DataFrame:
    """Documents that one side cuts and the other does not: ``doc_id``, ``side``, and ``moved_by``, the first rule that cuts."""
    current = now.where("rank = 1").select("doc_id", F.col("rule").alias("cut_now"))
    other = then.where("rank = 1").select("doc_id", F.col("rule").alias("cut_then"))
    both = current.join(other, "doc_id", "full").where("cut_now IS NULL OR cut_then IS NULL")
    side = F.when(F.col("cut_now").isNull(), CUT).otherwise(KEPT)
    return both.select("doc_id", side.alias("side"), F.coalesce("cut_then", "cut_now").alias("moved_by"))


def _sum_rejects(rejects: DataFrame) -> dict[Pair, Row]:
    """Rows of each rule and source, and how many of them are the first of their document."""
    sums = rejects.groupBy("rule", "source").agg(F.count(F.lit(1)).alias("rows"), F.count_if(F.col("rank") == 1).alias("first"))
    return {(row["rule"], row["source"]): row for row in sums.collect()}


def _pair_counts(now: Mapping[Pair, int], then: Mapping[Pair, int]) -> Iterator[Row]:
    for rule, source in dict.fromkeys([*now, *then]):
        rows = now.get((rule, source), 0), then.get((rule, source), 0)
        if any(rows):
            yield Row(rule=rule, source=source, now=rows[0], then=rows[1])


def _choose_examples(
    moved: DataFrame, documents: DataFrame, now: DataFrame, then: DataFrame, excerpts: bool, hidden: Hidden
) -> tuple[Row, ...]:
    """A few documents of each side: the first by id of each rule, for the rules that move most documents."""
    rule = ["side", "moved_by"]
    first = moved.select("doc_id", *rule, rank_rows(rule, ["doc_id"]).alias("place")).where(F.col("place") <= EACH)
    few = first.join(F.broadcast(moved.groupBy(*rule).agg(F.count(F.lit(1)).alias("moves"))), rule)
    rank = rank_rows(["side"], ["place", F.desc("moves"), "moved_by"])
    chosen = few.withColumn("order", rank).where(F.col("order") <= EXAMPLES).orderBy("side", "order").collect()
    ids = [row["doc_id"] for row in chosen]
    reasons = now.select("doc_id", "rank", *REASON).unionByName(then.select("doc_id", "rank", *REASON))
    reasons = reasons.where(F.col("doc_id").isin(ids) & (F.col("rank") == 1))
    text = F.substring("text", 1, 4 * EXCERPT) if excerpts else F.lit(None).cast("string")
    read = documents.where(F.col("doc_id").isin(ids)).select("doc_id", text.alias("excerpt"))
    rows = reasons.join(read, "doc_id", "left").collect()
    shown = hide_persons([row["excerpt"] for row in rows], hidden)
    known = {bytes(row["doc_id"]): {**row.asDict(), "excerpt": said} for row, said in zip(rows, shown, strict=True)}
    return tuple(Row(side=row["side"], **known[bytes(row["doc_id"])]) for row in chosen)


def describe_changes(found: Changes) -> list[str | Table]:
    """The changes as sentences and tables for a terminal."""
    out: list[str | Table] = [
        f"{amount(found.documents, 'document')} judged: {count(found.cut_now)} are cut now, {count(found.cut_then)} would be; "
        f"{count(found.moved.get(CUT, 0))} newly cut, {count(found.moved.get(KEPT, 0))} newly kept"
    ]
    changed = [row for row in found.rules if row["now"] != row["then"]]
    if changed:
        out += _list_rules(changed)
    if same := len(found.rules) - len(changed):
        out.append(f"unchanged: {amount(same, 'pair')} of rule and source")
    return out + [_describe_example(row) for row in found.examples]


def _list_rules(changed: list[Row]) -> list[str | Table]:
    """Rows by rule, for all sources and for each; the largest changes first."""
    whole: Counter[str] = Counter()
    for row in changed:
        whole[row["rule"]] += abs(row["then"] - row["now"])
    table = Table(title="Rows that fail each rule", title_justify="left")
    for column in ("rule", "source", "now", "then", "change"):
        table.add_column(column, justify="left" if column in ("rule", "source") else "right", overflow="fold")
    rows = sorted(changed, key=lambda r: (-whole[r["rule"]], r["rule"], -abs(r["then"] - r["now"]), str(r["source"])))
    for row in rows[:SHOWN]:
        change = minus(f"{row['then'] - row['now']:+,}")
        table.add_row(escape(name(row["rule"])), escape(name(row["source"])), count(row["now"]), count(row["then"]), change)
    left = len(rows) - SHOWN
    return [table, *([f"{amount(left, 'pair')} of rule and source with smaller changes not shown"] if left > 0 else [])]


def _describe_example(row: Row) -> str:
    measured = row["detail"] or "not measured" if row["value"] is None else f"measured {row['value']:.6g}"
    limit = "" if row["threshold"] is None else f", threshold {row['threshold']:.6g}"
    excerpt = "" if row["excerpt"] is None else f": {start(row['excerpt'], EXCERPT)}"
    return f"{row['side']} {row['doc_id'].hex()} ({name(row['source'], 24)}) {name(row['rule'])}, {measured}{limit}{excerpt}"
