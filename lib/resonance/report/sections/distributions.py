"""How signals are distributed: quantiles first, then buckets between them, two scans of each signal set."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.frames import find_quantiles
from resonance.tables import SIGNAL_SETS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row

    from resonance.core.signal import Signal

BUCKETS = 24
QUANTILES = (0.005, 0.5, 0.995)
SKEWED = 10
"""Positive signals whose upper quantile is this many times their median get buckets of equal ratio."""

FINITE = 1e300


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
    signal: Signal
    low: float
    median: float
    high: float
    thresholds: tuple[Threshold, ...]
    buckets: int = BUCKETS
    log: bool = False
    whole: bool = False


def find_distributions(signals: Mapping[str, DataFrame], thresholds: tuple[Threshold, ...] = ()) -> tuple[Distribution, ...]:
    """One distribution for each signal that has values, of those that rules read or a set shows: first those, in their order.

    Thresholds lie inside the buckets. ``signals`` holds what was measured, by the name of its set.
    """
    asked = [(t.set, t.signal) for t in thresholds]
    asked += [(name, signal) for name, declared in SIGNAL_SETS.items() for signal in declared.shown]
    places = [(name, signal) for name, signal in dict.fromkeys(asked) if name in signals]
    found: dict[tuple[str, str], Distribution] = {}
    for name in dict.fromkeys(name for name, _ in places):
        shown = [signal for signal in SIGNAL_SETS[name].signals if (name, signal.name) in places]
        of_set = _find_in_set(name, signals[name], shown, [t for t in thresholds if t.set == name])
        found |= {(name, one.signal): one for one in of_set}
    return tuple(found[place] for place in places if place in found)


def _find_in_set(name: str, rows: DataFrame, shown: list[Signal], thresholds: list[Threshold]) -> list[Distribution]:
    ranges = _ranges(rows, [signal for signal in shown if signal.type != "string"], thresholds)
    labels = [signal for signal in shown if signal.type == "string"]
    counts = _counts(rows, ranges, labels) if ranges or labels else {}
    numbers = [_numbers(name, span, counts) for span in ranges]
    return numbers + [_names(name, signal, counts) for signal in labels if signal.name in counts]


def _ranges(rows: DataFrame, signals: list[Signal], thresholds: list[Threshold]) -> list[_Range]:
    quantiles = [find_quantiles(_finite(signal), QUANTILES).alias(str(index)) for index, signal in enumerate(signals)]
    found = rows.agg(*quantiles).collect()[0] if signals else ()
    return [_range(signal, places, thresholds) for signal, places in zip(signals, found, strict=True) if places[0] is not None]


def _range(signal: Signal, quantiles: list[float], thresholds: list[Threshold]) -> _Range:
    low, median, high = map(float, quantiles)
    asked = tuple(t for t in thresholds if t.signal == signal.name)
    low, high = min([low, *(t.value for t in asked)]), max([high, *(t.value for t in asked)])
    if signal.type == "int":
        low, high = math.floor(low), math.ceil(high)  # quantiles may lie between two whole numbers
        if high - low < BUCKETS:
            return _Range(signal, low - 0.5, median, high + 0.5, asked, int(high - low) + 1, whole=True)
        if low >= 0 and high > SKEWED * max(median, 1):
            return _Range(signal, low, median, high, asked, log=True)
    return _rounded(signal, low, median, high, asked)


def _rounded(signal: Signal, low: float, median: float, high: float, asked: tuple[Threshold, ...]) -> _Range:
    """The range widened to round numbers, a twentieth of its span at most; from zero where it starts near it."""
    span = (high - low) or 1.0
    step = 10 ** math.floor(math.log10(span / 4)) / 2
    start = 0.0 if 0 <= low < span / 10 else math.floor(low / step) * step
    end = max(math.ceil(high / step) * step, start + step)
    return _Range(signal, float(f"{start:.6g}"), median, float(f"{end:.6g}"), asked)


def _counts(rows: DataFrame, ranges: list[_Range], labels: list[Signal]) -> dict[str, list[Row]]:
    """Rows by signal and bucket or label, of those that have one."""
    nothing = F.lit(None)
    cells = [(span.signal.name, _bucket(span), nothing.cast("string")) for span in ranges]
    cells += [(signal.name, nothing.cast("int"), F.when(F.col(signal.name).isNotNull(), F.col(signal.name))) for signal in labels]
    structs = [F.struct(F.lit(n).alias("signal"), b.alias("bucket"), label.alias("name")) for n, b, label in cells]
    long = rows.select(F.explode(F.array(*structs)).alias("cell")).select("cell.*")
    seen = long.where("bucket IS NOT NULL OR name IS NOT NULL").groupBy("signal", "bucket", "name").count()
    grouped: dict[str, list[Row]] = {}
    for row in seen.collect():
        grouped.setdefault(row["signal"], []).append(row)
    return grouped


def _bucket(span: _Range) -> Column:
    value, low, high = _finite(span.signal), F.lit(span.low), F.lit(span.high)
    if span.log:
        value, low, high = F.log1p(value), F.log1p(low), F.log1p(high)
    place = F.floor((value - low) / (high - low) * span.buckets)
    return F.when(value.isNotNull(), F.least(F.greatest(place, F.lit(0)), F.lit(span.buckets - 1))).cast("int")


def _finite(signal: Signal) -> Column:
    value = F.col(signal.name).cast("double")
    return F.when(F.abs(value) < FINITE, value)


def _numbers(name: str, span: _Range, counts: dict[str, list[Row]]) -> Distribution:
    found = {row["bucket"]: int(row["count"]) for row in counts.get(span.signal.name, [])}
    buckets = tuple(found.get(bucket, 0) for bucket in range(span.buckets))
    return Distribution(
        name,
        span.signal.name,
        span.signal.meaning,
        sum(buckets),
        span.low,
        span.median,
        span.high,
        span.log,
        span.whole,
        counts=buckets,
        thresholds=span.thresholds,
    )


def _names(name: str, signal: Signal, counts: dict[str, list[Row]]) -> Distribution:
    rows = counts[signal.name]
    found = sorted(((row["name"], int(row["count"])) for row in rows), key=lambda pair: (-pair[1], pair[0]))
    return Distribution(name, signal.name, signal.meaning, sum(n for _, n in found), names=tuple(found))
