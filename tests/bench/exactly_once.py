"""Every draw gets one event, whatever dies: 100,003 samples, three epochs, packed, with ranks and drivers killed on the way.

python -m tests.bench.exactly_once [--samples 100003] [--epochs 3] [--launch horovod|torch] [--no-result]

A training starts on two ranks; one is killed (-9) in the first epoch; it goes on with three ranks, whose driver is killed in the
second; then with one rank, whose driver is killed in the third; then with two to the end. The pass line: as many events as draws,
no draw without an event, no event without a draw, none twice (anti-joins both ways). The control, torch's DistributedSampler,
hands out samples twice where ranks do not divide them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from pydantic import ValidationError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from resonance.core.job import Site, Turn
from resonance.core.order import place_rows
from resonance.core.places import LocalFiles
from resonance.core.settings import SparkSettings, TaskSettings, TrainSettings
from resonance.curate.identity import bucket, content_hash
from resonance.runtime import resources
from resonance.runtime.engines.spark import open_spark
from resonance.runtime.ranks.launch import open_launch
from resonance.tables import CHECKPOINTS, DOCUMENTS, EXAMPLES, SAMPLE_PLAN, SAMPLE_WEIGHTS, SIGNAL_EVENT
from resonance.testing import folder_catalog
from resonance.train.spec import PROGRESS, Pace
from tests.bench.places import cache, cpu_seconds, write_result

SAMPLES, EPOCHS, RUN, SEED = 100_003, 3, "g8", 7
SETTINGS = TrainSettings(
    vocabulary=400, window=32, hidden=16, layers=1, heads=2, documents_per_step=256, rows_per_pass=64, checkpoint_steps=100
)
STAGES = ((2, "rank", 0.2), (3, "driver", 0.45), (1, "driver", 0.75), (2, "", 1.0))
"""Ranks, who is killed, and after which share of all places."""
KEY = ["epoch", "pos", "copy", "doc_id", "content_hash"]


def session() -> SparkSession:
    """A small session."""
    return open_spark(SparkSettings(master="local[2]", driver_memory="2g")).session


def make(spark: SparkSession, workspace: Path, samples: int, epochs: int) -> None:
    """Documents of two to nine words, and a plan that draws each once an epoch."""
    catalog = folder_catalog(spark, workspace / "tables")
    number = F.col("id")
    length = F.pmod(F.xxhash64("id", F.lit("length")), F.lit(8)) + 2
    words = F.transform(F.sequence(F.lit(1), length.cast("int")), lambda n: F.substring(F.md5(F.concat_ws("-", number, n)), 1, 4))
    rows = spark.range(samples).select(F.unhex(F.md5(number.cast("string"))).alias("doc_id"), F.concat_ws(" ", words).alias("text"))
    marks = {"batch": "main", "source": "made", "source_key": "", "slice": "made", "version": "made@1"}
    full = rows.withColumns(
        {
            **{name: F.lit(value) for name, value in marks.items()},
            "bucket": bucket(F.col("doc_id")),
            "content_hash": content_hash(F.col("text")),
            "cleaned_hash": content_hash(F.col("text")),
            "raw_hash": content_hash(F.col("text")),
            "n_chars": F.length("text"),
            "n_bytes": F.octet_length("text"),
        }
    )
    catalog.write(DOCUMENTS, resources.contract(DOCUMENTS).conform(full), {"batch": "main"}, {})
    held = catalog.read(DOCUMENTS).select("doc_id", "bucket", "batch", "content_hash", "slice", "n_bytes")
    drawn: DataFrame | None = None
    for epoch in range(epochs):
        once = place_rows(held.withColumn("copy", F.lit(0)), seed=epoch).withColumn("epoch", F.lit(epoch))
        drawn = once if drawn is None else drawn.unionByName(once)
    assert drawn is not None
    plan = drawn.withColumns({n: F.lit(v) for n, v in {"round": 1, "arm": "plan", "pi": 1.0, "weight": 1.0}.items()})
    catalog.write(SAMPLE_PLAN, resources.contract(SAMPLE_PLAN).conform(plan), {"round": 1, "arm": "plan"}, {})


def drive(workspace: Path, ranks: int, launch: str) -> None:
    """What one driver does: train, from where the one before was stopped."""
    from resonance.train import job

    spark = session()
    catalog = folder_catalog(spark, workspace / "tables")
    settings = SETTINGS.model_copy(update={"ranks": ranks, "launch": launch})
    frames = (catalog.read(SAMPLE_PLAN), catalog.read(DOCUMENTS), catalog.read(EXAMPLES), catalog.read(CHECKPOINTS))
    way = open_launch(settings, spark)
    kept = LocalFiles(workspace / "checkpoints")
    site = Site("train", Turn("main", 1, "plan", run=RUN), SEED, spark, catalog, workspace, way, kept, LocalFiles(workspace))
    try:
        job.train(*frames, catalog.read(SAMPLE_WEIGHTS), settings=settings, task=TaskSettings(), site=site)
    finally:
        way.close()


def stage(workspace: Path, ranks: int, victim: str, share: float, launch: str, log: Path) -> dict[str, Any]:
    """Run a driver and kill its victim once it is past that share of all places; where it stood, and how it ended."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.exactly_once",
        "--drive",
        str(workspace),
        "--ranks",
        str(ranks),
        "--launch",
        launch,
    ]
    began, killed_at, spent, looked = time.monotonic(), None, 0.0, 0.0
    with log.open("a") as out:
        driver = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        while driver.poll() is None:
            if time.monotonic() > looked + 1:
                spent, looked = cpu_seconds(driver.pid), time.monotonic()
            pace = newest(workspace)
            if victim and killed_at is None and pace is not None and pace.place >= share * pace.places:
                killed_at = pace.place
                os.kill(driver.pid if victim == "driver" else a_rank(driver.pid), signal.SIGKILL)
            time.sleep(0.02)
    for path in workspace.glob(f"staging/*/*/{PROGRESS}"):
        path.unlink()
    return {
        "ranks": ranks,
        "killed": victim,
        "at_place": killed_at,
        "ended_with": driver.returncode,
        "seconds": round(time.monotonic() - began),
        "cpu_seconds": spent,
    }


