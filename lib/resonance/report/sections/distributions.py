"""How signals are distributed: quantiles first, then buckets between them, two scans in all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, StringType

from resonance.core.frames import find_quantiles

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row
    from pyspark.sql.types import StructField

BUCKETS = 24
QUANTILES = (0.005, 0.5, 0.995)
SKEWED = 10
"""Positive signals whose upper quantile is this many times their median get buckets of equal ratio."""

FINITE = 1e300
ALWAYS = {
    "basics": ("n_chars", "compression_ratio", "language", "language_score"),
    "quality": ("quality", "compression_ratio", "unique_word_ratio", "dup_line_ratio", "punct_line_ratio"),
}
"""Signals by set that are shown whatever the policy reads."""


@dataclass(frozen=True)
class Threshold:
    """What a rule asks of a signal of a set: values ``below`` (else above) ``value`` are cut."""

    rule: str
    set: str
    signal: str
    value: float
    below: bool


@dataclass(frozen=True)
class Distribution:
    """Counts of one signal in buckets; the first and the last bucket also hold what lies beyond them.

    Names instead of buckets stand in ``names`` where the signal is a text.
    """

    set: str
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
    set: str
    field: StructField
    low: float
    median: float
    high: float
    thresholds: tuple[Threshold, ...]
    buckets: int = BUCKETS
    log: bool = False
    whole: bool = False


def find_distributions(
    signals: DataFrame, thresholds: tuple[Threshold, ...] = (), meanings: Mapping[str, str] | None = None
) -> tuple[Distribution, ...]:
    """One distribution for each signal that has values, of those that thresholds or ``ALWAYS`` name, set by set.

    Thresholds lie inside the buckets. ``meanings`` says what each column means: frames do not, as the embedded engine cannot
    unite columns with comments and such without.
    """
    places = _places(signals, thresholds)
    numbers = [(name, field) for name, field in places if not isinstance(field.dataType, StringType)]
    names = [(name, field) for name, field in places if isinstance(field.dataType, StringType)]
    ranges = _ranges(signals, numbers, thresholds)
    if not ranges:
        return ()
    counts = _counts(signals, ranges, names)
    found = {(r.set, r.field.name): _numbers(r, counts) for r in ranges}
    found |= {(name, f.name): _names(name, f, counts) for name, f in names if (name, f.name) in counts}
    shown = (found[name, field.name] for name, field in places if (name, field.name) in found)
    return tuple(replace(one, meaning=(meanings or {}).get(one.signal, "")) for one in shown)


def _places(signals: DataFrame, thresholds: tuple[Threshold, ...]) -> list[tuple[str, StructField]]:
    """Sets and columns to show: what rules read in the order of rules, then the others."""
    fields = {field.name: field for field in signals.schema.fields}
    asked = [(t.set, t.signal) for t in thresholds] + [(name, column) for name, columns in ALWAYS.items() for column in columns]
    return [(name, fields[column]) for name, column in dict.fromkeys(asked) if column in fields]


def _ranges(signals: DataFrame, places: list[tuple[str, StructField]], thresholds: tuple[Threshold, ...]) -> list[_Range]:
    quantiles = [
        find_quantiles(_finite(name, field.name), QUANTILES).alias(str(index)) for index, (name, field) in enumerate(places)
    ]
    found = signals.agg(*quantiles).collect()[0] if places else ()
    return [_range(*place, quantile, thresholds) for place, quantile in zip(places, found, strict=True) if quantile[0] is not None]


def _range(name: str, field: StructField, quantiles: list[float], thresholds: tuple[Threshold, ...]) -> _Range:
    low, median, high = map(float, quantiles)
    asked = tuple(t for t in thresholds if (t.set, t.signal) == (name, field.name))
    low, high = min([low, *(t.value for t in asked)]), max([high, *(t.value for t in asked)])
    if isinstance(field.dataType, IntegerType | LongType):
        low, high = math.floor(low), math.ceil(high)  # quantiles may lie between two whole numbers
        if high - low < BUCKETS:
            return _Range(name, field, low - 0.5, median, high + 0.5, asked, int(high - low) + 1, whole=True)
        if low >= 0 and high > SKEWED * max(median, 1):
            return _Range(name, field, low, median, high, asked, log=True)
    return _rounded(name, field, low, median, high, asked)


def _rounded(name: str, field: StructField, low: float, median: float, high: float, asked: tuple[Threshold, ...]) -> _Range:
    """The range widened to round numbers, a twentieth of its span at most; from zero where it starts near it."""
    span = (high - low) or 1.0
    step = 10 ** math.floor(math.log10(span / 4)) / 2
    start = 0.0 if 0 <= low < span / 10 else math.floor(low / step) * step
    end = max(math.ceil(high / step) * step, start + step)
    return _Range(name, field, float(f"{start:.6g}"), median, float(f"{end:.6g}"), asked)


def _counts(signals: DataFrame, ranges: list[_Range], names: list[tuple[str, StructField]]) -> dict[tuple[str, str], list[Row]]:
    numbers = [F.struct(*_key(r.set, r.field), _bucket(r).alias("bucket"), _no_name().alias("name")) for r in ranges]
    labels = [
        F.struct(*_key(name, f), F.lit(None).cast("int").alias("bucket"), F.when(F.col("set") == name, F.col(f.name)).alias("name"))
        for name, f in names
    ]
    long = signals.select(F.explode(F.array(*numbers, *labels)).alias("cell")).select("cell.*")
    seen = long.where("bucket IS NOT NULL OR name IS NOT NULL").groupBy("of", "signal", "bucket", "name").count()
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in seen.collect():
        grouped.setdefault((row["of"], row["signal"]), []).append(row)
    return grouped


def _key(name: str, field: StructField) -> tuple[Column, Column]:
    return F.lit(name).alias("of"), F.lit(field.name).alias("signal")


def _bucket(span: _Range) -> Column:
    value, low, high = _finite(span.set, span.field.name), F.lit(span.low), F.lit(span.high)
    if span.log:
        value, low, high = F.log1p(value), F.log1p(low), F.log1p(high)
    place = F.floor((value - low) / (high - low) * span.buckets)
    return F.when(value.isNotNull(), F.least(F.greatest(place, F.lit(0)), F.lit(span.buckets - 1))).cast("int")


def _finite(name: str, column: str) -> Column:
    value = F.col(column).cast("double")
    return F.when((F.col("set") == name) & (F.abs(value) < FINITE), value)


def _no_name() -> Column:
    return F.lit(None).cast("string")


def _numbers(span: _Range, counts: dict[tuple[str, str], list[Row]]) -> Distribution:
    found = {row["bucket"]: int(row["count"]) for row in counts.get((span.set, span.field.name), [])}
    buckets = tuple(found.get(bucket, 0) for bucket in range(span.buckets))
    return Distribution(
        span.set,
        span.field.name,
        "",
        sum(buckets),
        span.low,
        span.median,
        span.high,
        span.log,
        span.whole,
        counts=buckets,
        thresholds=span.thresholds,
    )


def _names(name: str, field: StructField, counts: dict[tuple[str, str], list[Row]]) -> Distribution:
    rows = counts[name, field.name]
    found = sorted(((row["name"], int(row["count"])) for row in rows), key=lambda pair: (-pair[1], pair[0]))
    return Distribution(name, field.name, "", sum(n for _, n in found), names=tuple(found))
