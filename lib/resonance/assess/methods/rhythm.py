"""Rhythm: how far apart the moments are at which something was collected or measured, source by source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from resonance.assess.arrays import read_texts, read_times
from resonance.assess.methods.shares import judge_share, read_goal
from resonance.assess.methods.times import DAY, read_interval
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.frames import find_quantiles, map_batches
from resonance.core.parts import State

MILLION = 1_000_000


@dataclass(frozen=True)
class Moments:
    """Keys and moments of rows that have both: texts, and microseconds since 1970."""

    key: str
    moment: str

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """One batch for each."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for batch in batches:
            seconds = read_times(batch.column(self.moment))
            at = pc.round(pc.multiply(seconds, float(MILLION))).cast(pa.int64())
            keys = read_texts(batch.column(self.key)).cast(pa.string())
            both = pc.and_(keys.is_valid(), at.is_valid())
            yield pa.RecordBatch.from_pydict({"key": keys.filter(both), "at": at.filter(both)})


def bind_collection(asked: Asked) -> Bound:
    """How far sources keep the promised interval between their batches, weighed by their rows.

    A batch is what was collected at one moment. A source with one batch has no interval, and is not looked at.
    """
    source, moment = asked.column("source_id"), asked.column("collected_at")
    promised = read_interval(asked, "sla_frequency") * DAY
    quantile = asked.params["quantile"]

    def count_gaps(rows: DataFrame) -> Mapping[str, Any]:
        return _look_at_gaps(rows, source, moment, quantile, lambda gap: F.least(F.lit(1.0), F.lit(promised * MILLION) / gap))

    def judge(state: State) -> Finding | None:
        if not state["rows_of_several"]:
            raise UnmeasurableError(f"column {moment} has two moments of no source: there is no interval")
        mean = state["kept"] / state["rows_of_several"]
        return Finding(min(1.0, mean), mean, state["rows_of_several"])

    return Bound(judge, own=count_gaps)


def bind_sampling(asked: Asked) -> Bound:
    """Entities that are measured as often as was promised, of those with two moments or more."""
    entity, moment = asked.column("entity"), asked.column("ts")
    interval = read_goal(asked, "interval") * MILLION

    def count_gaps(rows: DataFrame) -> Mapping[str, Any]:
        return _look_at_gaps(rows, entity, moment, 0.5, lambda gap: F.when(gap <= interval, F.lit(1.0)).otherwise(F.lit(0.0)))

    def judge(state: State) -> Finding | None:
        found = judge_share(round(state["kept_keys"] or 0), state["keys"])
        return None if found is None else Finding(found.score, found.raw, state["rows_of_several"])

    return Bound(judge, own=count_gaps)


def _look_at_gaps(rows: DataFrame, key: str, moment: str, quantile: float, score: Callable[[Column], Column]) -> Mapping[str, Any]:
    """How keys with two moments or more score by a quantile of their gaps: their number and rows, and sums of scores over both."""
    timed = map_batches(rows.select(F.col(f"`{key}`"), F.col(f"`{moment}`")), Moments(key, moment), "key string, at bigint")
    moments = timed.groupBy("key", "at").agg(F.count(F.lit(1)).alias("n"))
    before = F.max("at").over(Window.partitionBy("key").orderBy("at").rowsBetween(Window.unboundedPreceding, -1))
    gaps = moments.withColumn("gap", (F.col("at") - before).cast("double"))
    sources = gaps.groupBy("key").agg(F.sum("n").alias("n"), find_quantiles(F.col("gap"), [quantile])[0].alias("gap"))
    scored = sources.where("gap IS NOT NULL").withColumn("score", score(F.col("gap")))
    (row,) = scored.agg(
        F.count(F.lit(1)).alias("keys"),
        F.coalesce(F.sum("n"), F.lit(0)).alias("rows_of_several"),
        F.sum(F.col("score") * F.col("n")).alias("kept"),
        F.sum("score").alias("kept_keys"),
    ).collect()
    return row.asDict()
