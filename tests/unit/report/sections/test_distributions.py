from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import SparkSession

from resonance.report.sections.distributions import Threshold, find_distributions

SCHEMA = "doc_id string, n_words int, stop_words int, quality double, language string, version int, `set` string"
WORDS = Threshold("gopher_short_doc", "quality", "n_words", 50.0, True)
ASKED = (WORDS, Threshold("gopher_enough_stop_words", "quality", "stop_words", 2.0, True))


def test_buckets_hold_what_numpy_counts(spark: SparkSession) -> None:
    rng = np.random.default_rng(7)
    words, quality = rng.lognormal(5, 1.2, 900).astype(int), rng.normal(0.5, 0.1, 900)
    rows = [
        (str(i), int(w), int(w) % 8, float(q), "en" if w % 3 else "de", 1, "quality")
        for i, (w, q) in enumerate(zip(words, quality, strict=True))
    ]
    rows += [("nothing", None, None, float("nan"), None, 1, "quality"), ("far", None, None, float("inf"), None, 1, "quality")]
    rows += [(f"{row[0]}b", 7, 7, 7.0, row[4], 1, "basics") for row in rows[:900]]  # the same columns of another set are no part
    frame = spark.createDataFrame(rows, SCHEMA)
    found = {d.signal: d for d in find_distributions(frame, ASKED, {"n_words": "Words of the text."})}
    assert (found["n_words"].meaning, found["quality"].meaning) == ("Words of the text.", "")
    assert list(found) == ["n_words", "stop_words", "language", "quality"]
    assert {d.set for d in found.values() if d.signal != "language"} == {"quality"}

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
    counts = [1, 2, 4, 9]
    frame = spark.createDataFrame([(str(i), None, n, None, None, 1, "quality") for i, n in enumerate(counts)], SCHEMA)
    (found,) = find_distributions(frame, (ASKED[1],))
    assert (found.whole, found.low, found.high, found.median) == (True, 0.5, 9.5, 3.0)
    assert found.counts == (1, 1, 0, 1, 0, 0, 0, 0, 1)


def test_a_threshold_lies_inside_its_buckets(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(str(i), 400, 3, 0.5, None, 1, "quality") for i in range(5)], SCHEMA)
    found = {d.signal: d for d in find_distributions(frame, (WORDS,))}
    assert found["n_words"].low <= 50 < 400 <= found["n_words"].high
    assert found["quality"].high > found["quality"].low
    assert "language" not in found


def test_no_rows_give_no_distribution(spark: SparkSession) -> None:
    assert find_distributions(spark.createDataFrame([], SCHEMA)) == ()
