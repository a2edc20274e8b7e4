"""MLflow's store lies in the workspace unless the configuration names another; each round is recorded there once."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from resonance.core.errors import ResonanceError
from resonance.core.settings import Config, TrackingSettings
from resonance.core.table import Table
from resonance.runtime.tracking import record_campaign, record_rounds, record_scorer, store_uri


@pytest.mark.parametrize("name", ["w", "what?x", "a%20b", "a#b", "run [v2]", "数据"])
def test_it_lies_in_the_workspace(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    place = Path(store_uri(Config(), tmp_path / name).removeprefix("sqlite:///"))
    place.write_bytes(b"")
    assert (tmp_path / name / "mlflow.db").exists()
    assert not set("?%#[ ") & set(str(place))


def test_another_one_is_taken_as_it_is(tmp_path: Path) -> None:
    config = Config(tracking=TrackingSettings(uri="http://tracker:5000/?a=%20"))
    assert store_uri(config, tmp_path) == "http://tracker:5000/?a=%20"


class MlflowError(Exception):
    """What MLflow raises."""


class Client:
    """As much of MLflow's client as rounds need; all clients of a test share one store."""

    broken = False

    def __init__(self, tracking_uri: str) -> None:
        self.uri = tracking_uri

    def get_experiment_by_name(self, name: str) -> SimpleNamespace | None:
        if self.broken:
            raise MlflowError("no connection\nand a long story")
        return SimpleNamespace(experiment_id=name) if name in self.experiments else None

    def create_experiment(self, name: str, artifact_location: str | None) -> str:
        self.experiments[name] = artifact_location
        return name

    def search_runs(self, experiments: list[str], wanted: str, max_results: int) -> list[SimpleNamespace]:
        held = (name for name, run in self.runs.items() if wanted == f"tags.identity = '{run.tags['identity']}'")
        return [SimpleNamespace(info=SimpleNamespace(run_id=name)) for name in held]

    def create_run(self, experiment: str, run_name: str, tags: dict[str, str]) -> SimpleNamespace:
        id = f"{run_name}/{tags['identity']}"
        self.runs[id] = SimpleNamespace(tags=tags, params={}, metrics={}, artifacts=[], ended=False)
        return SimpleNamespace(info=SimpleNamespace(run_id=id))

    def log_param(self, run: str, name: str, value: Any) -> None:
        self.runs[run].params[name] = value

    def set_tag(self, run: str, name: str, value: str) -> None:
        self.runs[run].tags[name] = value

    def log_metric(self, run: str, name: str, value: float, step: int = 0) -> None:
        assert re.fullmatch(r"[\w\-./ ]+", name), "MLflow refuses other names"
        self.runs[run].metrics[name] = value

    def log_artifact(self, run: str, path: str) -> None:
        self.runs[run].artifacts.append(path)

    def log_artifacts(self, run: str, path: str, artifact_path: str) -> None:
        self.runs[run].artifacts.append(f"{artifact_path}: {path}")

    def set_terminated(self, run: str) -> None:
        self.runs[run].ended = True


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    made = type("Client", (Client,), {"experiments": {}, "runs": {}})
    mlflow, exceptions = ModuleType("mlflow"), ModuleType("mlflow.exceptions")
    mlflow.MlflowClient = made  # type: ignore[attr-defined]
    exceptions.MlflowException = MlflowError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", exceptions)
    return made


class Tables:
    """A catalog that holds the rows of small tables and nothing else."""

    def __init__(self, **held: list[dict[str, Any]]) -> None:
        self.held = held

    def rows(self, table: Table) -> list[dict[str, Any]]:
        return self.held.get(table.name, [])


def manifest(number: int, run: str = "1") -> dict[str, Any]:
    known = {"seed": 42, "config_hash": "c", "plan_hash": "p", "versions": {"documents": 3}}
    return {"round": number, "runs": {f"train/{number}/plan": "t", f"feedback/{number}/plan": run, "ingest/0/plan": "i"}, **known}


