"""The catalog of a cluster widens tables of older contracts, or refuses them, and lets other drivers come first.

What all catalogs promise is in ``test_catalog``.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import DataFrame, DataFrameWriterV2, SparkSession

from resonance.core.errors import ConservationError, ContractError, StorageError
from resonance.runtime import resources
from resonance.tables import SIGNAL_EVENT
from resonance.testing import events_frame

if TYPE_CHECKING:
    from resonance.runtime.storage.spark_catalog import SparkCatalog

pytestmark = pytest.mark.engine("spark")
LACKS = ("label", "el2n", "probabilities")
TRAINED = {"doc": 1, "phase": "train", "loss_sum": 4.0}
TUNED = {"doc": 2, "phase": "tune", "loss_sum": 2.0, "label": "x", "probabilities": {"x": 1.0}}
Make = Callable[..., None]


@pytest.fixture
def make_older(by_spark: SparkCatalog, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Writes events as an older contract said: of this version, without these columns, with these rules in another form."""

    @contextmanager
    def under(version: str, lacks: tuple[str, ...], rules: dict[str, str]) -> Iterator[None]:
        now = resources.contract(SIGNAL_EVENT)
        columns = tuple(column for column in now.columns if column.name not in lacks)
        asked = tuple(replace(rule, expression=rules.get(rule.name, rule.expression)) for rule in now.rules)
        older = replace(now, version=version, columns=columns, rules=asked)
        with monkeypatch.context() as patch:
            patch.setattr(resources, "contract", lambda _: older)
            yield

    def make(rows: DataFrame, version: str, lacks: tuple[str, ...] = LACKS, rules: dict[str, str] | None = None) -> None:
        with under(version, lacks, rules or {"phase_known": "phase IN ('train','fit','score','heldout','reference')"}):
            assert by_spark.append(SIGNAL_EVENT, rows.drop(*lacks), ("train/r", 1), {}).rows == rows.count()

    return make


def read_properties(spark: SparkSession, by_spark: SparkCatalog) -> dict[str, str]:
    rows = spark.sql(f"SHOW TBLPROPERTIES {by_spark.name(SIGNAL_EVENT)}").collect()
    return {row["key"]: row["value"] for row in rows}


def test_an_append_brings_an_older_table_to_this_contract(spark: SparkSession, by_spark: SparkCatalog, make_older: Make) -> None:
    make_older(events_frame(spark, [TRAINED]), "1.0.0")
    before = by_spark.version(SIGNAL_EVENT)
    assert [row[name] for row in by_spark.read(SIGNAL_EVENT).collect() for name in LACKS] == [None] * 3
    assert by_spark.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {}).rows == 1
    assert by_spark.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {}).skipped
    assert by_spark.committed(SIGNAL_EVENT, "tune/r") == 3
    found = by_spark.read(SIGNAL_EVENT).orderBy("pos").select("phase", "loss_sum", *LACKS).collect()
    assert found == [("train", 4.0, None, None, None), ("tune", 2.0, "x", None, {"x": 1.0})]
    assert by_spark.read(SIGNAL_EVENT, at=before).count() == 1
    contract, now = resources.contract(SIGNAL_EVENT), read_properties(spark, by_spark)
    assert now["resonance.contract"] == contract.version
    held = {key.removeprefix("delta.constraints."): rule for key, rule in now.items() if key.startswith("delta.constraints.")}
    assert held.keys() == {rule.name for rule in contract.rules}
    with pytest.raises(ContractError, match=r"^table signal_event: rule phase_known .* is broken; nothing was written$"):
        by_spark.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"phase": "guess"}]), ("tune/r", 4), {})


def test_another_major_version_is_refused_and_stays(spark: SparkSession, by_spark: SparkCatalog, make_older: Make) -> None:
    make_older(events_frame(spark, [TRAINED]), "0.9.0")
    with pytest.raises(ContractError, match=r"it was made under contract 0\.9\.0, this is .*; nothing was written$"):
        by_spark.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert read_properties(spark, by_spark)["resonance.contract"] == "0.9.0"
    assert by_spark.read(SIGNAL_EVENT).count() == 1


