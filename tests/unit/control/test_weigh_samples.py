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
from resonance.core.weighting import ByScore, Color, NaiveHighLoss, Parameters, Resonance, Rho, Stratified, Weighting
from resonance.runtime import resources
from resonance.tables import APPRAISALS, DOCUMENTS, EVALUATIONS, EXAMPLES, EXCESS_LOSS, REJECTS, REPAIRS, SAMPLE_WEIGHTS, SIGNALS

FILLED: dict[str, Any] = {"content_hash": b"\0" * 16, "bucket": 0, "slice": "a", "round": 2, "n_bytes": 9, "fold": "fold-0"}


def frame(spark: SparkSession, table: Table, *rows: dict[str, Any]) -> DataFrame:
    schema = resources.contract(table).schema
    numbers = {field.name: 0.0 for field in schema if field.dataType.typeName() == "double" and not field.nullable}
    full = [numbers | FILLED | row | {"doc_id": bytes([row["doc"]]) * 16} for row in rows]
    return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in full], schema)


def weighed(
    spark: SparkSession,
    parameters: Parameters,
    round: int = 2,
    signals: dict[str, DataFrame] | None = None,
    **frames: DataFrame,
) -> dict[int, Any]:
    settings = DecideSettings(weighting=Weighting(name="own", version=1, parameters=parameters))
    tables = {
        "documents": DOCUMENTS,
        "rejects": REJECTS,
        "appraisals": APPRAISALS,
        "repairs": REPAIRS,
        "excess_loss": EXCESS_LOSS,
        "evaluations": EVALUATIONS,
        "sample_weights": SAMPLE_WEIGHTS,
        "examples": EXAMPLES,
    }
    ids, cut, *given = [frames.get(name, frame(spark, table)) for name, table in tables.items()]
    rows = weigh_samples(ids, cut, signals or {}, *given, settings=settings, turn=Turn("main", round=round))
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


SCORED = {"batch": "main", "cleaned_hash": b"c" * 16, "source": "s", "source_key": "k", "text": "t", "n_chars": 1, "version": "v"}


def score(spark: SparkSession, values: dict[int, Any], signal: str, **more: Any) -> dict[str, DataFrame]:
    """The signals of a set of documents by number; ``more`` is of each row."""
    name, _, column = signal.partition(".")
    rows = ({"doc": doc, column: value, "batch": "main", "content_hash": b"c" * 16, "version": 1} for doc, value in values.items())
    return {name: frame(spark, SIGNALS.tables[name], *(row | more for row in rows))}


def list_documents(spark: SparkSession, docs: range, **more: Any) -> DataFrame:
    return frame(spark, DOCUMENTS, *({"doc": doc, **SCORED, **more} for doc in docs))


@pytest.mark.parametrize(("least_at", "full_at", "side"), [(0.2, 0.6, "below"), (0.6, 0.2, "above")])
def test_a_document_is_drawn_at_the_part_of_the_rate_that_its_score_says(
    spark: SparkSession, least_at: float, full_at: float, side: str
) -> None:
    """From one end to the other in proportion, whichever end is good; what is not known is taken for bad."""
    values = {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.5, 4: 0.6, 5: 0.7, 6: None, 7: float("nan")}
    parameters = ByScore(signal="classifier.score", least_at=least_at, full_at=full_at, least=0.2)
    signals = score(spark, values, "classifier.score")
    found = weighed(spark, parameters, round=1, documents=list_documents(spark, range(9)), signals=signals)
    shares = {0: 0.0, 1: 0.0, 2: 0.25, 3: 0.75, 4: 1.0, 5: 1.0}
    expected = {doc: 0.2 + 0.8 * (share if side == "below" else 1 - share) for doc, share in shares.items()}
    assert {doc: row["factor"] for doc, row in found.items() if doc < 6} == {
        doc: pytest.approx(factor) for doc, factor in expected.items() if factor < 1
    }
    assert {row["reason"] for doc, row in found.items() if doc < 6} == {f"its classifier.score is {side} {full_at:g}"}
    assert {doc: (row["factor"], row["reason"]) for doc, row in found.items() if doc > 5} == dict.fromkeys(
        (6, 7, 8), (0.2, "its classifier.score is not known")
    )
    assert {bytes(row["content_hash"]) for row in found.values()} == {FILLED["content_hash"]}, "that by which it is drawn"


