"""The sampler draws equal sets however rows lie, and its chances are exact, over many seeds.

python -m tests.bench.sampler [--ids 1000000,10000000] [--seeds 200] [--no-result]

The pass lines: one hash of the set for 1, 2, 8 and 64 partitions, for shuffled rows, and for a draw that was killed (-9) while it
was written and then made again; over the seeds, the number of drawn copies as z-scores, (sum of copies - sum of pi) /
sqrt(sum of pi (1 - pi)) by fractions of pi, is standard normal (Kolmogorov-Smirnov p > .01); a draw from 1e7 ids takes at most
60 seconds on two cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console
from scipy import stats

from resonance.core.order import place_rows
from resonance.core.settings import SparkSettings
from resonance.curate.draw import copies, draw
from resonance.runtime.engines.spark import open_spark
from tests.bench.places import cache, cores, cpu_seconds, write_result

IDS, SEEDS, AT_ONCE = [1_000_000, 10_000_000], 200, 20
PARTITIONS = (1, 2, 8, 64)
LINE = {"ks_p_above": 0.01, "seconds_per_1e7_ids_at_most": 60.0}


def ids(spark: SparkSession, many: int, partitions: int, shuffled: bool = False) -> DataFrame:
    """``doc_id`` and a ``pi`` of its own from .01 to 2.5."""
    numbered = spark.range(many, numPartitions=partitions)
    if shuffled:
        numbered = numbered.repartition(partitions, F.xxhash64("id", F.lit("order"))).sortWithinPartitions(F.xxhash64("id"))
    chance = 0.01 + F.pmod(F.xxhash64("id", F.lit("pi")), F.lit(1000)) * (2.49 / 1000)
    return numbered.select(F.unhex(F.md5(F.col("id").cast("string"))).alias("doc_id"), chance.alias("pi"))


def drawn(rows: DataFrame) -> DataFrame:
    """The plan that is drawn from ids."""
    return place_rows(draw(rows, seed=7, round=2), seed=7)


def killed(many: int) -> Path:
    """A folder that a draw was being written to when it was killed."""
    folder = cache("speed", "sampler") / "plan"
    shutil.rmtree(folder, ignore_errors=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sampler", "--ids", str(many), "--into", str(folder)], start_new_session=True
    )
    while not any(folder.rglob("part-*")):
        if process.poll() is not None:
            raise RuntimeError("the draw ended before it could be killed")
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if (folder / "_SUCCESS").exists():
        raise RuntimeError("the draw was complete when it was killed")
    return folder


def set_hash(rows: DataFrame) -> tuple[int, int]:
    """Rows and a hash of what they hold, whatever their order."""
    found = rows.agg(F.count(F.lit(1)).alias("rows"), F.bit_xor(F.xxhash64("doc_id", "copy", "pos")).alias("hash")).collect()[0]
    return found["rows"], found["hash"]


def equal(spark: SparkSession, many: int) -> dict[str, Any]:
    """The hash of one plan for each way in which its rows may lie, and whether there is one only."""
    whole = drawn(ids(spark, many, 8))
    folder = killed(many)
    whole.write.mode("overwrite").parquet(str(folder))
    ways = {str(count): ids(spark, many, count) for count in PARTITIONS}
    ways["8 shuffled"] = ids(spark, many, 8, shuffled=True)
    found = {way: set_hash(drawn(rows)) for way, rows in ways.items()}
    found["8 killed and made again"] = set_hash(spark.read.parquet(str(folder)))
    return {
        "ids": many,
        "hashes": {way: f"{rows} {hash:x}" for way, (rows, hash) in found.items()},
        "equal": len(set(found.values())) == 1,
    }


def scores(spark: SparkSession, many: int, seeds: int) -> dict[str, Any]:
    """The z-score of each seed's number of copies, and how normal they are."""
    rows = ids(spark, many, 8)
    part = F.col("pi") - F.floor("pi")
    row = rows.agg(F.sum("pi").alias("expected"), F.sum(part * (1 - part)).alias("variance")).collect()[0]
    found: list[float] = []
    for first in range(0, seeds, AT_ONCE):
        drawn = [F.sum(copies(seed=seed, round=1)).alias(f"seed {seed}") for seed in range(first, min(first + AT_ONCE, seeds))]
        found += [float(total) for total in rows.agg(*drawn).collect()[0]]
    z = (np.array(found) - row["expected"]) / np.sqrt(row["variance"])
    test = stats.kstest(z, "norm")
    told = {"mean": z.mean(), "sd": z.std(ddof=1), "largest": np.abs(z).max(), "ks": test.statistic, "ks_p": test.pvalue}
    return {"ids": many, "seeds": seeds, **{name: round(float(value), 4) for name, value in told.items()}}


def timed(spark: SparkSession, many: int) -> dict[str, Any]:
    """Seconds to draw and place, to the last row."""
    began = time.monotonic()
    drawn(ids(spark, many, 8)).write.format("noop").mode("overwrite").save()
    return {"ids": many, "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ids", type=lambda given: sorted(map(int, given.split(","))), default=IDS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    spark = open_spark(SparkSettings(master=f"local[{min(2, cores())}]")).session
    if asked.into:
        drawn(ids(spark, asked.ids[0], 8)).write.mode("overwrite").parquet(str(asked.into))
        return
    timed(spark, 10_000)
    took = [timed(spark, many) for many in asked.ids]
    same = [equal(spark, many) for many in asked.ids]
    normal = scores(spark, asked.ids[0], asked.seeds)
    slowest = max(one["seconds"] * 1e7 / one["ids"] for one in took[-1:])
    passed = all(one["equal"] for one in same) and normal["ks_p"] > LINE["ks_p_above"]
    figures = {
        "experiment": "sampler",
        "line": LINE,
        "seeds": asked.seeds,
        "statistics": {"timed": took, "equal": same, "normal": normal},
        "passed": passed and slowest <= LINE["seconds_per_1e7_ids_at_most"],
        "cpu_seconds": cpu_seconds(),
    }
    spark.stop()
    Console().print(figures)
    if not asked.no_result:
        given = f"--ids {','.join(map(str, asked.ids))} --seeds {asked.seeds}"
        print(write_result("sampler", f"python -m tests.bench.sampler {given}", figures))


if __name__ == "__main__":
    main()
