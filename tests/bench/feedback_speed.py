"""How fast events become states, and states a plan, on made events: seconds and memory of our own code, beyond Spark's start.

python -m tests.bench.feedback_speed [--events 1000000,10000000,40000000] [--cores 2] [--no-result]

A quarter of as many documents in 24 slices, each trained on once and scored once in two rounds. ``states`` is the job feedback
into Delta (signal_state, slice_state); ``plan`` is decide and rebalance of round 3, which draws about a quarter of the documents.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from resonance.control.decide import decide_plan
from resonance.core.job import Turn
from resonance.core.settings import AppraiseSettings, DecideSettings, FeedbackSettings, RebalanceSettings
from resonance.core.table import Table
from resonance.curate.identity import bucket
from resonance.curate.rebalance import rebalance
from resonance.runtime import resources
from resonance.runtime.conf import load
from resonance.runtime.engines.spark import open_spark
from resonance.runtime.weightings import load_weighting
from resonance.states.feedback import feedback
from resonance.tables import (
    EVALUATIONS,
    PLANS,
    REJECTS,
    SAMPLE_PLAN,
    SAMPLE_WEIGHTS,
    SIGNAL_EVENT,
    SIGNAL_STATE,
    SLICE_EXCESS,
    SLICE_STATE,
    SLICE_SUMS,
    VERDICTS,
)
from resonance.testing import folder_catalog
from tests.bench.places import cache, cores, write_result
from tests.bench.speed_process import run

EVENTS = [1_000_000, 10_000_000, 40_000_000]
PER_DOCUMENT, SLICES, BYTES, ROUND = 4, 24, 2_000, 2
WARM = 20_000
LABELS = ("label", "prediction", "p_label", "margin", "entropy", "el2n", "probabilities")
GROWTH, SAMPLER, MEMORY = 3.3, 60.0, 8.0
"""Goals: growth from 1e7 to 4e7 events over that from 1e6; seconds to draw from 1e7 documents; GB."""


def documents(spark: SparkSession, many: int) -> DataFrame:
    """The columns of documents that a draw reads."""
    name = F.unhex(F.md5(F.col("id").cast("string")))
    numbered = spark.range(many).select("id", name.alias("doc_id"), F.unhex(F.sha1("doc_id")).substr(1, 16).alias("content_hash"))
    slice = F.format_string("slice/%02d", F.pmod(F.xxhash64("doc_id", F.lit("slice")), F.lit(SLICES)))
    size = (F.lit(BYTES // 2) + F.pmod(F.xxhash64("doc_id", F.lit("size")), F.lit(BYTES))).cast("int")
    return numbered.withColumns({"bucket": bucket(F.col("doc_id")), "slice": slice, "n_bytes": size})


def events(held: DataFrame) -> DataFrame:
    """Two rounds of training and scoring of every document."""
    kinds = [(number, phase) for number in (1, 2) for phase in ("train", "score")]
    seen = F.explode(F.array(*(F.struct(F.lit(n).alias("round"), F.lit(p).alias("phase")) for n, p in kinds)))
    rows = held.withColumn("seen", seen).select("*", "seen.*")
    share = F.pmod(F.xxhash64("doc_id", "round", "phase"), F.lit(1 << 20)) / F.lit(float(1 << 20))
    other: dict[str, Any] = {
        "run": "made",
        "arm": "plan",
        "epoch": 0,
        "copy": 0,
        "exposure": 1,
        "n_cut": 0,
        "log_pi": 1.0,
        "rank": 0,
        "tok_acc": 0.5,
        "pi": 1.0,
        "weight": 1.0,
    }
    full = rows.withColumns(
        {
            **{name: F.lit(value) for name, value in other.items()},
            "step": F.col("round") * 100,
            "pos": F.col("id"),
            "loss_sum": F.col("n_bytes") * (0.5 + share),
            "max_tok_loss": F.lit(9.0) * share,
            "n_tok": (F.col("n_bytes") / 3).cast("int"),
        }
    )
    labels = {column.name: F.lit(None) for column in resources.contract(SIGNAL_EVENT).columns if column.name in LABELS}
    return resources.contract(SIGNAL_EVENT).conform(full.withColumns(labels).drop("id", "seen"))


def timed(spark: SparkSession, many: int, folder: Path) -> dict[str, float]:
    """Seconds of each part, for so many events that lie in files already."""
    shutil.rmtree(folder, ignore_errors=True)
    catalog = folder_catalog(spark, folder / "tables")
    held = stored(documents(spark, many // PER_DOCUMENT), folder / "documents")
    seen = stored(events(held), folder / "events")
    turn = Turn("main", ROUND, run="bench")
    drawing = RebalanceSettings(tokens=max(many // PER_DOCUMENT // 4 * BYTES // 3, 1))

    def write(table: Table, rows: DataFrame, slice: dict[str, Any]) -> None:
        catalog.write(table, rows, slice, {})

    sums = spark.createDataFrame([], resources.contract(SLICE_SUMS).schema)

    def states() -> None:
        texts, slices = feedback(seen, sums, held, held.limit(0), settings=FeedbackSettings(), turn=turn)
        write(SIGNAL_STATE, texts, {"bucket": (0, 4095)})
        write(SLICE_STATE, slices, {"round": ROUND})

    def plan() -> None:
        nothing = spark.createDataFrame([], resources.contract(REJECTS).schema)
        unread = [spark.createDataFrame([], resources.contract(table).schema) for table in (SLICE_EXCESS, EVALUATIONS, VERDICTS)]
        tables = catalog.read(SLICE_STATE), *unread[:2], held, nothing, catalog.read(SAMPLE_PLAN), {}, unread[2]
        settings = DecideSettings(weighting=load_weighting("above_mean"))
        for number in (1, ROUND + 1):
            if number > 1:
                before = catalog.read(PLANS).where("round = 1").withColumn("round", F.lit(ROUND))
                write(PLANS, before, {"round": ROUND})
            next_turn = Turn("main", number, run="bench")
            weights = decide_plan(catalog.read(PLANS), *tables, settings=settings, drawing=drawing, turn=next_turn)
            write(PLANS, weights, {"round": number})
        drawn = Turn("main", ROUND + 1, run="bench")
        frames = held, nothing, catalog.read(SAMPLE_PLAN), catalog.read(PLANS), catalog.read(SAMPLE_WEIGHTS)
        events = spark.createDataFrame([], resources.contract(SIGNAL_EVENT).schema)
        rows = rebalance(*frames, events, settings=drawing, appraising=AppraiseSettings(), turn=drawn, seed=7)
        write(SAMPLE_PLAN, rows, {"round": drawn.round, "arm": drawn.arm})

    taken = {"states": seconds(states), "plan": seconds(plan)}
    drawn = catalog.read(SAMPLE_PLAN).count()
    assert catalog.read(SIGNAL_STATE).count() == many // PER_DOCUMENT
    shutil.rmtree(folder)
    return {**taken, "drawn": drawn}


def stored(rows: DataFrame, folder: Path) -> DataFrame:
    """The rows, read back from files."""
    rows.write.mode("overwrite").parquet(str(folder))
    return rows.sparkSession.read.schema(rows.schema).parquet(str(folder))


def seconds(work: Callable[[], None]) -> float:
    """How long it takes."""
    began = time.monotonic()
    work()
    return round(time.monotonic() - began, 2)


def alone(many: int, use: int, folder: Path) -> None:
    """One number of events in this process, once for the caches and once timed; the figures go to ``result.json``."""
    spark = open_spark(load("local", "curate", assignments=[f"spark.master=local[{use}]"]).spark).session
    timed(spark, WARM, folder / "made")
    (folder / "result.json").write_text(json.dumps(timed(spark, many, folder / "made")))


def growth(found: list[dict[str, Any]], part: str) -> float | None:
    """How the last step up compares with the one before."""
    if len(found) < 3:
        return None
    first, second, third = (one[part] for one in found[-3:])
    return round((third - second) / (second - first), 2) if second > first else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=lambda given: sorted(map(int, given.split(","))), default=EVENTS)
    parser.add_argument("--cores", type=int, default=min(2, cores()))
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    if asked.alone:
        alone(asked.events[0], asked.cores, asked.alone)
        return
    out, found = Console(), []
    for many in asked.events:
        folder = cache("speed", f"feedback-{many}")
        command = (sys.executable, "-m", "tests.bench.feedback_speed", "--events", many, "--cores", asked.cores, "--alone", folder)
        used = run(command, folder / "log.txt")
        told = json.loads((folder / "result.json").read_text())
        told["sampler_seconds_per_1e7"] = round(told["plan"] * 1e7 / (many / PER_DOCUMENT), 1)
        found.append({"events": many, "documents": many // PER_DOCUMENT, **told, "peak_gb": used.peak_gb})
        out.print(found[-1])
    goals = {"growth_at_most": GROWTH, "sampler_seconds_per_1e7_at_most": SAMPLER, "memory_gb_at_most": MEMORY}
    whole = [{**one, "both": one["states"] + one["plan"]} for one in found]
    figures = {"cores": asked.cores, "goals": goals, "runs": found, "growth": growth(whole, "both")}
    out.print(figures)
    if not asked.no_result:
        out.print(write_result("feedback-speed", " ".join(["python -m tests.bench.feedback_speed", *sys.argv[1:]]), figures))


if __name__ == "__main__":
    main()
