"""How the signals of texts are distributed, and where thresholds cut: quantiles first, then buckets between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.core.frames import find_quantiles
from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.draw.histogram import Histogram, draw_histogram
from resonance.report.facts.sample import choose_sample, describe_sample
from resonance.report.language import restate, say
from resonance.report.parts import Block, Chart, Key
from resonance.report.section import Section
from resonance.report.wording import amount, count, join_sentences, name, plain, share, short
from resonance.tables import SIGNAL_SETS, SIGNALS, SIGNALS_QUALITY

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row

    from resonance.core.settings import ReportSettings
    from resonance.core.signal import Signal
    from resonance.report.facts.shared import Facts

BUCKETS = 24
QUANTILES = (0.005, 0.5, 0.995)
SKEWED = 10
"""Positive signals whose upper quantile is this many times their median get buckets of equal ratio."""
FINITE = 1e300
NAMES = 5
"""Values of a signal that is a text that are named; the others are counted together."""


@dataclass(frozen=True)
class Threshold:
    """What a rule asks of a signal of a set: it cuts values ``below`` ``value``, or else above it."""

    rule: str
    set: str
    signal: str
    value: float
    below: bool


@dataclass(frozen=True)
class Distribution:
    """Counts of one signal in buckets; the first and the last bucket also count values beyond them.

    A signal that is a text has no buckets: ``names`` counts its values.
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


@dataclass(frozen=True)
class Signals:
    """How the signals that are shown are distributed."""

    shared: Facts
    distributions: tuple[Distribution, ...] = ()


def gather_signals(frames: Mapping[str, DataFrame], shared: Facts) -> Signals:
    """Distributions over a sample of documents, in two scans of each set that is shown."""
    share = choose_sample(shared.rows["documents"])
    measured = {s.name: frames[s.table].where(share) for s in SIGNAL_SETS.values() if shared.rows[s.table]}
    return Signals(shared, find_distributions(measured, read_thresholds(shared.rules)))


def read_thresholds(rules: Iterable[Row]) -> tuple[Threshold, ...]:
    """The thresholds of rules, in their order; each once where batches were judged alike."""
    found = (
        Threshold(rule["rule"], rule["set"], rule["signal"], rule["threshold"], rule["side"] == "below")
        for rule in rules
        if rule["threshold"] is not None
    )
    return tuple(dict.fromkeys(found))


def find_distributions(signals: Mapping[str, DataFrame], thresholds: tuple[Threshold, ...] = ()) -> tuple[Distribution, ...]:
    """One distribution for each signal that has values and that a rule reads or its set shows, those of rules first.

    Thresholds lie inside the buckets.

    Args:
        signals: what was measured, by the name of its set.
        thresholds: what rules ask for.
    """
    asked = [(t.set, t.signal) for t in thresholds]
    asked += [(of, signal) for of, declared in SIGNAL_SETS.items() for signal in declared.shown]
    places = [(of, signal) for of, signal in dict.fromkeys(asked) if of in signals]
    found: dict[tuple[str, str], Distribution] = {}
    for of in dict.fromkeys(of for of, _ in places):
        shown = [signal for signal in SIGNAL_SETS[of].signals if (of, signal.name) in places]
        of_set = _find_in_set(of, signals[of], shown, [t for t in thresholds if t.set == of])
        found |= {(of, one.signal): one for one in of_set}
    return tuple(found[place] for place in places if place in found)


def _find_in_set(set_name: str, rows: DataFrame, shown: list[Signal], thresholds: list[Threshold]) -> list[Distribution]:
    ranges = _find_ranges(rows, [signal for signal in shown if signal.type != "string"], thresholds)
    counts = _count_buckets(rows, ranges)
    numbers = [_fill_buckets(set_name, span, counts.get(span.signal.name, {})) for span in ranges]
    labels = [_count_labels(set_name, signal, rows) for signal in shown if signal.type == "string"]
    return numbers + [found for found in labels if found.names]


def _find_ranges(rows: DataFrame, signals: list[Signal], thresholds: list[Threshold]) -> list[_Range]:
    quantiles = [find_quantiles(_keep_finite(signal), QUANTILES).alias(str(index)) for index, signal in enumerate(signals)]
    found = rows.agg(*quantiles).collect()[0] if signals else ()
    return [_make_range(signal, places, thresholds) for signal, places in zip(signals, found, strict=True) if places[0] is not None]


def _make_range(signal: Signal, quantiles: list[float], thresholds: list[Threshold]) -> _Range:
    low, median, high = map(float, quantiles)
    asked = tuple(t for t in thresholds if t.signal == signal.name)
    low, high = min([low, *(t.value for t in asked)]), max([high, *(t.value for t in asked)])
    if signal.type == "int":
        low, high = math.floor(low), math.ceil(high)  # quantiles may lie between two whole numbers
        if high - low < BUCKETS:
            return _Range(signal, low - 0.5, median, high + 0.5, asked, int(high - low) + 1, whole=True)
        if low >= 0 and high > SKEWED * max(median, 1):
            return _Range(signal, low, median, high, asked, log=True)
    return _round_range(signal, low, median, high, asked)