def effect(arm: str, slice: str, bpb: float, delta: float | None = None) -> dict[str, Any]:
    return {"round": 2, "arm": arm, "slice": slice, "bpb": bpb, "delta": delta, "versus": "control"}


def checkpoint(uri: str, minute: int, arm: str = "plan", final: bool = True) -> dict[str, Any]:
    return {"round": 2, "arm": arm, "final": final, "uri": uri, "published_at": datetime(2030, 1, 1, 0, minute, tzinfo=UTC)}


def record(tables: Tables, folder: Path, **tracking: Any) -> int:
    config = Config(tracking=TrackingSettings(**tracking))
    return record_rounds(config, tables, folder, folder / "report.html")  # type: ignore[arg-type]


def test_a_round_is_recorded_once_and_again_where_it_was_made_anew(client: type[Client], tmp_path: Path) -> None:
    rounds = [manifest(2), manifest(1)]
    assert record(Tables(rounds=rounds), tmp_path) == 2
    assert [run.tags["round"] for run in client.runs.values()] == ["1", "2"], "the first round first"
    assert record(Tables(rounds=rounds), tmp_path) == 0
    assert record(Tables(rounds=[manifest(1), manifest(2, run="2")]), tmp_path) == 1
    assert len(client.runs) == 3
    assert all(run.ended for run in client.runs.values())


def test_a_run_says_what_the_round_was_made_of_and_what_it_measured(client: type[Client], tmp_path: Path) -> None:
    evaluations = [
        effect("plan", "*", 2.5, -0.25),
        effect("plan", "site/x?", 2.25),
        {**effect("plan", "*", 9.0), "round": 1},
    ]
    record(Tables(rounds=[manifest(2)], evaluations=evaluations), tmp_path)
    (run,) = client.runs.values()
    assert run.metrics == {"heldout_bpb.plan.all": 2.5, "delta_vs_control.all": -0.25, "heldout_bpb.plan.site/x_": 2.25}
    assert (run.params["seed"], run.params["version.documents"], run.params["train.ranks"]) == (42, 3, Config().train.ranks)


def test_the_model_is_that_of_the_newest_training_of_the_plan(client: type[Client], tmp_path: Path) -> None:
    rows = [
        checkpoint("new", 5),
        checkpoint("old", 1),
        checkpoint("control's", 9, arm="control"),
        checkpoint("unfinished", 9, final=False),
    ]
    (tmp_path / "report.html").write_text("")
    record(Tables(rounds=[manifest(2)], checkpoints=rows), tmp_path)
    (run,) = client.runs.values()
    assert run.artifacts == [str(tmp_path / "report.html"), "model: new"]


def test_models_lie_in_the_workspace_unless_the_store_is_elsewhere(client: type[Client], tmp_path: Path) -> None:
    record(Tables(rounds=[manifest(1)]), tmp_path, experiment="here")
    record(Tables(rounds=[manifest(1)]), tmp_path, experiment="there", uri="http://tracker:5000")
    assert client.experiments == {"here": (tmp_path / "mlflow").as_uri(), "there": None}


def test_a_store_that_cannot_be_reached_is_named_with_what_to_do(client: type[Client], tmp_path: Path) -> None:
    client.broken = True
    with pytest.raises(ResonanceError, match=r"^MLflow at http://t: no connection; change tracking.uri or set tracking.enabled=fa"):
        record(Tables(rounds=[manifest(1)]), tmp_path, uri="http://t")


