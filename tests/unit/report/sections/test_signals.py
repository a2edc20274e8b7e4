"""Signals are counted as numpy counts them, and drawn with the thresholds of rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.signals import Distribution, Signals, Threshold, draw_signals, find_distributions
from resonance.tables import SIGNAL_SETS

SETTINGS = ReportSettings()
WORDS = Threshold("gopher_short_doc", "datatrove", "n_words", 50.0, True)
SHOWN = (("datatrove", "n_words"), ("basics", "language"))
ASKED = (WORDS, Threshold("gopher_enough_stop_words", "datatrove", "stop_words", 2.0, True))


def make_facts(names: tuple[str, ...] = NAMES) -> Signals:
    meanings = {name: next(s.meaning for s in SIGNAL_SETS[of].signals if s.name == name) for of, name in SHOWN}
    words = Distribution("datatrove", "n_words", meanings["n_words"], 20, 0.0, 80.0, 240.0, counts=(5, 10, 5), thresholds=(WORDS,))
    tongues = tuple((name, 5) for name in ("en", "de", "fr", "th", "zh", "ja"))
    return Signals(loop_facts(names), (words, Distribution("basics", "language", meanings["language"], 30, names=tongues)))


def test_pictures_name_their_thresholds() -> None:
    block = draw_signals(make_facts(), SETTINGS)
    assert block is not None
    assert block.charts[0].note == "Words that are not made of symbols alone. Set datatrove. Median 80. Cut below 50."
    assert 'class="orange"' in block.charts[0].picture
    assert "16.7%" in block.charts[1].picture
    assert "1 others" in block.charts[1].picture


def test_a_large_corpus_is_said_to_be_sampled() -> None:
    block = draw_signals(Signals(loop_facts(rows={"documents": 94_144}), make_facts().distributions), SETTINGS)
    assert block is not None
    assert block.text[-1] == "Drawn from about 20,000 of 94,144 documents."


def measure(spark: SparkSession, name: str, **values: list[Any]) -> DataFrame:
    """Rows of a set's table, from the values of some signals; the others are null."""
    types = SIGNAL_SETS[name].types
    columns = [values.get(signal, [None] * len(next(iter(values.values())))) for signal in types]
    return spark.createDataFrame(
        [(1, *row) for row in zip(*columns, strict=True)], "version int, " + ", ".join(f"{s} {kind}" for s, kind in types.items())
    )


def test_buckets_hold_what_numpy_counts(spark: SparkSession) -> None:
    rng = np.random.default_rng(7)
    words, quality = rng.lognormal(5, 1.2, 900).astype(int), rng.normal(0.5, 0.1, 900)
    counts = [*map(int, words), None, None]
    measured = {
        "datatrove": measure(spark, "datatrove", n_words=counts, stop_words=[None if n is None else n % 8 for n in counts]),
        "dolma": measure(spark, "dolma", n_words=[7] * 900),  # a signal of that name in another set is no part
        "basics": measure(spark, "basics", language=["en" if w % 3 else "de" for w in words]),
        "quality": measure(spark, "quality", quality=[*map(float, quality), float("nan"), float("inf")]),
    }
    shown = find_distributions(measured, ASKED)
    assert [(d.set, d.signal) for d in shown] == [
        *(("datatrove", name) for name in ("n_words", "stop_words")),
        ("basics", "language"),
        ("quality", "quality"),
    ]
    assert [d.meaning for d in shown[:2]] == [
        "Words that are not made of symbols alone.",
        "Distinct words of: the, be, to, of, and, that, have, with.",
    ]
    found = {d.signal: d for d in shown}

    smooth = found["quality"]
    inside = np.clip(quality, smooth.low, np.nextafter(smooth.high, 0))
    assert smooth.counts == tuple(np.histogram(inside, bins=24, range=(smooth.low, smooth.high))[0])
    assert smooth.median == pytest.approx(np.median(quality), abs=0.01)
    assert smooth.values == 900

    skewed = found["n_words"]
    assert skewed.log
    assert sum(skewed.counts) == 900
    edges = np.expm1(np.linspace(np.log1p(skewed.low), np.log1p(skewed.high), 25))
    assert skewed.counts[10] == np.sum((words >= edges[10]) & (words < edges[11]))
    assert skewed.low <= 50

    whole = found["stop_words"]
    assert whole.whole
    assert whole.counts == tuple(np.bincount(words % 8, minlength=8))
    assert found["language"].names[0] == ("en", int(np.sum(words % 3 != 0)))


def test_buckets_of_whole_numbers_are_whole_where_a_quantile_lies_between_two(spark: SparkSession) -> None:
    (found,) = find_distributions({"datatrove": measure(spark, "datatrove", stop_words=[1, 2, 4, 9])}, (ASKED[1],))
    assert (found.whole, found.low, found.high, found.median) == (True, 0.5, 9.5, 3.0)
    assert found.counts == (1, 1, 0, 1, 0, 0, 0, 0, 1)


def test_a_threshold_lies_inside_its_buckets(spark: SparkSession) -> None:
    measured = {
        "datatrove": measure(spark, "datatrove", n_words=[400] * 5),
        "quality": measure(spark, "quality", quality=[0.5] * 5),
        "basics": measure(spark, "basics", language=[None] * 5),
    }
    found = {d.signal: d for d in find_distributions(measured, (WORDS,))}
    assert found["n_words"].low <= 50 < 400 <= found["n_words"].high
    assert found["quality"].high > found["quality"].low
    assert "language" not in found


def test_no_rows_give_no_distribution(spark: SparkSession) -> None:
    assert find_distributions({}) == ()
    assert find_distributions({"quality": measure(spark, "quality", quality=[None])}, (WORDS,)) == ()