def newest(workspace: Path) -> Pace | None:
    """How far the ranks say that they are."""
    for path in workspace.glob(f"staging/*/*/{PROGRESS}"):
        try:
            return Pace.model_validate_json(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValidationError):
            continue
    return None


def a_rank(driver: int) -> int:
    """The process id of one rank."""
    ranks = []
    for process in psutil.Process(driver).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it may have ended since
            if process.cmdline()[1:3] == ["-m", "resonance.runtime.ranks.orders"]:
                ranks.append(process.pid)
    return max(ranks)


def checked(spark: SparkSession, workspace: Path) -> dict[str, int]:
    """Draws, events, and what is missing on either side."""
    catalog = folder_catalog(spark, workspace / "tables")
    plan = catalog.read(SAMPLE_PLAN).select(*KEY)
    events = catalog.read(SIGNAL_EVENT).where("phase = 'train'").select(*KEY)
    return {
        "draws": plan.count(),
        "events": events.count(),
        "draws_without_event": plan.join(events, KEY, "left_anti").count(),
        "events_without_draw": events.join(plan, KEY, "left_anti").count(),
        "doubled": events.count() - events.distinct().count(),
    }


def control(samples: int) -> dict[str, int]:
    """How many samples torch's DistributedSampler hands out more than once in an epoch, by ranks."""
    from torch.utils.data import DistributedSampler

    found = {}
    for ranks in (1, 2, 3):
        handed = [index for rank in range(ranks) for index in DistributedSampler(range(samples), ranks, rank)]  # type: ignore[arg-type]
        found[f"{ranks} ranks"] = len(handed) - len(set(handed))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--launch", choices=("horovod", "torch"), default="horovod")
    parser.add_argument("--drive", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--ranks", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    if asked.drive:
        drive(asked.drive, asked.ranks, asked.launch)
        return
    workspace = cache("speed", "exactly-once")
    shutil.rmtree(workspace)
    workspace.mkdir()
    spark, out = session(), Console()
    make(spark, workspace, asked.samples, asked.epochs)
    stages = []
    for ranks, victim, share in STAGES:
        stages.append(stage(workspace, ranks, victim, share, asked.launch, workspace / "log.txt"))
        out.print(stages[-1])
    found, duplicated = checked(spark, workspace), control(asked.samples)
    spent = cpu_seconds() + sum(one["cpu_seconds"] for one in stages)
    spark.stop()
    whole = found["draws"] == found["events"] == asked.samples * asked.epochs
    clean = not (found["draws_without_event"] or found["events_without_draw"] or found["doubled"])
    killed = all(one["at_place"] is not None for one, (_, victim, _) in zip(stages, STAGES, strict=True) if victim)
    figures = {
        "experiment": "exactly-once",
        "line": "rows = samples * epochs, zero doubled, zero missing (anti-joins both ways); the control duplicates",
        "launch": asked.launch,
        "statistics": {"stages": stages, **found, "distributed_sampler_duplicates": duplicated},
        "passed": whole and clean and killed and stages[-1]["ended_with"] == 0 and duplicated["2 ranks"] > 0,
        "seeds": [SEED],
        "cpu_seconds": round(spent, 1),
    }
    out.print(figures)
    if not asked.no_result:
        given = f"--samples {asked.samples} --epochs {asked.epochs} --launch {asked.launch}"
        print(write_result("exactly-once", f"python -m tests.bench.exactly_once {given}", figures))


if __name__ == "__main__":
    main()
