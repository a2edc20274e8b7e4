"""What a policy did, counted: which rules documents fail, by source and by language, and what rewriting cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

MOST = {"source": 24, "language": 12}
"""So many sources and languages are told apart; the others are counted together."""
REST = "others"
UNKNOWN = "unknown"

By = Literal["source", "language"]


@dataclass(frozen=True)
class Judged:
    """Documents of one source or language that were judged, and those that failed a rule."""

    by: By
    name: str
    documents: int
    cut: int


@dataclass(frozen=True)
class Failed:
    """Documents of one source or language that fail a rule, and those whose first reason it is."""

    by: By
    name: str
    rule: str
    documents: int
    first: int


@dataclass(frozen=True)
class Edited:
    """Pieces that a rewriting rule cut from texts."""

    rule: str
    pieces: int
    characters: int
    documents: int


def judged(frames: Mapping[str, DataFrame]) -> tuple[tuple[Judged, ...], tuple[Failed, ...]]:
    """Documents judged and failed by source and by language. One join of rejects with languages by doc_id, else partial counts."""
    tongues = frames["signals"].where("set = 'basics'").select("doc_id", "batch", "language")
    rejects = frames["rejects"].where("step = 'judge'").select("doc_id", "batch", "source", "rule", "rank")
    spoken = rejects.join(tongues, ["doc_id", "batch"], "left")
    counts: list[Judged] = []
    fails: list[Failed] = []
    for by, came, cut in (("source", frames["documents"], rejects), ("language", tongues, spoken)):
        told, failed = _by(by, came, cut)  # type: ignore[arg-type]
        counts += told
        fails += failed
    return tuple(counts), tuple(fails)


def edited(edits: DataFrame) -> tuple[Edited, ...]:
    """What each rewriting rule cut. Shuffles partial sums by rule."""
    pieces, characters = F.sum(F.size("starts")).alias("pieces"), F.sum("characters").alias("characters")
    sums = edits.groupBy("rule").agg(pieces, characters, F.count(F.lit(1)).alias("documents"))
    return tuple(Edited(**row.asDict()) for row in sums.orderBy(F.desc("pieces"), "rule").collect())


def _by(by: By, came: DataFrame, cut: DataFrame) -> tuple[list[Judged], list[Failed]]:
    known = F.coalesce(F.col(by), F.lit(UNKNOWN))
    sums = came.rollup(known.alias("name")).count()  # all together have no name, and come first
    sizes = sums.orderBy(F.desc("count"), F.col("name").asc_nulls_first()).limit(MOST[by] + 1).collect()
    documents = {row["name"]: row["count"] for row in sizes[1:]}
    name, first = _named(known, list(documents)).alias("name"), F.count_if(F.col("rank") == 1)
    if sizes and (others := sizes[0]["count"] - sum(documents.values())):
        documents[REST] = documents.get(REST, 0) + others
    rows = (
        cut.groupBy(name, "rule").agg(F.count(F.lit(1)).alias("documents"), first.alias("first")).orderBy("name", "rule").collect()
    )
    failed = [Failed(by, **row.asDict()) for row in rows]
    lost = {place: sum(row.first for row in failed if row.name == place) for place in documents}
    return [Judged(by, place, count, lost[place]) for place, count in documents.items()], failed


def _named(known: Column, named: list[str]) -> Column:
    return F.when(known.isin(named), known).otherwise(REST) if named else known
