"""Kill -9 of a rank in mid-epoch, and of the driver between append and publication: a rerun gives an undisturbed run's rows."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from pydoc_data.topics import topics

import psutil
import pytest
from pyspark.sql import functions as F

from resonance.core.errors import TrainError
from resonance.core.frames import rank_rows
from resonance.core.job import Site, Turn
from resonance.core.places import LocalFiles
from resonance.core.settings import ScoreModelSettings, TaskSettings, TrainSettings
from resonance.runtime.engines.session import engine_of
from resonance.runtime.ranks.launch import open_launch
from resonance.tables import CHECKPOINTS, DOCUMENTS, EXAMPLES, SAMPLE_PLAN, SAMPLE_WEIGHTS, SIGNAL_EVENT
from resonance.testing import documents_frame, folder_catalog

pytestmark = pytest.mark.train
DRAWS = 300
SETTINGS = TrainSettings(
    launch="inline", vocabulary=400, window=32, hidden=32, layers=1, heads=2, documents_per_step=1, checkpoint_steps=150
)
RUN = "train-1-plan"
STABLE = ["run", "round", "arm", "phase", "step", "epoch", "pos", "copy", "doc_id", "bucket", "content_hash", "slice", "n_tok"]
LOSSES = ["loss_sum", "max_tok_loss", "tok_acc"]


def run(spark, workspace: Path, settings: TrainSettings, job: str, run: str, seed: int = 0, **more: object) -> None:
    """A job of training on a workspace, by its name."""
    from resonance.train import job as jobs

    catalog = folder_catalog(spark, workspace / "tables")
    frames = (catalog.read(SAMPLE_PLAN), catalog.read(DOCUMENTS), catalog.read(EXAMPLES), catalog.read(CHECKPOINTS))
    launch = open_launch(settings, engine_of(spark))
    kept = LocalFiles(workspace / "checkpoints")
    site = Site(job, Turn("main", 1, "plan", run=run), seed, spark, catalog, workspace, launch, kept, LocalFiles(workspace))
    try:
        weights = (catalog.read(SAMPLE_WEIGHTS),) if job == "train" else ()
        getattr(jobs, job)(*frames, *weights, settings=settings, task=TaskSettings(), site=site, **more)
    finally:
        launch.close()


def train(spark, workspace: Path, settings: TrainSettings = SETTINGS) -> None:
    run(spark, workspace, settings, "train", RUN, seed=7)


def score(spark, workspace: Path, settings: TrainSettings) -> None:
    run(spark, workspace, settings, "score_model", "score-1-plan", scoring=ScoreModelSettings())


def events(spark, workspace: Path):
    return folder_catalog(spark, workspace / "tables").read(SIGNAL_EVENT)


def rows(spark, workspace: Path, columns: list[str]) -> list[tuple[object, ...]]:
    return events(spark, workspace).select(*columns).orderBy("pos").collect()


def checkpoints(spark, workspace: Path) -> list[tuple[object, ...]]:
    frame = folder_catalog(spark, workspace / "tables").read(CHECKPOINTS)
    found = (
        frame.select("run", "step", "round", "arm", "final", "tokens", "parameters", "tokenizer", "uri").orderBy("step").collect()
    )
    assert all(Path(row["uri"]).is_dir() for row in found)
    return [tuple(row)[:-1] for row in found]


@pytest.fixture(scope="module")
def corpus(spark, tmp_path_factory) -> Path:
    """A workspace with documents and a plan, and no training yet."""
    workspace = tmp_path_factory.mktemp("corpus")
    catalog = folder_catalog(spark, workspace / "tables")
    texts = sorted({part for topic in topics.values() for part in topic.split("\n\n") if 80 < len(part) < 700})[:DRAWS]
    documents = documents_frame(spark, [(f"key-{number}", f"slice/{number % 3}", text) for number, text in enumerate(texts)])
    catalog.write(DOCUMENTS, documents, {"batch": "main"}, {})
    place = rank_rows(["batch"], [F.xxhash64("doc_id"), "doc_id"]) - 1
    marks = {"round": 1, "arm": "plan", "epoch": 0, "copy": 0, "pi": 0.5, "weight": 1.0}
    plan = documents.withColumn("pos", place).withColumns({name: F.lit(value) for name, value in marks.items()})
    kept = [column.name for column in catalog.read(SAMPLE_PLAN).schema]
    catalog.write(SAMPLE_PLAN, plan.select(*kept), {"round": 1, "arm": "plan"}, {})
    return workspace


@pytest.fixture(scope="module")
def undisturbed(spark, corpus, tmp_path_factory) -> Path:
    workspace = tmp_path_factory.mktemp("undisturbed") / "w"
    shutil.copytree(corpus, workspace)
    train(spark, workspace)
    assert events(spark, workspace).count() == DRAWS
    return workspace


class Killer(threading.Thread):
    """Kills one rank once training is past a step, and remembers where it stood then."""

    def __init__(self, workspace: Path, rank: int, after: int) -> None:
        super().__init__(daemon=True)
        self.workspace, self.rank, self.after = workspace, rank, after
        self.pace: dict[str, object] = {}
        self.ranks: list[psutil.Process] = []

    def run(self) -> None:
        while True:
            for path in self.workspace.glob(f"staging/{RUN}/*/progress.json"):
                pace = json.loads(path.read_text())
                if pace["step"] > self.after:
                    self.ranks = [p for p in psutil.Process().children(recursive=True) if self.number(p) is not None]
                    os.kill(next(p.pid for p in self.ranks if self.number(p) == self.rank), signal.SIGKILL)
                    self.pace = pace
                    return
            time.sleep(0.01)

    def number(self, process: psutil.Process) -> int | None:
        """The rank that the process is."""
        try:
            command = process.cmdline()
            mine = command[1:3] == ["-m", "resonance.runtime.ranks.orders"]
            return int(process.environ()["HOROVOD_RANK"]) if mine else None
        except (psutil.Error, KeyError):
            return None


@pytest.fixture(scope="module")
def killed(spark, corpus, tmp_path_factory) -> Path:
    """A workspace whose training lost rank 1 in mid-epoch, between two boundaries."""
    workspace = tmp_path_factory.mktemp("killed") / "w"
    shutil.copytree(corpus, workspace)
    killer = Killer(workspace, rank=1, after=160)
    killer.start()
    with pytest.raises(TrainError, match="^train 1 plan: rank 1 was killed by signal 9; what is committed stays") as error:
        train(spark, workspace, SETTINGS.model_copy(update={"launch": "horovod", "ranks": 2}))
    assert "\n" not in str(error.value)
    assert 160 < killer.pace["step"] < DRAWS, "the rank was not killed in mid-epoch"
    assert len(killer.ranks) == 2
    _, alive = psutil.wait_procs(killer.ranks, timeout=10)
    assert not alive, "a rank outlived the other"
    committed = {row["step"] for row in events(spark, workspace).select("step").distinct().collect()}
    assert committed == {150}, "no boundary was committed, or all were"
    assert {row[1] for row in checkpoints(spark, workspace)} == committed
    return workspace


def test_rank_killed_in_mid_epoch_and_rerun_on_one_rank(spark, killed, undisturbed):
    before = rows(spark, killed, STABLE + LOSSES)
    train(spark, killed)
    assert rows(spark, killed, STABLE) == rows(spark, undisturbed, STABLE)
    assert rows(spark, killed, STABLE + LOSSES)[: len(before)] == before
    for found, wanted in zip(rows(spark, killed, LOSSES), rows(spark, undisturbed, LOSSES), strict=True):
        assert tuple(found)[:2] == pytest.approx(tuple(wanted)[:2], rel=1e-4)
    assert checkpoints(spark, killed) == checkpoints(spark, undisturbed)


def test_scoring_that_lost_its_rank_goes_on_with_two(spark, undisturbed, tmp_path, monkeypatch):
    from resonance.train import export
    from resonance.train import score as scoring

    monkeypatch.setattr(export, "SHARD_ROWS", 100)
    usual, whole, workspace = scoring.forward, tmp_path / "whole", tmp_path / "w"
    shutil.copytree(undisturbed, whole)
    shutil.copytree(undisturbed, workspace)

    def fails(model, task, documents):
        if documents[0].place >= 150:
            raise TrainError("the power is gone")
        return usual(model, task, documents)

    score(spark, whole, SETTINGS)
    monkeypatch.setattr(scoring, "forward", fails)
    with pytest.raises(TrainError, match="^score_model 1 plan: the power is gone"):
        score(spark, workspace, SETTINGS)
    score(spark, workspace, SETTINGS.model_copy(update={"launch": "horovod", "ranks": 2}))
    mine, theirs = (events(spark, w).where("phase = 'score'").orderBy("pos").collect() for w in (workspace, whole))
    assert [(row["pos"], row["doc_id"], row["n_tok"]) for row in mine] == [
        (row["pos"], row["doc_id"], row["n_tok"]) for row in theirs
    ]
    assert [row["pos"] for row in mine] == list(range(DRAWS))
    assert [row["loss_sum"] for row in mine] == pytest.approx([row["loss_sum"] for row in theirs], rel=1e-5)
    assert {row["rank"] for row in mine[:100]} == {0}
    assert {row["rank"] for row in mine[100:]} == {0, 1}


DRIVER = """
import os, signal, sys
from pathlib import Path
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from resonance.train.desk import Desk
from tests.integration import test_train_killed as this

