"""G7: the sampler draws equal sets however rows lie, and its chances are exact, over many seeds.

python -m tests.bench.sampler [--ids 1000000,10000000] [--seeds 200] [--no-result]

The pass lines: one hash of the set for 1, 2, 8 and 64 partitions and shuffled rows; over the seeds, the number of drawn copies
as z-scores, (sum of copies - sum of pi) / sqrt(sum of pi (1 - pi)) by fractions of pi, is standard normal (Kolmogorov-Smirnov
p > .01); a draw from 1e7 ids takes at most 60 seconds on two cores. That a killed draw is drawn alike again follows from the
first: nothing but ids, seed and round enters it.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console
from scipy import stats

from resonance.core.settings import SparkSettings
from resonance.curate.draw import copies, draw, placed
from resonance.runtime.session import open_session
from tests.bench.places import cores, write_result

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


def set_hash(rows: DataFrame) -> tuple[int, int]:
    """Rows and a hash of what they hold, whatever their order."""
    found = rows.agg(F.count(F.lit(1)).alias("rows"), F.bit_xor(F.xxhash64("doc_id", "copy", "pos")).alias("hash")).collect()[0]
    return found["rows"], found["hash"]


def equal(spark: SparkSession, many: int) -> dict[str, Any]:
    """The hash of one plan for each way in which its rows may lie, and whether there is one only."""
    ways = {str(count): ids(spark, many, count) for count in PARTITIONS}
    ways["8 shuffled"] = ids(spark, many, 8, shuffled=True)
    found = {way: set_hash(placed(draw(rows, seed=7, round=2), seed=7)) for way, rows in ways.items()}
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
    placed(draw(ids(spark, many, 8), seed=7, round=2), seed=7).write.format("noop").mode("overwrite").save()
    return {"ids": many, "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ids", type=lambda given: sorted(map(int, given.split(","))), default=IDS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--no-result", action="store_true", help="write no file under lib/decisions/experiments")
    asked = parser.parse_args()
    spark = open_session(SparkSettings(master=f"local[{min(2, cores())}]"))
    timed(spark, 10_000)
    took = [timed(spark, many) for many in asked.ids]
    same = [equal(spark, many) for many in asked.ids]
    normal = scores(spark, asked.ids[0], asked.seeds)
    slowest = max(one["seconds"] * 1e7 / one["ids"] for one in took[-1:])
    passed = all(one["equal"] for one in same) and normal["ks_p"] > LINE["ks_p_above"]
    spent = os.times()
    figures = {
        "experiment": "G7",
        "line": LINE,
        "seeds": asked.seeds,
        "statistics": {"timed": took, "equal": same, "normal": normal},
        "passed": passed and slowest <= LINE["seconds_per_1e7_ids_at_most"],
    }
    spark.stop()
    used = os.times()
    figures["cpu_seconds"] = round(used.children_user + used.children_system + spent.user + spent.system, 1)
    Console().print(figures)
    if not asked.no_result:
        given = f"--ids {','.join(map(str, asked.ids))} --seeds {asked.seeds}"
        print(write_result("g7", f"python -m tests.bench.sampler {given}", figures))


if __name__ == "__main__":
    main()