def test_a_table_whose_rows_break_a_newer_rule_stays_as_it_is(
    spark: SparkSession, by_spark: SparkCatalog, make_older: Make
) -> None:
    rules = {"phase_known": "phase IN ('train')", "loss_finite": "loss_sum IS NULL OR loss_sum > -10"}
    make_older(events_frame(spark, [TRAINED | {"loss_sum": -1.0}]), "1.0.0", (), rules)
    with pytest.raises(ContractError, match=r"made under contract 1\.0\.0, .*; nothing was written$"):
        by_spark.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert read_properties(spark, by_spark)["resonance.contract"] == "1.0.0"
    assert by_spark.read(SIGNAL_EVENT).count() == 1


@pytest.mark.parametrize("refusal", ["CONCURRENT_APPEND", "METADATA_CHANGED", "PROTOCOL_CHANGED"])
def test_a_commit_that_another_driver_overtakes_is_made_anew(
    spark: SparkSession, addressed: SparkCatalog, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    usual, refused = DataFrameWriterV2.append, list[int]()

    def append(writer: DataFrameWriterV2) -> None:
        """Refuse it as Delta does, three times."""
        if len(refused) < 3:
            refused.append(1)
            raise RuntimeError(f"An error occurred while calling o1.append.\n: some.Exception: [DELTA_{refusal}] Files were added")
        usual(writer)

    monkeypatch.setattr(DataFrameWriterV2, "append", append)
    done = addressed.append(SIGNAL_EVENT, events_frame(spark, [TRAINED]), ("train/r", 1), {})
    assert (done.rows, done.version, len(refused)) == (1, 1, 3)


def test_other_drivers_that_never_cease_end_a_commit(
    spark: SparkSession, addressed: SparkCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(writer: DataFrameWriterV2) -> None:
        raise RuntimeError("[DELTA_CONCURRENT_APPEND] Files were added")

    monkeypatch.setattr(DataFrameWriterV2, "append", refuse)
    with pytest.raises(ConservationError, match=r"^table signal_event: other drivers committed 50 times in between$"):
        addressed.append(SIGNAL_EVENT, events_frame(spark, [TRAINED]), ("train/r", 1), {})
    assert addressed.read(SIGNAL_EVENT).count() == 0


def test_an_address_that_cannot_be_read_is_one_sentence(spark: SparkSession) -> None:
    from resonance.runtime.storage.spark_catalog import SparkCatalog
    from resonance.runtime.storage.table_names import AddressNames

    nowhere = SparkCatalog(spark, AddressNames("hdfs://127.0.0.1:1/texts"))
    with pytest.raises(
        StorageError, match=r"^tables: hdfs://127\.0\.0\.1:1/texts/signal_event cannot be read: .*Connection refused"
    ):
        nowhere.exists(SIGNAL_EVENT)


def test_a_driver_waits_for_a_table_that_another_one_is_making(spark: SparkSession, tmp_path: Path) -> None:
    from resonance.runtime.storage.spark_catalog import SparkCatalog
    from resonance.runtime.storage.table_names import AddressNames

    another, late = (SparkCatalog(spark, AddressNames(str(tmp_path / name))) for name in ("another", "late"))
    another.append(SIGNAL_EVENT, events_frame(spark, [TRAINED]), ("another", 1), {})
    (tmp_path / "late" / SIGNAL_EVENT.name / "_delta_log" / "_staged_commits").mkdir(parents=True)
    assert not late.exists(SIGNAL_EVENT)
    made = threading.Timer(2, shutil.copytree, (tmp_path / "another", tmp_path / "late"), {"dirs_exist_ok": True})
    made.start()
    late.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("late", 1), {})
    made.join()
    assert late.version(SIGNAL_EVENT) == 2
    assert late.count(SIGNAL_EVENT) == 2
