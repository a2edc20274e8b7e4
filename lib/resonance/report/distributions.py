"""How signals are distributed: quantiles first, then buckets between them, two scans in all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, FloatType, IntegerType, LongType, StringType

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row
    from pyspark.sql.types import StructField

BUCKETS = 24
QUANTILES = (0.005, 0.5, 0.995)
ACCURACY = 1_000
SKEWED = 10
"""Positive signals whose upper quantile is this many times their median get buckets of equal ratio."""

PLACES = frozenset({"doc_id", "bucket", "content_hash", "batch", "set", "version"})
FINITE = 1e300
MEASURED = {
    "gopher_short_doc": "n_words",
    "gopher_long_doc": "n_words",
    "gopher_below_avg_threshold": "mean_word_length",
    "gopher_above_avg_threshold": "mean_word_length",
    "gopher_too_many_hashes": "hash_ratio",
    "gopher_too_many_ellipsis": "ellipsis_ratio",
    "gopher_too_many_bullets": "bullet_line_ratio",
    "gopher_too_many_end_ellipsis": "end_ellipsis_line_ratio",
    "gopher_below_alpha_threshold": "alpha_word_ratio",
    "gopher_enough_stop_words": "stop_words",
    "language": "language_score",
}
"""The signal that each rule with a threshold looks at."""


@dataclass(frozen=True)
class Threshold:
    """What a rule asks of a signal: values ``below`` (else above) ``value`` are cut."""

    rule: str
    value: float
    below: bool


@dataclass(frozen=True)
class Distribution:
    """Counts of one signal in buckets; the first and the last bucket also hold what lies beyond them.

    Names instead of buckets stand in ``names`` where the signal is a text.
    """

    signal: str
    meaning: str
    values: int
    low: float = 0.0
    median: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    counts: tuple[int, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    thresholds: tuple[Threshold, ...] = ()


@dataclass(frozen=True)
class _Range:
    field: StructField
    low: float
    median: float
    high: float
    thresholds: tuple[Threshold, ...]
    buckets: int = BUCKETS
    log: bool = False
    whole: bool = False


def distributions(signals: DataFrame, thresholds: tuple[Threshold, ...] = ()) -> tuple[Distribution, ...]:
    """One distribution for each signal that has values, in the order of columns; thresholds lie inside its buckets."""
    ranges = _ranges(signals, thresholds)
    names = [f for f in signals.schema.fields if f.name not in PLACES and isinstance(f.dataType, StringType)]
    if not ranges:
        return ()
    counts = _counts(signals, ranges, names)
    return tuple(_numbers(r, counts) for r in ranges) + tuple(_names(f, counts) for f in names if f.name in counts)


def _ranges(signals: DataFrame, thresholds: tuple[Threshold, ...]) -> list[_Range]:
    numbers = DoubleType | FloatType | IntegerType | LongType
    fields = [f for f in signals.schema.fields if f.name not in PLACES and isinstance(f.dataType, numbers)]
    quantiles = [F.percentile_approx(_finite(f.name), list(QUANTILES), ACCURACY).alias(f.name) for f in fields]
    found = signals.agg(*quantiles).collect()[0].asDict() if fields else {}
    return [_range(f, found[f.name], thresholds) for f in fields if found[f.name] is not None]


def _range(field: StructField, quantiles: list[float], thresholds: tuple[Threshold, ...]) -> _Range:
    low, median, high = map(float, quantiles)
    asked = tuple(t for t in thresholds if MEASURED.get(t.rule) == field.name)
    low, high = min([low, *(t.value for t in asked)]), max([high, *(t.value for t in asked)])
    if isinstance(field.dataType, IntegerType | LongType):
        if high - low < BUCKETS:
            return _Range(field, low - 0.5, median, high + 0.5, asked, int(high - low) + 1, whole=True)
        if low >= 0 and high > SKEWED * max(median, 1):
            return _Range(field, low, median, high, asked, log=True)
    return _rounded(field, low, median, high, asked)


def _rounded(field: StructField, low: float, median: float, high: float, asked: tuple[Threshold, ...]) -> _Range:
    """The range widened to round numbers, a twentieth of its span at most; from zero where it starts near it."""
    span = (high - low) or 1.0
    step = 10 ** math.floor(math.log10(span / 4)) / 2
    start = 0.0 if 0 <= low < span / 10 else math.floor(low / step) * step
    end = max(math.ceil(high / step) * step, start + step)
    return _Range(field, float(f"{start:.6g}"), median, float(f"{end:.6g}"), asked)


def _counts(signals: DataFrame, ranges: list[_Range], names: list[StructField]) -> dict[str, list[Row]]:
    cells = [F.struct(F.lit(r.field.name).alias("signal"), _bucket(r).alias("bucket"), _no_name().alias("name")) for r in ranges]
    cells += [
        F.struct(F.lit(f.name).alias("signal"), F.lit(None).cast("int").alias("bucket"), F.col(f.name).alias("name")) for f in names
    ]
    long = signals.select(F.explode(F.array(*cells)).alias("cell")).select("cell.*")
    seen = long.where("bucket IS NOT NULL OR name IS NOT NULL").groupBy("signal", "bucket", "name").count()
    grouped: dict[str, list[Row]] = {}
    for row in seen.collect():
        grouped.setdefault(row["signal"], []).append(row)
    return grouped


def _bucket(span: _Range) -> Column:
    value, low, high = _finite(span.field.name), F.lit(span.low), F.lit(span.high)
    if span.log:
        value, low, high = F.log1p(value), F.log1p(low), F.log1p(high)
    place = F.floor((value - low) / (high - low) * span.buckets)
    return F.when(value.isNotNull(), F.least(F.greatest(place, F.lit(0)), F.lit(span.buckets - 1))).cast("int")


def _finite(column: str) -> Column:
    value = F.col(column).cast("double")
    return F.when(F.abs(value) < FINITE, value)


def _no_name() -> Column:
    return F.lit(None).cast("string")


def _numbers(span: _Range, counts: dict[str, list[Row]]) -> Distribution:
    found = {row["bucket"]: int(row["count"]) for row in counts.get(span.field.name, [])}
    buckets = tuple(found.get(bucket, 0) for bucket in range(span.buckets))
    return Distribution(
        span.field.name,
        _meaning(span.field),
        sum(buckets),
        span.low,
        span.median,
        span.high,
        span.log,
        span.whole,
        counts=buckets,
        thresholds=span.thresholds,
    )


def _names(field: StructField, counts: dict[str, list[Row]]) -> Distribution:
    found = sorted(((row["name"], int(row["count"])) for row in counts[field.name]), key=lambda pair: (-pair[1], pair[0]))
    return Distribution(field.name, _meaning(field), sum(n for _, n in found), names=tuple(found))


def _meaning(field: StructField) -> str:
    return str(field.metadata.get("comment", ""))
