"""The section on labels: a map whose points lead to texts, and the most suspect labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.report.loop import NAMES, loop_facts

from resonance.core.job import Turn
from resonance.core.settings import FeedbackSettings, ReportSettings
from resonance.report.sections.labels import Labels, Mapped, Suspect, draw_labels, gather_labels
from resonance.runtime import resources
from resonance.states.feedback import feedback
from resonance.states.labels import rate_labels
from resonance.tables import LABEL_QUALITY, SIGNAL_STATE, SLICE_SUMS
from resonance.testing import documents_frame, events_frame

SETTINGS = ReportSettings()


def make_facts(names: tuple[str, ...] = NAMES) -> Labels:
    suspect = Suspect("ab" * 16, names[0], "x", "y", 0.1, 0.8, "a")
    return Labels(len(names), (Mapped("ab" * 16, 0.5, 0.1, 1, 2, "a"),), 2, 40, 1, (suspect,))


def test_without_labels_there_is_no_section() -> None:
    assert draw_labels(Labels(), SETTINGS) is None


def test_points_lead_to_their_texts_and_names_from_data_stay_text() -> None:
    mapped = (
        Mapped("ab" * 16, 0.1, 0.05, 0, 4, "<b>sold</b>"),
        Mapped("cd" * 16, 0.9, 0.2, 3, 4, None),
        Mapped("ef" * 16, 1, 0, 4, 4, "c"),
    )
    suspect = Suspect("ab" * 16, "s", "<i>", "b", 0.01, 0.98, "a text")
    block = draw_labels(Labels(3, mapped, 2, 50, 1, (suspect,)), SETTINGS)
    assert block is not None
    text = " ".join(block.text)
    assert "3 samples with a label were trained on." in text
    assert "scored 50 labels of round 2: 1 (2.0%) are suspect" in text
    picture = str(block.charts[0].picture)
    leads = re.findall(r'href="#([^"]+)"', picture)
    assert {"cartography-text-0", "cartography-text-1", "cartography-text-2"} <= set(leads)
    assert all(f'id="{place}"' in picture for place in leads)
    assert "&lt;b&gt;sold" in picture
    assert "<b>sold" not in picture
    assert "(not read)" in picture
    assert block.grids[0].rows[0][2:6] == ("<i>", "0.010", "b", "0.980")


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> Mapping[str, DataFrame]:
    """Forty samples that were trained on twice; every tenth label is wrong, and one text has changed since."""
    documents = documents_frame(spark, [(str(n), "s", f"text {n}") for n in range(40)])
    ids = {int(row.source_key): row for row in documents.collect()}
    rows: list[dict[str, Any]] = []
    for n, row in ids.items():
        p = 0.1 if n % 10 == 0 else 0.9
        own = {"doc": n, "doc_id": bytes(row.doc_id), "content_hash": bytes(row.content_hash) if n != 5 else bytes(16)}
        own |= {"label": "ab"[n % 2], "loss_sum": 1.0, "p_label": p, "margin": 1.0, "el2n": 0.1}
        own |= {"prediction": "ab"[n % 2] if p > 0.5 else "ba"[n % 2], "probabilities": {"ab"[n % 2]: p, "ba"[n % 2]: 1 - p}}
        rows += [own | {"phase": "train"}, own | {"phase": "train", "epoch": 1}, own | {"phase": "reference", "arm": "fold-0"}]
    events, turn = events_frame(spark, rows), Turn("main", 1)
    sums = spark.createDataFrame([], resources.contract(SLICE_SUMS).schema)
    states, _ = feedback(events, sums, documents, documents.limit(0), settings=FeedbackSettings(), turn=turn)
    quality = resources.contract(LABEL_QUALITY).conform(rate_labels(events, turn=turn))
    return {"documents": documents, "signal_state": resources.contract(SIGNAL_STATE).conform(states), "label_quality": quality}


def test_gathered_from_tables(frames: Mapping[str, DataFrame]) -> None:
    shared = loop_facts(rows={"signal_state": 39})
    found = gather_labels(frames, shared)
    assert (found.current, found.round, found.scored, found.issues) == (39, 1, 40, 4)
    assert [one.confidence for one in found.mapped] == sorted(one.confidence for one in found.mapped)
    assert {(one.right, one.exposures) for one in found.mapped} == {(0, 2), (2, 2)}
    assert {one.text for one in found.suspects} == {"text 0", "text 10", "text 20", "text 30"}
    unread = gather_labels(frames, replace(shared, texts_shown=False))
    assert {one.text for one in (*unread.mapped, *unread.suspects)} == {None}
