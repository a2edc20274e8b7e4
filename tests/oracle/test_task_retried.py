"""Workers killed in the middle of their tasks are replaced, and duplicates are those of an undisturbed run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import json, os, signal, sys
from pathlib import Path
from pyspark import TaskContext
from resonance.core.settings import DedupeSettings, SparkSettings
from resonance.curate.duplicates.compare import dedupe
from resonance.curate.duplicates import minhash, verified
from resonance.runtime import resources
from resonance.runtime.run.scratch import Scratch
from resonance.runtime.engines.spark import open_spark
from resonance.tables import DUPLICATES, REJECTS
from resonance.testing import documents_frame, tiny_corpus

kill, folder = sys.argv[1] == "kill", Path(sys.argv[2])
spark = open_spark(SparkSettings(master="local[2,4]", driver_memory="1g")).session

def dies(batches, name):
    for batch in batches:
        yield batch
    marker = folder / f"{name}-{TaskContext.get().partitionId()}"
    if kill and TaskContext.get().attemptNumber() == 0:
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)

signer, shingle = minhash._signer, verified.Shingle
minhash._signer = lambda *how: lambda batches: signer(*how)(dies(batches, "sign"))
verified.Shingle = lambda *how: lambda batches: shingle(*how)(dies(batches, "shingle"))
rows = [(row["id"], "all", row["text"]) for row in tiny_corpus(60, copies=9)]
rows += [(f"near-{n}", "all", row["text"].replace("Page", "Sheet")) for n, row in enumerate(tiny_corpus(20))]
documents = documents_frame(spark, rows).repartition(3, "doc_id")
nothing = spark.createDataFrame([], resources.contract(REJECTS).schema)
frames = dedupe(documents, nothing, settings=DedupeSettings(), checkpoint=Scratch(spark, folder / "scratch"))
found = [resources.contract(table).conform(rows).toPandas() for table, rows in zip((DUPLICATES, REJECTS), frames)]
killed = len(list(folder.glob("sign-*"))), len(list(folder.glob("shingle-*")))
print(json.dumps([killed, [sorted(map(repr, rows.itertuples(index=False))) for rows in found]]))
"""


def dedupe(kind: str, folder: Path) -> tuple[list[int], list[list[str]]]:
    folder.mkdir()
    command = [sys.executable, "-c", RUN, kind, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYSPARK_PYTHON": sys.executable})
    assert done.returncode == 0, done.stderr[-2000:]
    killed, rows = json.loads(done.stdout.splitlines()[-1])
    return killed, rows


@pytest.mark.slow
def test_killed_workers_change_nothing(tmp_path: Path) -> None:
    killed, found = dedupe("kill", tmp_path / "killed")
    assert min(killed) >= 1, "no worker was killed"
    none, undisturbed = dedupe("leave", tmp_path / "undisturbed")
    assert none == [0, 0]
    assert [len(rows) for rows in undisturbed][1] >= 9 + 10
    assert found == undisturbed
