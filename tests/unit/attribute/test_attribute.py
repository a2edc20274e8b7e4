"""Verdicts on losses that are made to have one cause each, on tables as jobs leave them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.attribute.tables import Drawn, Held, judge, make_tables

from resonance.core.settings import TaskSettings

Checkpoint = Callable[[DataFrame, str], DataFrame]
ARMS = ("plan", "again", "wide", "part-25", "part-50")
MANY = 240
"""Held-out documents of each source, both halves together."""


def follow(dice: random.Random, limit: float, slope: float, wide: float = 0.0) -> dict[str, float]:
    """Losses of one document at each arm's model: limit + slope / root of the share of data, the wider model that much lower."""
    own = dice.gauss(0, 0.15)
    base = {"plan": slope, "again": slope, "wide": slope - wide, "part-25": 2 * slope, "part-50": 2**0.5 * slope}
    return {arm: max(limit + loss + own + dice.gauss(0, 0.02), 0.0) for arm, loss in base.items()}


def make_held(dice: random.Random, source: str, **changes: float) -> list[Held]:
    """Held-out documents of a source; every arm names the right label where nothing else is said."""
    entropy, wrong = changes.pop("entropy", 0.1), changes.pop("wrong", 0.0)
    agree = changes.pop("agree", 1.0)
    rows = []
    for _ in range(MANY):
        said = dict.fromkeys(ARMS, "a")
        if dice.random() < wrong:
            said = dict.fromkeys(ARMS, "b") if dice.random() < agree else {arm: dice.choice("bcd") for arm in ARMS}
        rows.append(Held(source, follow(dice, **changes), said, entropy=entropy + dice.random() / 10))
    return rows


def make_world() -> tuple[list[Held], list[Drawn]]:
    """Four plain sources, and one for each cause."""
    dice = random.Random(5)
    plain = {"limit": 0.4, "slope": 0.1}
    held = [one for name in ("p", "q", "r", "s") for one in make_held(dice, name, **plain)]
    held += make_held(dice, "noisy", limit=1.3, slope=0.1, wrong=0.4, agree=0.9)
    held += make_held(dice, "rare", limit=0.5, slope=0.8)
    held += make_held(dice, "hard", limit=1.2, slope=0.1, wide=0.6, wrong=0.4, agree=0.1)
    held += make_held(dice, "ceiling", limit=1.4, slope=0.02, entropy=1.5, wrong=0.4, agree=0.1)
    drawn = [Drawn(name) for name in ("p", "q", "r", "s", "noisy", "hard", "ceiling") for _ in range(300)]
    drawn = [
        Drawn(one.source, (1.2 if one.source in ("hard", "noisy", "ceiling") else 0.4) + dice.gauss(0, 0.1), dice.random() < share)
        for one in drawn
        for share in [0.35 if one.source == "noisy" else 0.02]
    ]
    drawn += [Drawn("rare", 0.3 + dice.gauss(0, 0.1), dice.random() < 0.02) for _ in range(60)]
    return held, drawn


@pytest.fixture(scope="module")
def found(spark: SparkSession, checkpoint: Checkpoint) -> dict[str, Any]:
    return judge(make_tables(spark, *make_world()), checkpoint)


def test_each_cause_is_told_by_its_test(found: dict[str, Any]) -> None:
    causes = {name.removeprefix("source = "): row["cause"] for name, row in found.items()}
    assert causes == {"noisy": "label_noise", "rare": "coverage", "hard": "capacity", "ceiling": "noise_ceiling"}
    assert all(row["adjusted_p"] < 0.01 and row["effect"] > 0.4 for row in found.values())
    assert {row["kind"] for row in found.values()} == {"data", "model", "annotation"}
    assert found["source = hard"]["tests"]["M1"] == "fired"
    assert found["source = hard"]["statistics"]["model_gain"] == pytest.approx(0.6, abs=0.03)
    assert found["source = rare"]["statistics"]["share_ratio"] == pytest.approx((60 / 2160) / (1 / 8), abs=0.02)


def test_a_doubled_set_gains_what_the_curve_says(found: dict[str, Any]) -> None:
    """Losses fall with the root of the data: twice as much takes .8 (1 - 1 / root 2) off, here .234."""
    told = found["source = rare"]
    assert told["statistics"]["data_gain"] == pytest.approx(0.8 * (1 - 2**-0.5), abs=0.02)
    assert told["low"] < 0.8 * (1 - 2**-0.5) < told["high"]


def test_without_probes_a_verdict_abstains_and_names_the_run(spark: SparkSession, checkpoint: Checkpoint) -> None:
    held, drawn = make_world()
    alone = [Held(one.source, {"plan": one.losses["plan"]}, one.said, entropy=one.entropy) for one in held]
    found = judge(make_tables(spark, alone, drawn), checkpoint)
    assert {row["cause"] for row in found.values()} == {"abstain"}
    assert {row["settle"] for row in found.values()} == {"resonance attribute"}
    assert found["source = hard"]["tests"]["M1"].startswith("not measurable")


def test_a_curve_of_two_points_is_not_measurable(spark: SparkSession, checkpoint: Checkpoint) -> None:
    held, drawn = make_world()
    kept = ("plan", "again", "wide", "part-50")
    fewer = [Held(one.source, {arm: one.losses[arm] for arm in kept}, one.said, entropy=one.entropy) for one in held]
    found = judge(make_tables(spark, fewer, drawn), checkpoint)
    assert found["source = rare"]["cause"] == "abstain"
    assert found["source = rare"]["tests"]["D3"] == "not measurable: a learning curve needs 3 points"
    assert found["source = hard"]["cause"] == "capacity", "what needs no curve is still told"


def test_texts_without_labels_have_no_label_noise(spark: SparkSession, checkpoint: Checkpoint) -> None:
    held, drawn = make_world()
    texts = [Held(one.source, one.losses, label=None) for one in held]
    unrated = [Drawn(one.source, one.loss, None) for one in drawn]
    found = judge(make_tables(spark, texts, unrated), checkpoint, task=TaskSettings())
    assert {row["tests"]["D1"] for row in found.values()} == {"not measurable: the task has no labels"}
    assert found["source = noisy"]["cause"] != "label_noise"
    assert found["source = hard"]["cause"] == "capacity"


def test_nothing_that_was_scored_gives_no_verdict(spark: SparkSession, checkpoint: Checkpoint) -> None:
    assert judge(make_tables(spark, [], [Drawn("p")]), checkpoint) == {}


def test_a_document_that_a_model_did_not_score_is_in_no_gain(spark: SparkSession, checkpoint: Checkpoint) -> None:
    held, drawn = make_world()
    fewer = [
        Held(one.source, {arm: bits for arm, bits in one.losses.items() if at % 3 or arm != "wide"}, one.said, entropy=one.entropy)
        for at, one in enumerate(held)
    ]
    found = judge(make_tables(spark, fewer, drawn), checkpoint)
    assert found["source = hard"]["statistics"]["model_gain"] == pytest.approx(0.6, abs=0.04)
    assert found["source = hard"]["cause"] == "capacity"
