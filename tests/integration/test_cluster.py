"""spark-submit runs the loop on a standalone cluster of separate processes; Horovod trains on its executors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from resonance.tables import EVALUATIONS, SAMPLE_PLAN, SIGNAL_EVENT
from resonance.testing import folder_catalog
from tests.conftest import SMALL
from tests.standalone import start_cluster

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.timeout(2400)]
TOP = Path(__file__).parents[2]


@pytest.fixture
def cluster(tmp_path):
    """The address of a running cluster and the environment that commands on it need."""
    with start_cluster(tmp_path / "cluster") as found:
        yield found


def submit(cluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    address, environment = cluster
    jars = ",".join(str(jar) for jar in sorted(Path(sys.prefix, "share/resonance/jars").glob("*.jar")))
    command = [Path(sys.executable).with_name("spark-submit"), "--master", address, "--jars", jars]
    sized = ["--driver-memory", "1500m", "--executor-memory", "1g", *arguments]
    environment = {**environment, "SPARK_CONNECT_MODE_ENABLED": "1"}  # as a process leaves it that used the embedded engine
    return subprocess.run([*command, *sized], env=environment, capture_output=True, text=True, timeout=1800)


def test_loop_and_slots(cluster, spark, tmp_path):
    settings = tmp_path / "small.yaml"
    layered: dict[str, dict[str, object]] = {"ingest": {"demo": True}, "train": {"ranks": 2}, "tracking": {"enabled": False}}
    for section, key, value in (f"{setting}".replace("=", ".").split(".", 2) for setting in SMALL):
        layered.setdefault(section, {})[key] = yaml.safe_load(value)
    settings.write_text(yaml.safe_dump({**layered, "spark": {"shuffle_partitions": 2}, "rounds": 1}))
    place = ["--conf", str(settings), "--workspace", str(tmp_path / "w")]

    ran = submit(cluster, str(TOP / "jobs/loop.py"), *place)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    catalog = folder_catalog(spark, tmp_path / "w" / "tables")
    drawn = catalog.read(SAMPLE_PLAN).where("round = 1")
    seen = catalog.read(SIGNAL_EVENT).where("phase = 'train'")
    assert seen.count() == drawn.count() > 0
    assert seen.join(drawn, ["round", "arm", "epoch", "pos", "doc_id"], "left_anti").isEmpty()
    assert {row["rank"] for row in seen.select("rank").distinct().collect()} == {0, 1}
    assert catalog.read(EVALUATIONS).where("slice = '*'").count() == 1

    refused = submit(cluster, str(TOP / "jobs/train.py"), *place, "--set", "train.ranks=5", "--set", "train.hidden=16")
    assert refused.returncode == 1
    said = refused.stdout  # spark-submit passes on there whatever a Python driver prints, errors too
    assert "train.ranks is 5, but the Spark application has 2 task slots" in said, said[-2000:] + refused.stderr[-2000:]
    assert "Exception" not in refused.stdout
