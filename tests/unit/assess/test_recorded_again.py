"""An assessment of a path is kept, held against earlier ones, and reads only what came since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from shutil import rmtree

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from tests.unit.assess.quality import GENERAL

from resonance.assess.contracts import parse_dataset
from resonance.assess.pieces import Piece
from resonance.assess.recorded import Kept, assess_again, recall
from resonance.assess.summary import summarise
from resonance.core.records import Records
from resonance.runtime import resources
from resonance.runtime.parts import open_parts
from resonance.tables import APPROVALS
from resonance.testing import MemoryCatalog, ScanCounter

NOW = datetime(2026, 4, 11, tzinfo=UTC)
CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.0.0
customProperties:
- {property: adaqStage, value: general, vendor: adaq}
- {property: adaqModalities, value: [structured], vendor: adaq}
- {property: adaqRoles, value: {id: id, label: size}, vendor: adaq}
- {property: adaqDeclared, value: {min_rows: 10, labels: [s, m]}, vendor: adaq}
schema:
- name: shop
  properties:
  - {name: id, logicalType: integer, required: true}
  - {name: size, logicalType: string, required: true, logicalTypeOptions: {maxLength: 1}}
"""
PROMISED = parse_dataset(CONTRACT, "shop.yaml", None)


@pytest.fixture
def shop(spark, tmp_path):
    """Adds rows to a Delta table, assesses it in a workspace, and counts the rows that queries read of its parts."""
    path, catalog = tmp_path / "shop", MemoryCatalog(spark)

    def run(sizes=(), now=NOW, contract=PROMISED):
        if sizes:
            write_deltalake(path, pa.table({"id": list(range(len(sizes))), "size": list(sizes)}), mode="append")
        kept = recall(catalog, "shop")
        given = open_parts(spark, str(path), lambda *_: None, (piece.version for piece in kept.pieces))
        counter = ScanCounter(tmp_path / f"scans-{len(list(tmp_path.iterdir()))}")
        pieces = [Piece(part.name, part.mark, counter.watch(part.rows), part.version) for part in given.parts]
        rows = assess_again(kept, given.rows, pieces, given.version, contract, GENERAL, now, Records())
        for table, written, slice in rows.list_writes(given.rows):
            catalog.write(table, written, slice, {"job": "assess"})
        quality = summarise(
            rows.found, contract, GENERAL, given.version, rows.list_gates(kept), kept.list_past(rows.round), rows.list_unusual()
        )
        return rows, quality, counter.rows()

    run.catalog = catalog
    return run


def test_an_append_alone_is_read_and_the_past_is_told(shop):
    first, quality, read = shop("smsms")
    assert (first.round, read, first.found.read, quality.version, quality.past) == (1, 5, 5, "0", ())
    second, quality, read = shop("ss")
    assert (second.round, read, first.found.rows, second.found.rows) == (2, 2, 5, 7)
    (past,) = quality.past
    assert (past.version, past.made, past.total) == ("0", NOW, first.found.grade.total.value)
    assert past.operators["row_count_attainment"] == 0.5
    assert past.groups[1] == first.found.grade.groups[1].value
    whole = {result.operator: result.score for result in second.found.results}
    assert whole["row_count_attainment"] == 0.7
    assert recall(shop.catalog, "shop").find_round("another") == 3
    assert recall(shop.catalog, "other").find_round("another") == 1


def test_the_same_rows_under_the_same_promises_are_one_assessment_and_are_not_read_again(shop):
    first, _, _ = shop("sm")
    again, quality, read = shop(now=NOW + timedelta(days=1))
    assert (again.round, again.id, read, quality.past) == (1, first.id, 0, ())
    other, quality, read = shop(contract=replace(PROMISED, declared={**PROMISED.declared, "min_rows": 2}))
    assert (other.round, read, len(quality.past)) == (2, 0, 1), "what was gathered holds for another goal too"


def test_who_let_it_through_is_told_until_rows_change(shop, spark):
    first, quality, _ = shop("sm")
    assert quality.gates[0].state == "failed"
    row = {"dataset": "shop", "gate": "rules", "assessment": first.id, "name": "ada", "reason": "a draft", "approved_at": NOW}
    given = spark.createDataFrame([row], resources.contract(APPROVALS).schema)
    shop.catalog.append(APPROVALS, given, ("approvals", 1), {})
    _, quality, _ = shop()
    assert (quality.gates[0].state, quality.gates[0].reasons) == ("waived", ("ada: a draft",))
    _, quality, _ = shop("s")
    assert quality.gates[0].state == "failed"


def test_another_table_at_the_same_path_and_version_is_another_assessment(shop, tmp_path):
    first, _, _ = shop("sm")
    rmtree(tmp_path / "shop")
    second, quality, read = shop("ms")
    assert (second.version, second.round, read, len(quality.past)) == (first.version, 2, 2, 1)
    assert second.id != first.id, "nobody let these rows through"


def test_what_stands_apart_from_accepted_assessments_is_told(shop):
    rows, _, _ = shop("smsmsmsmsm")
    old = [
        {"operator": "row_count_attainment", "score": 0.9, "round": n, "stratum": "{}", "distribution": None} for n in range(1, 7)
    ]
    gates = [{"dataset": "shop", "gate": "rules", "round": n, "state": "passed" if n < 6 else "failed"} for n in range(1, 7)]
    kept = Kept("shop", results=old, gates=gates)
    (one,) = replace(rows, baseline=kept.find_baseline(7)).list_unusual()
    assert (one.operator, one.score, one.usual, one.deviation) == ("row_count_attainment", 1.0, 0.9, pytest.approx(100))
    assert list(replace(rows, baseline=kept.find_baseline(5)).list_unusual()) == [], "four are too few"
