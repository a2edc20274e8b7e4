"""The catalog of a cluster widens tables of older contracts, or refuses them; what all catalogs promise is in ``test_catalog``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core.errors import ContractError
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
def make_older(cluster: SparkCatalog, monkeypatch: pytest.MonkeyPatch) -> Make:
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
            assert cluster.append(SIGNAL_EVENT, rows.drop(*lacks), ("train/r", 1), {}).rows == rows.count()

    return make


def read_properties(spark: SparkSession, cluster: SparkCatalog) -> dict[str, str]:
    rows = spark.sql(f"SHOW TBLPROPERTIES {cluster.name(SIGNAL_EVENT)}").collect()
    return {row["key"]: row["value"] for row in rows}


def test_an_append_brings_an_older_table_to_this_contract(spark: SparkSession, cluster: SparkCatalog, make_older: Make) -> None:
    make_older(events_frame(spark, [TRAINED]), "1.0.0")
    before = cluster.version(SIGNAL_EVENT)
    assert [row[name] for row in cluster.read(SIGNAL_EVENT).collect() for name in LACKS] == [None] * 3
    assert cluster.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {}).rows == 1
    assert cluster.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 3), {}).skipped
    assert cluster.committed(SIGNAL_EVENT, "tune/r") == 3
    found = cluster.read(SIGNAL_EVENT).orderBy("pos").select("phase", "loss_sum", *LACKS).collect()
    assert found == [("train", 4.0, None, None, None), ("tune", 2.0, "x", None, {"x": 1.0})]
    assert cluster.read(SIGNAL_EVENT, at=before).count() == 1
    contract, now = resources.contract(SIGNAL_EVENT), read_properties(spark, cluster)
    assert now["resonance.contract"] == contract.version
    held = {key.removeprefix("delta.constraints."): rule for key, rule in now.items() if key.startswith("delta.constraints.")}
    assert held.keys() == {rule.name for rule in contract.rules}
    with pytest.raises(ContractError, match=r"^table signal_event: rule phase_known .* is broken; nothing was written$"):
        cluster.append(SIGNAL_EVENT, events_frame(spark, [TUNED | {"phase": "guess"}]), ("tune/r", 4), {})


def test_another_major_version_is_refused_and_stays(spark: SparkSession, cluster: SparkCatalog, make_older: Make) -> None:
    make_older(events_frame(spark, [TRAINED]), "0.9.0")
    with pytest.raises(ContractError, match=r"it was made under contract 0\.9\.0, this is .*; nothing was written$"):
        cluster.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert read_properties(spark, cluster)["resonance.contract"] == "0.9.0"
    assert cluster.read(SIGNAL_EVENT).count() == 1


def test_a_table_whose_rows_break_a_newer_rule_stays_as_it_is(spark: SparkSession, cluster: SparkCatalog, make_older: Make) -> None:
    rules = {"phase_known": "phase IN ('train')", "loss_finite": "loss_sum IS NULL OR loss_sum > -10"}
    make_older(events_frame(spark, [TRAINED | {"loss_sum": -1.0}]), "1.0.0", (), rules)
    with pytest.raises(ContractError, match=r"made under contract 1\.0\.0, .*; nothing was written$"):
        cluster.append(SIGNAL_EVENT, events_frame(spark, [TUNED]), ("tune/r", 1), {})
    assert read_properties(spark, cluster)["resonance.contract"] == "1.0.0"
    assert cluster.read(SIGNAL_EVENT).count() == 1
