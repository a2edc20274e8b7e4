"""What would change if another policy were in force: rejects as they stand against rejects as they would be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F
from rich.markup import escape
from rich.table import Table

from resonance.report.wording import count, counted, minus, name, start

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

CUT, KEPT = "newly cut", "newly kept"
SAID = ("source", "rule", "value", "threshold", "detail")
SHOWN = 30
EACH = 2
EXAMPLES = 6
EXCERPT = 60


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


def changes(documents: DataFrame, now: DataFrame, then: DataFrame, *, excerpts: bool) -> Changes:
    """The difference between rejects of one job, as they stand (``now``) and as they would be (``then``).

    Shuffles partial counts, and the ids that either side cuts. Texts are read for ``excerpts`` only.
    """
    both = now.select("doc_id", "rank", *SAID, F.lit(True).alias("now"))
    both = both.unionByName(then.select("doc_id", "rank", *SAID, F.lit(False).alias("now"))).persist()
    rules = both.groupBy("rule", "source").agg(F.count_if("now").alias("now"), F.count_if(~F.col("now")).alias("then")).collect()
    first = both.where("rank = 1").agg(F.count_if("now").alias("now"), F.count_if(~F.col("now")).alias("then")).collect()[0]
    other = moved(both)
    sides = {row["side"]: row["count"] for row in other.groupBy("side").count().collect()}
    told = _examples(other, documents, excerpts) if sides else ()
    both.unpersist()
    return Changes(documents.count(), first["now"], first["then"], tuple(rules), sides, told)


def moved(both: DataFrame) -> DataFrame:
    """Documents that one side alone cuts, each with the first rule that cuts it there."""
    one = F.max(F.when(F.col("now"), F.struct(*SAID))).alias("now")
    other = F.max(F.when(~F.col("now"), F.struct(*SAID))).alias("then")
    only = both.where("rank = 1").groupBy("doc_id").agg(one, other).where("now IS NULL OR then IS NULL")
    side = F.when(F.col("now").isNull(), CUT).otherwise(KEPT).alias("side")
    return only.select("doc_id", side, F.coalesce("then", "now").alias("said")).select("doc_id", "side", "said.*")


def _examples(moved: DataFrame, documents: DataFrame, excerpts: bool) -> tuple[Row, ...]:
    """A few documents of each side: the first by id under each rule, and of rules those that move most."""
    place = F.row_number().over(Window.partitionBy("side", "rule").orderBy("doc_id"))
    rows = F.count(F.lit(1)).over(Window.partitionBy("side", "rule"))
    few = moved.withColumns({"place": place, "moves": rows}).where(F.col("place") <= EACH)
    rank = F.row_number().over(Window.partitionBy("side").orderBy("place", F.desc("moves"), "rule"))
    chosen = few.withColumn("order", rank).where(F.col("order") <= EXAMPLES)
    text = F.substring("text", 1, 4 * EXCERPT) if excerpts else F.lit(None).cast("string")
    read = documents.select("doc_id", text.alias("excerpt"))
    return tuple(chosen.join(read, "doc_id", "left").orderBy("side", "order").collect())


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
