"""Which documents are drawn less than their slice, by each kind of weighting that weighs samples."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.control.weigh_samples import weigh_samples
from resonance.core.errors import ResonanceError
from resonance.core.job import Turn
from resonance.core.settings import DecideSettings
from resonance.core.table import Table
from resonance.core.weighting import Color, NaiveHighLoss, Parameters, Resonance, Rho, Stratified, Weighting
from resonance.runtime import resources
from resonance.tables import APPRAISALS, EVALUATIONS, EXAMPLES, EXCESS_LOSS, REPAIRS, SAMPLE_WEIGHTS

FILLED: dict[str, Any] = {"content_hash": b"\0" * 16, "bucket": 0, "slice": "a", "round": 2, "n_bytes": 9, "fold": "fold-0"}


def frame(spark: SparkSession, table: Table, *rows: dict[str, Any]) -> DataFrame:
    schema = resources.contract(table).schema
    numbers = {field.name: 0.0 for field in schema if field.dataType.typeName() == "double" and not field.nullable}
    full = [numbers | FILLED | row | {"doc_id": bytes([row["doc"]]) * 16} for row in rows]
    return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in full], schema)


def weighed(spark: SparkSession, parameters: Parameters, round: int = 2, **frames: DataFrame) -> dict[int, Any]:
    settings = DecideSettings(weighting=Weighting(name="own", version=1, parameters=parameters))
    tables = {
        "appraisals": APPRAISALS,
        "repairs": REPAIRS,
        "excess_loss": EXCESS_LOSS,
        "evaluations": EVALUATIONS,
        "sample_weights": SAMPLE_WEIGHTS,
        "examples": EXAMPLES,
    }
    given = [frames.get(name, frame(spark, table)) for name, table in tables.items()]
    rows = weigh_samples(*given, settings=settings, turn=Turn("main", round=round))
    return {row["doc_id"][0]: row for row in resources.contract(SAMPLE_WEIGHTS).conform(rows).collect()}


def test_a_suspected_sample_keeps_the_chance_that_it_is_sound_or_the_floor(spark: SparkSession) -> None:
    repairs = frame(
        spark,
        REPAIRS,
        {"doc": 1, "fault": "order", "posterior": 0.7},
        {"doc": 2, "fault": "label", "posterior": 0.98},
        {"doc": 3, "fault": "label", "posterior": 0.9, "round": 1},
    )
    appraisals = frame(
        spark,
        APPRAISALS,
        {"doc": 1, "posterior": 0.7, "alike": 1.2},
        {"doc": 4, "posterior": 0.4, "alike": 4.0},
        {"doc": 5, "posterior": 0.8, "alike": 4.0},
        {"doc": 6, "posterior": 0.4, "alike": 1.4},
    )
    found = weighed(spark, Resonance(least=0.1), repairs=repairs, appraisals=appraisals)
    assert set(found) == {1, 2, 4, 5}
    assert (found[4]["factor"], found[4]["reason"]) == (0.25, "many texts are like it")
    assert (found[5]["factor"], found[5]["reason"]) == (0.1, "its words stand in no order"), "0.2 / 4 is below the floor"
    assert (found[1]["factor"], found[1]["reason"]) == (pytest.approx(0.3), "its words stand in no order")
    assert (found[2]["factor"], found[2]["reason"]) == (0.1, "models doubt its label")


def test_a_doubted_label_is_mended_where_that_is_asked_for_and_the_suggestion_is_sure(spark: SparkSession) -> None:
    sure = {"fault": "label", "posterior": 0.9, "label": "cat", "suggested": "dog", "p_suggested": 0.8}
    repairs = frame(
        spark, REPAIRS, {"doc": 1, **sure}, {"doc": 2, **sure, "p_suggested": 0.4}, {"doc": 3, "fault": "order", "posterior": 0.7}
    )
    appraisals = frame(spark, APPRAISALS, {"doc": 3, "posterior": 0.7, "alike": 1.0})
    found = weighed(spark, Resonance(repair=True), repairs=repairs, appraisals=appraisals)
    assert {doc: (round(row["factor"], 3), row["taught"]) for doc, row in found.items()} == {
        1: (1.0, "dog"),
        2: (0.1, None),
        3: (0.3, None),
    }
    assert found[1]["reason"] == "models doubt its label and suggest dog"
    plain = weighed(spark, Resonance(), repairs=repairs, appraisals=appraisals)
    assert {row["taught"] for row in plain.values()} == {None}
    assert plain[1]["factor"] == pytest.approx(0.1)


def test_what_is_known_of_an_example_counts_for_its_document(spark: SparkSession) -> None:
    repairs = frame(
        spark,
        REPAIRS,
        {"doc": 1, "fault": "label", "posterior": 0.7, "content_hash": b"e" * 16},
        {"doc": 2, "fault": "order", "posterior": 0.7},
    )
    made = {"text_hash": b"t" * 16, "kind": "classification", "batch": "main"}
    rows = ({"doc": 1, "content_hash": hash * 16, **made, "batch": batch} for hash, batch in ((b"e", "main"), (b"o", "old")))
    examples = frame(spark, EXAMPLES, *rows)
    found = weighed(spark, Resonance(), repairs=repairs, examples=examples, appraisals=frame(spark, APPRAISALS))
    assert bytes(found[1]["content_hash"]) == b"t" * 16, "a draw names documents by the hash of their text"


def test_the_naive_control_draws_by_a_power_of_the_rank(spark: SparkSession) -> None:
    appraisals = frame(spark, APPRAISALS, *({"doc": doc, "bpb": float(doc)} for doc in range(5)))
    found = weighed(spark, NaiveHighLoss(power=2.0), appraisals=appraisals)
    assert [found[doc]["factor"] for doc in range(5)] == pytest.approx([0.0, 1 / 16, 4 / 16, 9 / 16, 1.0])


@pytest.mark.parametrize(
    ("parameters", "column"), [(Rho(keep=0.5, least=0.2), "excess"), (Color(keep=0.5, least=0.2), "target_gain")]
)
def test_the_best_part_of_each_slice_keeps_its_rate(spark: SparkSession, parameters: Parameters, column: str) -> None:
    rows = [{"doc": doc, column: float(doc), "slice": "a" if doc < 10 else "b", "round": 1} for doc in range(15)]
    found = weighed(spark, parameters, excess_loss=frame(spark, EXCESS_LOSS, *rows))
    # Ranks from the best: 9 ... 0 are 0/9 ... 9/9 in a, 14 ... 10 are 0/4 ... 4/4 in b; those beyond one half lose.
    assert set(found) == {0, 1, 2, 3, 4, 10, 11}
    assert {row["factor"] for row in found.values()} == {0.2}


def test_what_was_not_computed_is_named_with_the_jobs_that_compute_it(spark: SparkSession) -> None:
    with pytest.raises(
        ResonanceError, match=r"own@1 reads excess_loss.excess, of which round 1 has none; jobs cross_fit and compare"
    ):
        weighed(spark, Rho())
    untuned = frame(spark, EXCESS_LOSS, {"doc": 1, "round": 1, "excess": 0.5})
    with pytest.raises(
        ResonanceError, match=r"reads excess_loss.target_gain, .* jobs cross_fit, tune \(with tune.slices\) and compare"
    ):
        weighed(spark, Color(), excess_loss=untuned)


def test_a_kind_that_weighs_no_sample_is_refused(spark: SparkSession) -> None:
    with pytest.raises(ResonanceError, match="own@1 draws all documents of a slice alike"):
        weighed(spark, Stratified())


def test_nothing_suspected_weighs_nothing(spark: SparkSession) -> None:
    assert weighed(spark, Resonance()) == {}


def test_after_harm_samples_are_weighed_only_if_the_round_to_go_back_to_weighed_them(spark: SparkSession) -> None:
    effects = [(2, "plan", "*", 50, 0.02, 0.01, 0.03)]
    columns = "round int, arm string, slice string, n_compared bigint, delta double, delta_low double, delta_high double"
    given = {
        "repairs": frame(spark, REPAIRS, {"doc": 1, "fault": "label", "posterior": 0.7, "round": 3}),
        "evaluations": spark.createDataFrame(effects, columns),
    }
    assert weighed(spark, Resonance(), round=3, **given) == {}
    before = frame(spark, SAMPLE_WEIGHTS, {"doc": 9, "factor": 0.5, "reason": "r", "round": 1})
    assert set(weighed(spark, Resonance(), round=3, sample_weights=before, **given)) == {1}
