from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from resonance.core.settings import ReportSettings
from resonance.report.build import build_report, compose
from resonance.report.facts import Apart, Facts, Losses
from resonance.report.gather import apart, gather, latest_steps, losses, thresholds
from resonance.report.judged import MOST
from resonance.runtime import resources
from resonance.tables import TABLES
from resonance.testing import events_frame, hold
from resonance.testing.worked import worked_frames

SLICES = ("one/docstring", "<script>alert(1)</script>", "three")


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> Mapping[str, DataFrame]:
    made = worked_frames(spark, 600, SLICES)
    stale = made["signal_event"].limit(5).withColumnsRenamed({}).selectExpr(
        *("'stale' AS run" if c == "run" else c for c in made["signal_event"].columns)
    )  # fmt: skip
    states = hold(made["signal_state"])
    changed = [bytes(row[0]) for row in states.select("doc_id").orderBy("doc_id").limit(3).collect()]
    states = states.withColumn("current", ~F.col("doc_id").isin(changed))
    return {**made, "signal_event": hold(made["signal_event"].unionByName(stale)), "signal_state": states}


@pytest.fixture(scope="module")
def facts(frames: Mapping[str, DataFrame]) -> Facts:
    return gather(frames)


@pytest.fixture(scope="module")
def page(facts: Facts) -> str:
    return compose(facts, ReportSettings(title="<b>own</b> title"))


