"""The whole loop on real text: complete, conserved, repeatable, explained."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import functions as F
from tests.architecture.test_readme import commands
from tests.conftest import SMALL

from resonance.cli import main
from resonance.core.turns import CANDIDATES, CONTROL, HELDOUT, PLAN
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.tables import EVALUATION_ITEMS, SIGNALS
from resonance.testing import tiny_corpus

pytestmark = pytest.mark.train
DEMO = Path(__file__).parents[2] / "conf" / "jobs" / "demo.yaml"


@pytest.fixture(scope="module")
def opened(small_loop):
    return Workspace(load("local", "demo", (), SMALL, workspace=str(small_loop / "workspace")))


@pytest.fixture(scope="module")
def frames(opened):
    return opened.frames()


def test_every_table_is_filled(frames):
    empty = {name for name, frame in frames.items() if frame.isEmpty()}
    # the policy rewrites nothing and reads no other sets of signals; there is one batch; nobody asked for references or verdicts;
    # texts teach themselves; all events are kept; the demo's texts lie in no files that a second run could take over;
    # no rule is searched; texts are annotated on Spark 3.5 alone
    unmeasured = {table.name for table in SIGNALS.tables.values()} - {"signals_basics", "signals_datatrove"}
    assert empty == unmeasured | {
        "edits", "privacy_spans", "retractions", "excess_loss", "slice_excess", "label_quality", "examples", "slice_sums",
        "files", "unused_rows", "withdrawn", "writing", "approvals", "verdicts", "work_items", "heldout_roles", "rule_effects",
        "campaigns", "rule_trials", "rule_verifications", "rule_versions", "rule_comparisons", "annotations",
    }  # fmt: skip


def test_rows_are_conserved_at_every_cutting_step(frames):
    steps = {row["job"]: row for row in frames["steps"].collect()}
    for job in ("ingest", "clean", "judge", "dedupe", "decontaminate"):
        assert steps[job]["rows_in"] == steps[job]["rows_out"] + steps[job]["rows_cut"] > 0
    assert steps["ingest"]["rows_out"] == frames["raw"].count() == steps["clean"]["rows_in"]
    assert steps["clean"]["rows_out"] == frames["documents"].count() == steps["judge"]["rows_in"]
    assert steps["judge"]["rows_out"] == steps["dedupe"]["rows_in"]
    assert steps["dedupe"]["rows_out"] == steps["decontaminate"]["rows_in"]
    first = frames["rejects"].where("rank = 1")
    assert first.count() == sum(steps[job]["rows_cut"] for job in ("ingest", "clean", "judge", "dedupe", "decontaminate"))
    assert first.count() < frames["rejects"].count()  # every failing rule is kept


def test_each_draw_has_one_train_event_and_each_event_its_draw(frames):
    key = ["round", "arm", "epoch", "pos", "doc_id", "content_hash", "copy"]
    drawn = frames["sample_plan"].where(F.col("arm").isin(PLAN, CONTROL)).select(key)
    seen = frames["signal_event"].where("phase = 'train'").select(key)
    assert drawn.count() == seen.count() > 0
    assert drawn.join(seen, key, "left_anti").isEmpty()
    assert seen.join(drawn, key, "left_anti").isEmpty()
    assert {(r["round"], r["arm"]) for r in drawn.select("round", "arm").distinct().collect()} == {
        (1, "plan"),
        (2, "plan"),
        (2, "control"),
    }


def test_what_the_plan_draws_was_read_before_and_suspects_are_drawn_less(frames):
    second = F.col("round") == 2
    candidates, plan = (frames["sample_plan"].where(second & (F.col("arm") == arm)) for arm in (CANDIDATES, PLAN))
    unread = plan.join(candidates, "doc_id", "left_anti")  # what the plan goes on to where those that were read do not suffice
    assert unread.join(frames["sample_weights"].where(second), "doc_id").isEmpty()
    read = frames["appraisals"]
    held = frames["sample_plan"].where(F.col("arm") == HELDOUT)  # looked at as well, so that arms are compared on sound texts
    assert candidates.count() > 0
    assert candidates.join(read, "doc_id", "left_anti").isEmpty()
    assert read.join(candidates.unionByName(held), "doc_id", "left_anti").isEmpty()
    rates = plan.join(frames["sample_weights"].where(second).select("doc_id", "factor"), "doc_id", "left")
    full = {row["slice"]: row["pi"] for row in rates.where("factor IS NULL").select("slice", "pi").distinct().collect()}
    for row in rates.where("factor IS NOT NULL").collect():
        assert row["slice"] not in full or row["pi"] == pytest.approx(row["factor"] * full[row["slice"]])


def test_held_out_documents_are_never_drawn_and_share_no_cluster_with_what_is(frames):
    plan = frames["sample_plan"]
    held = plan.where(F.col("arm") == HELDOUT).select("doc_id")
    drawn = plan.where(F.col("arm") != HELDOUT).select("doc_id").distinct()
    assert held.count() > 0
    assert held.join(drawn, "doc_id").isEmpty()
    near = frames["duplicates"].where("method = 'near'").select("doc_id", "cluster_id")
    assert held.join(near, "doc_id").join(drawn.join(near, "doc_id").select("cluster_id"), "cluster_id").isEmpty()


def test_documents_that_hold_an_evaluation_item_are_never_drawn(frames):
    contaminated = frames["contamination"].select("doc_id").distinct()
    assert contaminated.count() >= frames["evaluation_items"].count() > 0  # the demo's items are passages of its own topics
    assert contaminated.join(frames["sample_plan"], "doc_id").isEmpty()


def test_both_rounds_and_the_control_arm_are_evaluated_with_intervals(frames):
    rows = {(r["round"], r["arm"]): r for r in frames["evaluations"].where("slice = '*'").collect()}
    assert set(rows) == {(1, "plan"), (2, "plan"), (2, "control")}
    assert all(row["low"] < row["bpb"] < row["high"] for row in rows.values())
    compared = rows[2, "plan"]
    assert compared["versus"] == "control"
    assert compared["delta"] != 0  # over held-out texts that nothing speaks against, so that it is no difference of the two bpb
    assert compared["delta_low"] <= compared["delta"] <= compared["delta_high"]
    assert rows[2, "plan"]["bpb"] < rows[1, "plan"]["bpb"]


def test_plans_sum_to_one_and_give_reasons(frames):
    totals = {r["round"]: r["total"] for r in frames["plans"].groupBy("round").agg(F.sum("weight").alias("total")).collect()}
    assert set(totals) == {1, 2, 3}
    assert all(total == pytest.approx(1) for total in totals.values())
    assert frames["plans"].where("reason not rlike '[0-9]'").isEmpty()


def test_manifests_name_what_the_rounds_were_made_of(frames):
    rows = frames["rounds"].orderBy("round").collect()
    assert [row["round"] for row in rows] == [1, 2]
    assert rows[0]["config_hash"] == rows[1]["config_hash"]
    assert rows[0]["plan_hash"] != rows[1]["plan_hash"]
    assert set(rows[0]["runs"].items()) <= set(rows[1]["runs"].items())


@pytest.mark.filterwarnings("ignore")
def test_mlflow_holds_each_round_with_its_metrics_versions_and_model(small_loop, frames):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{small_loop / 'workspace' / 'mlflow.db'}")
    runs = {run.data.tags["round"]: run for run in client.search_runs([client.get_experiment_by_name("resonance").experiment_id])}
    assert set(runs) == {"1", "2"}
    total = frames["evaluations"].where("round = 2 and arm = 'plan' and slice = '*'").collect()[0]
    assert runs["2"].data.metrics["heldout_bpb.plan.all"] == pytest.approx(total["bpb"])
    assert runs["2"].data.metrics["delta_vs_control.all"] == pytest.approx(total["delta"])
    assert "version.documents" in runs["2"].data.params
    assert {item.path for item in client.list_artifacts(runs["2"].info.run_id)} == {"report.html", "model"}


def test_second_run_does_nothing_and_says_why(small_loop, opened, capsys):
    before = opened.versions()
    main(["demo", "--workspace", str(small_loop / "workspace"), *(f"--set={setting}" for setting in SMALL)])
    shown = capsys.readouterr().out
    assert opened.versions() == before
    assert shown.count("skipped: up to date") == len([line for line in shown.splitlines() if "skipped" in line]) > 15


def test_events_are_json_lines_without_text(small_loop, frames):
    lines = (small_loop / "workspace" / "events.jsonl").read_text().splitlines()
    assert {"started", "finished"} <= {json.loads(line)["event"] for line in lines}
    text = frames["documents"].select("text").first()["text"]
    assert not any(text[:40] in line for line in lines)


def test_report_is_one_file_without_outside_links(small_loop):
    page = (small_loop / "workspace" / "report.html").read_text()
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "one seed; without training variance" in page


def test_why_tells_the_story_of_a_drawn_and_of_a_cut_document(small_loop, frames, capsys):
    place = ["--workspace", str(small_loop / "workspace")]
    drawn = frames["sample_plan"].where("round = 1").select(F.lower(F.hex("doc_id")).alias("id")).first()["id"]
    cut = frames["rejects"].where("step = 'dedupe'").select(F.lower(F.hex("doc_id")).alias("id")).first()["id"]
    main(["why", drawn, *place])
    story = capsys.readouterr().out
    for word in (
        "read ",
        "cleaned ",
        "signals ",
        "drawn     round 1 plan",
        "loss      round 1 plan train",
        "loss      round 1 plan score",
    ):
        assert word in story
    held = frames["contamination"].orderBy("doc_id", "item_id").first()
    main(["why", held["doc_id"].hex(), *place])
    assert f"contains  item demo/{held['item_id']} (" in capsys.readouterr().out
    main(["why", cut, *place])
    story = capsys.readouterr().out
    assert "cluster " in story
    assert "cut       by dedupe" in story
    with pytest.raises(SystemExit):
        main(["why", "0" * 32, *place])
    assert "no document" in capsys.readouterr().err


def test_explain_shows_slices_with_reasons(small_loop, frames, capsys):
    main(["explain", "--round", "2", "--workspace", str(small_loop / "workspace")])
    shown = capsys.readouterr().out
    assert "Plan of round 2" in shown
    with pytest.raises(SystemExit):
        main(["explain", "--round", "9", "--workspace", str(small_loop / "workspace")])
    assert "no plan for round 9: there are plans for rounds [1, 2, 3]" in capsys.readouterr().err


SHOWS = {
    "curate texts.jsonl.gz": (
        r"ingest .*35 in → 35 out(.|\n)*dedupe .*35 in → 30 out"
        r"(.|\n)*report: .*/curated/report.html\n30 documents exported to clean\n$"
    ),
    "curate more.jsonl.gz": r"ingest .*45 in → 45 out(.|\n)*report: .*/curated/report.html\n$",
    "tables": r"documents +│ +0 │ +35 │",
    "judge": r"documents judged: 0 are cut now, 0 would be(.|\n)*nothing was written; --apply writes it\n$",
    "register": r"quiz.*1 item",
    "plan": r"steps would run; none of them ever ran here",
    "explain --round 2": r"Plan of round 2",
    "explain --sample": r"^sample    {drawn} of slice (.|\n)*\nplan      round 3: ",
    "why": r"^.*{drawn}(.|\n)*drawn     round \d",
    "report": r"^report: .*/workspace/report.html\n$",
    "status": r"steps done(.|\n)*│ documents +│ \d+ (.|\n)*\nnothing runs\n",
    "doctor": r"Java(.|\n)*disk",
    "maintain": r"^\d\d tables compacted; versions of the last 168 hours stay readable\n$",
}
"""What the commands of the README, and two more on a loop that has run, print: as a pattern, by how they begin."""


def test_readme_commands_run_as_shown(small_loop, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workspace").symlink_to(small_loop / "workspace")
    for name, size in (("texts", 30), ("more", 40)):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps({**row, "id": f"{name}-{row['id']}"}) + "\n" for row in tiny_corpus(size, copies=5))
    (tmp_path / "questions.jsonl").write_text('{"id": 1, "text": "How many sacks does the miller count?"}\n')
    drawn = Workspace(load()).frames()["sample_plan"].select(F.lower(F.hex("doc_id")).alias("id")).first()["id"]
    shown = set()
    for command in (*commands(), "resonance explain --sample DOC_ID", "resonance maintain --keep-rounds 2"):
        if command.split()[1] in ("demo", "run"):  # the loop itself is what the fixture ran
            continue
        capsys.readouterr()
        main(shlex.split(command.replace("DOC_ID", drawn))[1:])
        (begins,) = (begins for begins in SHOWS if command.startswith(f"resonance {begins}"))
        said = capsys.readouterr().out
        assert re.search(SHOWS[begins].replace("{drawn}", drawn), said), f"{command} printed:\n{said}"
        shown.add(begins)
    assert shown == SHOWS.keys()
    exported = [json.loads(line) for path in (tmp_path / "clean").glob("part-*") for line in path.read_text().splitlines()]
    assert len(exported) == 30
    curated = Workspace(load(workspace=str(tmp_path / "curated"))).frames()
    assert sorted(curated["documents"].groupBy("batch").count().collect()) == [("main", 35), ("november", 45)]
    assert [row["set"] for row in Workspace(load(workspace=str(tmp_path / "mine"))).catalog.rows(EVALUATION_ITEMS)] == ["quiz"]


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_another_workspace_with_other_partitions_gives_equal_tables(opened, tmp_path):
    settings = [f"--set={setting}" for setting in (*SMALL, "spark.shuffle_partitions=7", "tracking.enabled=false")]
    command = [sys.executable, "-m", "resonance.cli"]
    subprocess.run([*command, "demo", "--workspace", str(tmp_path / "w"), *settings], check=True, timeout=1800)
    other = Workspace(load("local", "demo", (), SMALL, workspace=str(tmp_path / "w")))
    assert other.digests() == opened.digests()


def test_reference_models_score_what_they_never_saw(small_loop, tmp_path, capsys):
    workspace = tmp_path / "workspace"
    shutil.copytree(small_loop / "workspace", workspace)
    options = ["--workspace", str(workspace), f"--conf={DEMO}", *(f"--set={setting}" for setting in SMALL)]
    main(["run", "cross_fit", "compare", *options])
    frames = Workspace(load("local", "demo", (), SMALL, workspace=str(workspace))).frames()
    seen = frames["signal_event"].where("phase IN ('fit', 'reference')").select("arm", "phase", "doc_id").collect()
    fitted, scored = ({(row.arm, row.doc_id) for row in seen if row.phase == phase} for phase in ("fit", "reference"))
    assert {arm for arm, _ in fitted} == {arm for arm, _ in scored} == {"fold-0", "fold-1"}
    assert not fitted & scored, "a model scored what it was trained on"
    drawn = {row.doc_id for row in frames["sample_plan"].where("round = 2 AND arm = 'plan'").select("doc_id").collect()}
    assert sorted(doc for _, doc in scored) == sorted(drawn)
    excess = frames["excess_loss"].collect()
    assert {row.doc_id for row in excess} == drawn
    assert all(row.difference == pytest.approx(row.bpb - row.reference_bpb, abs=1e-12) for row in excess)
    capsys.readouterr()
    main(["explain", "--sample", excess[0].doc_id.hex(), "--workspace", str(workspace)])
    told = capsys.readouterr().out
    for word in ("sample    ", "state     ", "excess    round 2: ", "plan      round 3: ", "drawn     round 2 plan"):
        assert word in told
    main(["run", "cross_fit", "compare", *options])
    assert capsys.readouterr().out.count("up to date") == 3
    with pytest.raises(SystemExit):
        main(["run", "tune", *options])
    assert "tune: nothing to do under these settings; tune needs tune.slices" in capsys.readouterr().err
    aim = frames["sample_plan"].where("round = 2 AND arm = 'plan'").groupBy("slice").count().orderBy(F.desc("count")).first()[0]
    main(["run", "cross_fit", "tune", "compare", *options, f"--set=tune.slices=[{aim}]"])
    assert capsys.readouterr().out.count("up to date") == 2, "a target touches no reference model"
    gains = frames["excess_loss"].sparkSession.read.format("delta").load(str(workspace / "tables" / "excess_loss")).collect()
    assert len(gains) == len(excess)
    assert all(row.target_gain is not None for row in gains)
    page = (workspace / "report.html").read_text()
    assert "Against models that never saw the text" in page
    assert "target gain" in page
