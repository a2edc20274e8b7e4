"""Writes the loop as a Databricks asset bundle: one task for each job of each round, as ``factory.py`` has them.

    python cluster/databricks/bundle.py [ROUNDS [FILE]]

FILE holds settings that differ from the defaults, as ``--conf`` takes it: which steps there are follows from them. It writes
``databricks.yml`` beside this file: the job with its tasks, the clusters that they run on, and what differs between targets.
`docs/how-to/databricks.md` says how it is deployed. Needs the package alone, no account.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from resonance.core.job import Step
from resonance.factory import loop
from resonance.runtime.conf import load

FILE = Path(__file__).with_name("databricks.yml")
ROUNDS = 2
HEAD = """# Written by cluster/databricks/bundle.py from the jobs of the loop: change that file, then run it again.
# docs/how-to/databricks.md says how it is deployed.
"""
VARIABLES = {
    "catalog": "Catalog of Unity Catalog that holds the schema.",
    "schema": "Schema of the tables and of the volume; it must exist.",
}
DEFAULTS = {
    "volume": ("files", "Volume of the schema: sources, checkpoints, reports; in its folder install, what clusters install."),
    "runtime": ("16.4.x-scala2.12", "Databricks Runtime of the cluster that curates: 15.4 LTS or later, as Python 3.11 is needed."),
    "train_runtime": ("16.4.x-gpu-ml-scala2.12", "The same with GPUs, for jobs that run a model."),
    "node": ("i3.xlarge", "Node type of the cluster that curates."),
    "workers": (4, "Workers of the cluster that curates."),
    "ranks": (2, "Processes that train together: workers of the cluster that trains, one GPU each."),
    "launch": (
        "torch_distributor",
        "How ranks start: torch_distributor; or spark, where Horovod's wheel is in install.",
    ),
}
LOOKUPS = {
    "train_policy": ("cluster_policy", "resonance-train", "Policy of the cluster that trains: policy.json."),
    "gpu_pool": ("instance_pool", "resonance-gpu", "Pool of its nodes, of a node type with one GPU."),
}
TARGETS: dict[str, dict[str, Any]] = {
    "dev": {"mode": "development", "default": True, "variables": {"schema": "resonance_dev", "workers": 1, "ranks": 1}},
    "prod": {
        "mode": "production",
        "workspace": {"root_path": "/Workspace/Shared/.bundle/${bundle.name}/${bundle.target}"},
        "variables": {"schema": "resonance"},
    },
}
"""What differs between a trial and what everybody uses: tables and files of a schema each, and how many machines compute."""
VOLUME = "/Volumes/${var.catalog}/${var.schema}/${var.volume}"
TRACKING = ("tracking.uri=databricks", "tracking.experiment=/Shared/resonance_${bundle.target}")
"""Rounds are recorded by the platform's own MLflow: a volume takes no file of sqlite."""
DATA, TRAIN = "data", "train"


class _Lines(yaml.SafeDumper):
    """Writes a call in one place, not a word a line."""


_Lines.add_representer(tuple, lambda dumper, words: dumper.represent_sequence("tag:yaml.org,2002:seq", words, flow_style=True))


def write_bundle(rounds: int, conf: Path | None = None) -> str:
    """The bundle of a loop of so many rounds, as YAML.

    Args:
        rounds: of the loop.
        conf: a file of settings; clusters find it under its name in the folder install.

    Raises:
        ConfigError: the settings are not valid.
    """
    files = () if conf is None else (conf,)
    steps = loop(load("cluster", files=files, rounds=rounds))
    required = {name: {"description": text} for name, text in VARIABLES.items()}
    optional = {name: {"description": text, "default": value} for name, (value, text) in DEFAULTS.items()}
    found = {name: {"description": text, "lookup": {kind: value}} for name, (kind, value, text) in LOOKUPS.items()}
    bundle = {
        "bundle": {"name": "resonance"},
        "variables": required | optional | found,
        "resources": {"jobs": {"resonance_loop": make_loop(steps, files), "resonance_register": make_register(files)}},
        "targets": TARGETS,
    }
    return HEAD + yaml.dump(bundle, Dumper=_Lines, sort_keys=False, width=1_000)