def test_slices_are_counted_as_in_plain_python(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    cut = {bytes(row[0]) for row in frames["rejects"].select("doc_id").collect()}
    documents = frames["documents"].select("doc_id", "slice", "n_bytes").collect()
    kept = [row for row in documents if bytes(row["doc_id"]) not in cut]
    assert {s: c.documents for s, c in facts.part("kept").items()} == Counter(row["slice"] for row in kept)
    assert sum(c.bytes for c in facts.part("kept").values()) == sum(row["n_bytes"] for row in kept)
    drawn = frames["sample_plan"].where("round = 2 AND arm = 'control'").select("doc_id", "slice").collect()
    assert {s: c.rows for s, c in facts.part("draw", 2, "control").items()} == Counter(row["slice"] for row in drawn)
    assert sum(c.documents for c in facts.part("draw", 2, "control").values()) == len({bytes(r["doc_id"]) for r in drawn})


def test_draws_leave_the_held_out_arm_aside(facts: Facts) -> None:
    assert facts.draws() == [(1, "plan"), (2, "plan"), (2, "control")]


def test_cuts_and_thresholds_say_the_side(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    assert sum(cut.rows for cut in facts.cuts) == frames["rejects"].where("rank = 1").count() < frames["rejects"].count()
    asked = thresholds(facts.rules)
    assert len(asked) == len(facts.rules) == 23
    assert [(t.rule, t.set, t.signal, t.value, t.below) for t in asked[:4]] == [
        ("gopher_short_doc", "datatrove", "n_words", 50.0, True),
        ("gopher_long_doc", "datatrove", "n_words", 100_000.0, False),
        ("gopher_below_avg_threshold", "datatrove", "mean_word_length", 3.0, True),
        ("gopher_above_avg_threshold", "datatrove", "mean_word_length", 10.0, False),
    ]


def test_failures_are_counted_as_in_plain_python(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    tongues = {
        bytes(row["doc_id"]): row["language"]
        for row in frames["signals"].where("set = 'basics'").select("doc_id", "language").collect()
    }
    rows = frames["rejects"].where("step = 'judge'").select("doc_id", "source", "rule", "rank").collect()
    for by, name in (("source", lambda row: row["source"]), ("language", lambda row: tongues[bytes(row["doc_id"])])):
        failed = {(f.name, f.rule): (f.documents, f.first) for f in facts.failed if f.by == by}
        all_, first = Counter((name(r), r["rule"]) for r in rows), Counter((name(r), r["rule"]) for r in rows if r["rank"] == 1)
        assert failed == {key: (count, first[key]) for key, count in all_.items()}
    counts = {row.name: (row.documents, row.cut) for row in facts.judged if row.by == "language"}
    assert {name: documents for name, (documents, _) in counts.items()} == Counter(tongues.values())
    assert sum(cut for _, cut in counts.values()) == len([row for row in rows if row["rank"] == 1])
    assert len(counts) <= MOST["language"] + 1


def test_examples_stand_next_to_each_threshold(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    words = {
        bytes(r["doc_id"]).hex(): r["n_words"]
        for r in frames["signals"].where("set = 'datatrove'").select("doc_id", "n_words").collect()
    }
    near = [row for row in facts.examples.borderline if row.rule == "gopher_short_doc"]
    assert [(row.passes, row.value) for row in near] == [(False, 31.0)] * 2 + [
        (True, float(n)) for n in sorted(words.values()) if n >= 50
    ][:2]
    assert all(words[row.document] == row.value and row.threshold == 50.0 and row.source == "worked" for row in near)
    assert {row.text and row.text.startswith("note ") for row in near} == {True}
    assert {row.rule for row in facts.examples.rewritten} == {"javascript", "too_few_words"}
    assert [(row.rule, row.pieces, row.characters) for row in facts.edited] == [
        ("javascript", 86, 86 * 30),
        ("too_few_words", 86, 86 * 6),
    ]


def test_clusters_are_counted_at_their_keepers(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    ids = frames["duplicates"].where("method = 'exact'").select("cluster_id").collect()
    assert sum(c.clusters for c in facts.clusters if c.method == "exact") == len({bytes(row[0]) for row in ids})
    assert all(c.documents == c.size * c.clusters for c in facts.clusters)


def test_copies_are_counted_and_the_largest_clusters_shown(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    cut = Counter(row["rule"] for row in frames["rejects"].where("step = 'dedupe'").select("rule").collect())
    assert {c.rule: c.documents for c in facts.crossed if c.rule and c.source is None} == cut
    assert {(c.source, c.keeper) for c in facts.crossed if c.keeper} == {("worked", "worked")}
    assert [pair.method for pair in facts.examples.copies] == ["exact"] * 3 + ["near"] * 3
    assert {(pair.stays_text or "")[:5] for pair in facts.examples.copies} == {"note "}


def test_losses_are_those_of_the_newest_runs_only(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    events = frames["signal_event"].where("run <> 'stale'").select("round", "arm", "phase", "loss_sum").collect()
    for phase in ("train", "score", "heldout"):
        there = [row for row in events if (row["round"], row["arm"], row["phase"]) == (2, "plan", phase)]
        found = [loss for loss in facts.losses if (loss.round, loss.arm, loss.phase) == (2, "plan", phase)]
        assert sum(loss.rows for loss in found) == len(there)
        assert sum(loss.nats for loss in found) == pytest.approx(sum(row["loss_sum"] for row in there))
    first = [loss for loss in facts.losses if (loss.round, loss.arm, loss.phase) == (1, "plan", "train")]
    assert len(first) > 2
    assert {loss.rows for loss in first[:-1]} == {16}


def test_events_of_other_runs_and_states_of_changed_texts_are_counted_apart(facts: Facts) -> None:
    assert facts.apart == Apart(events=5, states=3)


def steps_of(**runs: str) -> tuple[Row, ...]:
    return tuple(Row(job=job, run=run) for job, run in runs.items())


def test_rows_without_a_loss_count_as_rows_alone(spark: SparkSession) -> None:
    seen = {"run": "t", "phase": "train", "n_tok": 4, "n_bytes": 10, "n_cut": 3}
    rows = [seen | {"doc": n, "loss_sum": loss} for n, loss in enumerate((2.0, 3.0, None))]
    rows += [seen | {"doc": 3, "loss_sum": 1.0, "n_bytes": 20, "log_pi": 0.5}, seen | {"doc": 4, "loss_sum": None, "log_pi": 0.25}]
    rows += [seen | {"doc": 5, "loss_sum": None, "phase": "score"}, seen | {"doc": 6, "loss_sum": 9.0, "run": "other"}]
    scored, trained = losses(events_frame(spark, rows), steps_of(train="t"), ())
    # 3 whole rows, one that stands for 2, one for 4; those with a loss: 2 whole ones and the one for 2.
    assert trained == Losses(
        *(1, "plan", "train", 0), rows=9, nats=7.0, tokens=4 * 4, bytes=2 * 10 + 2 * 20, share=0.25, no_loss=5, cut=9 * 3
    )
    assert scored == Losses(1, "plan", "score", 0, rows=1, nats=0.0, tokens=0, bytes=0, no_loss=1, cut=3)


def test_events_of_every_job_that_trains_or_scores_stand(spark: SparkSession) -> None:
    runs = ("a", "b", "c", "d", "unfinished", "a-before")
    events = events_frame(spark, [{"doc": n, "run": run, "phase": "train", "loss_sum": 1.0} for n, run in enumerate(runs)])
    states = spark.createDataFrame([(True,), (False,)], "current boolean")
    steps = steps_of(train="a", score_model="b", cross_fit="c", tune="d", feedback="unfinished")
    assert apart(events, states, steps) == Apart(events=2, states=1)
    assert apart(events, states, ()) == Apart(events=6, states=1)


def test_rows_of_every_table_are_counted(frames: Mapping[str, DataFrame], facts: Facts) -> None:
    assert list(facts.rows) == [table.name for table in TABLES]
    assert facts.rows["raw"] == 600
    assert facts.rows["signal_event"] == frames["signal_event"].count()
    assert facts.rows["rounds"] == 2


def test_page_holds_every_section_and_nothing_foreign(page: str) -> None:
    sections = ("funnel", "rules", "slices", "duplicates", "signals", "training", "held-out", "plan", "tables")
    assert [name for name in sections if f'<section id="{name}"' not in page] == []
    for foreign in ("<script", "http:", "https:", "src=", "@import", "url(http", "<link", "<iframe", "<img"):
        assert foreign not in page.lower(), foreign
    assert "one seed; without training variance" in page
    assert "5 events of runs that no longer stand" in page


def test_text_from_data_is_shown_as_text(page: str) -> None:
    assert "<b>own</b>" not in page
    assert "&lt;b&gt;own&lt;/b&gt; title" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("&lt;script&gt;") > 5
    assert "of &lt;b&gt;this&lt;/b&gt; work" in page


def test_equal_facts_give_an_equal_page(facts: Facts, page: str) -> None:
    assert compose(facts, ReportSettings(title="<b>own</b> title")) == page


def test_tables_without_rows_give_a_page_that_says_so(spark: SparkSession) -> None:
    empty = {table.name: spark.createDataFrame([], resources.contract(table).schema) for table in TABLES}
    page = build_report(empty, settings=ReportSettings())
    assert "No document has come in yet." in page
    assert 'id="tables"' in page
    assert 'id="plan"' not in page


def test_the_newest_run_of_a_step_stands() -> None:
    def step(job: str, batch: str, minute: int, written: tuple[str, ...] = ()) -> Row:
        at = datetime(2030, 1, 1, 0, minute, tzinfo=UTC)
        return Row(
            job=job, batch=batch, round=0, arm="plan", run=f"{job}{minute}", finished_at=at, written=dict.fromkeys(written, 1)
        )

    rows = [step("ingest", "a", 1), step("clean", "a", 2), step("ingest", "b", 3), step("dedupe", "a", 4), step("dedupe", "b", 6)]
    assert [row["run"] for row in latest_steps(rows)] == ["ingest1", "clean2", "ingest3", "dedupe6"]
    rows += [step("ingest", "a", 9, ("raw", "documents"))]
    assert [row["run"] for row in latest_steps(rows)] == ["ingest3", "dedupe6", "ingest9"]
