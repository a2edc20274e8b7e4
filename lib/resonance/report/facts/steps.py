"""The newest run of each step, and what it had texts searched for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from resonance.core.expression import Hidden
from resonance.core.ledger import CLEAN, INGEST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pyspark.sql import Row


def find_latest(rows: Iterable[Row], per_batch: Collection[str]) -> tuple[Row, ...]:
    """The newest row of each (job, batch, round, arm), in the order in which they ended.

    Args:
        rows: all rows of ``steps``.
        per_batch: jobs that work on one batch; a newer run of any other job replaces those of all batches.
    """
    newest: dict[Any, Row] = {}
    for row in sorted(rows, key=lambda row: (row["finished_at"], row["run"])):
        batch = row["batch"] if row["job"] in per_batch else ""
        newest[row["job"], batch, row["round"], row["arm"]] = row
        if row["job"] == INGEST and "documents" in row["written"]:  # read and cleaned in one pass
            newest.pop((CLEAN, batch, row["round"], row["arm"]), None)
    return tuple(sorted(newest.values(), key=lambda row: (row["round"], row["finished_at"], row["job"], row["arm"])))


def find_cutting(steps: Iterable[Row]) -> list[Row]:
    """The steps before the first round that cut rows or could have: they count rows in, and write rejects if there are any."""
    return [step for step in steps if step["round"] == 0 and (step["rows_in"] or "rejects" in step["written"])]


def find_hidden(steps: Iterable[Row]) -> Hidden:
    """What these steps looked for in texts, by the user's patterns and, where one of them did, by the model of names."""
    settings = [json.loads((step["made_of"] or {}).get("settings clean", "{}")) for step in steps]
    patterns = dict.fromkeys(pattern for given in settings for pattern in given.get("patterns", {}).items())
    return Hidden(tuple(patterns), any(given.get("names", False) for given in settings))