def make_loop(steps: Iterable[Step], files: Sequence[Path]) -> dict[str, Any]:
    """The job of the whole loop. Its tasks follow each other: two drivers may not write one workspace."""
    return {
        "name": "resonance loop",
        "max_concurrent_runs": 1,
        "parameters": [{"name": "inputs", "default": f"{VOLUME}/sources"}],
        "job_clusters": [
            {"job_cluster_key": DATA, "new_cluster": {"spark_version": "${var.runtime}", **_node(), **_settle(DATA)}},
            {"job_cluster_key": TRAIN, "new_cluster": {"spark_version": "${var.train_runtime}", **_pool(), **_settle(TRAIN)}},
        ],
        "tasks": list_tasks(steps, files),
    }


def make_register(files: Sequence[Path]) -> dict[str, Any]:
    """The job that registers an evaluation set, which training asks for."""
    given = ["register", "{{job.parameters.name}}", "{{job.parameters.files}}"]
    return {
        "name": "resonance register",
        "max_concurrent_runs": 1,
        "parameters": [{"name": "name", "default": "evaluation"}, {"name": "files", "default": f"{VOLUME}/evaluation"}],
        "job_clusters": [{"job_cluster_key": DATA, "new_cluster": {"spark_version": "${var.runtime}", **_node(), **_settle(DATA)}}],
        "tasks": [{"task_key": "register", "job_cluster_key": DATA, "python_wheel_task": _call(given, files)}],
    }


def list_tasks(steps: Iterable[Step], files: Sequence[Path]) -> list[dict[str, Any]]:
    """One task for each job of each round, in the loop's order, each after the one before it.

    A job that runs for several arms in a row is one task, as ``resonance run JOB`` runs what is missing of all of them: so a task
    that failed is repaired by running it again.
    """
    tasks: dict[str, dict[str, Any]] = {}
    last: tuple[str, int] | None = None
    for step in steps:
        if (step.job.name, step.round) == last:
            continue
        last = step.job.name, step.round
        key = f"{step.job.name}_{step.round}" if step.round else step.job.name
        key = f"{key}_{step.arm}" if key in tasks else key
        after = {"depends_on": [{"task_key": next(reversed(tasks))}]} if tasks else {}
        given = ["run", step.job.name, "--rounds", str(max(step.round, 1))]
        ranks = ["train.launch=${var.launch}", "train.ranks=${var.ranks}"]
        call = _call(given, files, "ingest.inputs=[{{job.parameters.inputs}}]", *ranks)
        cluster = TRAIN if step.job.starts_ranks else DATA
        tasks[key] = {"task_key": key, **after, "job_cluster_key": cluster, "python_wheel_task": call}
    return list(tasks.values())


def _call(given: Sequence[str], files: Sequence[Path], *settings: str) -> dict[str, Any]:
    """A call of the command line on the workspace of the bundle."""
    place = ["--env", "cluster", "--workspace", f"{VOLUME}/workspace"]
    place += [text for file in files for text in ("--conf", f"{VOLUME}/install/{file.name}")]
    assigned = [text for setting in ("catalog=${var.catalog}.${var.schema}", *TRACKING, *settings) for text in ("--set", setting)]
    return {"package_name": "resonance_factory", "entry_point": "resonance", "parameters": (*given, *place, *assigned)}


def _node() -> dict[str, Any]:
    return {"node_type_id": "${var.node}", "num_workers": "${var.workers}"}


def _pool() -> dict[str, Any]:
    """Nodes with a GPU each, one task on each GPU."""
    return {
        "policy_id": "${var.train_policy}",
        "instance_pool_id": "${var.gpu_pool}",
        "num_workers": "${var.ranks}",
        "spark_conf": {"spark.task.resource.gpu.amount": "1"},
    }


def _settle(part: str) -> dict[str, Any]:
    """How a cluster reaches Unity Catalog, and what install.sh is told."""
    return {
        "data_security_mode": "SINGLE_USER",
        "spark_env_vars": {"RESONANCE_INSTALL": f"{VOLUME}/install", "RESONANCE_PART": part},
        "init_scripts": [{"volumes": {"destination": f"{VOLUME}/install/install.sh"}}],
    }


if __name__ == "__main__":
    rounds, *conf = sys.argv[1:] or [str(ROUNDS)]
    FILE.write_text(write_bundle(int(rounds), *map(Path, conf)), encoding="utf-8")
