"""Verdicts become work, each with its evidence; what no test decides becomes a guess that is marked as one."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from resonance.control.draft import draft_work
from resonance.control.propose import name_item, propose_work
from resonance.core.causes import CAUSES
from resonance.core.job import Turn
from resonance.core.moves import find_metric, parse_moves
from resonance.core.settings import ProposeSettings, TaskSettings
from resonance.runtime import resources
from resonance.runtime.conf import load
from resonance.tables import WORK_ITEMS

LABELS = TaskSettings(kind="classification", labels=("a", "b"))


def verdict(slice: str, cause: str, round: int = 2) -> dict[str, Any]:
    sure = cause != "abstain"
    return {
        "round": round,
        "slice": slice,
        "cause": cause,
        "reason": f"why {slice} is weak",
        "confidence": 0.98 if sure else None,
        "low": 0.1 if sure else None,
        "high": 0.3 if sure else None,
        "settle": None if sure else "resonance run probe",
    }


SCHEMA = "round int, slice string, cause string, reason string, confidence double, low double, high double, settle string"
FOUND = [
    verdict("slice = a", "label_noise"),
    verdict("slice = b", "capacity"),
    verdict("language = zh", "noise_ceiling"),
    verdict("slice = c", "abstain"),
    verdict("slice = d", "coverage", round=1),
]


@pytest.fixture(scope="module")
def items(spark: SparkSession) -> list[Any]:
    frame = spark.createDataFrame([tuple(row.values()) for row in FOUND], SCHEMA)
    rows = propose_work(frame, settings=load().propose, task=LABELS, turn=Turn("main", 2))
    return resources.contract(WORK_ITEMS).conform(rows).collect()


def test_each_verdict_of_the_round_asks_for_work_of_its_kind(items: list[Any]):
    found = {row["slice"]: row for row in items}
    assert {name: (row["kind"], row["act"], row["role"]) for name, row in found.items()} == {
        "slice = a": ("data", "repair", "owner"),
        "slice = b": ("model", "model", "modeller"),
        "language = zh": ("annotation", "ask", "owner"),
    }
    assert found["slice = a"]["evidence"] == "why slice = a is weak"
    assert found["slice = a"]["item"] == name_item("slice = a", "label_noise")
    assert all(row["kind"] == CAUSES[row["cause"]].kind for row in items)


def test_a_draft_says_what_is_measured_and_what_is_a_guess(items: list[Any]):
    moves = parse_moves(load().propose.moves, "default")
    text = draft_work([row for row in FOUND if row["round"] == 2], items, moves, find_metric(LABELS), 2)
    assert text.startswith("# Draft after round 2, by moves default@1.")
    content = yaml.safe_load(text)
    assert content["round"] == 2
    asks = {ask["slice"]: ask for ask in content["asks"]}
    assert {name: ask["basis"] for name, ask in asks.items()} == {
        **dict.fromkeys(("slice = a", "slice = b", "language = zh"), "measured"),
        "slice = c": "guess",
    }
    assert asks["slice = a"]["interval"] == [0.1, 0.3]
    assert asks["slice = c"]["settle"] == "resonance run probe"
    assert asks["slice = c"]["cause"] == "label_noise"
    assert asks["slice = c"]["or_else"] == ["contamination", "coverage", "shift", "capacity", "noise_ceiling"]
    assert all(ask["evidence"] for ask in asks.values())


def test_a_round_without_verdicts_asks_for_nothing():
    moves = parse_moves(load().propose.moves, "default")
    assert yaml.safe_load(draft_work([], [], moves, "loss", 3)) == {"round": 3, "asks": []}
    assert find_metric(TaskSettings()) == "loss"
    assert ProposeSettings().moves == "default"
