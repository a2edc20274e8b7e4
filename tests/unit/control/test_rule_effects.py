"""What rules do, counted: equal to a count by hand, whatever the parts; no text is read."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.unit.curate.test_judge import documents_of, measured, policy, signals_of, unite

from resonance.control.rule_effects import NEAR, measure_rules
from resonance.core.errors import InputError
from resonance.core.job import Turn
from resonance.core.policy import Policy
from resonance.core.settings import JudgeSettings
from resonance.curate.judge import judge
from resonance.runtime import resources
from resonance.tables import DUPLICATES, REJECTS, RULE_EFFECTS, RULES, SIGNAL_EVENT
from resonance.testing import events_frame, hold

ASKED = policy(
    {"rule": "short", "signal": "n_words", "below": 100.0},
    {"rule": "odd", "signal": "mean_word_length", "above": 5.0, "languages": ["en"]},
    {"rule": "hashes", "signal": "hash_ratio", "above": 0.0},
    {"rule": "spoken", "set": "basics", "signal": "language", "in": ["en", "de"]},
)
"""A threshold of many words, one of some languages, one without a scale, and labels."""


class Made:
    """Documents of a batch with what was measured of them, and what a policy made of them."""

    def __init__(self, spark: SparkSession, batch: str, asked: Policy, values: Mapping[str, tuple[int, dict[str, Any]]]) -> None:
        documents = documents_of(spark, {name: size for name, (size, _) in values.items()})
        self.documents = hold(documents.withColumns({"batch": F.lit(batch), "content_hash": F.col("cleaned_hash")}))
        self.signals = signals_of(
            spark,
            *(
                (name, "datatrove", measured(**{k: v for k, v in of.items() if k != "language"}))
                for name, (_, of) in values.items()
            ),
            *((name, "basics", {"language": of["language"]}) for name, (_, of) in values.items()),
            batch=batch,
        )
        rejects, rules = judge(self.documents, self.signals, settings=JudgeSettings(policy=asked), turn=Turn(batch))
        self.rejects = hold(resources.contract(REJECTS).conform(rejects))
        self.rules = resources.contract(RULES).conform(rules)


def unread(spark: SparkSession) -> list[DataFrame]:
    """No duplicates, and no losses."""
    return [spark.createDataFrame([], resources.contract(table).schema) for table in (DUPLICATES, SIGNAL_EVENT)]


def draw_values(seed: int, documents: int) -> dict[str, tuple[int, dict[str, Any]]]:
    """Documents by name, whose first letter is their slice: their bytes and what is measured of them."""
    dice, found = Random(seed), {}
    for number in range(documents):
        value = {
            "n_words": float(dice.choice((60, 94, 95, 100, 105, 106, 300))),
            "mean_word_length": dice.choice((4.7, 4.75, 5.0, 5.2, 5.25, 5.3, None)),
            "hash_ratio": dice.choice((0.0, 0.0, 0.1)),
            "language": dice.choice(("en", "de", "fr", None)),
        }
        found[f"{dice.choice('ab')}{number}"] = (dice.randrange(1, 1_000), value)
    return found


def count_by_hand(values: Mapping[str, tuple[int, dict[str, Any]]]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """By rule and slice: asked, fires, sole, bytes, sole bytes, near."""
    found: dict[tuple[str, str], list[Any]] = {}
    for name, (size, of) in values.items():
        english = of["language"] == "en"
        asks = {"short": True, "odd": english, "hashes": True, "spoken": True}
        fails = {
            "short": of["n_words"] < 100,
            "odd": english and not (of["mean_word_length"] is not None and of["mean_word_length"] <= 5),
            "hashes": of["hash_ratio"] > 0,
            "spoken": of["language"] not in ("en", "de"),
        }
        near = {
            "short": 95 <= of["n_words"] <= 105,
            "odd": english and of["mean_word_length"] is not None and 4.75 <= of["mean_word_length"] <= 5.25,
        }
        for rule in asks:
            for slice in (f"slice-{name[0]}", "*"):
                cell = found.setdefault((rule, slice), [0, 0, 0, 0, 0, 0 if rule in near else None])
                sole = fails[rule] and sum(fails.values()) == 1
                added = (asks[rule], fails[rule], sole, fails[rule] * size, sole * size, near.get(rule, 0))
                cell[:] = [None if old is None else old + new for old, new in zip(cell, added, strict=True)]
    return {place: tuple(cell) for place, cell in found.items()}


def read_counts(rows: DataFrame) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = {}
    for row in resources.contract(RULE_EFFECTS).conform(rows).collect():
        near = None if row["near"] is None else round(row["near"] * row["asked"])
        counts = tuple(row[name] for name in ("asked", "fires", "sole", "bytes", "sole_bytes"))
        assert row["share"] == pytest.approx(row["fires"] / row["asked"]) if row["asked"] else row["share"] is None
        found[row["rule"], row["slice"]] = (*counts, near)
    return found


def test_counts_are_those_by_hand_from_any_parts(spark: SparkSession) -> None:
    assert NEAR == 0.05
    values = draw_values(1, 300)
    made = Made(spark, "main", ASKED, values)
    expected = count_by_hand(values)
    assert (
        read_counts(measure_rules(made.documents, made.signals, made.rejects, made.rules, *unread(spark), turn=Turn("", 3)))
        == expected
    )
    parts = {name: rows.repartition(5, "doc_id") for name, rows in made.signals.items()}
    torn = measure_rules(
        made.documents.repartition(7), parts, made.rejects.repartition(3), made.rules, *unread(spark), turn=Turn("", 3)
    )
    assert read_counts(torn) == expected
    assert {(row["round"], row["policy"]) for row in torn.collect()} == {(3, "mine@7")}


def test_each_batch_counts_for_its_own_policy_and_old_versions_of_documents_for_none(spark: SparkSession) -> None:
    other = policy({"rule": "short", "signal": "n_words", "below": 50.0}, name="other", version=1)
    before = {"a0": (10, {"n_words": 100.0, "language": "en"}), "a1": (10, {"n_words": 40.0, "language": "en"})}
    first, second = Made(spark, "old", other, before), Made(spark, "new", ASKED, {"a1": (30, {"n_words": 40.0, "language": "en"})})
    gone = first.rejects.limit(1).withColumns({"step": F.lit("dedupe"), "rule": F.lit("superseded")})
    rejects = first.rejects.unionByName(second.rejects).unionByName(gone)
    rows = measure_rules(
        first.documents.unionByName(second.documents),
        unite(first.signals, second.signals),
        rejects,
        first.rules.unionByName(second.rules),
        *unread(spark),
        turn=Turn("", 1),
    )
    found = {
        (row["policy"], row["rule"]): (row["asked"], row["fires"], row["sole_bytes"]) for row in rows.where("slice = '*'").collect()
    }
    assert found["other@1", "short"] == (1, 0, 0), "the old version of a1 is left out"
    assert found["mine@7", "short"] == (1, 1, 30)


def test_a_text_that_rewriting_left_empty_is_no_sole_cut(spark: SparkSession) -> None:
    made = Made(spark, "main", ASKED, {"a0": (0, {"n_words": 0.0, "language": "en"})})
    rows = measure_rules(made.documents, made.signals, made.rejects, made.rules, *unread(spark), turn=Turn("", 0))
    assert {row["rule"]: (row["fires"], row["sole"]) for row in rows.where("slice = '*'").collect()}["short"] == (1, 0)


def test_documents_that_no_rule_judged_are_refused(spark: SparkSession) -> None:
    made = Made(spark, "main", Policy(), {"a0": (5, {"language": "en"})})
    with pytest.raises(InputError, match="no rule judged these documents"):
        measure_rules(made.documents, made.signals, made.rejects, made.rules, *unread(spark), turn=Turn("", 0))


def test_losses_of_a_model_tell_what_a_rule_cuts_from_what_stays(spark: SparkSession) -> None:
    """Six texts that a rule cut alone against six kept ones of their slice; those of other slices and of two rules do not count."""
    cut = {f"a{n}": (100, {"n_words": 40.0, "language": "en"}) for n in range(6)}
    kept = {f"{'ab'[n % 2]}k{n}": (100, {"n_words": 200.0, "language": "en"}) for n in range(12)}
    twice = {"at": (100, {"n_words": 40.0, "hash_ratio": 0.5, "language": "en"})}
    made = Made(spark, "main", ASKED, {**cut, **kept, **twice})
    losses = {name: 200.0 + n for n, name in enumerate(cut)} | {name: 100.0 + n for n, name in enumerate(kept)} | {"at": 900.0}
    ids = {bytes(row["doc_id"]).decode(): row for row in made.documents.collect()}
    events = [
        {"doc": n, "phase": "shadow", "round": 2, "loss_sum": loss, "n_bytes": 100}
        | {column: ids[name][column] for column in ("doc_id", "content_hash", "slice")}
        for n, (name, loss) in enumerate(losses.items())
    ]
    read, nothing = events_frame(spark, events), unread(spark)[0]
    effects = measure_rules(made.documents, made.signals, made.rejects, made.rules, nothing, read, turn=Turn("", 2))
    found = {(row["rule"], row["slice"]): row for row in resources.contract(RULE_EFFECTS).conform(effects).collect()}
    whole, same = found["short", "*"], [loss for name, loss in losses.items() if name.startswith("ak")]
    expected = (np.mean([losses[name] for name in cut]) - np.mean(same)) / 100 / np.log(2)
    assert (whole["state"], whole["cut_docs"], whole["kept_docs"]) == ("scored", 6, 6)
    assert whole["gain"] == pytest.approx(expected)
    assert whole["low"] < expected < whole["high"]
    assert found["short", "slice-a"]["gain"] == pytest.approx(expected)
    assert {found[place]["state"] for place in (("short", "slice-b"), ("hashes", "*"), ("odd", "*"))} == {"not_scored"}
    other = measure_rules(made.documents, made.signals, made.rejects, made.rules, nothing, read, turn=Turn("", 1))
    assert {row["state"] for row in other.collect()} == {"not_scored"}, "those of another round"
