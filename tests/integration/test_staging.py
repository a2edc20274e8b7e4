"""Ranks that share no folder with the driver: what goes between them lies in a bucket or on HDFS, and nothing is left there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resonance.testing import tiny_corpus
from tests.integration.test_bucket_checkpoints import SHARED, list_names
from tests.object_storage import connect, hash_tables, succeed, write_texts

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
PUBLISHES = "_publish/1"
"""Events are committed, and their checkpoint is not published."""


def die(environment: dict[str, str], moment: str, *arguments: str | Path) -> None:
    """Have a command be killed at a moment."""
    command = [sys.executable, "-c", DIES, moment, *map(str, arguments)]
    died = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1200, check=False)
    assert died.returncode == -signal.SIGKILL, died.stdout[-2000:] + died.stderr[-2000:]


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
