"""Rules of a table, checked by PyDeequ on Spark 3.5: runs in an environment of its own.

python deequ_checks.py TABLE.parquet CHECKS.json

Deequ's jar is fetched once, as any jar of Spark is. Of its versions for Spark 3.5 the newest are not published where PyDeequ 1.7
looks for them by itself, so that one is named here.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["SPARK_VERSION"] = "3.5"

import pydeequ  # type: ignore[import-not-found]
from pydeequ.checks import Check, CheckLevel  # type: ignore[import-not-found]
from pydeequ.verification import VerificationResult, VerificationSuite  # type: ignore[import-not-found]
from pyspark.sql import SparkSession

DEEQU = "com.amazon.deequ:deequ:2.0.7-spark-3.5"


def add_check(check: Any, asked: dict[str, Any]) -> Any:
    """The peer's check with one more rule, in its words."""
    column = asked["column"]
    if asked["kind"] == "present":
        return check.isComplete(column)
    if asked["kind"] == "between":
        return check.satisfies(
            f"{column} BETWEEN {asked['least']} AND {asked['most']}", f"{column} in bounds", lambda share: share == 1
        )
    if asked["kind"] == "among":
        return check.isContainedIn(column, asked["values"])
    if asked["kind"] == "matches":
        return check.hasPattern(column, asked["pattern"], lambda share: share == 1)
    return check.isUnique(column)


def spend(process: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    with open(sys.argv[2], encoding="utf-8") as file:
        checks = json.load(file)
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "6g").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    packages = builder.config("spark.jars.packages", DEEQU).config("spark.jars.excludes", pydeequ.f2j_maven_coord)
    spark = packages.getOrCreate()
    spark.range(1000).count()
    engine = spark.sparkContext._gateway.proc.pid
    began, before = time.monotonic(), spend(engine)
    rows = spark.read.parquet(sys.argv[1])
    suite = Check(spark, CheckLevel.Error, "rules")
    for asked in checks:
        suite = add_check(suite, asked)
    done = VerificationSuite(spark).onData(rows).addCheck(suite).run()
    found = VerificationResult.checkResultsAsJson(spark, done)
    seconds, cpu_seconds = time.monotonic() - began, spend(engine) - before
    spark.sparkContext._gateway.shutdown_callback_server()
    spark.stop()
    print(
        json.dumps(
            {
                "seconds": round(seconds, 1),
                "cpu_seconds": round(cpu_seconds, 1),
                "checks": len(found),
                "passed": sum(one["constraint_status"] == "Success" for one in found),
            }
        )
    )


if __name__ == "__main__":
    main()
