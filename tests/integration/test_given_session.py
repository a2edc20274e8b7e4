"""The loop in a session that runs already, as in a notebook of a platform: tables in its catalog, all else in a volume."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resonance.runtime.engines.spark import CONNECTS
from tests.conftest import SMALL

RUN = """
import json, sys
from pathlib import Path
from pyspark.sql import SparkSession
import resonance
from resonance.cli import main
from resonance.runtime.engines import spark as sessions

workspace, texts, exam, elsewhere, *settings = sys.argv[1:]
conf = {**sessions.DELTA, **sessions.LAPTOP, **sessions._jars(False), "spark.sql.warehouse.dir": elsewhere}
conf |= {"spark.driver.memory": "2g", "spark.sql.shuffle.partitions": "2", "spark.sql.session.timeZone": "Asia/Shanghai"}
builder = SparkSession.builder.master("local[2]")
for key, value in conf.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
spark.sql("CREATE SCHEMA texts")
given = ["--workspace", workspace, "--set=catalog=spark_catalog.texts", f"--set=ingest.inputs=[{texts}]"]
given += [f"--set={setting}" for setting in settings]
main(["register", "exam", exam, *given])
main(["run", *given, "--rounds", "1", "--unchecked"])
Path(sys.argv[1], "conf.yaml").write_text("catalog: spark_catalog.texts")
w = resonance.open(workspace, conf=Path(workspace, "conf.yaml"))
documents = w.frame("documents").count()
w.close()
held = {row["tableName"]: spark.table(f"texts.{row['tableName']}").count() for row in spark.sql("SHOW TABLES IN texts").collect()}
print(json.dumps({"zone": spark.conf.get("spark.sql.session.timeZone"), "documents": documents, "held": held}))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has files below a folder be those of a volume, for the processes that are started with it."""
    made = tmp_path_factory.mktemp("library") / "volume.so"
    source = Path(__file__).with_name("volume.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", made, source, "-ldl"], check=True)
    return made


def run_in(volume: Path, library: Path, *command: object) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name != CONNECTS}
    around = {**own, "LD_PRELOAD": str(library), "VOLUME": str(volume), "PYSPARK_PYTHON": sys.executable}
    return subprocess.run([*map(str, command)], env=around, capture_output=True, text=True, cwd=volume.parent)


@pytest.mark.slow
def test_a_volume_adds_nothing_to_files_and_links_and_locks_none(tmp_path: Path, library: Path) -> None:
    tries = (
        ("open(sys.argv[1] + '/a', 'w').write('a')", ""),
        ("open(sys.argv[1] + '/a', 'ab+')", "Illegal seek"),
        ("os.link(sys.argv[1] + '/a', sys.argv[1] + '/b')", "Operation not permitted"),
        ("fcntl.flock(open(sys.argv[1] + '/c', 'w'), fcntl.LOCK_EX)", "Operation not supported"),
        ("file = open(sys.argv[1] + '/d', 'wb'); file.write(b'a'); file.seek(0)", "Operation not supported"),
    )
    for code, refusal in tries:
        said = run_in(tmp_path, library, sys.executable, "-c", f"import fcntl, os, sys; {code}", tmp_path).stderr
        assert refusal in said if refusal else not said, code


@pytest.mark.slow
@pytest.mark.train
def test_the_loop_runs_in_a_session_that_goes_on_after_it(tmp_path: Path, library: Path) -> None:
    volume = tmp_path / "volume"
    (volume / "sources").mkdir(parents=True)
    texts = [f"Story {number}. " + "It was a fine day by the sea. " * (number % 7 + 9) for number in range(300)]
    (volume / "sources" / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (volume / "exam.jsonl").write_text(json.dumps({"text": "Which day was it by the river, and who asked at noon?"}) + "\n")
    small = [setting for setting in SMALL if not setting.startswith("ingest")]
    settings = (*small, "train.launch=torch_distributor", "train.ranks=2", "tracking.enabled=false", "judge.policy=none")
    where = (volume / "workspace", volume / "sources", volume / "exam.jsonl", tmp_path / "tables")
    done = run_in(volume, library, sys.executable, "-W", "ignore", "-c", RUN, *where, *settings)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["zone"] == "UTC"
    assert found["documents"] == found["held"]["documents"] > 0
    assert found["held"]["signal_event"] > 0
    log = [json.loads(line)["event"] for line in (volume / "workspace" / "events.jsonl").read_text().splitlines()]
    assert log.count("started") == log.count("finished") > 10
    assert (volume / "workspace" / ".resonance.lock").read_text() == ""
