"""The section on suspected samples: shares by slice, the surest ones, and how much less was drawn of them."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.settings import ReportSettings
from resonance.report.sections.suspects import Suspects, draw_suspects, gather_suspects
from resonance.runtime import resources
from resonance.tables import APPRAISALS, REPAIRS, SAMPLE_WEIGHTS
from resonance.testing import documents_frame

SETTINGS = ReportSettings()


def make_facts(names: tuple[str, ...] = NAMES) -> Suspects:
    row = {"doc_id": b"\xab" * 16, "slice": names[0], "fault": "label", "label": names[0], "suggested": names[-1]}
    suspected = tuple(("order", name, 1) for name in names)
    return Suspects(2, tuple((name, 9) for name in names), suspected, 0.1, ({**row, "posterior": 0.9, "bpb": None},))  # type: ignore[arg-type]


def test_without_a_look_at_candidates_there_is_no_section() -> None:
    assert draw_suspects(Suspects(), SETTINGS) is None


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, Any]:
    """Four documents, read before rounds 1 and 2; in round 2 two are suspected, and one of these drawn at a tenth."""
    documents = documents_frame(spark, [(str(n), "a" if n < 3 else "<b>", f"text {n} <i>") for n in range(4)])
    ids = documents.orderBy("source_key").select("doc_id", "content_hash", "bucket", "slice").collect()

    def fill(table: Any, rows: list[dict[str, Any]]) -> Any:
        schema = resources.contract(table).schema
        return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)

    known = [{**row.asDict(), "round": round} for round in (1, 2) for row in ids]
    figures = {"n_bytes": 10, "bpb": 2.0, "reordered_bpb": 2.5, "order_gain": 0.5, "posterior": 0.0, "alike": 1.0}
    suspected = [{**known[4 + at], **figures, "fault": "order", "posterior": chance} for at, chance in ((0, 0.9), (3, 0.6))]
    return {
        "appraisals": fill(APPRAISALS, [row | figures for row in known]),
        "repairs": fill(REPAIRS, [*suspected, {**known[0], **figures, "fault": "order", "posterior": 1.0}]),
        "sample_weights": fill(
            SAMPLE_WEIGHTS,
            [suspected[0] | {"factor": 0.1, "reason": "r"}, suspected[1] | {"factor": 0.4, "reason": "r"}],
        ),
        "documents": documents,
    }


def test_the_newest_round_is_shown(frames: dict[str, Any]) -> None:
    found = gather_suspects(frames, loop_facts(NAMES, rows={"appraisals": 8, "repairs": 3}))
    assert (found.round, found.read, found.factor) == (2, (("<b>", 1), ("a", 3)), pytest.approx(0.25))
    assert found.suspected == (("order", "<b>", 1), ("order", "a", 1))
    block = draw_suspects(found, SETTINGS)
    assert block is not None
    assert block.text == (
        "A model read the beginning of 4 candidates before the draw of round 2. 2 samples are suspected; table repairs lists them.",
        "They were drawn at 25.0% of the rate of their slice: less, but not never.",
    )
    (surest, other) = block.grids[0].rows
    assert (surest[1], surest[2], surest[3], surest[4]) == ("a", "no order of words", "90.0%", "2.000")
    assert (other[1], other[3]) == ("<b>", "60.0%")
    picture = str(block.charts[0].picture)
    assert "<b>" not in picture
    assert "33.3%" in picture


def test_mended_labels_are_told_apart_from_those_that_are_drawn_less(frames: dict[str, Any]) -> None:
    weights = frames["sample_weights"].withColumn("taught", F.when(F.col("factor") > 0.2, "dog"))
    found = gather_suspects(frames | {"sample_weights": weights}, loop_facts(NAMES, rows={"appraisals": 8, "repairs": 3}))
    assert (found.mended, found.factor) == (1, pytest.approx(0.1))
    block = draw_suspects(found, SETTINGS)
    assert block is not None
    assert block.text[1:] == (
        "1 sample with a doubted label is drawn as others, and taught the suggested one.",
        "The others were drawn at 10.0% of the rate of their slice: less, but not never.",
    )


def test_doubted_labels_are_told_with_the_label_that_models_prefer(frames: dict[str, Any]) -> None:
    row = frames["repairs"].collect()[0].asDict() | {"fault": "label", "label": "cat", "suggested": "dog", "bpb": None}
    block = draw_suspects(Suspects(2, (), (("label", "a", 1),), 0.1, (row,)), SETTINGS)  # type: ignore[arg-type]
    assert block is not None
    assert block.text[0] == "1 sample is suspected; table repairs lists them."
    assert block.charts == ()
    assert block.grids[0].rows[0][2] == "cat, rather dog"
