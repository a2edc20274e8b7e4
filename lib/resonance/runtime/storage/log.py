"""Commits of the Delta log that are written here: the first of a table, and those that change what it promises.

Source: Delta Transaction Log Protocol, "Actions". delta-rs can write neither: its engine does not know all functions of our rules.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from resonance.core.contract import Contract
from resonance.core.errors import StorageError
from resonance.core.files import NO_LINKS
from resonance.core.storage import TableFiles
from resonance.runtime.storage.notes import write_note

VERSION = "resonance.contract"
"""The table property that holds the version of the contract that the table keeps."""
PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 3}
"""Version 3 of writers holds rows to CHECK constraints; liquid clustering, which older readers refuse, would ask for 7."""


def first_actions(contract: Contract) -> list[dict[str, Any]]:
    """What makes a table that keeps the contract, without rows."""
    return [{"protocol": PROTOCOL}, {"metaData": metadata(contract, str(uuid.uuid4()), _now())}]


def metadata(contract: Contract, table: str, created: int, properties: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The ``metaData`` action of a table of this id; ``properties`` that are not the contract's own stay."""
    fields = [
        {**json.loads(field.json()), "metadata": {"comment": column.meaning}}
        for field, column in zip(contract.schema.fields, contract.columns, strict=True)
    ]
    others = {key: value for key, value in (properties or {}).items() if not key.startswith("delta.constraints.")}
    return {
        "id": table,
        "description": contract.meaning,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": [],
        "configuration": {**others, **promises(contract)},
        "createdTime": created,
    }


def promises(contract: Contract) -> dict[str, str]:
    """The table properties that hold rows to the contract."""
    found = {f"delta.constraints.{rule.name.lower()}": rule.expression for rule in contract.rules}
    if contract.append_only:
        found["delta.appendOnly"] = "true"
    return found | {VERSION: contract.version}


def commit_actions(
    files: TableFiles, table: str, version: int, operation: str, note: Mapping[str, object], actions: Sequence[Any]
) -> bool:
    """Write one version of the log of a table's folder; False where another writer made that version first."""
    about = {"timestamp": _now(), "operation": operation, "operationParameters": {}, "engineInfo": "resonance"}
    about["userMetadata"] = write_note(note)
    lines = "".join(json.dumps(action) + "\n" for action in ({"commitInfo": about}, *actions))
    try:
        return files.create(f"{table}/_delta_log/{version:020d}.json", lines)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        cause = f"tables: the file system of {files.name(table)} makes no links, which commits need"
        advice = "name a folder of another disk, or keep tables in a catalog (catalog) or at an address (tables)"
        raise StorageError(f"{cause}; {advice}") from error


def _now() -> int:
    return int(time.time() * 1000)
