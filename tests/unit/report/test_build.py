from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.unit.report.words import find_english
from tests.worked import worked_frames

from resonance.core.settings import ReportSettings
from resonance.report.build import Gathered, compose, gather, write_json, write_text
from resonance.report.sections.rules import MOST_NAMES
from resonance.report.sections.signals import read_thresholds
from resonance.report.sections.training import Unused
from resonance.runtime import resources
from resonance.tables import TABLES
from resonance.testing import hold

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
def facts(frames: Mapping[str, DataFrame]) -> Gathered:
    return gather(frames)


@pytest.fixture(scope="module")
def page(facts: Gathered) -> str:
    return compose(facts, ReportSettings(title="<b>own</b> title"))


def test_slices_are_counted_as_in_plain_python(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    cut = {bytes(row[0]) for row in frames["rejects"].select("doc_id").collect()}
    documents = frames["documents"].select("doc_id", "slice", "n_bytes").collect()
    kept = [row for row in documents if bytes(row["doc_id"]) not in cut]
    assert {s: c.documents for s, c in facts.shared.find_part("kept").items()} == Counter(row["slice"] for row in kept)
    assert sum(c.bytes for c in facts.shared.find_part("kept").values()) == sum(row["n_bytes"] for row in kept)
    drawn = frames["sample_plan"].where("round = 2 AND arm = 'control'").select("doc_id", "slice").collect()
    assert {s: c.rows for s, c in facts.shared.find_part("draw", 2, "control").items()} == Counter(row["slice"] for row in drawn)
    assert sum(c.documents for c in facts.shared.find_part("draw", 2, "control").values()) == len(
        {bytes(r["doc_id"]) for r in drawn}
    )


def test_draws_leave_the_held_out_arm_aside(facts: Gathered) -> None:
    assert facts.shared.find_draws() == [(1, "plan"), (2, "plan"), (2, "control")]


def test_cuts_and_thresholds_say_the_side(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    assert sum(cut.rows for cut in facts.shared.cuts) == frames["rejects"].where("rank = 1").count() < frames["rejects"].count()
    asked = read_thresholds(facts.shared.rules)
    assert len(asked) == len(facts.shared.rules) == 23
    assert [(t.rule, t.set, t.signal, t.value, t.below) for t in asked[:4]] == [
        ("gopher_short_doc", "datatrove", "n_words", 50.0, True),
        ("gopher_long_doc", "datatrove", "n_words", 100_000.0, False),
        ("gopher_below_avg_threshold", "datatrove", "mean_word_length", 3.0, True),
        ("gopher_above_avg_threshold", "datatrove", "mean_word_length", 10.0, False),
    ]


def test_failures_are_counted_as_in_plain_python(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    tongues = {bytes(row["doc_id"]): row["language"] for row in frames["signals_basics"].select("doc_id", "language").collect()}
    rows = frames["rejects"].where("step = 'judge'").select("doc_id", "source", "rule", "rank").collect()
    for by, name in (("source", lambda row: row["source"]), ("language", lambda row: tongues[bytes(row["doc_id"])])):
        failed = {(f.name, f.rule): (f.documents, f.first) for f in facts.sections["rules"].failed if f.by == by}
        all_, first = Counter((name(r), r["rule"]) for r in rows), Counter((name(r), r["rule"]) for r in rows if r["rank"] == 1)
        assert failed == {key: (count, first[key]) for key, count in all_.items()}
    counts = {row.name: (row.documents, row.cut) for row in facts.sections["rules"].judged if row.by == "language"}
    assert {name: documents for name, (documents, _) in counts.items()} == Counter(tongues.values())
    assert sum(cut for _, cut in counts.values()) == len([row for row in rows if row["rank"] == 1])
    assert len(counts) <= MOST_NAMES["language"] + 1


def test_excerpts_are_next_to_each_threshold(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    words = {bytes(r["doc_id"]).hex(): r["n_words"] for r in frames["signals_datatrove"].select("doc_id", "n_words").collect()}
    near = [row for row in facts.sections["rules"].excerpts.borderline if row.rule == "gopher_short_doc"]
    assert [(row.passes, row.value) for row in near] == [(False, 31.0)] * 2 + [
        (True, float(n)) for n in sorted(words.values()) if n >= 50
    ][:2]
    assert all(words[row.document] == row.value and row.threshold == 50.0 and row.source == "worked" for row in near)
    assert {row.text and row.text.startswith("note ") for row in near} == {True}
    assert {row.rule for row in facts.sections["rules"].excerpts.rewritten} == {"javascript", "too_few_words"}
    assert [(row.rule, row.pieces, row.characters) for row in facts.sections["rules"].excerpts.edited] == [
        ("javascript", 86, 86 * 30),
        ("too_few_words", 86, 86 * 6),
    ]


def test_clusters_are_counted_at_their_keepers(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    ids = frames["duplicates"].where("method = 'exact'").select("cluster_id").collect()
    assert sum(c.clusters for c in facts.sections["duplicates"].clusters if c.method == "exact") == len(
        {bytes(row[0]) for row in ids}
    )
    assert all(c.documents == c.size * c.clusters for c in facts.sections["duplicates"].clusters)


def test_copies_are_counted_and_the_largest_clusters_shown(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    cut = Counter(row["rule"] for row in frames["rejects"].where("step = 'dedupe'").select("rule").collect())
    assert {c.rule: c.documents for c in facts.sections["duplicates"].crossed if c.rule and c.source is None} == cut
    assert {(c.source, c.keeper) for c in facts.sections["duplicates"].crossed if c.keeper} == {("worked", "worked")}
    assert [pair.method for pair in facts.sections["duplicates"].pairs] == ["exact"] * 3 + ["near"] * 3
    assert {(pair.stays_text or "")[:5] for pair in facts.sections["duplicates"].pairs} == {"note "}


def test_losses_are_those_of_the_newest_runs_only(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    events = frames["signal_event"].where("run <> 'stale'").select("round", "arm", "phase", "loss_sum").collect()
    for phase in ("train", "score", "heldout"):
        there = [row for row in events if (row["round"], row["arm"], row["phase"]) == (2, "plan", phase)]
        found = [loss for loss in facts.shared.losses if (loss.round, loss.arm, loss.phase) == (2, "plan", phase)]
        assert sum(loss.rows for loss in found) == len(there)
        assert sum(loss.nats for loss in found) == pytest.approx(sum(row["loss_sum"] for row in there))
    first = [loss for loss in facts.shared.losses if (loss.round, loss.arm, loss.phase) == (1, "plan", "train")]
    assert len(first) > 2
    assert {loss.rows for loss in first[:-1]} == {16}


def test_events_of_other_runs_and_states_of_changed_texts_count_nowhere(facts: Gathered) -> None:
    assert facts.sections["training"].unused == Unused(events=5, states=3)


def test_rows_of_every_table_are_counted(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    assert list(facts.shared.rows) == [table.name for table in TABLES]
    assert facts.shared.rows["raw"] == 600
    assert facts.shared.rows["signal_event"] == frames["signal_event"].count()
    assert facts.shared.rows["rounds"] == 2


def test_page_holds_every_section_and_nothing_foreign(page: str) -> None:
    sections = ("funnel", "rules", "slices", "duplicates", "signals", "training", "held-out", "plan", "tables")
    assert [name for name in sections if f'<section id="{name}"' not in page] == []
    for foreign in ("<script", "http:", "https:", "src=", "@import", "url(http", "<link", "<iframe", "<img"):
        assert foreign not in page.lower(), foreign
    assert "one seed; without training variance" in page
    assert "5 events of runs that are out of date" in page


def test_text_from_data_is_shown_as_text(page: str) -> None:
    assert "<b>own</b>" not in page
    assert "&lt;b&gt;own&lt;/b&gt; title" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("&lt;script&gt;") > 5
    assert "of &lt;b&gt;this&lt;/b&gt; work" in page


def test_languages_are_counted_through_all_steps(frames: Mapping[str, DataFrame], facts: Gathered) -> None:
    """As in plain Python; and every form of the report lists them alike."""
    tongues = {bytes(row["doc_id"]): row["language"] for row in frames["signals_basics"].select("doc_id", "language").collect()}
    cut = {bytes(row["doc_id"]): row for row in frames["rejects"].where("rank = 1").orderBy("step").collect()}
    counted: Counter[tuple[str | None, str | None]] = Counter()
    for part in facts.sections["funnel"].languages:
        counted[part.language, part.step] += part.documents
    assert counted == Counter((language, id in cut and cut[id]["step"] or None) for id, language in tongues.items())
    assert {step for _, step in counted} == {None, "judge", "dedupe"}

    found = json.loads(write_json(facts, ReportSettings(title="own")))
    (grid,) = (grid for grid in found["sections"]["funnel"]["grids"] if grid["title"].startswith("Languages"))
    assert {row[0]: row[2] for row in grid["rows"]} == {name: str(n) for name, n in Counter(tongues.values()).items()}
    text = write_text(facts, ReportSettings(title="own"))
    assert text.startswith("# own\n")
    row = next(line for line in text.split("\n") if line.startswith("| en |"))
    assert [cell.strip().replace("\\", "") for cell in row.strip("|").split("|")] in grid["rows"]


def test_equal_facts_give_an_equal_page(facts: Gathered, page: str) -> None:
    assert compose(facts, ReportSettings(title="<b>own</b> title")) == page


def test_facts_from_tables_hold_no_sentence_that_stays_english(facts: Gathered) -> None:
    assert find_english(compose(facts, ReportSettings(language="zh")), facts) == {}


def test_tables_without_rows_give_a_page_that_says_so(spark: SparkSession) -> None:
    empty = {table.name: spark.createDataFrame([], resources.contract(table).schema) for table in TABLES}
    page = compose(gather(empty), ReportSettings())
    assert "No document has come in yet." in page
    assert 'id="tables"' in page
    assert 'id="plan"' not in page
