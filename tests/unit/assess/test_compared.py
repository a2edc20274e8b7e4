"""Operators that hold a dataset against another one: public copies, a second run, the version before, texts of reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.assess.conftest import COMPARED, NOW

from resonance.assess.assess import assess, list_states
from resonance.assess.operators import BY_ID
from resonance.core.dataset import Choice, DatasetContract
from resonance.core.operator import Result
from resonance.core.records import Records
from resonance.runtime.profiles import load_profile
from resonance.testing import ScanCounter

ENABLED = replace(load_profile("general", frozenset(BY_ID)), enable=tuple(COMPARED))
TEXTS = (
    ("r1", "h1", "the river runs to the sea", "x"),
    ("r2", "h2", "the sea lies in the west", "x"),
    ("r3", "h3", "河水流向大海", "y"),
    ("r4", None, "Ok.", None),
)
"""Rows: id, hash, text, code. Runs of three words: four and four, and of six characters four."""
CONTRACT = DatasetContract(
    *("texts", "1.0.0", "general", frozenset({"text"}), ()),
    roles={"id": "id", "content_hash": "hash", "text": "text"},
    declared={
        "public_registry": {"table": "public", "column": "sha"},
        "replay": {"table": "again", "key": "id", "hash": "hash"},
        "stable_columns": ["code"],
        "previous_version": "before",
        "reference_index": {"table": "known", "column": "body"},
    },
    choices={"novel_ngram_ratio": Choice({"n": 3})},
)


def open_texts(spark: SparkSession, rows: Sequence[tuple[Any, ...]] = TEXTS) -> DataFrame:
    return spark.createDataFrame(list(rows), "id string, hash string, text string, code string")


def open_others(spark: SparkSession) -> dict[str, DataFrame]:
    return {
        "public": spark.createDataFrame([("h1",), ("h9",), ("h1",)], "sha string"),
        "again": spark.createDataFrame([("r1", "h1"), ("r2", "other"), ("r3", "h3"), ("r4", None)], "id string, hash string"),
        "before": spark.createDataFrame([("x",), ("y",), (None,)], "code string"),
        "known": spark.createDataFrame([("A river runs to the SEA!",), ("流向大海",), (None,)], "body string"),
    }


def ask(rows: DataFrame, others: dict[str, DataFrame], contract: DatasetContract = CONTRACT) -> dict[str, Result]:
    found = assess(rows, contract, ENABLED, NOW, Records(tables=others))
    return {result.operator: result for result in found.results if result.operator in COMPARED and not result.stratum}


def test_by_hand(spark: SparkSession) -> None:
    found = ask(open_texts(spark), open_others(spark))
    public = found["public_dataset_overlap_free"]
    assert (public.score, public.n_examined) == (2 / 3, 3), "h1 is public; r4 has no hash"
    assert found["replay_match_rate"].score == 2 / 4, "r2 was made otherwise, r4 has no hash"
    bits = {"x": (2 / 3, 1 / 2), "y": (1 / 3, 1 / 2)}
    divergence = sum(a * math.log2(2 * a / (a + b)) + b * math.log2(2 * b / (a + b)) for a, b in bits.values()) / 2
    assert found["definition_stability"].score == pytest.approx(1 - divergence)
    novel = found["novel_ngram_ratio"]
    assert novel.score == 1 - 5 / 12, "river runs to, runs to the, to the sea; 流向大, 向大海"
    assert novel.score_lcb == novel.score, "so few runs are all kept"


def test_texts_of_reference_are_asked_once_for_what_the_scan_drew(spark: SparkSession, tmp_path) -> None:
    rows, others = ScanCounter(tmp_path / "rows"), open_others(spark)
    known = ScanCounter(tmp_path / "known")
    contract = replace(CONTRACT, declared={"reference_index": CONTRACT.declared["reference_index"]}, roles={"text": "text"})
    found = ask(rows.watch(open_texts(spark)), {"known": known.watch(others["known"])}, contract)
    assert found["novel_ngram_ratio"].score == 1 - 5 / 12
    assert (rows.rows(), known.rows()) == (2 * len(TEXTS), 3), "the scan, and an exact count of distinct texts; the reference once"
    assert list_states(open_texts(spark), contract, Records(tables=others))["novel_ngram_ratio"] == "yes"
    assert known.rows() == 3, "binding reads nothing"
    by_code = assess(open_texts(spark), replace(contract, strata=("code",)), ENABLED, NOW, Records(tables=others)).results
    assert not [result for result in by_code if result.stratum and result.operator in COMPARED]


def test_a_defect_never_raises_a_score(spark: SparkSession) -> None:
    others, rows = open_others(spark), list(TEXTS)
    last = dict.fromkeys(COMPARED, 1.0)
    for place in range(len(rows) + 1):
        found = ask(open_texts(spark, rows), others)
        for id, score in last.items():
            assert found[id].score is None or found[id].score <= score, (id, place)
            last[id] = score if found[id].score is None else found[id].score
        if place < len(rows):
            rows[place] = (rows[place][0], "h9", "a river runs to the sea", "z")
    assert last == pytest.approx(dict.fromkeys(COMPARED, 0.0))


def test_what_is_missing_is_named(spark: SparkSession) -> None:
    rows, others = open_texts(spark), open_others(spark)
    assert {result.reason for result in ask(rows.where("false"), others).values()} == {"no rows"}
    for name in CONTRACT.declared:
        found = ask(
            rows, others, replace(CONTRACT, declared={key: value for key, value in CONTRACT.declared.items() if key != name})
        )
        assert [result.reason for result in found.values() if f"declares no {name}" in result.reason]
        wrong = ask(rows, others, replace(CONTRACT, declared={**CONTRACT.declared, name: []}))
        assert [result for result in wrong.values() if result.reason]
    assert all("say where it lies under tables" in result.reason for result in ask(rows, {}).values())
    few = ask(rows, {**others, "again": others["again"].limit(2)})["replay_match_rate"]
    assert few.reason == "table again has only 2 rows of a second run; 10,000 are asked for, or all"
    short = ask(open_texts(spark, [("r1", "h1", "Ok.", "x")]), others)
    assert short["novel_ngram_ratio"].reason.startswith("no value to look at in "), "no text has three words"
    none = ask(rows, {**others, "before": others["before"].where("code IS NULL")})
    assert none["definition_stability"].reason.startswith("no value to look at in ")