workspace = Path(sys.argv[1])

def dies(self, boundary):
    (workspace / "killed-at").write_text(f"{boundary[-12:]} {(workspace / boundary / 'checkpoint').is_dir()}")
    os.kill(os.getpid(), signal.SIGKILL)

Desk._publish = dies
settings = SparkSettings(master="local[1]", driver_memory="1g")
this.train(open_engine(sys.argv[2], settings, workspace / "scratch").session, workspace)
"""


def test_driver_killed_between_append_and_publication_and_rerun(spark, engine_name, corpus, undisturbed, tmp_path):
    workspace = tmp_path / "w"
    shutil.copytree(corpus, workspace)
    command = [sys.executable, "-c", DRIVER, str(workspace), engine_name]
    driver = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert driver.returncode == -signal.SIGKILL, driver.stderr
    assert (workspace / "killed-at").read_text() == f"{150:012d} True"
    appended = events(spark, workspace)
    assert appended.select("step").distinct().collect() == [(150,)]
    assert appended.count() == 150, "the driver was killed before the append"
    assert checkpoints(spark, workspace) == []
    assert not (workspace / "checkpoints").exists(), "the driver was killed after the publication"
    train(spark, workspace)
    assert rows(spark, workspace, STABLE + LOSSES) == rows(spark, undisturbed, STABLE + LOSSES)
    assert checkpoints(spark, workspace) == checkpoints(spark, undisturbed)
    assert list((workspace / "staging").iterdir()) == []