def _round_range(signal: Signal, low: float, median: float, high: float, asked: tuple[Threshold, ...]) -> _Range:
    """The range widened to round numbers, a twentieth of its span at most; from zero where it starts near it."""
    span = (high - low) or 1.0
    step = 10 ** math.floor(math.log10(span / 4)) / 2
    start = 0.0 if 0 <= low < span / 10 else math.floor(low / step) * step
    end = max(math.ceil(high / step) * step, start + step)
    return _Range(signal, float(f"{start:.6g}"), median, float(f"{end:.6g}"), asked)


def _count_buckets(rows: DataFrame, ranges: list[_Range]) -> dict[str, dict[int, int]]:
    """Rows of each signal by bucket, in one scan."""
    cells = [F.struct(F.lit(span.signal.name).alias("signal"), _find_bucket(span).alias("bucket")) for span in ranges]
    if not cells:
        return {}
    long = rows.select(F.explode(F.array(*cells)).alias("cell")).select("cell.*").where("bucket IS NOT NULL")
    counts: dict[str, dict[int, int]] = {}
    for row in long.groupBy("signal", "bucket").count().collect():
        counts.setdefault(row["signal"], {})[row["bucket"]] = row["count"]
    return counts


def _find_bucket(span: _Range) -> Column:
    value, low, high = _keep_finite(span.signal), F.lit(span.low), F.lit(span.high)
    if span.log:
        value, low, high = F.log1p(value), F.log1p(low), F.log1p(high)
    place = F.floor((value - low) / (high - low) * span.buckets)
    return F.when(value.isNotNull(), F.least(F.greatest(place, F.lit(0)), F.lit(span.buckets - 1))).cast("int")


def _keep_finite(signal: Signal) -> Column:
    value = F.col(signal.name).cast("double")
    return F.when(F.abs(value) < FINITE, value)


def _fill_buckets(set_name: str, span: _Range, counts: Mapping[int, int]) -> Distribution:
    buckets = tuple(counts.get(bucket, 0) for bucket in range(span.buckets))
    return Distribution(
        set_name,
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


def _count_labels(set_name: str, signal: Signal, rows: DataFrame) -> Distribution:
    """Rows of a signal that is a text by its value, in a scan of its own: most sets have none."""
    known = rows.where(F.col(signal.name).isNotNull()).groupBy(F.col(signal.name).alias("label")).count()
    found = sorted(((row["label"], row["count"]) for row in known.collect()), key=lambda pair: (-pair[1], pair[0]))
    return Distribution(set_name, signal.name, signal.meaning, sum(n for _, n in found), names=tuple(found))


def draw_signals(facts: Signals, settings: ReportSettings) -> Block | None:
    """One small histogram for each signal."""
    if not facts.distributions:
        return None
    text = say(
        "Each picture shows one number about a text, over all texts that were measured, those that were cut later included: first "
        "what rules read, in their order. The first and the last bar also count values beyond them."
    )
    charts = [_draw_numbers(d) if d.counts else _draw_names(d) for d in facts.distributions]
    return Block(say("Signals"), tuple(filter(None, (text, describe_sample(facts.shared.rows["documents"])))), tuple(charts))


def _draw_numbers(found: Distribution) -> Chart:
    shares = tuple(n / (found.values or 1) for n in found.counts)
    places = tuple((t.value, t.below) for t in found.thresholds)
    data = Histogram(shares, found.low, found.high, found.log, found.whole, places)
    picture = draw_histogram(data, _describe_histogram(found))
    note = [
        restate(found.meaning),
        say("Set {set}.", set=found.set),
        say("Median {median}.", median=short(float(f"{found.median:.3g}"))),
        *(say("Cut below {limit}." if t.below else "Cut above {limit}.", limit=short(t.value)) for t in found.thresholds),
        say("Logarithmic axis.") if found.log else "",
    ]
    keys = (Key(say("cut side"), "orange"),) if found.thresholds else ()
    return Chart(found.signal, picture, join_sentences(note), keys, small=True)


def _describe_histogram(found: Distribution) -> str:
    return say(
        "Histogram of {signal} over {number} texts, median {median}",
        signal=found.signal,
        number=count(found.values),
        median=short(found.median),
    )


def _draw_names(found: Distribution) -> Chart:
    top, rest = found.names[:NAMES], found.names[NAMES:]
    rows = [Bar(plain(value), n, share(n, found.values)) for value, n in top]
    if rest:
        left = sum(n for _, n in rest)
        rows.append(Bar(amount(len(rest), "others", "others"), left, share(left, found.values), role="grey"))
    picture = draw_bars(rows, say("Texts by {signal}", signal=found.signal), small=True)
    return Chart(name(found.signal), picture, restate(found.meaning), small=True)


SECTION = Section("signals", gather_signals, draw_signals, reads=(SIGNALS, SIGNALS_QUALITY))