def test_without_a_round_or_without_mlflow_nothing_is_recorded(
    client: type[Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.broken = True
    assert record(Tables(), tmp_path) == 0
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert record(Tables(rounds=[manifest(1)]), tmp_path) == 0


def test_a_scorer_is_recorded_once_with_what_held_out_texts_say_of_it(client: type[Client], tmp_path: Path) -> None:
    file = tmp_path / "mine.scorer"
    for _ in range(2):
        assert record_scorer(Config(), tmp_path, "abc", file, {"seed": 1}, {"auc": 0.9}) == 1
    (run,) = client.runs.values()
    assert (run.tags["identity"], run.params, run.metrics, run.artifacts) == ("abc", {"seed": 1}, {"auc": 0.9}, [str(file)])
    assert run.ended


CAMPAIGN = {"campaign": "docs-0a", "policy": "docs", "round": 2, "incumbent": "docs@1", "goal": "improve", "seed": 7, "tokens": 900}
SEARCHING = CAMPAIGN | {"state": "searching", "reason": "searches"}
ACCEPTED = CAMPAIGN | {"state": "accepted", "reason": "gain"}
TRIAL = {"campaign": "docs-0a", "trial": 1, "rung": 1, "seed": 5, "thresholds": {"short": 35.0}, "used": {"grams": "no"}}
TRIAL |= {"objective": 1.5, "tokens": 100, "kept_bytes": 9, "seconds": 2.0, "reason": ""}
UNTRAINED, UNFIT = TRIAL | {"rung": 0, "seed": 0}, TRIAL | {"trial": 2, "objective": None, "reason": "unfit"}
LOOKS = [{"look": at, "delta": 0.01 * at, "p_tilde": p, "alpha": 0.0109} for at, p in ((1, 0.5), (2, 0.004))]


def test_a_campaign_is_a_run_with_one_below_it_for_each_training(client: type[Client], tmp_path: Path) -> None:
    config = Config(tracking=TrackingSettings())
    parent = record_campaign(config, tmp_path, SEARCHING, [UNTRAINED, TRIAL], [])
    assert not client.runs[parent].ended
    assert record_campaign(config, tmp_path, ACCEPTED, [UNTRAINED, TRIAL, UNFIT], LOOKS) == parent
    assert len(client.runs) == 3, "the campaign, and each training once; rung 0 trains nothing"
    run = client.runs[parent]
    assert run.params == {"incumbent": "docs@1", "goal": "improve", "seed": 7, "tokens": 900}
    assert (run.tags["state"], run.metrics["p_tilde"], run.ended) == ("accepted", 0.004, True)
    first, second = (own for name, own in client.runs.items() if name != parent)
    assert first.tags["mlflow.parentRunId"] == second.tags["mlflow.parentRunId"] == parent
    assert first.params == {"short": 35.0, "grams": "no"}
    assert (first.metrics["objective"], "objective" in second.metrics, second.tags["reason"]) == (1.5, False, "unfit")


@pytest.mark.train
@pytest.mark.parametrize("uri", ["", "file://{folder}/runs"])
def test_a_store_of_mlflow_holds_a_campaign_above_its_trainings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    """In MLflow itself: its own data base in the workspace, and a folder of files."""
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    config = Config(tracking=TrackingSettings(uri=uri.format(folder=tmp_path)))
    parent = record_campaign(config, tmp_path, SEARCHING, [UNTRAINED, TRIAL], [])
    client = MlflowClient(tracking_uri=store_uri(config, tmp_path))
    experiment = client.get_experiment_by_name(config.tracking.experiment)
    assert experiment is not None
    assert client.get_run(parent).info.status == "RUNNING"
    for _ in range(2):
        assert record_campaign(config, tmp_path, ACCEPTED, [UNTRAINED, TRIAL, UNFIT], LOOKS) == parent
    held = client.get_run(parent)
    assert held.info.status == "FINISHED"
    assert held.data.params == {"incumbent": "docs@1", "goal": "improve", "seed": "7", "tokens": "900"}
    assert held.data.tags["state"] == "accepted"
    assert {look.step: look.value for look in client.get_metric_history(parent, "p_tilde")} == {1: 0.5, 2: 0.004}
    below = client.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{parent}'")
    assert {run.info.run_name for run in below} == {"trial-1-rung-1-seed-5", "trial-2-rung-1-seed-5"}
    assert {run.data.metrics.get("objective") for run in below} == {1.5, None}
    assert all(run.data.params == {"short": "35.0", "grams": "no"} and run.info.status == "FINISHED" for run in below)
    assert len(client.search_runs([experiment.experiment_id])) == 3


def test_without_mlflow_a_campaign_has_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert record_campaign(Config(tracking=TrackingSettings()), tmp_path, {}, [], []) == ""
