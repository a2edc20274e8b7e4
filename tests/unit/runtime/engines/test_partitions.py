"""On this machine Spark cuts what it shuffles by bytes: little is one partition, much is many of 64 MB."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

RUN = """
import json, sys
from pyspark.sql import functions as F
from resonance.runtime.conf import load
from resonance.runtime.engines.spark import open_spark

spark = open_spark(load("local", "curate", assignments=["spark.master=local[2]", "spark.driver_memory=1g"]).spark).session
texts = spark.range(int(sys.argv[1])).select("id", F.concat(*(F.sha2(F.concat("id", F.lit(n)), 512) for n in "ab")).alias("text"))
parts = texts.repartition("id").groupBy(F.spark_partition_id()).agg(F.sum(F.length("text")).alias("bytes"))
print(json.dumps([row["bytes"] for row in parts.collect()]))
"""
TEXT = 256
"""Bytes of a row: hexadecimal digits of two hashes, which no codec of a shuffle makes shorter."""


def shuffle(rows: int) -> list[int]:
    """Bytes of text in each partition that a shuffle of so many rows leaves."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RUN, str(rows)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]
    parts: list[int] = json.loads(done.stdout)
    assert sum(parts) == rows * TEXT
    return parts


@pytest.mark.engine("spark")
@pytest.mark.parametrize(("rows", "parts"), [(2_000, 1), (1_600_000, 7)])
def test_partitions_are_cut_by_bytes(rows: int, parts: int) -> None:
    found = shuffle(rows)
    assert len(found) >= parts
    assert len(found) == 1 or max(found) < 64 * 2**20
    assert len(found) < 2 * parts
