"""What would change if another policy were in force: rejects as they stand against rejects as they would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import Row
from pyspark.sql import functions as F
from rich.markup import escape
from rich.table import Table

from resonance.core.frames import rank_rows
from resonance.report.wording import count, counted, minus, name, start

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CUT, KEPT = "newly cut", "newly kept"
SAID = ("source", "rule", "value", "threshold", "detail")
SHOWN = 30
EACH = 2
EXAMPLES = 6
EXCERPT = 60

Pair = tuple[str, str]
"""A rule and a source."""


@dataclass(frozen=True)
class Changes:
    """What two sets of rejects differ in; all of it is small.

    Args:
        rules: rows failing each rule in each source, ``now`` and ``then``.
        moved: documents by what would become of them.
        examples: a few documents that would move, each with the first rule that cuts it, and the start of its text where
            that was asked for.
    """

    documents: int
    cut_now: int
    cut_then: int
    rules: tuple[Row, ...]
    moved: dict[str, int]
    examples: tuple[Row, ...]


def changes(
    documents: DataFrame, now: DataFrame, then: DataFrame, verdicts: DataFrame, rules: Sequence[str], *, excerpts: bool
) -> Changes:
    """The difference between rejects of one job, as they stand (``now``) and as they would be (``then``).

    Args:
        documents: all that are judged.
        now: rejects as they stand.
        then: rejects as they would be; computed for the examples alone.
        verdicts: the same as ``fails``, whether a document fails each of ``rules``, for every document.
        rules: names in the order of ``fails``.
        excerpts: whether the starts of the examples' texts are read.

    Shuffles partial counts, ids that are cut now, and a byte a rule for each document.
    """
    held = moves(now, verdicts, rules).persist()
    fails = [F.count_if(F.col("fails")[place]).alias(f"fails_{place}") for place in range(len(rules))]
    sides = [F.count_if(F.col("side") == side).alias(side) for side in (CUT, KEPT)]
    sums = held.groupBy("source").agg(F.count(F.lit(1)).alias("documents"), F.count("rule").alias("cut"), *sides, *fails).collect()
    standing = now.groupBy("rule", "source").agg(F.count(F.lit(1)).alias("rows"), F.count_if(F.col("rank") == 1).alias("first"))
    stands = {(row["rule"], row["source"]): row for row in standing.collect()}
    would = {(rule, row["source"]): row[f"fails_{place}"] for row in sums for place, rule in enumerate(rules)}
    moved = {side: total for side in (CUT, KEPT) if (total := sum(row[side] for row in sums))}
    told = _examples(held.where("side IS NOT NULL"), documents, now, then, excerpts) if moved else ()
    held.unpersist()
    return Changes(
        documents=sum(row["documents"] for row in sums),
        cut_now=sum(row["first"] for row in stands.values()),
        cut_then=sum(row["cut"] for row in sums),
        rules=tuple(_pairs({place: row["rows"] for place, row in stands.items()}, would)),
        moved=moved,
        examples=told,
    )


def moves(now: DataFrame, verdicts: DataFrame, rules: Sequence[str]) -> DataFrame:
    """Verdicts with ``rule``, the first that would cut, and ``side`` and ``moved_by`` where a document would move."""
    names, place = F.array(*map(F.lit, rules)), F.array_position("fails", True)
    standing = now.where("rank = 1").select("doc_id", F.col("rule").alias("stands"))
    both = verdicts.withColumn("rule", F.get(names, place.cast("int") - 1)).join(standing, "doc_id", "left")
    stays, goes = F.col("stands").isNull(), F.col("rule").isNull()
    side = F.when(stays & ~goes, CUT).when(goes & ~stays, KEPT)
    return both.withColumns({"side": side, "moved_by": F.coalesce("rule", "stands")}).drop("stands")


def _pairs(now: Mapping[Pair, int], then: Mapping[Pair, int]) -> Iterator[Row]:
    for rule, source in dict.fromkeys([*now, *then]):
        rows = now.get((rule, source), 0), then.get((rule, source), 0)
        if any(rows):
            yield Row(rule=rule, source=source, now=rows[0], then=rows[1])


def _examples(moved: DataFrame, documents: DataFrame, now: DataFrame, then: DataFrame, excerpts: bool) -> tuple[Row, ...]:
    """A few documents of each side: the first by id under each rule, and of rules those that move most."""
    rule = ["side", "moved_by"]
    first = moved.select("doc_id", *rule, rank_rows(rule, ["doc_id"]).alias("place")).where(F.col("place") <= EACH)
    few = first.join(F.broadcast(moved.groupBy(*rule).agg(F.count(F.lit(1)).alias("moves"))), rule)
    rank = rank_rows(["side"], ["place", F.desc("moves"), "moved_by"])
    chosen = few.withColumn("order", rank).where(F.col("order") <= EXAMPLES).orderBy("side", "order").collect()
    ids = [row["doc_id"] for row in chosen]
    said = now.select("doc_id", "rank", *SAID).unionByName(then.select("doc_id", "rank", *SAID))
    said = said.where(F.col("doc_id").isin(ids) & (F.col("rank") == 1))
    text = F.substring("text", 1, 4 * EXCERPT) if excerpts else F.lit(None).cast("string")
    read = documents.where(F.col("doc_id").isin(ids)).select("doc_id", text.alias("excerpt"))
    known = {bytes(row["doc_id"]): row for row in said.join(read, "doc_id", "left").collect()}
    return tuple(Row(side=row["side"], **known[bytes(row["doc_id"])].asDict()) for row in chosen)


def told(found: Changes) -> list[str | Table]:
    """The changes as sentences and tables for a terminal."""
    out: list[str | Table] = [
        f"{counted(found.documents, 'document')} judged: {count(found.cut_now)} are cut now, {count(found.cut_then)} would be; "
        f"{count(found.moved.get(CUT, 0))} newly cut, {count(found.moved.get(KEPT, 0))} newly kept"
    ]
    changed = [row for row in found.rules if row["now"] != row["then"]]
    if changed:
        out += _rules(changed)
    if same := len(found.rules) - len(changed):
        out.append(f"unchanged: {counted(same, 'pair')} of rule and source")
    return out + [_example(row) for row in found.examples]


def _rules(changed: list[Row]) -> list[str | Table]:
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
    return [table, *([f"{counted(left, 'pair')} of rule and source with smaller changes not shown"] if left > 0 else [])]


def _example(row: Row) -> str:
    measured = row["detail"] or "not measured" if row["value"] is None else f"measured {row['value']:.6g}"
    limit = "" if row["threshold"] is None else f", threshold {row['threshold']:.6g}"
    excerpt = "" if row["excerpt"] is None else f": {start(row['excerpt'], EXCERPT)}"
    return f"{row['side']} {row['doc_id'].hex()} ({name(row['source'], 24)}) {name(row['rule'])}, {measured}{limit}{excerpt}"
