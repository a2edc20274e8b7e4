"""Writes a round's manifest: what it was made of, so that it can be audited and made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import functions as F

from resonance.core.job import Step
from resonance.core.settings import Config
from resonance.core.table import Catalog
from resonance.core.turns import PLAN
from resonance.runtime.conf import config_hash
from resonance.tables import ROUNDS, SAMPLE_PLAN


def write_manifest(
    number: int,
    config: Config,
    catalog: Catalog,
    steps: Sequence[Step],
    identities: Mapping[str, str],
    versions: Mapping[str, int | None],
    finished: Sequence[Mapping[str, Any]],
) -> bool:
    """Write the row of round ``number`` unless it stands already; whether it was written.

    A round covers its own steps and everything that they build on; ``finished`` holds the rows of ``steps``.
    """
    runs = {step.place: identities[step.place] for step in steps if step.round <= number}
    if any(row["round"] == number and row["runs"] == runs for row in catalog.rows(ROUNDS)):
        return False
    executed = {row["run"]: row for row in sorted(finished, key=lambda row: row["finished_at"]) if row["run"] in runs.values()}
    if len(executed) < len(runs):
        return False
    counts = {f"{place}/{kind}": executed[run][f"rows_{kind}"] for place, run in runs.items() for kind in ("in", "out", "cut")}
    drawn = catalog.read(SAMPLE_PLAN).where((F.col("round") == number) & (F.col("arm") == PLAN))
    mixed = drawn.agg(F.expr("coalesce(bit_xor(xxhash64(doc_id, copy)), 0)").alias("hash")).collect()[0]["hash"]
    row = {
        "round": number,
        "seed": config.seed,
        "config_hash": config_hash(config),
        "versions": {name: version for name, version in versions.items() if version is not None},
        "counts": counts,
        "runs": runs,
        "plan_hash": f"{mixed & 0xFFFFFFFFFFFFFFFF:016x}",
        "seconds": sum(executed[runs[step.place]]["seconds"] for step in steps if step.round == number),
        "finished_at": datetime.now(UTC),
    }
    catalog.write(ROUNDS, [row], {"round": number}, {"job": "run", "round": number})
    return True


def find_oldest(catalog: Catalog, rounds: int) -> datetime | None:
    """When the oldest manifest among those of the newest ``rounds`` was written; None where there is none."""
    newest = sorted(catalog.rows(ROUNDS), key=lambda row: -row["round"])[:rounds]
    return min((row["finished_at"].astimezone(UTC) for row in newest), default=None)
