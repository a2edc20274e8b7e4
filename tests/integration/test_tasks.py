"""Labels and answers through the whole loop: quarantined, learnt, scored by models that never saw them, shown."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.cli import main
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace

pytestmark = pytest.mark.train
EPOCHS = 3
SETTINGS = (
    "ingest.min_slice_documents=20",
    "judge.policy=none",
    "rebalance.tokens=60000",
    f"rebalance.epochs={EPOCHS}",
    "rebalance.heldout_share=0.1",
    "train.launch=inline",
    "train.vocabulary=512",
    "train.hidden=32",
    "train.layers=1",
    "train.window=64",
    "train.documents_per_step=16",
    "train.checkpoint_steps=25",
    "evaluate.replicates=20",
    "tracking.enabled=false",
)
PARTS = sorted({part for topic in topics.values() for part in topic.split("\n\n") if 80 < len(part) < 600})[:330]


def label_of(text: str) -> str:
    return "object" if "object" in text else "statement" if "statement" in text else "other"


def ran(folder: Path, rows: list[dict[str, Any]], task: str, *more: str) -> tuple[list[str], dict[str, DataFrame]]:
    """The options of one round over the rows, and its tables."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = (*SETTINGS, f"ingest.inputs=[{folder / 'rows.jsonl'}]", f"task={task}", *more)
    options = ["--rounds", "1", "--workspace", str(folder / "workspace"), *(f"--set={setting}" for setting in given)]
    main(["run", "--unchecked", *options])
    return options, Workspace(load("local", None, (), given, workspace=str(folder / "workspace"))).frames()


@pytest.mark.usefixtures("spark")
def test_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [{"id": f"{n}", "text": text, "label": label_of(text)} for n, text in enumerate(PARTS)]
    rows += [{"id": "none", "text": "A text without a label."}, {"id": "odd", "text": "A text with an odd one.", "label": "odd"}]
    options, frames = ran(tmp_path, rows, "{kind: classification, labels: [object, statement, other]}")
    cut = Counter(row["rule"] for row in frames["rejects"].where("step = 'ingest'").collect())
    assert cut == {"missing_label": 1, "unknown_label": 1}
    examples = {bytes(row["doc_id"]): row for row in frames["examples"].collect()}
    texts = {bytes(row["doc_id"]): row["text"] for row in frames["documents"].collect()}
    assert {doc: row["label"] for doc, row in examples.items()} == {doc: label_of(text) for doc, text in texts.items()}
    for row in examples.values():
        said = b"\0".join([bytes(row["text_hash"]), row["label"].encode(), b"", b""])
        assert bytes(row["content_hash"]) == hashlib.sha256(said).digest()[:16]

    trained = frames["signal_event"].where("phase = 'train'")
    assert trained.count() == frames["sample_plan"].where("arm = 'plan'").count() > 500
    assert {
        row["doc_id"] for row in trained.collect() if row["content_hash"] != examples[bytes(row["doc_id"])]["content_hash"]
    } == set()
    exposures = trained.groupBy("doc_id").agg(F.sort_array(F.collect_list("exposure")).alias("seen")).collect()
    assert all(row["seen"] == list(range(1, len(row["seen"]) + 1)) and len(row["seen"]) % EPOCHS == 0 for row in exposures)
    early, late = (trained.where(f"epoch = {epoch}").agg(F.avg("loss_sum")).collect()[0][0] for epoch in (0, EPOCHS - 1))
    assert late < early
    states = frames["signal_state"].collect()
    assert {row["n_labelled"] % EPOCHS for row in states} == {0}
    assert all(row["current"] and 0 < row["confidence"] < 1 and 0 <= row["variability"] <= 0.5 for row in states)

    capsys.readouterr()
    main(["run", "cross_fit", "compare", "--unchecked", *options])
    quality = frames["label_quality"].collect()
    assert {bytes(row["doc_id"]) for row in quality} == {bytes(row["doc_id"]) for row in exposures}
    assert {row["label"] for row in quality} <= {"object", "statement", "other"}
    main(["explain", "--sample", quality[0]["doc_id"].hex(), "--workspace", str(tmp_path / "workspace")])
    told = capsys.readouterr().out
    for word in ("confidence ", "variability ", "label     round 1: ", "drawn     round 1 plan"):
        assert word in told
    main(["report", "--workspace", str(tmp_path / "workspace")])
    page = (tmp_path / "workspace" / "report.html").read_text()
    assert "Confidence and variability" in page
    assert "cartography-text-0" in page


