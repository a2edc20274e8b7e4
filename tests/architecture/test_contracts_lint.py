"""The contracts are valid ODCS by the judgement of its own tool, without a network."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest
from datacontract.data_contract import DataContract
from datacontract.model.run import Run
from pyspark.sql import SparkSession
from tests.unit.assess.conftest import CONTRACT

from resonance.assess.suggest import suggest_contract

CONTRACTS = sorted((Path(__file__).parents[2] / "data_contracts").glob("*.odcs.yaml"))


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("a contract is judged without a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    logging.getLogger("datacontract").setLevel(logging.ERROR)


def complaints(run: Run) -> list[str]:
    return [f"{check.name}: {check.reason}" for check in run.checks or [] if check.result != "passed"]


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name.partition(".")[0])
def test_contract_is_accepted(path: Path) -> None:
    run = DataContract(data_contract_file=str(path), all_errors=True).lint()
    assert run.checks
    assert complaints(run) == []
    assert run.result == "passed"


def test_a_contract_with_a_wrong_type_is_refused() -> None:
    text = CONTRACTS[0].read_text(encoding="utf-8").replace("logicalType: string", "logicalType: binary", 1)
    run = DataContract(data_contract_str=text, all_errors=True).lint()
    assert run.result != "passed"
    assert complaints(run) != []


def test_contracts_of_assessments_are_accepted(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(f"text {n}", "ab"[n % 2]) for n in range(40)], "text string, label string")
    for text in (CONTRACT, suggest_contract(rows, "news")):
        run = DataContract(data_contract_str=text, all_errors=True).lint()
        assert complaints(run) == []
        assert run.result == "passed"
