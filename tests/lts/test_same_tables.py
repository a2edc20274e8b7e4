"""Spark 3.5 makes the tables of the embedded engine, hash for hash, and each goes on with the other's workspace."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conformance.corpora import SETTINGS, write_first, write_items, write_second

TOP = Path(__file__).parents[2]
LTS, HERE = sys.executable, str(TOP / ".venv" / "bin" / "python")
"""The Python of Spark 3.5, which runs these tests, and that of the embedded engine."""
PATIENCE = 3_000
"""Seconds for one command: a JVM that shares two cores with other tests may take many minutes."""
PLAN = ("rebalance.tokens=20000", "rebalance.heldout_share=0.2", *SETTINGS)
JOBS = ("ingest", "judge", "dedupe", "decontaminate", "hold_out", "decide", "assess", "rebalance")
"""The data half, up to what a round draws."""
Told = Mapping[str, tuple[str, str]]


def call(python: str, *arguments: str) -> str:
    """What a command says in one of the two environments."""
    engine = "spark" if python == LTS else "embedded"
    command = [python, "-m", "resonance.cli", *arguments, f"--set=spark.engine={engine}"]
    done = subprocess.run(command, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, timeout=PATIENCE, cwd=TOP)
    assert done.returncode == 0, f"{arguments}: {done.stdout[-1_000:]}{done.stderr[-2_000:]}"
    return done.stdout


def curate(python: str, given: Path, workspace: Path, *settings: str) -> None:
    call(python, "curate", str(given), "--workspace", str(workspace), *(f"--set={setting}" for setting in (*SETTINGS, *settings)))


def read(python: str, workspace: Path) -> Told:
    """Rows and hash of each table that holds rows; ``steps`` say when they ran."""
    said = call(python, "tables", "--hash", "--workspace", str(workspace))
    found = re.findall(r"│ (\w+) +│ +\S+ │ +(\d+) │ +([0-9a-f]{16}) │", said.replace(",", ""))
    return {name: (rows, digest) for name, rows, digest in found if rows != "0"}


@dataclass(frozen=True)
class Two:
    """The folder of sources, and a workspace of each environment: a delivery, an evaluation set, and a plan's draw."""

    sources: Path
    lts: Path
    here: Path


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Two:
    home = tmp_path_factory.mktemp("two")
    first, items = write_first(home / "first"), write_items(home / "items.jsonl")
    write_second(home / "second")
    for python, workspace in ((LTS, home / "lts"), (HERE, home / "here")):
        call(HERE, "register", "exam", str(items), "--workspace", str(workspace))
        given = (f"ingest.inputs=[{first}]", "ingest.keep_raw=false", *PLAN)
        call(python, "run", *JOBS, "--rounds=1", "--workspace", str(workspace), *(f"--set={setting}" for setting in given))
    return Two(home, home / "lts", home / "here")


def test_all_tables_are_equal_hash_for_hash(two: Two) -> None:
    lts, here = read(HERE, two.lts), read(HERE, two.here)
    assert {"documents", "rejects", "duplicates", "contamination", "sample_plan", "plans", "quality_result"} <= here.keys()
    assert len(here) > 25
    assert lts == here


def test_spark_3_hashes_them_alike(two: Two) -> None:
    assert read(LTS, two.here) == read(HERE, two.here)


def test_each_adds_a_delivery_to_the_workspace_of_the_other(two: Two) -> None:
    for python, workspace in ((LTS, two.here), (HERE, two.lts)):
        curate(python, two.sources / "second", workspace, "batch=two")
    assert read(HERE, two.lts) == read(HERE, two.here)
