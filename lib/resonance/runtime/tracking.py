"""Records rounds, scorers and campaigns in MLflow: parameters, metrics, tables, report, files. The only import of mlflow."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from resonance.core.errors import ResonanceError
from resonance.core.files import plain_path
from resonance.core.objects import bring_folder
from resonance.core.settings import Config
from resonance.core.table import Catalog
from resonance.core.turns import ALL_SLICES, PLAN
from resonance.tables import CHECKPOINTS, EVALUATIONS, ROUNDS


def record_rounds(config: Config, catalog: Catalog, folder: Path, report: Path) -> int:
    """Record every round that MLflow does not hold yet; how many were recorded.

    Raises:
        ResonanceError: the tracking store cannot be reached.
    """
    manifests = sorted(catalog.rows(ROUNDS), key=lambda row: row["round"])
    if not manifests:
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow and its own dependencies warn about each other

        def record(client: Any, experiment: str) -> int:
            return sum(_record_round(client, experiment, row, config, catalog, report) for row in manifests)

        return _record(config, folder, record)


def store_uri(config: Config, folder: Path) -> str:
    """Where MLflow keeps runs: as the configuration says, else in a file of the workspace, whatever that is called."""
    return config.tracking.uri or f"sqlite:///{plain_path(folder) / 'mlflow.db'}"


def record_scorer(
    config: Config, folder: Path, name: str, scorer: Path, about: Mapping[str, object], measures: Mapping[str, float]
) -> int:
    """Record a fitted scorer: how it was fitted, what held-out texts say of it, and its file, once; 1 where MLflow is there.

    Raises:
        ResonanceError: the tracking store cannot be reached.
    """

    def record(client: Any, experiment: str) -> int:
        if client.search_runs([experiment], f"tags.identity = '{name}'", max_results=1):
            return 1
        run = client.create_run(experiment, run_name=scorer.stem, tags={"identity": name}).info.run_id
        for key, value in about.items():
            client.log_param(run, key, value)
        for key, number in measures.items():
            client.log_metric(run, key, number)
        client.log_artifact(run, str(scorer))
        client.set_terminated(run)
        return 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _record(config, folder, record)


def record_campaign(
    config: Config,
    folder: Path,
    campaign: Mapping[str, Any],
    trials: Sequence[Mapping[str, Any]],
    looks: Sequence[Mapping[str, Any]],
) -> str:
    """Record a campaign as a run, and each training of its trials as a run below it, each once; what it came to, anew.

    Args:
        config: where runs are kept.
        folder: of the workspace.
        campaign: its row of ``campaigns``.
        trials: its rows of ``rule_trials``; rung 0 trains nothing, and has no runs.
        looks: its rows of ``rule_verifications``.

    Returns:
        the campaign's run; nothing where MLflow is not installed.

    Raises:
        ResonanceError: the tracking store cannot be reached.
    """
    found: list[str] = []

    def record(client: Any, experiment: str) -> int:
        parent = _find_run(client, experiment, campaign["campaign"])
        if not parent:
            tags = {"identity": campaign["campaign"], "policy": campaign["policy"], "round": str(campaign["round"])}
            parent = client.create_run(experiment, run_name=campaign["campaign"], tags=tags).info.run_id
            for key in ("incumbent", "goal", "seed", "tokens"):
                client.log_param(parent, key, campaign[key])
        found.append(parent)
        client.set_tag(parent, "state", campaign["state"])
        client.set_tag(parent, "reason", campaign["reason"])
        for look in sorted(looks, key=lambda row: int(row["look"])):
            for key in ("delta", "p_tilde", "alpha"):
                client.log_metric(parent, key, look[key], step=look["look"])
        if campaign["state"] not in ("searching", "found"):
            client.set_terminated(parent)
        return sum(_record_trial(client, experiment, parent, row) for row in trials if row["rung"] > 0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _record(config, folder, record)
    return found[0] if found else ""


def _record_trial(client: Any, experiment: str, parent: str, row: Mapping[str, Any]) -> int:
    """One training of a trial; 0 where MLflow holds it."""
    name = f"trial-{row['trial']}-rung-{row['rung']}-seed-{row['seed']}"
    identity = f"{row['campaign']}/{name}"
    if _find_run(client, experiment, identity):
        return 0
    tags = {"identity": identity, "mlflow.parentRunId": parent, "reason": row["reason"]}
    run = client.create_run(experiment, run_name=name, tags=tags).info.run_id
    for key, value in (*row["thresholds"].items(), *row["used"].items()):
        client.log_param(run, key, value)
    if row["objective"] is not None:
        client.log_metric(run, "objective", row["objective"])
    for key in ("tokens", "kept_bytes", "seconds"):
        client.log_metric(run, key, row[key])
    client.set_terminated(run)
    return 1


def _find_run(client: Any, experiment: str, identity: str) -> str:
    held = client.search_runs([experiment], f"tags.identity = '{identity}'", max_results=1)
    return str(held[0].info.run_id) if held else ""


def _record(config: Config, folder: Path, record: Callable[[Any, str], int]) -> int:
    """What ``record`` gives for a client and its experiment; 0 where MLflow is not installed."""
    try:
        import mlflow
        from mlflow.exceptions import MlflowException
    except ImportError:
        return 0
    for name in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = store_uri(config, folder)
    try:
        client = mlflow.MlflowClient(tracking_uri=uri)
        found = client.get_experiment_by_name(config.tracking.experiment)
        place = None if config.tracking.uri else (folder / "mlflow").as_uri()
        experiment = found.experiment_id if found else client.create_experiment(config.tracking.experiment, artifact_location=place)
        return record(client, experiment)
    except MlflowException as error:
        raise ResonanceError(
            f"MLflow at {uri}: {str(error).splitlines()[0]}; change tracking.uri or set tracking.enabled=false"
        ) from error


def _record_round(
    client: Any, experiment: str, manifest: Mapping[str, Any], config: Config, catalog: Catalog, report: Path
) -> bool:
    number, identity = manifest["round"], _identity(manifest)
    if client.search_runs([experiment], f"tags.identity = '{identity}'", max_results=1):
        return False
    tags = {"round": str(number), "identity": identity, "config_hash": manifest["config_hash"], "plan_hash": manifest["plan_hash"]}
    run = client.create_run(experiment, run_name=f"round-{number}", tags=tags).info.run_id
    for section in ("rebalance", "train", "decide"):
        for key, value in getattr(config, section).model_dump(mode="json").items():
            client.log_param(run, f"{section}.{key}", value)
    client.log_param(run, "seed", manifest["seed"])
    for table, version in manifest["versions"].items():
        client.log_param(run, f"version.{table}", version)
    for row in (row for row in catalog.rows(EVALUATIONS) if row["round"] == number):
        slice_name = (
            "all" if row["slice"] == ALL_SLICES else "".join(c if c.isalnum() or c in "_-./ " else "_" for c in row["slice"])
        )
        client.log_metric(run, f"heldout_bpb.{row['arm']}.{slice_name}", row["bpb"])
        if row["delta"] is not None:
            client.log_metric(run, f"delta_vs_{row['versus']}.{slice_name}", row["delta"])
    if report.is_file():
        client.log_artifact(run, str(report))
    final = [row for row in catalog.rows(CHECKPOINTS) if row["round"] == number and row["arm"] == PLAN and row["final"]]
    if final:
        with tempfile.TemporaryDirectory(prefix="resonance-") as copies:
            model = bring_folder(max(final, key=lambda row: row["published_at"])["uri"], Path(copies))
            client.log_artifacts(run, str(model), artifact_path="model")
    client.set_terminated(run)
    return True


def _identity(manifest: Mapping[str, Any]) -> str:
    place = max(manifest["runs"], key=lambda name: (int(name.split("/")[1]), name.startswith("feedback")))
    return f"{manifest['round']}-{manifest['runs'][place]}"
