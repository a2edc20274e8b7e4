"""What is drawn of a slice against what is held out of it: as NumPy has it, where nothing is planted, and as a verdict."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy import stats
from tests.unit.attribute.tables import Drawn, Held, judge, make_tables
from tests.unit.attribute.test_attribute import make_held

from resonance.attribute import shift
from resonance.attribute.evidence import Counts, Evidence
from resonance.attribute.predicates import MEASURED
from resonance.attribute.shift import Shift, compare_draws
from resonance.core.chance import hash_columns
from resonance.core.frames import make_frame, parse_schema

Checkpoint = Callable[[DataFrame, str], DataFrame]
FEATURES = ("source", "slice")
SEED = 3
COLUMNS = parse_schema(
    "doc_id binary, batch string, held boolean, draws bigint, source string, slice string, "
    + ", ".join(f"{name} double" for name in MEASURED)
)
Document = tuple[bool, int, str, str | None, float]
"""Whether it is held out, how often it is drawn, its source, its slice, and its share of digits."""


def make_document(dice: random.Random, source: str, news: float, *, held: bool, digits: float = 0.0) -> Document:
    slice = "news" if dice.random() < news else "web" if dice.random() < 0.9 else None
    return held, 0 if held else dice.choice((1, 1, 3)), source, slice, dice.gauss(digits, 1)


def compare(spark: SparkSession, documents: Sequence[Document], checkpoint: Checkpoint) -> tuple[dict[str, Shift], list[int]]:
    """What the product finds of each source, and the half of each document."""
    rows = [
        (at.to_bytes(16, "big"), "main", held, draws, f"source = {source}", slice and f"slice = {slice}", digits, *[0.5] * 6)
        for at, (held, draws, source, slice, digits) in enumerate(documents)
    ]
    frame = make_frame(spark, rows, COLUMNS).withColumn("half", F.pmod(hash_columns(["doc_id"], SEED, "half"), F.lit(2)))
    halves = {bytes(row["doc_id"]): row["half"] for row in frame.select("doc_id", "half").collect()}
    drawn = Counter(source for held, _, source, *_ in documents if not held)
    evidence = [
        Evidence(f"source = {name}", Counts({"drawn": drawn[name]}), Counts({})) for name in sorted({d[2] for d in documents})
    ]
    found = compare_draws(frame.where("held"), frame.where("NOT held").drop("half"), evidence, FEATURES, SEED, checkpoint)
    return found, [halves[at.to_bytes(16, "big")] for at in range(len(documents))]


def tell_apart(documents: Sequence[Document], halves: Sequence[int]) -> tuple[float, float]:
    """The area and the number of drawn documents that count, in NumPy: naive Bayes of one half asked on the other."""
    ends = np.quantile([d[4] for d in documents if d[0]], [at / 10 for at in range(1, 10)])
    kinds = [(("slice", d[3]), ("digits", int((d[4] > ends).sum()))) for d in documents]
    counts: dict[bool, Counter[Any]] = {True: Counter(), False: Counter()}
    for d, half, mine in zip(documents, halves, kinds, strict=True):
        for kind in mine if half == 0 else ():
            counts[d[0]][kind] += d[1] or 1
    scored: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for d, half, mine in zip(documents, halves, kinds, strict=True):
        if half == 1:
            points = sum(round(10 * math.log((counts[True][kind] + 1) / (counts[False][kind] + 1))) for kind in mine)
            # the source and signals that never differ are one kind each: they add the same to all
            scored[d[0]].append((points, d[1] or 1))
    held, drawn = ([points for points, times in scored[side] for _ in range(times)] for side in (True, False))
    area = stats.mannwhitneyu(held, drawn).statistic / (len(held) * len(drawn))
    times = np.array([times for _, times in scored[False]], float)
    return float(area), float(times.sum() ** 2 / (times**2).sum())


def test_the_area_is_that_of_naive_bayes_in_numpy(spark: SparkSession, checkpoint: Checkpoint) -> None:
    dice = random.Random(1)
    documents = [make_document(dice, "a", 0.2, held=held, digits=0.8 * held) for held in [True] * 300 + [False] * 400]
    found, halves = compare(spark, documents, checkpoint)
    area, effective = tell_apart(documents, halves)
    told = found["source = a"]
    assert told.area == pytest.approx(area, abs=1e-12)
    assert 0.65 < told.area < 0.8
    assert told.held + told.drawn == sum(halves)
    assert told.error > 0.9 * math.sqrt(area * (1 - area) / min(told.held, effective)) / 2


def test_plain_sources_are_not_told_apart_and_moved_ones_are(spark: SparkSession, checkpoint: Checkpoint) -> None:
    """Forty sources that are drawn as they are held out; and ten whose draw holds a tenth of the news that is held out."""
    dice = random.Random(2)
    documents = [make_document(dice, f"plain-{at:02}", 0.5, held=held) for at in range(40) for held in [True] * 160 + [False] * 160]
    documents += [
        make_document(dice, f"moved-{at}", 0.6 if held else 0.06, held=held)
        for at in range(10)
        for held in [True] * 160 + [False] * 160
    ]
    found, _ = compare(spark, documents, checkpoint)
    fired = {name for name, told in found.items() if told.area >= 0.7 and told.area - 1.96 * told.error > 0.6}
    assert fired == {f"source = moved-{at}" for at in range(10)}
    told = found["source = moved-0"]
    assert told.kind == "slice = news"
    assert told.kind_held == pytest.approx(0.6, abs=0.12)
    assert told.kind_drawn == pytest.approx(0.06, abs=0.05)


def test_many_drawn_documents_are_compared_in_part(
    spark: SparkSession, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(3)
    documents = [make_document(dice, "a", 0.5, held=held) for held in [True] * 60 + [False] * 900]
    monkeypatch.setattr(shift, "MOST", 200)
    found, _ = compare(spark, documents, checkpoint)
    assert 70 < found["source = a"].drawn < 130, "half of 200"


def test_a_slice_that_is_not_drawn_is_not_compared(spark: SparkSession, checkpoint: Checkpoint) -> None:
    dice = random.Random(4)
    found, _ = compare(spark, [make_document(dice, "a", 0.5, held=True) for _ in range(40)], checkpoint)
    assert found == {}


def make_world(share: float) -> tuple[list[Held], list[Drawn]]:
    """Four plain sources, and one that is weak for no other cause, with this share of its drawn documents in ``news``."""
    dice = random.Random(6)

    def place(rows: list[Any], news: float) -> list[Any]:
        return [replace(one, slice="news" if dice.random() < news else "web") for one in rows]

    held = [one for name in ("p", "q", "r", "s") for one in place(make_held(dice, name, limit=0.4, slope=0.1), 0.5)]
    held += place(make_held(dice, "moved", limit=1.2, slope=0.1, wrong=0.4, agree=0.1, entropy=0.05), 0.5)
    drawn = [one for name in ("p", "q", "r", "s") for one in place([Drawn(name)] * 300, 0.5)]
    return held, drawn + place([Drawn("moved")] * 300, share)


def test_a_planted_shift_is_told_with_its_kind_and_asks_for_balance(spark: SparkSession, checkpoint: Checkpoint) -> None:
    told = judge(make_tables(spark, *make_world(0.03)), checkpoint)["source = moved"]
    assert (told["cause"], told["kind"]) == ("shift", "data")
    assert told["tests"]["D4"] == "fired"
    assert told["low"] > 0.6
    assert told["statistics"]["area"] > 0.7
    assert "and lack most slice = news" in told["reason"]
    assert told["move"].startswith("draw the slice as it is used")


def test_without_the_shift_nothing_is_told(spark: SparkSession, checkpoint: Checkpoint) -> None:
    told = judge(make_tables(spark, *make_world(0.5)), checkpoint)["source = moved"]
    assert told["cause"] == "abstain"
    assert told["tests"]["D4"] == "quiet"
