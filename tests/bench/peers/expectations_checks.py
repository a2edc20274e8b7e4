"""Rules of a table, checked by great_expectations over pandas: runs in an environment of its own.

python expectations_checks.py TABLE.parquet CHECKS.json
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx  # type: ignore[import-not-found]
import pandas as pd
from great_expectations import expectations as E  # type: ignore[import-not-found]


def state_check(check: dict[str, Any]) -> Any:
    """A rule in the peer's words."""
    column = check["column"]
    if check["kind"] == "present":
        return E.ExpectColumnValuesToNotBeNull(column=column)
    if check["kind"] == "between":
        return E.ExpectColumnValuesToBeBetween(column=column, min_value=check["least"], max_value=check["most"])
    if check["kind"] == "among":
        return E.ExpectColumnValuesToBeInSet(column=column, value_set=check["values"])
    if check["kind"] == "matches":
        return E.ExpectColumnValuesToMatchRegex(column=column, regex=check["pattern"])
    return E.ExpectColumnValuesToBeUnique(column=column)


def main() -> None:
    with open(sys.argv[2], encoding="utf-8") as file:
        checks = json.load(file)
    context = gx.get_context(mode="ephemeral")
    batches = context.data_sources.add_pandas("pandas").add_dataframe_asset("table").add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite("rules", expectations=[state_check(check) for check in checks])
    began, before = time.monotonic(), time.process_time()
    rows = pd.read_parquet(sys.argv[1])
    found = batches.get_batch({"dataframe": rows}).validate(suite, result_format="BOOLEAN_ONLY")
    failed = [one for one in found.results if one.exception_info.get("raised_exception")]
    if failed:
        raise SystemExit(f"{len(failed)} checks failed to run: {failed[0].exception_info}")
    print(
        json.dumps(
            {
                "seconds": round(time.monotonic() - began, 1),
                "cpu_seconds": round(time.process_time() - before, 1),
                "checks": len(found.results),
                "passed": sum(one.success for one in found.results),
                "own_peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
