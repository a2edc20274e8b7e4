"""A signal set is declared once: kernel, definition and contract follow it, and a contract that is missing is printed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from resonance.annotate.signals import OF_ANNOTATIONS
from resonance.core.signal import SignalSet
from resonance.curate.kernels.text.character_classes import CLASSES
from resonance.curate.signals import SETS
from resonance.curate.signals.basics import KINDS
from resonance.runtime import resources
from resonance.tables import SIGNALS, SIGNALS_QUALITY, TABLES

ROOT = Path(__file__).parents[4]
LOGICAL = {"int": "integer", "double": "number", "string": "string"}
PHYSICAL = {"int": "INT", "double": "DOUBLE", "string": "STRING"}
HASHED = {"cleaned": "cleaned, before rewriting: cleaned_hash of the document", "stored": "stored: content_hash of the document"}
HASHED["annotated"] = HASHED["cleaned"]
BUCKET = "pmod(xxhash64(doc_id), 4096); tables are clustered by it, heavy joins go bucket range by bucket range."
TEXTS = ["One text.\n\nOf two lines, and - more words.", "", None, "Zweite Zeile, die lang genug ist, damit sie zählt.\n• #"]


def column(name: str, kind: str, meaning: str, key: int | None = None, **more: Any) -> dict[str, Any]:
    logical = {"BINARY": "string", "STRING": "string", "INT": "integer"}[kind]
    place = {} if key is None else {"primaryKey": True, "primaryKeyPosition": key}
    return {"name": name, "logicalType": logical, "physicalType": kind, "required": True, "description": meaning} | place | more


def write_contract(declared: SignalSet, version: str) -> str:
    """The contract that the table of a set must have."""
    meaning = f"{declared.meaning} One row for each text that was measured; null where a signal is not defined for it."
    columns = [
        column("doc_id", "BINARY", "Who the document is, whatever its text becomes; see documents.", 1),
        column(
            "bucket",
            "INT",
            BUCKET,
        ),
        column("content_hash", "BINARY", f"First 128 bits of sha256 of the text as it is {HASHED[declared.text]}.", 2),
        column("batch", "STRING", "Name of the delivery that the row came with.", 3),
        column("version", "INT", "Version of the set's definitions by which the text was measured."),
    ]
    for signal in declared.signals:
        good = {"customProperties": [{"property": "good", "value": signal.good}]} if signal.good else {}
        kinds = {"logicalType": LOGICAL[signal.type], "physicalType": PHYSICAL[signal.type]}
        columns.append({"name": signal.name, **kinds, "required": False, "description": signal.meaning, **good})
    rules = {
        "doc_id_is_128_bits": ("A doc_id has 16 bytes.", "octet_length(doc_id) = 16"),
        "content_hash_is_128_bits": ("A content hash has 16 bytes.", "octet_length(content_hash) = 16"),
        "bucket_in_range": ("Buckets are 0 to 4095.", "bucket >= 0 AND bucket < 4096"),
    }
    table = {
        "name": declared.table,
        "physicalName": declared.table,
        "physicalType": "table",
        "description": meaning,
        "customProperties": [{"property": "clusterBy", "value": "bucket"}],
        "properties": columns,
        "quality": [
            {"name": name, "description": said, "type": "custom", "engine": "delta", "implementation": rule}
            for name, (said, rule) in rules.items()
        ],
    }
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": f"resonance.{declared.table}", "name": declared.table}
    contract = {**head, "version": version, "status": "active", "description": {"purpose": meaning}, "schema": [table]}
    return yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=10_000)


@pytest.mark.parametrize("declared", [*SETS, OF_ANNOTATIONS], ids=lambda declared: declared.name)
def test_the_contract_is_that_of_the_declaration(declared: SignalSet) -> None:
    """What another promise needs besides is a new ``version`` in the file, which is kept."""
    path = ROOT / "data_contracts" / f"{declared.table}.odcs.yaml"
    written = path.read_text(encoding="utf-8") if path.exists() else "version: 1.0.0"
    wanted = write_contract(declared, str(yaml.safe_load(written)["version"]))
    if written != wanted:
        pytest.fail(f"write this into data_contracts/{path.name}:\n\n{wanted}", pytrace=False)  # whole, as no assertion is shown


def test_each_set_has_its_table() -> None:
    tables = (*SIGNALS.tables.values(), SIGNALS_QUALITY)
    sets = (*SETS, OF_ANNOTATIONS)
    assert {table.name: table.version for table in tables} == {declared.table: declared.version for declared in sets}
    assert set(tables) <= set(TABLES)
    for declared in sets:
        assert len(set(declared.names)) == len(declared.names) > 0
        assert set(declared.shown) <= set(declared.names)
        contract = resources.contract(next(table for table in tables if table.name == declared.table))
        assert contract.schema.names[5:] == list(declared.names)


@pytest.mark.parametrize("declared", SETS, ids=lambda declared: declared.name)
def test_kernel_and_definition_give_the_declared_signals(declared: SignalSet) -> None:
    found = declared.measure(pa.array(TEXTS))
    kinds = {"int": pa.int32(), "double": pa.float64(), "string": pa.string()}
    assert [(field.name, field.type) for field in found.type] == [(name, kinds[kind]) for name, kind in declared.types.items()]
    for text, row in zip(TEXTS, found.to_pylist(), strict=True):
        plain = [None] * len(declared.names) if text is None else declared.plainly(text)
        assert list(row) == list(declared.names)
        assert all(same(value, expected) for value, expected in zip(row.values(), plain, strict=True)), text


def same(value: Any, expected: Any) -> bool:
    return value == expected or (None not in (value, expected) and math.isclose(value, expected, rel_tol=1e-9))


def test_each_kind_of_character_has_a_signal() -> None:
    assert tuple(KINDS) == CLASSES
