"""Kill -9 of the driver between the first data file and the commit: a rerun gives the tables of an undisturbed run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from resonance.cli import main
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.testing import tiny_corpus
from tests.conftest import SMALL

pytestmark = pytest.mark.slow
DEMO = Path(__file__).parents[2] / "conf" / "jobs" / "demo.yaml"
SLOW_WRITES = '--set=spark.conf={spark.sql.files.maxRecordsPerFile: "25"}'
"""Many small files, so that there is a while between the first of them and the commit."""

TRIES = 8
"""So many commands are started until one is killed in that while, which is short where little is written."""


def log_versions(table: Path) -> int:
    return len(list((table / "_delta_log").glob("*.json")))


def data_files(table: Path) -> int:
    return len([path for path in table.rglob("*.parquet") if "_delta_log" not in path.parts])


def kill_after_first_file(arguments: list[str], table: Path) -> bool:
    """Start the command, kill its whole process group once a new data file is there; whether no new commit was."""
    files, commits = data_files(table), log_versions(table)
    command = ["nice", sys.executable, "-m", "resonance.cli", *arguments]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 240
    while data_files(table) <= files:
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline, "no data file appeared"
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert data_files(table) > files, "killed too early"
    return log_versions(table) == commits


def kill_in_time(make: Callable[[Path], list[str]], folder: Path, table: str) -> Path:
    """A workspace that ``make`` made, whose command it gave was killed between the first data file of a table and its commit."""
    for attempt in range(TRIES):
        workspace = folder / f"killed-{attempt}"
        if kill_after_first_file(make(workspace), workspace / "tables" / table):
            return workspace
    raise AssertionError(f"of {TRIES} commands all committed before they were killed")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "texts.jsonl"
    rows = tiny_corpus(600, copies=300)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def curate(corpus: Path, workspace: Path) -> list[str]:
    return ["curate", str(corpus), "--workspace", str(workspace)]


def digests(workspace: Path, *settings: str) -> dict[str, str]:
    return Workspace(load("local", "", (), settings, workspace=str(workspace))).digests()


@pytest.fixture(scope="module")
def undisturbed(spark, corpus, tmp_path_factory) -> dict[str, str]:
    workspace = tmp_path_factory.mktemp("undisturbed")
    main(curate(corpus, workspace))
    return digests(workspace)


@pytest.mark.parametrize("table", ["raw", "duplicates"], ids=["ingest", "dedupe"])
def test_curation_killed_and_rerun(table, corpus, undisturbed, engine_name, tmp_path):
    killed = kill_in_time(lambda place: [*curate(corpus, place), "--engine", engine_name, SLOW_WRITES], tmp_path, table)
    main(curate(corpus, killed))
    assert digests(killed) == undisturbed


@pytest.mark.train
def test_feedback_killed_and_rerun(small_loop, engine_name, tmp_path):
    changed = (*SMALL, "feedback.min_documents=4")
    arguments = ["run", "feedback", f"--conf={DEMO}", *(f"--set={setting}" for setting in changed)]

    def make(workspace: Path) -> list[str]:
        shutil.copytree(small_loop / "workspace", workspace)
        return [*arguments, "--workspace", str(workspace), "--engine", engine_name, SLOW_WRITES]

    whole = tmp_path / "whole"
    make(whole)
    main([*arguments, "--workspace", str(whole)])
    killed = kill_in_time(make, tmp_path, "signal_state")
    main([*arguments, "--workspace", str(killed)])
    assert digests(killed, *changed) == digests(whole, *changed)
