"""A round's manifest is written once, whole, and tells which versions maintenance keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import SparkSession

from resonance.core.settings import Config
from resonance.factory import loop
from resonance.runtime import resources
from resonance.runtime.run.manifest import find_oldest, write_manifest
from resonance.tables import ROUNDS
from resonance.testing import MemoryCatalog

DAYS = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in range(1, 6)]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves this machine to another time zone."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def keep(catalog: MemoryCatalog, spark: SparkSession, number: int, finished: datetime) -> None:
    row = {
        "round": number, "seed": 0, "config_hash": "c", "versions": {"plans": 1}, "counts": {"x": 1}, "runs": {"x": "y"},
        "plan_hash": "p", "seconds": 1.0, "finished_at": finished,
    }  # fmt: skip
    catalog.write(ROUNDS, spark.createDataFrame([row], resources.contract(ROUNDS).schema), {"round": number}, {})


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/Los_Angeles"])
def test_the_oldest_manifest_of_the_newest_rounds_counts_wherever_the_machine_is(spark, place, zone) -> None:
    place(zone)
    catalog = MemoryCatalog(spark)
    assert find_oldest(catalog, 2) is None
    for number, finished in ((1, DAYS[0]), (2, DAYS[3]), (3, DAYS[1])):  # round 2 was made again
        keep(catalog, spark, number, finished)
    assert [find_oldest(catalog, rounds) for rounds in (1, 2, 3, 9)] == [DAYS[1], DAYS[1], DAYS[0], DAYS[0]]


def test_a_manifest_is_written_once_every_step_is_done(spark) -> None:
    catalog, config = MemoryCatalog(spark), Config(rounds=1)
    steps = [step for step in loop(config) if step.round <= 1]
    identities = {step.place: f"run of {step.place}" for step in steps}
    rows = [
        {
            "run": run, "round": 1, "rows_in": 3, "rows_out": 2, "rows_cut": 1, "seconds": 2.0,
            "finished_at": datetime.now(UTC) - timedelta(hours=1),
        }
        for run in identities.values()
    ]  # fmt: skip
    versions = {"plans": 4, "edits": None}

    def write(finished) -> bool:
        return write_manifest(1, config, catalog, steps, identities, versions, finished)

    assert not write(rows[:-1]), "a step is missing"
    assert catalog.rows(ROUNDS) == []
    assert write(rows)
    (row,) = catalog.rows(ROUNDS)
    assert (row["round"], row["versions"], row["runs"]) == (1, {"plans": 4}, identities)
    assert row["counts"][f"{steps[0].place}/cut"] == 1
    assert row["seconds"] == 2.0 * sum(step.round == 1 for step in steps)
    assert not write(rows), "it is there already"
    assert catalog.version(ROUNDS) == 0