def test_a_label_has_a_part_of_the_rate_and_none_less_than_the_least(spark: SparkSession) -> None:
    values = {0: "head", 1: "middle", 2: "tail", 3: None}
    parameters = ByScore(signal="perplexity.band", rates={"middle": 0.5, "tail": 0.0}, least=0.1)
    signals = score(spark, values, "perplexity.band")
    found = weighed(spark, parameters, round=1, documents=list_documents(spark, range(4)), signals=signals)
    assert {doc: (row["factor"], row["reason"]) for doc, row in found.items()} == {
        1: (0.5, "its perplexity.band is middle"),
        2: (0.1, "its perplexity.band is tail"),
        3: (0.1, "its perplexity.band is not known"),
    }


def test_the_newest_version_of_a_document_counts_and_what_was_cut_does_not(spark: SparkSession) -> None:
    """A score of another text of it, or of another batch, says nothing of this one."""
    first, second = list_documents(spark, range(3)), list_documents(spark, range(1), batch="new", content_hash=b"n" * 16)
    signals = score(spark, {0: 0.1, 1: 0.1, 2: 0.1}, "classifier.score")
    newer = score(spark, {0: 0.25}, "classifier.score", batch="new")
    both = {"classifier": signals["classifier"].unionByName(newer["classifier"])}
    step = {"source": "s", "slice": "a", "version": "v", "rank": 1}
    cut = frame(
        spark,
        REJECTS,
        {"doc": 0, "batch": "main", "step": "dedupe", "rule": "superseded", **step},
        {"doc": 1, "batch": "main", "step": "judge", "rule": "short", **step},
    )
    parameters = ByScore(least=0.0)
    found = weighed(spark, parameters, documents=first.unionByName(second), rejects=cut, signals=both)
    assert {doc: (row["factor"], bytes(row["content_hash"])) for doc, row in found.items()} == {
        0: (pytest.approx(0.5), b"n" * 16),
        2: (pytest.approx(0.2), FILLED["content_hash"]),
    }
    stale = score(spark, {0: 0.1, 2: 0.25}, "classifier.score", content_hash=b"s" * 16)
    with pytest.raises(
        ResonanceError,
        match=r"weighting own@1 reads classifier.score, which no document of batch main has; job clean measures it: ",
    ):
        weighed(spark, parameters, documents=first, signals=stale)


def test_after_harm_no_document_is_weighed_as_no_control_arm_ever_was_beside_round_1(spark: SparkSession) -> None:
    effects = [(2, "plan", "*", 50, 0.02, 0.01, 0.03)]
    columns = "round int, arm string, slice string, n_compared bigint, delta double, delta_low double, delta_high double"
    given = {
        "documents": list_documents(spark, range(2)),
        "sample_weights": frame(spark, SAMPLE_WEIGHTS, {"doc": 0, "factor": 0.5, "reason": "r", "round": 1}),
        "signals": score(spark, {0: 0.1, 1: 0.9}, "classifier.score"),
    }
    assert weighed(spark, ByScore(), round=3, evaluations=spark.createDataFrame(effects, columns), **given) == {}
    later = [(3, "plan", "*", 50, 0.02, 0.01, 0.03), (2, "plan", "*", 50, -0.02, -0.03, -0.01)]
    again = frame(spark, SAMPLE_WEIGHTS, {"doc": 0, "factor": 0.5, "reason": "r", "round": 2})
    given |= {"sample_weights": again, "evaluations": spark.createDataFrame(later, columns)}
    assert set(weighed(spark, ByScore(), round=4, **given)) == {0}
