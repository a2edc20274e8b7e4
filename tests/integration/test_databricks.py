"""The bundle is that of the factory, holds only keys that the platform knows, and its tasks in order leave nothing to run."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from databricks.sdk.service.jobs import JobSettings

from resonance.app import choose_steps
from resonance.cli import main
from resonance.core.settings import Config
from resonance.factory import JOBS, loop
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from tests.conftest import SMALL

TOP = Path(__file__).parents[2]
FOLDER = TOP / "cluster" / "databricks"
DEMO = TOP / "conf" / "jobs" / "demo.yaml"
MAKE = runpy.run_path(str(FOLDER / "bundle.py"))
BUNDLE = yaml.safe_load((FOLDER / "databricks.yml").read_text())
TASKS = BUNDLE["resources"]["jobs"]["resonance_loop"]["tasks"]
CLUSTERS = {each["job_cluster_key"]: each["new_cluster"] for each in BUNDLE["resources"]["jobs"]["resonance_loop"]["job_clusters"]}
GIVEN = {"catalog": "main", "train_policy": "its policy", "gpu_pool": "POOL"}
"""What a site says of itself, and what is looked up there."""
TARGETS = BUNDLE["targets"]


def fill(text: str, target: str = "prod") -> str:
    """The text with every variable of the bundle and parameter of a job replaced by its value for a target."""
    variables = GIVEN | {name: str(each["default"]) for name, each in BUNDLE["variables"].items() if "default" in each}
    variables |= {name: str(value) for name, value in TARGETS[target]["variables"].items()}
    parameters = {each["name"]: each["default"] for job in BUNDLE["resources"]["jobs"].values() for each in job["parameters"]}
    named = re.sub(r"\{\{job\.parameters\.(\w+)\}\}", lambda found: parameters[found[1]], text)
    return re.sub(r"\$\{var\.(\w+)\}", lambda found: variables[found[1]], named).replace("${bundle.target}", target)


def call(task: dict, target: str = "prod") -> tuple[list[str], dict[str, str], list[str]]:
    """What a task runs for a target: its words, its options, its settings."""
    words, options, settings = [], {}, []
    given = iter([fill(word, target) for word in task["python_wheel_task"]["parameters"]])
    for word in given:
        if word == "--set":
            settings.append(next(given))
        elif word.startswith("--"):
            options[word] = next(given)
        else:
            words.append(word)
    return words, options, settings


def configure(task: dict, target: str = "prod") -> Config:
    _, options, settings = call(task, target)
    return load(options["--env"], assignments=settings, workspace=options["--workspace"], rounds=int(options.get("--rounds", 1)))


def test_the_bundle_is_that_of_the_factory():
    assert MAKE["write_bundle"](2) == (FOLDER / "databricks.yml").read_text(), "run cluster/databricks/bundle.py"


@pytest.mark.parametrize("job", BUNDLE["resources"]["jobs"].values(), ids=BUNDLE["resources"]["jobs"])
def test_the_platform_knows_every_key_of_a_job(job):
    assert JobSettings.from_dict(job).as_dict() == job


def test_a_key_that_the_platform_does_not_know_is_lost():
    job = BUNDLE["resources"]["jobs"]["resonance_loop"]
    misspelt = {**job, "tasks": [{**TASKS[0], "depends_upon": []}]}
    assert JobSettings.from_dict(misspelt).as_dict() != misspelt


def test_variables_that_are_named_are_declared_and_used():
    text = (FOLDER / "databricks.yml").read_text()
    assert set(re.findall(r"\$\{var\.(\w+)\}", text)) == set(BUNDLE["variables"])


def test_tasks_are_the_steps_of_the_loop_in_their_order():
    steps = loop(load("cluster", rounds=2))
    expected = list(dict.fromkeys(f"{step.job.name}_{step.round}" if step.round else step.job.name for step in steps))
    assert [task["task_key"] for task in TASKS] == expected
    assert [task.get("depends_on", [{}])[0].get("task_key") for task in TASKS] == [None, *expected[:-1]]


def test_jobs_that_run_a_model_have_gpus_and_no_other():
    starts = {job.name for job in JOBS if job.starts_ranks}
    for task in TASKS:
        words, _, _ = call(task)
        assert task["job_cluster_key"] == ("train" if words[1] in starts else "data")


@pytest.mark.parametrize(("target", "schema", "ranks"), [("dev", "resonance_dev", 1), ("prod", "resonance", 2)])
@pytest.mark.parametrize("task", TASKS, ids=[task["task_key"] for task in TASKS])
def test_each_call_is_a_valid_one(task, target, schema, ranks):
    words, options, _ = call(task, target)
    config = configure(task, target)
    assert words[0] == "run"
    assert words[1] in {step.job.name for step in loop(config)}
    assert (config.catalog, config.train.launch, config.train.ranks) == (f"main.{schema}", "torch_distributor", ranks)
    assert list(config.ingest.inputs) == [f"/Volumes/main/{schema}/files/sources"]
    assert (config.tracking.uri, config.tracking.experiment) == ("databricks", f"/Shared/resonance_{target}")
    assert set(options) == {"--rounds", "--env", "--workspace"}
    assert options["--workspace"] == f"/Volumes/main/{schema}/files/workspace"


def test_a_target_gives_values_to_variables_that_are_declared():
    for target in TARGETS.values():
        assert set(target["variables"]) < set(BUNDLE["variables"])


def test_the_clusters_that_train_keep_the_policy():
    policy, cluster = json.loads((FOLDER / "policy.json").read_text()), CLUSTERS["train"]
    for path, rule in policy.items():
        section, _, key = path.partition(".")
        if rule["type"] == "forbidden":
            assert section not in cluster, path
            continue
        value = fill(str(cluster[section][key] if key else cluster[section]))
        holds = {
            "fixed": lambda rule=rule, value=value: value == rule["value"],
            "range": lambda rule=rule, value=value: rule["minValue"] <= int(value) <= rule["maxValue"],
            "regex": lambda rule=rule, value=value: re.fullmatch(rule["pattern"], value) is not None,
        }
        assert holds[rule["type"]](), path


@pytest.mark.parametrize(("part", "trains"), [("data", False), ("train", True)])
def test_install_puts_no_spark_beside_the_platforms(tmp_path, part, trains):
    for name in ("resonance_factory-1-py3-none-any.whl", "horovod-0.28.1-cp311-cp311-linux_x86_64.whl"):
        (tmp_path / name).touch()
    pip = tmp_path / "pip"
    pip.write_text('#!/bin/sh\necho "$@" >> calls\n')
    pip.chmod(0o755)
    own = {"RESONANCE_INSTALL": str(tmp_path), "RESONANCE_PART": part, "RESONANCE_PIP": str(pip), "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", str(FOLDER / "install.sh")], env=own, check=True)
    lines = (tmp_path / "calls").read_text().splitlines()
    assert "install --quiet -r requirements.txt" in lines
    assert ("install --quiet -r requirements-train.txt" in lines) is trains
    assert ("install --quiet --no-deps horovod-0.28.1-cp311-cp311-linux_x86_64.whl" in lines) is trains
    assert lines[-1] == "install --quiet --no-deps --force-reinstall resonance_factory-1-py3-none-any.whl"


def test_requirements_are_those_of_the_package():
    declared = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]

    def read(name: str) -> set[str]:
        lines = (TOP / "cluster" / "platform" / name).read_text().splitlines()
        return {line.split("#")[0].strip().partition(",<3")[0] for line in lines} - {""}

    own = {each for each in declared["dependencies"] if not each.startswith(("pysail", "pyspark-client"))}
    assert read("requirements.txt") == own
    assert read("requirements-train.txt") == set(declared["optional-dependencies"]["train"])


@pytest.mark.train
@pytest.mark.slow
def test_tasks_one_after_the_other_leave_nothing_to_run(spark, tmp_path):
    """On one machine, in a folder instead of a catalog, with one rank: the calls are those of the bundle."""
    tasks = MAKE["list_tasks"](loop(load("cluster", files=(DEMO,), rounds=2)), (DEMO,))
    small = (*SMALL, "train.launch=inline", "train.ranks=1", "tracking.enabled=false")
    place = ["--workspace", str(tmp_path / "w"), f"--conf={DEMO}", "--unchecked", *(f"--set={setting}" for setting in small)]
    for task in tasks:
        words, options, _ = call(task)
        assert options["--conf"] == "/Volumes/main/resonance/files/install/demo.yaml"
        main([*words, "--rounds", options["--rounds"], *place])
    config = load("local", "demo", (), small, workspace=str(tmp_path / "w"))
    forecasts = Workspace(config).foresee(choose_steps(config, ()), ())
    assert len(forecasts) > len(tasks)
    assert [forecast.step.place for forecast in forecasts if forecast.due or forecast.waits] == []
