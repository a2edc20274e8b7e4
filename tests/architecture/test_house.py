"""jobs/, factory, configuration, contracts and tables agree with each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from resonance.core.ledger import CUTTING
from resonance.core.settings import Config
from resonance.core.table import list_tables
from resonance.factory import INGEST_AND_CLEAN, JOBS, curation, loop
from resonance.runtime import resources
from resonance.runtime.conf import load
from resonance.runtime.run.schedule import upstream
from resonance.tables import (
    APPROVALS,
    CAMPAIGNS,
    DOCUMENTS,
    EVALUATION_ITEMS,
    REJECTS,
    ROUNDS,
    RULE_COMPARISONS,
    RULE_TRIALS,
    RULE_VERIFICATIONS,
    RULE_VERSIONS,
    STEPS,
    TABLES,
    WRITING,
)

TOP = Path(__file__).parents[2]


def test_each_job_has_its_script_and_each_script_its_job():
    scripts = {path.stem for path in (TOP / "jobs").glob("*.py")}
    assert scripts == {job.name for job in JOBS} | {"report", "loop", "register"}
    for path in (TOP / "jobs").glob("*.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path.name
        assert len(tree.body) <= 4, path.name


def test_each_table_has_its_contract_and_the_same_key():
    assert {path.name.partition(".")[0] for path in (TOP / "data_contracts").glob("*.odcs.yaml")} == {t.name for t in TABLES}
    for table in TABLES:
        contract = resources.contract(table)
        assert contract.name == table.name
        assert set(contract.key) <= set(table.key)
        assert contract.append_only == table.append_only
        assert set(table.key) | set(table.replaces) <= {column.name for column in contract.columns}
        assert all(column.meaning for column in contract.columns)


def test_each_job_reads_and_writes_declared_tables():
    for job in (*JOBS, INGEST_AND_CLEAN):
        assert set(list_tables((*job.reads, *job.writes, *job.appends))) <= set(TABLES), job.name


def test_every_table_is_written_by_some_job_or_the_runner_or_registered():
    written = {table for job in JOBS for table in list_tables((*job.writes, *job.appends))}
    campaigns = {CAMPAIGNS, RULE_COMPARISONS, RULE_TRIALS, RULE_VERIFICATIONS, RULE_VERSIONS}
    assert written | campaigns | {STEPS, WRITING, ROUNDS, EVALUATION_ITEMS, APPROVALS} == set(TABLES)


def test_steps_that_cut_documents_are_known_in_their_order():
    jobs = [step.job for step in curation(Config())]
    assert tuple(job.name for job in jobs if REJECTS in job.writes and DOCUMENTS in job.reads) == CUTTING


def test_configuration_files_name_known_jobs_and_keys():
    known = {job.name for job in JOBS} | {"demo", "curate"}
    assert {path.stem for path in (TOP / "conf/jobs").glob("*.yaml")} <= known
    for path in (TOP / "conf").rglob("*.yaml"):
        if path.parent.name not in ("annotations", "licences", "moves", "policies", "profiles", "searches", "weightings"):
            load(files=[path])


def test_plans_are_the_only_way_back():
    """What a model leaves reaches the next draw through decide alone; of events a draw reads how many tokens texts had."""
    steps = loop(load(rounds=3, decide__weighting="above_mean"))
    above = {step.place: {earlier.job.name for earlier in upstream(step, steps[:index])} for index, step in enumerate(steps)}
    assert above["ingest/0/plan"] == set()
    assert above["judge/0/plan"] == {"clean"}
    corpus = {"ingest", "clean", "judge", "dedupe", "decontaminate", "hold_out"}
    assert above["rebalance/1/plan"] == corpus | {"decide"}
    read = {"train", "score_model", "appraise"}
    assert above["rebalance/2/plan"] == above["rebalance/3/control"] == corpus | {"decide", "rebalance"} | read
    assert above["decide/1/plan"] == corpus
    assert above["decide/2/plan"] == above["decide/4/plan"] == corpus | {"decide", "rebalance", "feedback", "evaluate"}
    assert above["feedback/1/plan"] == {"clean", "train", "score_model"}
    assert above["evaluate/2/plan"] == {"train", "score_model", "appraise", "suspect"}


def test_decide_reads_evaluations_but_no_held_out_loss():
    """They say whether a plan did harm; what is drawn instead follows from other tables."""
    (decide,) = (job for job in JOBS if job.name == "decide")
    reads = {table.name for table in decide.reads}
    tables = {"plans", "slice_state", "slice_excess", "evaluations", "documents", "rejects", "sample_plan", "slice_quality"}
    assert reads == tables | {"verdicts"}


def test_the_loop_asks_for_verdicts_before_a_plan_that_follows_them():
    steps = loop(load(rounds=2, decide__verdicts=True))
    names = [str(step) for step in steps if step.job.name in ("probe", "attribute", "decide")]
    arms = ("again", "wide", "part-25", "part-50")
    asked = [[*(f"probe {number} {arm}" for arm in arms), f"attribute {number}", f"decide {number + 1}"] for number in (1, 2)]
    assert names == ["decide 1", *asked[0], *asked[1]]
    last = next(step for step in steps if str(step) == "decide 2")
    assert "attribute 1" in {str(step) for step in upstream(last, steps[: steps.index(last)])}
    assert not {step.job.name for step in loop(load(rounds=2))} & {"probe", "attribute"}


def test_the_loop_trains_reference_models_before_a_weighting_reads_what_they_show():
    steps = loop(load(rounds=2, decide__weighting="doremi"))
    assert [str(step) for step in steps if step.job.name in ("cross_fit", "compare", "decide")] == [
        "decide 1",
        *(f"cross_fit 1 fold-{fold}" for fold in range(Config().cross_fit.folds)),
        "compare 1",
        "decide 2",
        *(f"cross_fit 2 fold-{fold}" for fold in range(Config().cross_fit.folds)),
        "compare 2",
        "decide 3",
    ]
    last = next(step for step in steps if str(step) == "decide 2")
    assert "compare 1" in {str(step) for step in upstream(last, steps[: steps.index(last)])}
    assert not {step.job.name for step in loop(load(rounds=2))} & {"cross_fit", "compare"}


def test_the_loop_looks_at_candidates_before_a_weighting_draws_single_documents_less():
    steps = loop(load(rounds=2, decide__weighting="resonance"))
    names = ("decide", "appraise", "suspect", "weigh_samples", "rebalance", "train", "cross_fit")
    assert [str(step) for step in steps if step.job.name in names] == [
        *("decide 1", "rebalance 1 plan", "train 1 plan"),
        *("decide 2", "rebalance 2 candidates", "appraise 2", "suspect 2", "weigh_samples 2"),
        *("rebalance 2 plan", "rebalance 2 control", "train 2 plan", "train 2 control", "decide 3"),
    ]
    draw = next(step for step in steps if str(step) == "rebalance 2 plan")
    assert "weigh_samples 2" in {str(step) for step in upstream(draw, steps[: steps.index(draw)])}


def test_a_model_that_is_there_before_round_1_reads_its_candidates_too():
    steps = loop(load(rounds=1, decide__weighting="resonance", train__model="somewhere"))
    assert {"rebalance 1 candidates", "appraise 1", "weigh_samples 1"} <= {str(step) for step in steps}


def test_a_weighting_by_scores_weighs_documents_from_the_first_round_on_and_asks_for_no_look():
    names = ("appraise", "suspect", "weigh_samples", "rebalance", "cross_fit")
    found = [str(step) for step in loop(load(rounds=2, control=False, decide__weighting="by_score")) if step.job.name in names]
    assert found == ["weigh_samples 1", "rebalance 1 plan", "weigh_samples 2", "rebalance 2 plan"]
    model = [str(step) for step in loop(load(rounds=1, decide__weighting="by_score", train__model="somewhere"))]
    assert "weigh_samples 1" in model
    assert not {"rebalance 1 candidates", "appraise 1", "suspect 1"} & set(model)
    compared = [str(step) for step in loop(load(rounds=2, decide__weighting="by_score"))]
    assert compared.index("suspect 2") < compared.index("weigh_samples 2") < compared.index("rebalance 2 plan")
    assert "train 2 control" in compared


def test_labels_are_doubted_by_reference_models_and_where_candidates_are_read():
    task = {"kind": "classification", "labels": ["a", "b"]}
    steps = [str(step) for step in loop(load(rounds=2, decide__weighting="resonance", task=task))]
    assert steps.index("compare 1") < steps.index("suspect 2") < steps.index("weigh_samples 2") < steps.index("rebalance 2 plan")
    assert steps.index("appraise 2") < steps.index("suspect 2")
    assert "weigh_samples 1" not in steps


def test_a_weighting_that_draws_what_its_control_draws_trains_no_control():
    for weighting in ("uniform", "stratified"):
        assert "train 2 control" not in {str(step) for step in loop(load(rounds=2, decide__weighting=weighting))}
    assert "train 2 control" in {str(step) for step in loop(load(rounds=2, decide__weighting="above_mean"))}
    assert "train 2 control" in {str(step) for step in loop(load(rounds=2, decide__verdicts=True))}


def test_held_out_documents_are_looked_at_wherever_arms_are_compared_on_them():
    for weighting in ("above_mean", "rho", "resonance"):
        steps = [str(step) for step in loop(load(rounds=2, decide__weighting=weighting))]
        assert steps.index("appraise 2") < steps.index("suspect 2") < steps.index("evaluate 2 plan")
        alone = {str(step) for step in loop(load(rounds=2, decide__weighting=weighting, control=False))}
        assert ("appraise 2" in alone) == (weighting == "resonance")
    assert "appraise 2" not in {str(step) for step in loop(load(rounds=2, decide__weighting="stratified"))}
    labelled = load(rounds=2, decide__weighting="above_mean", task={"kind": "classification", "labels": ["a", "b"]})
    assert "appraise 2" not in {str(step) for step in loop(labelled)}


def test_paths_that_make_names_are_there():
    named = re.findall(r"(?<![\w/.])(?:tests|cluster|lib|jobs|conf)/[\w./]+", (TOP / "Makefile").read_text())
    assert len(named) > 8
    assert [path for path in named if not (TOP / path).exists()] == []
