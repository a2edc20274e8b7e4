"""Ranks that share no folder with the driver: what goes between them lies in a bucket or on HDFS, and nothing is left there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from resonance.testing import tiny_corpus
from tests.integration.test_bucket_checkpoints import SHARED, list_names
from tests.object_storage import connect, hash_tables, succeed, write_texts
from tests.standalone import start_cluster

pytestmark = [pytest.mark.slow, pytest.mark.train, pytest.mark.engine("embedded"), pytest.mark.timeout(2400)]
DIES = """
import os, signal, sys
from resonance.cli import main
from resonance.train.desk import Desk

moment, calls = sys.argv[1].split("/")
left = [None] * int(calls)
usual = getattr(Desk, moment)

def dies(self, *given):
    left.pop()
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return usual(self, *given)

setattr(Desk, moment, dies)
main(sys.argv[2:])
"""
"""A command that is killed at a call of a function of the desk, such as ``_publish/1``: the first one."""
PUBLISHES, TAKES_MORE = "_publish/1", "take/2"
"""Events are committed, and their checkpoint is not published; ranks train on, and their second boundary is seen."""
MADE_BEFORE = ("ingest", "clean", "judge", "dedupe", "decontaminate", "hold_out", "decide", "assess", "rebalance")
TWO_RANKS = ("rounds=1", "train.ranks=2", "train.documents_per_step=2", "train.checkpoint_steps=2", "tracking.enabled=false")
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"
QUICK = {
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.extraJavaOptions": JAVA,
    "spark.executor.memory": "1g",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
}


def die(environment: dict[str, str], moment: str, *arguments: str | Path) -> None:
    """Have a command be killed at a moment."""
    command = [sys.executable, "-c", DIES, moment, *map(str, arguments)]
    died = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1200, check=False)
    assert died.returncode == -signal.SIGKILL, died.stdout[-2000:] + died.stderr[-2000:]


def wait_for_slots(cluster: Path) -> None:
    """Wait until the workers of a cluster have ended the executors of a killed driver."""
    workers = [psutil.Process(int(file.read_text())) for file in cluster.glob("worker-*.pid")]
    deadline = time.monotonic() + 120
    while any(child.status() != psutil.STATUS_ZOMBIE for worker in workers for child in worker.children()):
        assert time.monotonic() < deadline, "executors outlive their driver"
        time.sleep(0.2)


def test_a_rank_by_a_bucket_leaves_the_tables_of_a_folder(storage: dict[str, str], tmp_path: Path) -> None:
    client = connect(storage["AWS_ENDPOINT_URL"])
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(150))
    run = ["run", *SHARED, "--set=rounds=1", f"--set=ingest.inputs=[{texts}]"]
    there = ["--set=staging=s3a://texts/between/", "--workspace", tmp_path / "there"]
    die(storage, PUBLISHES, *run, *there)
    ends = {name.rpartition("/")[2] for name in list_names(client, "between/")}
    assert {"spec.json", "rank-0.parquet", "done.json", "state.json", "optimizer.pt", "_complete"} <= ends

    said = succeed(storage, *run, *there)
    assert list_names(client, "between/") == [], said
    succeed(storage, *run, "--workspace", tmp_path / "folder")
    hashes = [hash_tables(succeed(storage, "tables", "--hash", "--workspace", tmp_path / name)) for name in ("there", "folder")]
    assert hashes[0] == hashes[1]
    assert {"checkpoints", "signal_event", "evaluations"} <= hashes[0].keys()
    for name in ("staging", "shards"):
        left = [path for path in (tmp_path / "there" / name).rglob("*") if path.is_file()]
        assert left == [], "what ranks share does not lie in the workspace"


def test_ranks_on_hosts_that_see_no_folder_of_the_driver(storage: dict[str, str], tmp_path: Path) -> None:
    client, hidden = connect(storage["AWS_ENDPOINT_URL"]), tmp_path / "hidden"
    hidden.mkdir()
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(150))
    given = [*SHARED[3:], *(f"--set={setting}" for setting in TWO_RANKS), "--unchecked", f"--set=ingest.inputs=[{texts}]"]
    here = ["--engine", "embedded", "--set=train.launch=horovod"]
    workspace = ["--workspace", hidden / "w", "--set=tables=s3://texts/hosts/tables"]
    there = [*workspace, "--set=checkpoints=s3://texts/hosts/kept", "--set=staging=s3://texts/hosts/between", *given]
    succeed(storage, "run", *MADE_BEFORE, *there, *here)
    with start_cluster(tmp_path / "cluster", storage | {"SPARK_DAEMON_JAVA_OPTS": JAVA}, hidden) as (address, environment):
        on_spark = [f"spark.master={address}", "train.launch=spark", "spark.driver_memory=1500m", "spark.shuffle_partitions=2"]
        given_spark = ["--engine", "spark", *(f"--set={one}" for one in (*on_spark, f"spark.conf={json.dumps(QUICK)}"))]
        for moment in (PUBLISHES, TAKES_MORE):
            die(environment, moment, "run", "train", *there, *given_spark)
            wait_for_slots(tmp_path / "cluster")
            assert list_names(client, "hosts/between/") != []
        said = succeed(environment, "run", "train", *there, *given_spark)
    assert list_names(client, "hosts/between/") == [], said
    succeed(storage, "run", *there, *here)
    folder = ["--workspace", tmp_path / "folder"]
    succeed(storage, "run", *folder, *given, *here)
    hashes = [hash_tables(succeed(storage, "tables", "--hash", *place)) for place in (workspace, folder)]
    assert hashes[0] == hashes[1]
    assert {"checkpoints", "signal_event", "evaluations"} <= hashes[0].keys()
