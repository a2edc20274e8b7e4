"""A Spark Connect server computes the data half, a grade and joins of losses: the tables of the embedded engine, hash for hash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from resonance.runtime.engines.spark import DELTA, jar_folder
from resonance.testing import tiny_corpus
from tests.conformance.commands import DATA_HALF, SMALL_PLAN, TOP, parse_told, told
from tests.ports import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.engine("embedded"), pytest.mark.timeout(2400)]
PATIENCE = 1_200
"""Seconds for one command: a JVM that shares two cores with other tests may take many minutes."""
JOIN = """
import sys
from random import Random

from resonance.core.job import Turn
from resonance.core.settings import FeedbackSettings
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace
from resonance.states.feedback import feedback
from resonance.tables import DOCUMENTS, EXAMPLES, SAMPLE_PLAN, SIGNAL_EVENT, SIGNAL_STATE, SLICE_STATE, SLICE_SUMS
from resonance.testing import events_frame

workspace = Workspace(load("local", "", (), (f"spark.engine={sys.argv[2]}",), workspace=sys.argv[1]))
catalog, names = workspace.catalog, ("doc_id", "content_hash", "bucket", "slice", "n_bytes", "pos")
drawn = sorted(map(tuple, catalog.read(SAMPLE_PLAN).where("round = 1 AND arm = 'plan'").select(*names).collect()))
chance, rows = Random(1), []
for number, row in enumerate(drawn):
    for phase in ("train", "score"):
        own = dict(zip(names, row)) | {"doc": number, "phase": phase, "run": phase, "loss_sum": chance.randrange(800) / 8}
        rows.append(own | {"step": number // 9})
catalog.append(SIGNAL_EVENT, events_frame(workspace.spark, rows), ("made", 1), {})
tables = (SIGNAL_EVENT, SLICE_SUMS, DOCUMENTS, EXAMPLES)
states = feedback(*map(catalog.read, tables), settings=FeedbackSettings(), turn=Turn("main", 1, "plan"))
for table, frame, slice in zip((SIGNAL_STATE, SLICE_STATE), states, ({"bucket": (0, 4095)}, {"round": 1})):
    print(table.name, catalog.write(table, frame, slice, {}).rows, type(workspace.spark).__module__)
workspace.close()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server of Spark's own, and what a client's environment says of it."""
    port, ui = free_ports(2)
    home = tmp_path_factory.mktemp("server")
    jars = ",".join(str(jar) for jar in sorted(jar_folder().glob("*.jar")))
    conf = {**DELTA, "spark.connect.grpc.binding.port": port, "spark.ui.port": ui, "spark.sql.shuffle.partitions": "2"}
    words = [word for key, value in conf.items() for word in ("--conf", f"{key}={value}")]
    command = [str(Path(sys.executable).with_name("spark-submit")), "--master", "local[2]", "--driver-memory", "2g", "--jars", jars]
    command += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", *words, "spark-internal"]
    python = {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join((str(TOP / "lib"), os.environ.get("PYTHONPATH", "")))}
    log = (home / "log").open("w")
    process = subprocess.Popen(command, env=os.environ | python | {"SPARK_LOCAL_IP": "127.0.0.1"}, cwd=home, stdout=log, stderr=log)
    deadline = time.monotonic() + 240
    while not any(one.laddr.port == int(port) and one.status == "LISTEN" for one in psutil.net_connections()):
        said = (home / "log").read_text()[-2_000:]
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.2)
    yield {"SPARK_REMOTE": f"sc://127.0.0.1:{port}"}
    process.terminate()
    process.wait(60)
    log.close()


@dataclass(frozen=True)
class Two:
    """A workspace that the embedded engine filled, and one that the server did."""

    here: Path
    there: Path


def call(engine: str, words: list[str], around: dict[str, str]) -> str:
    """What a Python process says, on this engine."""
    done = subprocess.run(
        [sys.executable, *words], env=os.environ | around, capture_output=True, text=True, timeout=PATIENCE, cwd=TOP, check=False
    )
    assert done.returncode == 0, f"{engine}: {done.stdout[-1_000:]}{done.stderr[-3_000:]}"
    return done.stdout


def curate(engine: str, workspace: Path, around: dict[str, str], *further: str) -> None:
    """Run the data half on the texts beside the workspace."""
    settings = (*SMALL_PLAN, f"ingest.inputs=[{workspace.parent / 'texts.jsonl'}]", f"spark.engine={engine}", *further)
    run = ["-m", "resonance.cli", "run", *DATA_HALF, "assess", "--rounds=1", "--workspace", str(workspace)]
    call(engine, [*run, *(f"--set={setting}" for setting in settings)], around)


@pytest.fixture(scope="module")
def two(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Two:
    home = tmp_path_factory.mktemp("two")
    rows = [
        *tiny_corpus(120, copies=12),
        {"id": "empty", "text": " "},
        {"id": "null", "text": None},
        {"id": "word", "text": "word"},
    ]
    (home / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    found = Two(home / "here", home / "there")
    for engine, workspace, around in (("embedded", found.here, {}), ("spark", found.there, server)):
        curate(engine, workspace, around)
        said = call(engine, ["-c", JOIN, str(workspace), engine], around)
        assert "pyspark.sql.connect" in said, said
    return found


def test_all_tables_are_equal_hash_for_hash(two: Two) -> None:
    here, there = told(two.here), told(two.there)
    filled = {name for name, (rows, _) in here.items() if rows not in ("0", "not written yet")}
    states = {"signal_event", "signal_state", "slice_state"}
    assert {"documents", "rejects", "duplicates", "sample_plan", "plans", "quality_result", *states} <= filled
    assert here == there


def test_tables_of_a_catalog_are_equal_too(two: Two, server: dict[str, str]) -> None:
    workspace, catalog = two.here.with_name("cataloged"), "catalog=spark_catalog.default"
    curate("spark", workspace, server, catalog)
    here = told(two.here)
    there = parse_told(
        call("spark", ["-m", "resonance.cli", "tables", "--hash", "--workspace", str(workspace), "--set", catalog], server)
    )
    made = {"documents", "rejects", "duplicates", "signatures", "compared", "sample_plan", "plans", "rules", "quality_result"}
    assert {name: here[name] for name in made} == {name: there[name] for name in made}
    assert not (workspace / "tables").exists()