@pytest.mark.slow
@pytest.mark.usefixtures("spark")
def test_a_changed_label_starts_anew_and_what_was_before_stands_apart(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": f"{n}", "text": text, "label": label_of(text)} for n, text in enumerate(PARTS[:150])]
    task, less = "{kind: classification, labels: [object, statement, other]}", ("rebalance.tokens=10000", "rebalance.epochs=1")
    _, frames = ran(tmp_path, rows, task, *less)
    before = frames["signal_event"].count()
    hashes = {row["source_key"]: row["content_hash"] for row in with_keys(frames).collect()}
    rows[3]["label"] = next(label for label in ("object", "statement") if label != rows[3]["label"])
    _, frames = ran(tmp_path, rows, task, *less)
    now = {row["source_key"]: row["content_hash"] for row in with_keys(frames).collect()}
    assert [key for key in now if now[key] != hashes[key]] == ["3"]
    assert frames["signal_event"].count() > before, "events of before are kept"
    assert frames["signal_state"].where("NOT current").count() == 0, "states are of the runs that stand"
    page = (tmp_path / "workspace" / "report.html").read_text()
    assert f"{before:,} events of runs that are out of date" in page


def with_keys(frames: dict[str, DataFrame]) -> DataFrame:
    """The hash of each example by its source key."""
    return frames["examples"].select("doc_id", "content_hash").join(frames["documents"].select("doc_id", "source_key"), "doc_id")


@pytest.mark.slow
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("repair", [False, True])
def test_doubted_labels_reach_the_next_draw(tmp_path: Path, repair: bool) -> None:
    rows: list[dict[str, Any]] = [
        {"id": f"{n}", "text": text, "label": label_of(text) if n % 7 else "statement"} for n, text in enumerate(PARTS)
    ]
    weighting = f"{{name: own, version: 1, kind: resonance, parameters: {{repair: {str(repair).lower()}}}}}"
    more = (f"decide.weighting={weighting}", "rebalance.tokens=40000", "appraise.reach=3", "train.learning_rate=0.01")
    options, frames = ran(tmp_path, rows, "{kind: classification, labels: [object, statement, other]}", *more)
    main(["run", "--unchecked", "--rounds", "2", *options[2:]])
    second = F.col("round") == 2
    weights = frames["sample_weights"].where(second)
    known = frames["documents"].select("doc_id", "content_hash")
    assert weights.count() > 0
    assert weights.join(known, ["doc_id", "content_hash"], "left_anti").isEmpty()
    drawn = frames["sample_plan"].where(second & (F.col("arm") == "plan")).select("doc_id", "slice", "pi").distinct()
    rates = drawn.join(weights.select("doc_id", "factor", "taught"), "doc_id", "left").collect()
    full = {row["slice"]: row["pi"] for row in rates if row["factor"] is None}
    less = [row for row in rates if row["factor"] is not None and row["slice"] in full]
    assert less
    assert all(row["pi"] == pytest.approx(row["factor"] * full[row["slice"]]) for row in less)
    taught = {bytes(row["doc_id"]): row["taught"] for row in rates if row["taught"]}
    assert bool(taught) == repair
    events = frames["signal_event"].where(second & (F.col("arm") == "plan") & F.col("phase").isin("train", "score")).collect()
    given = {bytes(row["doc_id"]): row["label"] for row in frames["examples"].collect()}
    for row in events:
        doc = bytes(row["doc_id"])
        assert row["label"] == (taught.get(doc, given[doc]) if row["phase"] == "train" else given[doc])
    control = frames["signal_event"].where(second & (F.col("arm") == "control") & (F.col("phase") == "train")).collect()
    assert all(row["label"] == given[bytes(row["doc_id"])] for row in control)


@pytest.mark.slow
@pytest.mark.usefixtures("spark")
def test_answers(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": f"{n}", "instruction": "Go on.", "input": text[: len(text) // 2], "output": text[len(text) // 2 :]}
        for n, text in enumerate(PARTS)
    ]
    rows += [{"id": "none", "instruction": "Say nothing.", "output": ""}, {"id": "what", "output": "An answer to nothing."}]
    _, frames = ran(tmp_path, rows, "{kind: instruction}", "rebalance.epochs=1", "ingest.keep_raw=false")
    cut = Counter(row["rule"] for row in frames["rejects"].where("step = 'ingest'").collect())
    assert cut == {"missing_answer": 1, "missing_prompt": 1}
    answers = {bytes(row["doc_id"]): row for row in frames["examples"].collect()}
    events = frames["signal_event"].collect()
    assert {row["phase"] for row in events} == {"train", "score", "heldout"}
    sizes = {doc: len(row["answer"].encode()) for doc, row in answers.items()}
    assert all(row["n_bytes"] == sizes[bytes(row["doc_id"])] for row in events)
    assert all(row["n_tok"] <= sizes[bytes(row["doc_id"])] + 1 for row in events)
    assert any(row["n_cut"] > 0 for row in events)
    assert any(row["n_cut"] == 0 for row in events)
    assert {row["label"] for row in events} == {None}
    held = frames["documents"].where(F.col("source_key") == "3").select("text").collect()[0][0]
    assert held.split("\n\n")[0] == "Go on."
