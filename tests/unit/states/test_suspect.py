"""Suspected samples: texts without order from what was appraised in the round, labels that models of the round before doubt."""

from __future__ import annotations

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from resonance.core.job import Turn
from resonance.core.settings import ScoreModelSettings
from resonance.runtime import resources
from resonance.states.suspect import suspect
from resonance.tables import APPRAISALS, LABEL_QUALITY, REPAIRS
from resonance.testing import documents_frame, events_frame, hold

TURN = Turn("main", round=3)


def test_texts_and_labels_are_listed_with_their_evidence(spark: SparkSession) -> None:
    draw = np.random.default_rng(3)
    events = []
    for doc in range(200):
        gain = draw.normal(0, 0.2) if doc < 20 else draw.normal(3.0, 0.4)
        for phase, loss in (("appraise", 20.0), ("reorder", 20.0 + gain)):
            events.append({"doc": doc, "round": 3, "phase": phase, "loss_sum": loss, "n_bytes": 10})
    quality = resources.contract(LABEL_QUALITY).schema
    given = {"bucket": 1, "slice": "a", "fold": "fold-0", "label": "cat", "suggested": "dog", "p_label": 0.1, "p_suggested": 0.8}
    rows = [
        given | {"round": round, "doc_id": bytes([doc]) * 16, "content_hash": b"\0" * 16, "quality": 0.15, "issue": issue}
        for round, doc, issue in ((2, 250, True), (2, 251, False), (1, 251, True), (3, 252, True), (1, 253, True), (2, 253, True))
    ]
    labels = spark.createDataFrame([tuple(row.get(name) for name in quality.names) for row in rows], quality)
    documents = documents_frame(spark, [(str(n), "a", "one text of many words" if n < 3 else f"text {n}") for n in range(4)])
    held = F.col("doc_id").isin(*(row["doc_id"] for row in documents.where("source_key IN ('0', '3')").collect()))
    marks = {"round": F.when(held, 0).otherwise(3), "arm": F.when(held, "heldout").otherwise("candidates"), "pos": F.lit(1)}
    drawn = documents.select("doc_id", "batch", "content_hash").withColumns(marks)
    more = [{"doc": int.from_bytes(row.doc_id, "big"), "content_hash": row.content_hash} for row in drawn.collect()]
    for number, row in enumerate(more):
        same = {**row, "pos": 1_000 + number, "bucket": 1, "round": 3, "n_bytes": 10}
        events += [same | {"phase": "appraise", "loss_sum": 20.0}, same | {"phase": "reorder", "loss_sum": 23.0}]
    frames = events_frame(spark, events), labels, drawn, documents
    appraised, repairs = suspect(
        *frames, scoring=ScoreModelSettings(max_heldout_documents=2), turn=TURN, checkpoint=lambda frame, name: hold(frame)
    )
    rows = resources.contract(APPRAISALS).conform(appraised).collect()
    assert len(rows) == 204
    assert sorted(round(row.alike, 3) for row in rows)[-4:] == [1.0, 3.0, 3.0, 3.0]
    found = {int.from_bytes(row.doc_id, "big"): row for row in resources.contract(REPAIRS).conform(repairs).collect()}
    texts = {doc for doc, row in found.items() if row.fault == "order"}
    assert len(texts & set(range(20))) >= 18
    assert len(texts - set(range(20))) <= 1
    labelled = {row.doc_id[0]: row for row in found.values() if row.fault == "label"}
    assert set(labelled) == {250, 253}, "the newest verdict of an earlier round counts, and each sample once"
    doubted = labelled[250]
    assert (doubted.round, doubted.posterior, doubted.label, doubted.suggested, doubted.p_suggested) == (3, 0.85, "cat", "dog", 0.8)
    assert doubted.bpb is None
    assert all(row.suggested is None and row.bpb is not None for doc, row in found.items() if doc in texts)
