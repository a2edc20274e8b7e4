"""Checkpoints in a bucket: a training that was killed goes on from them on another machine, to the same rows."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from resonance.testing import tiny_corpus
from tests.object_storage import connect, hash_tables, succeed, write_texts

pytestmark = [pytest.mark.engine("embedded"), pytest.mark.train, pytest.mark.timeout(1200)]
SETTINGS = {
    "rounds": 2,
    "control": "false",
    "ingest.min_slice_documents": 10,
    "rebalance.tokens": 2500,
    "rebalance.heldout_share": 0.1,
    "train.launch": "inline",
    "train.vocabulary": 400,
    "train.hidden": 32,
    "train.layers": 1,
    "train.window": 64,
    "train.documents_per_step": 1,
    "train.checkpoint_steps": 3,
    "evaluate.replicates": 50,
}
SHARED = ["--unchecked", "--engine", "embedded", *(f"--set={name}={value}" for name, value in SETTINGS.items())]
DIES = """
import os, signal, sys
import obstore
from resonance.cli import main
usual, whole = obstore.put, []

def put(store, key, *given, **more):
    if key.endswith("/state.json"):
        if whole:
            os.kill(os.getpid(), signal.SIGKILL)
        whole.append(key)
    return usual(store, key, *given, **more)

obstore.put = put
main(sys.argv[1:])
"""
"""A command that is killed when of a second checkpoint all is there but its last object."""


def list_names(client: Any, prefix: str) -> list[str]:
    return sorted(about["Key"] for about in client.list_objects_v2(Bucket="texts", Prefix=prefix).get("Contents", []))


@pytest.mark.slow
def test_a_training_goes_on_from_a_bucket_on_another_machine(storage: dict[str, str], tmp_path: Path) -> None:
    client = connect(storage["AWS_ENDPOINT_URL"])
    texts = write_texts(tmp_path / "texts.jsonl", tiny_corpus(150))
    inputs = f"--set=ingest.inputs=[{texts}]"
    run = ["run", *SHARED, inputs]
    places = ["--set=tables=s3://texts/lost/tables", "--set=checkpoints=s3a://texts/lost/kept/"]
    command = [sys.executable, "-c", DIES, *run, *places, "--workspace", str(tmp_path / "first")]
    died = subprocess.run(command, env=storage, capture_output=True, text=True, timeout=600, check=False)
    assert died.returncode == -signal.SIGKILL, died.stdout[-2000:] + died.stderr[-2000:]
    held = list_names(client, "lost/kept/")
    assert [sum(name.endswith(f"/{end}") for name in held) for end in ("state.json", "model.safetensors", "optimizer.pt")] == [
        1,
        2,
        2,
    ]
    shutil.rmtree(tmp_path / "first")

    second = ["--workspace", tmp_path / "second", *places]
    succeed(storage, *run, *second)
    folder = ["--workspace", tmp_path / "folder"]
    succeed(storage, *run, *folder)
    found, expected = (hash_tables(succeed(storage, "tables", "--hash", *place)) for place in (second, folder))
    assert found == expected
    assert {"checkpoints", "signal_event", "evaluations", "plans"} <= found.keys()

    names = [name.removeprefix("lost/kept/") for name in list_names(client, "lost/kept/")]
    local = tmp_path / "folder" / "checkpoints"
    assert names == sorted(file.relative_to(local).as_posix() for file in local.rglob("*") if file.is_file())
    assert not (tmp_path / "second" / "checkpoints").exists()
    models = [len(list((tmp_path / name / "mlflow").rglob("model.safetensors"))) for name in ("second", "folder")]
    assert models == [2, 2], "MLflow keeps the model of each round"
    left = [path for path in (tmp_path / "second").rglob("*.safetensors") if "mlflow" not in path.parts]
    assert left == [], "copies for ranks are removed"
